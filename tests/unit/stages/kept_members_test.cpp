#include "stages/kept_members.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <map>
#include <random>
#include <vector>

namespace lenswright {
namespace {

using Member = std::array<std::uint64_t, 5>;  // position, quanta, set: bit for bit

TEST(KeptMembers, AreThoseThatWereFoundInBatchesOfOneSimulation) {
  const unsigned seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937_64 random(seed);
  constexpr std::size_t kBatch = 100, kWords = 2;
  constexpr std::uint64_t kOverlaps = std::uint64_t{1} << 40;
  KeptMembers kept(kBatch);
  std::map<std::pair<Simulation, std::size_t>, std::vector<Member>> expected, found;
  for (const Simulation simulation : {Simulation::dmo, Simulation::hydro}) {
    for (int batch = 0; batch < 5; ++batch) {
      ParticleBatch particles;
      std::uniform_real_distribution<double> place(0, 1);
      for (std::size_t p = 0; p < 3 * kBatch; ++p) {
        for (auto& values : particles.axis) values.push_back(place(random));
        particles.quanta.push_back(static_cast<std::int64_t>(random() >> 2));
      }
      std::vector<BatchMembers> members(kWords);
      for (std::size_t word = 0; word < kWords; ++word) {
        members[word].overlaps = word * kOverlaps;
        for (std::uint32_t p = 0; p < particles.size(); ++p) {
          if (random() % 3 == 0) continue;
          members[word].particles.push_back(p);
          members[word].sets.push_back(random() | 1);
          expected[{simulation, word}].push_back({std::bit_cast<std::uint64_t>(particles.axis[0][p]),
                                                  std::bit_cast<std::uint64_t>(particles.axis[1][p]),
                                                  std::bit_cast<std::uint64_t>(particles.axis[2][p]),
                                                  static_cast<std::uint64_t>(particles.quanta[p]),
                                                  members[word].sets.back()});
        }
      }
      kept.add(simulation, particles, members);
    }
  }
  std::map<std::pair<Simulation, std::size_t>, std::size_t> partly_filled;
  for (const KeptMembers::Batch& batch : kept.batches()) {
    ASSERT_LE(batch.particles.size(), kBatch);
    ASSERT_EQ(batch.members.sets.size(), batch.particles.size());
    EXPECT_TRUE(batch.members.particles.empty());
    EXPECT_EQ(batch.members.overlaps, batch.word * kOverlaps);
    partly_filled[{batch.simulation, batch.word}] += batch.particles.size() < kBatch ? 1 : 0;
    for (std::size_t p = 0; p < batch.particles.size(); ++p)
      found[{batch.simulation, batch.word}].push_back(
          {std::bit_cast<std::uint64_t>(batch.particles.axis[0][p]),
           std::bit_cast<std::uint64_t>(batch.particles.axis[1][p]),
           std::bit_cast<std::uint64_t>(batch.particles.axis[2][p]),
           static_cast<std::uint64_t>(batch.particles.quanta[p]), batch.members.sets[p]});
  }
  EXPECT_TRUE(found == expected);
  for (const auto& [of, batches] : partly_filled) EXPECT_LE(batches, 1u);
}

TEST(KeptMembers, WhereNothingIsInsideNothingIsKept) {
  KeptMembers kept(10);
  ParticleBatch particles;
  for (auto& values : particles.axis) values.assign(4, 0.5);
  particles.quanta.assign(4, 1);
  kept.add(Simulation::dmo, particles, {BatchMembers{}});
  kept.add(Simulation::dmo, particles, {});
  EXPECT_TRUE(kept.batches().empty());
  EXPECT_EQ(KeptMembers::bytes(1000, 0), 0u);
}

}  // namespace
}  // namespace lenswright
