// Memory that the ranks of a group share, sums over groups, and particles put on shared planes by all of a group.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "physics/mass_assignment.hpp"
#include "physics/plane_memory.hpp"

namespace lenswright {
namespace {

constexpr double kBox = 205.0;

TEST(RankGroups, AreTheRanksOfThisMachineOrAsManyAsAllowed) {
  const Communicator world;
  const RankGroups all(world);
  EXPECT_EQ(all.group().size(), world.size());
  const RankGroups alone(world, 1);
  EXPECT_EQ(alone.group().size(), 1);
  const RankGroups twos(world, 2);
  EXPECT_EQ(twos.group().size(), world.rank() + 1 == world.size() && world.size() % 2 == 1 ? 1 : 2);
}

TEST(RankGroups, SumOverGroupsWhatEachHoldsOnce) {
  const Communicator world;
  for (const int most : {1, 2, 64}) {
    const RankGroups groups(world, most);
    PlaneMemory memory(groups);
    const std::span<std::int64_t> cells = memory.zeros(100000, 0);
    memory.settle();
    const int number = world.rank() / most, count = (world.size() + most - 1) / most;
    if (groups.group().first())
      for (std::size_t n = 0; n < cells.size(); ++n) cells[n] = static_cast<std::int64_t>(n) * (number + 1);
    groups.settle();
    const auto is_sum = [&](std::int64_t factor) {
      for (std::size_t n = 0; n < cells.size(); ++n)
        if (cells[n] != static_cast<std::int64_t>(n) * factor) return false;
      return true;
    };
    const std::int64_t all = count * (count + 1) / 2;
    const int root = world.size() - 1;
    groups.sum_to(root, cells);
    EXPECT_TRUE(is_sum(number == root / most ? all : number + 1)) << most;
    groups.settle();
    if (groups.group().first()) std::fill(cells.begin(), cells.end(), 0);
    if (world.first()) std::iota(cells.begin(), cells.end(), 0);
    groups.settle();
    groups.sum_all(cells);
    EXPECT_TRUE(is_sum(1)) << most;
    groups.settle();
  }
}

TEST(PlaneMemory, IsZeroForAllWhateverWasThereBeforeAndWhateverTheSizes) {
  const Communicator world;
  constexpr std::size_t kMany = std::size_t{3} << 18;  // 6 MiB
  for (const int most : {1, 64}) {
    const RankGroups groups(world, most);
    PlaneMemory memory(groups);
    // Smaller by less and by more than a large page, larger again within the spare room and beyond it.
    for (const auto& [planes, tiles] : {std::pair{kMany, std::size_t{0}},
                                        {kMany - 5, std::size_t{0}},
                                        {std::size_t{0}, kMany / 2},
                                        {kMany / 3, kMany / 3},
                                        {kMany, kMany / 10},
                                        {std::size_t{1000}, 4 * kMany}}) {
      const std::span<std::int64_t> cells = memory.zeros(planes, tiles);
      memory.settle();
      ASSERT_EQ(cells.size(), planes + tiles);
      EXPECT_TRUE(std::all_of(cells.begin(), cells.end(), [](std::int64_t cell) { return cell == 0; }))
          << planes << " " << tiles;
      groups.settle();
      const auto size = static_cast<std::size_t>(groups.group().size());
      for (auto n = static_cast<std::size_t>(groups.group().rank()); n < cells.size(); n += size)
        cells[n] = -1;
      groups.settle();
      EXPECT_EQ(std::accumulate(cells.begin(), cells.end(), std::int64_t{0}),
                -static_cast<std::int64_t>(cells.size()));
      groups.settle();
    }
  }
}

// All ranks begin at the same band, so that they meet as often as can be.
TEST(BandLocks, PlanesThatRanksAndThreadsShareGetEveryParticleOnce) {
  const Communicator world;
  const RankGroups groups(world);
  for (const int grid : {2, 4, 64, 256}) {
    for (const int slices : {1, 2}) {
      std::mt19937_64 random(static_cast<std::uint64_t>(world.rank()) + 1);
      std::uniform_real_distribution<double> place(0, kBox);
      ParticleBatch batch;
      std::vector<std::array<double, 3>> positions(20000);
      for (auto& position : positions) position = {place(random), place(random), place(random)};
      batch.append(positions, std::vector<double>(positions.size(), 1e9), MassQuantum(0.3, kBox));

      const auto cells = static_cast<std::size_t>(grid) * static_cast<std::size_t>(grid);
      const int bands = MassAssignment::bands(grid);
      const std::size_t edges = static_cast<std::size_t>(slices) * static_cast<std::size_t>(bands);
      const auto count = static_cast<std::size_t>(slices);
      PlaneMemory memory(groups);
      const std::span<std::int64_t> shared = memory.zeros(edges + count * cells, 0);
      memory.settle();
      const BandLocks locks(shared.first(edges), bands, 0.0);
      std::vector<std::int64_t> mine(count * cells);
      std::vector<std::int64_t*> to_shared, to_mine;
      for (std::size_t slice = 0; slice < count; ++slice) {
        to_shared.push_back(shared.data() + edges + slice * cells);
        to_mine.push_back(mine.data() + slice * cells);
      }
      const SnapshotTransform transform{1, {1.0, 2.0, 3.0}, true};
      MassAssignment assignment(MassKernel::tsc, grid, kBox, slices, 2);
      constexpr int kTimes = 8;
      for (int time = 0; time < kTimes; ++time) {
        assignment.add(batch, transform, to_shared, &locks);
        assignment.add(batch, transform, to_mine);
      }
      world.sum_all(std::span<std::int64_t>(mine));
      groups.settle();
      EXPECT_TRUE(std::equal(mine.begin(), mine.end(), shared.begin() + static_cast<std::ptrdiff_t>(edges)))
          << "grid " << grid << ", slices " << slices;
      EXPECT_EQ(std::count(shared.begin(), shared.begin() + static_cast<std::ptrdiff_t>(edges), 0),
                static_cast<std::ptrdiff_t>(edges));
      groups.settle();
    }
  }
}

}  // namespace
}  // namespace lenswright
