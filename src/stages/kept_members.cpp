#include "stages/kept_members.hpp"

#include <algorithm>
#include <cassert>
#include <span>

namespace lenswright {

std::uint64_t KeptMembers::bytes(std::uint64_t particles, std::size_t words) {
  constexpr std::uint64_t kMember = 3 * sizeof(double) + sizeof(std::int64_t) + sizeof(std::uint64_t);
  return particles * words * kMember;
}

KeptMembers::Batch& KeptMembers::open_batch(Simulation simulation, std::size_t word, std::uint64_t overlaps) {
  constexpr auto kNone = static_cast<std::size_t>(-1);
  if (open_.size() <= word) open_.resize(word + 1, kNone);
  std::size_t& open = open_[word];
  if (open == kNone || batches_[open].simulation != simulation ||
      batches_[open].particles.size() == batch_particles_) {
    open = batches_.size();
    Batch& made = batches_.emplace_back();
    made.simulation = simulation;
    made.word = word;
    made.members.overlaps = overlaps;
    // Addresses: what is not written to takes no memory.
    made.particles.reserve(batch_particles_);
    made.members.sets.reserve(batch_particles_);
  }
  assert(batches_[open].members.overlaps == overlaps && "of other regions");
  return batches_[open];
}

void KeptMembers::add(Simulation simulation, const ParticleBatch& batch,
                      const std::vector<BatchMembers>& members) {
  for (std::size_t word = 0; word < members.size(); ++word) {
    const std::span<const std::uint32_t> particles(members[word].particles);
    const std::span<const std::uint64_t> sets(members[word].sets);
    for (std::size_t first = 0; first < particles.size();) {
      Batch& to = open_batch(simulation, word, members[word].overlaps);
      const std::size_t count = std::min(particles.size() - first, batch_particles_ - to.particles.size());
      to.particles.append(batch, particles.subspan(first, count));
      const auto part = sets.subspan(first, count);
      to.members.sets.insert(to.members.sets.end(), part.begin(), part.end());
      first += count;
    }
  }
}

}  // namespace lenswright
