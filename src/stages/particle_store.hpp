// particle_store.hpp: a rank's particles of one snapshot, kept in memory from the first pass over them for the next
// ones, with the replacement regions and the members found in them.
//
// Holds one snapshot at a time. What is kept is what was read: planes do not depend on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "campaign/product_graph.hpp"
#include "io/checksum.hpp"
#include "physics/halo_replacement.hpp"

namespace lenswright {

struct KeptBatch {
  ParticleBatch particles;
  std::vector<BatchMembers> members;
};

struct KeptSimulation {
  std::vector<KeptBatch> batches;
  std::shared_ptr<const ReplacementRegions> regions;  // that members were found in
  Digest fingerprint;                                 // of all ranks' particles
};

class ParticleStore {
 public:
  // Bytes that keeping this many particles takes at most; words: of their replacement sets.
  static std::uint64_t bytes(std::uint64_t particles, std::size_t words);

  // From here on of this snapshot; what is kept of another one goes.
  void turn_to(int snapshot_index);
  // nullptr: not kept.
  KeptSimulation* find(Simulation simulation);
  void keep(Simulation simulation, KeptSimulation kept);
  // The regions of these rules: those of the pass before if it had the same.
  std::shared_ptr<const ReplacementRegions> regions(const std::vector<ReplacementRule>& rules,
                                                    const std::vector<HaloSphere>& halos, double box_mpc_h,
                                                    bool with_unions);

 private:
  int snapshot_index_ = -1;
  std::map<Simulation, KeptSimulation> kept_;
  std::vector<ReplacementRule> rules_;  // as asked for
  bool with_unions_ = false;
  std::shared_ptr<const ReplacementRegions> regions_;
};

}  // namespace lenswright
