// What ranks tell each other while each works at its own pace.
#include "stages/reading_rounds.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "physics/plane_memory.hpp"

namespace lenswright {
namespace {

Round with_particles(std::int64_t particles) {
  Round round;
  round.particles() = particles;
  return round;
}

TEST(Rounds, GiveTheSumsOfEachInTheOrderTheyWereTold) {
  const Communicator world;
  Rounds rounds(world);
  std::vector<std::int64_t> heard;
  for (std::int64_t n = 1; n <= 10; ++n)
    if (std::optional<Round> told = rounds.tell(with_particles(n * (world.rank() + 1))))
      heard.push_back(told->particles());
  rounds.finish();
  ASSERT_FALSE(heard.empty());
  const std::int64_t ranks = world.size() * (world.size() + 1) / 2;
  for (std::size_t n = 0; n < heard.size(); ++n)
    EXPECT_EQ(heard[n], static_cast<std::int64_t>(n + 1) * ranks);
}

// Who has told a round has told it: that it computes for long after that is nothing the others wait for.
TEST(Rounds, ARankThatIsBusyHoldsNobodyUpWithWhatItHasTold) {
  constexpr std::chrono::seconds kPatience(20);
  const Communicator world;
  if (world.size() != 2) GTEST_SKIP() << "for two ranks";
  const RankGroups groups(world);
  PlaneMemory memory(groups);
  const std::span<std::int64_t> cells = memory.zeros(1, 0);
  memory.settle();
  ASSERT_EQ(groups.group().size(), 2);
  std::atomic_ref<std::int64_t> went_on(cells.front());
  Rounds rounds(world);
  rounds.tell(with_particles(1));
  if (!world.first()) {
    const auto last = std::chrono::steady_clock::now() + kPatience;
    while (went_on == 0 && std::chrono::steady_clock::now() < last) std::this_thread::yield();
    EXPECT_EQ(went_on, 1) << "the other rank waited";
  }
  while (true) {
    std::optional<Round> told = rounds.tell(with_particles(1));
    if (!told) continue;
    EXPECT_EQ(told->particles(), 2);
    went_on = 1;
    break;
  }
  rounds.finish();
  groups.settle();
}

}  // namespace
}  // namespace lenswright
