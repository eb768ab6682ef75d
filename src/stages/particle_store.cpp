#include "stages/particle_store.hpp"

#include <utility>

#include "base/big_array.hpp"

namespace lenswright {

KeptBatch copy_of(const ParticleBatch& particles, const std::vector<BatchMembers>& members) {
  KeptBatch copy;
  for (std::size_t k = 0; k < copy.particles.axis.size(); ++k)
    copy.particles.axis[k] = big_copy(particles.axis[k]);
  copy.particles.quanta = big_copy(particles.quanta);
  for (const BatchMembers& word : members)
    copy.members.push_back({big_copy(word.particles), big_copy(word.sets)});
  return copy;
}

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
                                                                 double box_mpc_h) {
  if (!regions_ || rules_ != rules) {
    regions_ = std::make_shared<const ReplacementRegions>(rules, halos, box_mpc_h);
    rules_ = rules;
  }
  return regions_;
}

}  // namespace lenswright
