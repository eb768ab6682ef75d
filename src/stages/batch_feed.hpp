// batch_feed.hpp: a rank's share of snapshots in batches, the next one read while the present one is worked on.
//
// HDF5 is used by one thread at a time: by the feed's while it reads ahead, so by nobody else while a feed lives.
#pragma once

#include <array>
#include <cstdint>
#include <future>
#include <optional>
#include <vector>

#include "physics/mass_assignment.hpp"
#include "sim/snapshot_reader.hpp"

namespace lenswright {

// The rank that reads each chunk: groups of neighbours, each dealt to the rank with the fewest particles so far.
// Snapshots hold their largest halos first: with one run of neighbours each, the first ranks would have the members of
// all regions to put down.
std::vector<int> readers_of(const std::vector<SnapshotChunk>& chunks, int ranks);

class BatchFeed {
 public:
  // What this rank reads of one snapshot.
  struct Source {
    const SnapshotHeader* header = nullptr;  // outlives the feed
    std::vector<SnapshotChunk> chunks;
  };
  struct Batch {
    std::size_t source = 0;  // that all its particles are from
    ParticleBatch particles;
    DigestSum fingerprint;  // of its chunks
    std::size_t chunks = 0;
    std::int64_t coarse_mass = 0;  // in units of 2^kCoarseBits quanta
    bool is_last = false;          // of all sources
  };
  // What one feed leaves the next one takes: memory that is there already.
  using Buffers = std::array<Batch, 2>;
  // Too coarse to matter, too small for a sum over a snapshot to overflow.
  static constexpr int kCoarseBits = 10;

  // One source after another; at most `batch_particles` per batch, but never less than a chunk. Starts to read.
  BatchFeed(std::vector<Source> sources, const MassQuantum& quantum, std::size_t batch_particles,
            Buffers& buffers);
  // Waits for the next batch, and starts to read the one after it. Without chunks there is one empty batch.
  // Throws what reading threw. REQUIRES: the one before was not the last. Valid until the next call; whoever wants to keep
  // the particles takes them out of it.
  Batch& next();

 private:
  void read_ahead();
  void fill(Batch& batch);
  void skip_what_is_read();

  std::vector<Source> sources_;
  MassQuantum quantum_;
  std::size_t batch_particles_;
  std::size_t source_ = 0, next_chunk_ = 0, batch_end_ = 0;
  std::optional<SnapshotReader> reader_;  // of the source
  Buffers& buffers_;
  std::size_t filling_ = 0;
  std::future<void> reading_;  // last: waits for the thread before anything it uses goes
};

}  // namespace lenswright
