#include "physics/tile_memory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace lenswright {
namespace {

constexpr std::size_t kMany = std::size_t{3} << 18;  // 6 MiB

bool all_zero(const TileMemory::Cells& cells, std::size_t count) {
  return std::all_of(cells.get(), cells.get() + count, [](std::int64_t cell) { return cell == 0; });
}

TEST(TileMemory, WhatWasUsedBeforeIsZeroAgainWhateverTheSizes) {
  const auto memory = std::make_shared<TileMemory>();
  const std::int64_t* place = nullptr;
  // Smaller by less and by more than a large page, larger again within the spare room.
  for (const std::size_t count : {kMany, kMany - 5, kMany / 2, kMany / 3, kMany, kMany + kMany / 10}) {
    TileMemory::Cells cells = memory->zeros(count);
    if (!place) place = cells.get();
    EXPECT_EQ(cells.get(), place) << count;
    EXPECT_TRUE(all_zero(cells, count)) << count;
    std::fill_n(cells.get(), count, -1);
  }
  memory->release_unused();
  EXPECT_TRUE(all_zero(memory->zeros(kMany), kMany));
}

TEST(TileMemory, TakesTheBlockThatWasUsedForAboutAsMuch) {
  const auto memory = std::make_shared<TileMemory>();
  TileMemory::Cells large = memory->zeros(2 * kMany), small = memory->zeros(kMany);
  const std::int64_t* const small_place = small.get();
  large.reset();
  small.reset();
  EXPECT_EQ(memory->zeros(kMany - 1).get(), small_place);
  EXPECT_NE(memory->zeros(4 * kMany).get(), nullptr);  // fits none
}

TEST(TileMemory, CellsOutliveTheirPool) {
  auto memory = std::make_shared<TileMemory>();
  TileMemory::Cells cells = memory->zeros(kMany);
  memory.reset();
  cells[kMany - 1] = 7;
  EXPECT_EQ(std::as_const(cells)[kMany - 1], 7);
}

}  // namespace
}  // namespace lenswright
