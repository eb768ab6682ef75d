// kept_members.hpp: a rank's particles inside replacement regions, kept from the reading of a snapshot for the passes
// that put them on planes.
//
// In batches of their own, of one simulation each: what lies outside all regions takes no memory, and what many batches
// that were read have inside comes to a part of a plane together. In memory that the ranks of a group share, so that one
// of them can put down what all have kept.
// Units:  as ParticleBatch: positions in the box's own coordinates, Mpc/h; masses in quanta
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "campaign/product_graph.hpp"
#include "physics/mass_assignment.hpp"
#include "physics/rank_groups.hpp"

namespace lenswright {

class KeptMembers {
 public:
  struct Batch {
    Simulation simulation = Simulation::dmo;
    std::size_t word = 0;  // of the replacement sets
    ParticleView particles;
    MemberView members;  // all particles, in order
  };

  // Bytes that keeping takes at most, where all particles are inside; words: of their replacement sets.
  static std::uint64_t bytes(std::uint64_t particles, std::size_t words);

  // Collective over the group. batch_particles: as many as are put on planes together. Throws Failure if the group's
  // ranks cannot share memory any more.
  KeptMembers(const RankGroups& groups, std::size_t batch_particles);
  ~KeptMembers();
  KeptMembers(const KeptMembers&) = delete;
  KeptMembers& operator=(const KeptMembers&) = delete;

  // One BatchMembers per word. A simulation's batches come one after another. Throws std::bad_alloc.
  void add(Simulation simulation, const ParticleBatch& batch, const std::vector<BatchMembers>& members);
  // Of this rank.
  std::vector<Batch> batches() const;
  // Of all ranks of the group, those of this rank first. Collective over the group, when all have added what they have;
  // they live as long as this. Throws Failure.
  std::vector<Batch> batches_of_group();

 private:
  // One batch being filled: its three axes, quanta and sets, one after the other in memory.
  struct Block {
    Simulation simulation;
    std::size_t word;
    std::uint64_t overlaps;
    std::size_t count;
  };
  std::size_t block_bytes() const;
  Block& open_block(Simulation simulation, std::size_t word, std::uint64_t overlaps);
  Batch batch_at(const std::byte* memory, const Block& block) const;
  std::byte* map(int file, std::size_t offset, std::size_t bytes, bool for_writing);

  const RankGroups& groups_;
  std::size_t batch_particles_;
  std::vector<int> files_;  // of each rank of the group; none: memory of this rank alone
  std::vector<Block> blocks_;
  std::vector<std::byte*> memory_;  // of each block
  std::vector<std::size_t> open_;   // per word: the block that is being filled
  struct Mapping {
    std::byte* memory;
    std::size_t bytes;
  };
  std::vector<Mapping> mappings_;
};

}  // namespace lenswright
