// kept_members.hpp: a rank's particles inside replacement regions, kept from the reading of a snapshot for the passes
// that put them on planes.
//
// In batches of their own, of one simulation each: what lies outside all regions takes no memory, and what many batches
// that were read have inside comes to a part of a plane together.
// Units:  as ParticleBatch: positions in the box's own coordinates, Mpc/h; masses in quanta
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "campaign/product_graph.hpp"
#include "physics/mass_assignment.hpp"

namespace lenswright {

class KeptMembers {
 public:
  struct Batch {
    Simulation simulation;
    std::size_t word;  // of the replacement sets
    ParticleBatch particles;
    BatchMembers members;  // all particles, in order
  };

  // Bytes that keeping takes at most, where all particles are inside; words: of their replacement sets.
  static std::uint64_t bytes(std::uint64_t particles, std::size_t words);

  // batch_particles: as many as are put on planes together.
  explicit KeptMembers(std::size_t batch_particles) : batch_particles_(batch_particles) {}
  // One BatchMembers per word. A simulation's batches come one after another.
  void add(Simulation simulation, const ParticleBatch& batch, const std::vector<BatchMembers>& members);
  const std::vector<Batch>& batches() const { return batches_; }

 private:
  Batch& open_batch(Simulation simulation, std::size_t word, std::uint64_t overlaps);

  std::size_t batch_particles_;
  std::vector<Batch> batches_;
  std::vector<std::size_t> open_;  // per word: the batch that is being filled
};

}  // namespace lenswright
