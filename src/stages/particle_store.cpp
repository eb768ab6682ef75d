#include "stages/particle_store.hpp"

#include <utility>

namespace lenswright {

std::uint64_t ParticleStore::bytes(std::uint64_t particles, std::size_t words) {
  constexpr std::uint64_t kParticle = 3 * sizeof(double) + sizeof(std::int64_t);
  constexpr std::uint64_t kMember = sizeof(std::uint32_t) + sizeof(std::uint64_t);
  return particles * (kParticle + words * kMember);
}

void ParticleStore::turn_to(int snapshot_index) {
  if (snapshot_index == snapshot_index_) return;
  kept_.clear();
  regions_.reset();
  snapshot_index_ = snapshot_index;
}

KeptSimulation* ParticleStore::find(Simulation simulation) {
  const auto found = kept_.find(simulation);
  return found == kept_.end() ? nullptr : &found->second;
}

void ParticleStore::keep(Simulation simulation, KeptSimulation kept) {
  kept_[simulation] = std::move(kept);
}

std::shared_ptr<const ReplacementRegions> ParticleStore::regions(const std::vector<ReplacementRule>& rules,
                                                                 const std::vector<HaloSphere>& halos,
                                                                 double box_mpc_h, bool with_unions) {
  if (!regions_ || rules_ != rules || with_unions_ != with_unions) {
    regions_ = std::make_shared<const ReplacementRegions>(rules, halos, box_mpc_h, with_unions);
    rules_ = rules;
    with_unions_ = with_unions;
  }
  return regions_;
}

}  // namespace lenswright
