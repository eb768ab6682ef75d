// snapshot_reader.hpp: chunked reader of AREPO / GADGET-4 HDF5 snapshots.
//
// In:     multi-file snapshots, positions float32 or float64, masses from PartTypeN/Masses or else the
//         header's MassTable; counts int32 with a high word (AREPO) or uint64 (GADGET-4)
// Out:    chunks of positions and masses in file order; chunk boundaries are fixed per file and type, so any
//         number of ranks can share them out and the fingerprint is the same
// Units:  Mpc/h (snapshot ckpc/h / 1000), Msun/h (snapshot mass * 1e10), double
// Throws: InputError naming file and dataset: missing or truncated files, missing types, counts that
//         contradict the header, BoxSize that contradicts the campaign, positions that are not finite or
//         outside [0, box], masses not positive
// Not:    thread-safe (HDF5)
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/checksum.hpp"

namespace lenswright {

inline constexpr std::uint64_t kChunkParticles = 1 << 18;  // part of the fingerprint: never change
inline constexpr double kBoxAgreement =
    1e-9;  // relative; BoxSize is a decimal number that passed through text

struct SnapshotHeader {
  std::vector<std::filesystem::path> files;
  double box_mpc_h = 0;  // the campaign's
  double redshift = 0;
  std::array<double, 6> mass_table_msun_h{};          // 0: per-particle masses
  std::array<std::uint64_t, 6> total{};               // particles per type
  std::vector<std::array<std::uint64_t, 6>> in_file;  // per file and type
  // Per file and type: why its datasets cannot be read ("no dataset ..."), empty if they look right. An error
  // only for types that are asked for: tracers, for one, have no positions.
  std::vector<std::array<std::string, 6>> unreadable;
};
// Reads every file's header; checks that they agree with each other and with `box_mpc_h` (kBoxAgreement).
SnapshotHeader read_snapshot_header(const std::filesystem::path& simulation, int snapshot, double box_mpc_h);

// A piece of work for one rank.
struct SnapshotChunk {
  std::size_t file = 0;
  int type = 0;
  std::uint64_t first = 0;  // in this file
  std::uint64_t count = 0;
  bool operator==(const SnapshotChunk&) const = default;
};
// All chunks of the given types in file order. Every rank makes the same list and takes its share of it.
// Throws InputError if a type that the header counts particles of is asked for but absent from a file; a type
// with no particles at all in the snapshot gives no chunks.
std::vector<SnapshotChunk> snapshot_chunks(const SnapshotHeader& header, const std::vector<int>& types);

struct ParticleChunk {
  std::vector<std::array<double, 3>>
      positions;               // Mpc/h, in [0, box]; exactly box is for the transform to wrap
  std::vector<double> masses;  // Msun/h
  // Of (file number, type, first, count, the stored values as double): DigestSum over all chunks is the
  // snapshot's, whatever the compression, the precision written, or the ranks.
  Digest fingerprint;
};

class SnapshotReader {
 public:
  explicit SnapshotReader(SnapshotHeader header);
  ~SnapshotReader();
  SnapshotReader(const SnapshotReader&) = delete;
  SnapshotReader& operator=(const SnapshotReader&) = delete;
  const SnapshotHeader& header() const { return header_; }

  // Some of a chunk's particles, in its order and units, while they are in a core's cache; valid during the call. What
  // is thrown later holds for those handed out before, too.
  using Take =
      std::function<void(std::span<const std::array<double, 3>> positions, std::span<const double> masses)>;
  // Hands out all of a chunk's particles; returns its fingerprint. Keeps the last file open.
  Digest read(const SnapshotChunk& chunk, const Take& take);
  // The same into one place. Reuses the vectors of `out`.
  void read(const SnapshotChunk& chunk, ParticleChunk& out);

 private:
  struct OpenFile;
  SnapshotHeader header_;
  std::unique_ptr<OpenFile> open_;
  // As stored:
  std::vector<double> positions_;      // of some rows
  std::vector<double> masses_;         // of a chunk
  std::optional<double> mass_of_all_;  // that `masses_` holds; none: they were read
};

}  // namespace lenswright
