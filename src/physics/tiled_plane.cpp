#include "physics/tiled_plane.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace lenswright {

TileSet::TileSet(int grid)
    : grid_(grid),
      per_side_((grid + kTile - 1) / kTile),
      words_((index(per_side_, 0) + kWordBits - 1) / kWordBits, 0) {}

std::size_t TileSet::count() const {
  std::size_t tiles = 0;
  for (const std::uint64_t word : words_) tiles += static_cast<std::size_t>(std::popcount(word));
  return tiles;
}

TiledPlane::TiledPlane(const TileSet& tiles) : TiledPlane(tiles, {}) {
  own_.resize(cell_count(tiles));
  cells_ = own_;
}

TiledPlane::TiledPlane(const TileSet& tiles, std::span<std::int64_t> cells)
    : grid_(tiles.grid()), per_side_(tiles.per_side()), cells_(cells) {
  const auto side = static_cast<std::size_t>(per_side_);
  number_.assign(side * side, -1);
  for (int row = 0; row < per_side_; ++row) {
    row_begin_.push_back(static_cast<std::uint32_t>(column_of_.size()));
    for (int column = 0; column < per_side_; ++column) {
      if (!tiles.contains(row, column)) continue;
      number_[static_cast<std::size_t>(row) * side + static_cast<std::size_t>(column)] =
          static_cast<std::int32_t>(column_of_.size());
      column_of_.push_back(static_cast<std::uint32_t>(column));
    }
  }
  row_begin_.push_back(static_cast<std::uint32_t>(column_of_.size()));
}

std::uint64_t TiledPlane::bytes(int grid, std::size_t tiles) {
  const auto side = static_cast<std::uint64_t>((grid + TileSet::kTile - 1) / TileSet::kTile);
  return side * side * sizeof(std::int32_t) +
         tiles * (kTileCells * sizeof(std::int64_t) + sizeof(std::uint32_t));
}

void TiledPlane::add(const TiledPlane& other, int part, int parts) {
  assert(other.grid_ == grid_);
  const std::size_t first = number_.size() * static_cast<std::size_t>(part) / static_cast<std::size_t>(parts);
  const std::size_t last =
      number_.size() * static_cast<std::size_t>(part + 1) / static_cast<std::size_t>(parts);
  for (std::size_t tile = first; tile < last; ++tile) {
    if (other.number_[tile] < 0) continue;
    assert(number_[tile] >= 0 && "a tile that is not held");
    std::int64_t* to = cells_.data() + static_cast<std::size_t>(number_[tile]) * kTileCells;
    const std::int64_t* from =
        other.cells_.data() + static_cast<std::size_t>(other.number_[tile]) * kTileCells;
    for (std::size_t cell = 0; cell < kTileCells; ++cell) to[cell] += from[cell];
  }
}

void TiledPlane::add_tile_row_to(int tile_row, int local_row, std::int64_t* row) const {
  const auto at = static_cast<std::size_t>(tile_row);
  for (std::uint32_t tile = row_begin_[at]; tile < row_begin_[at + 1]; ++tile) {
    const std::int64_t* from =
        cells_.data() + tile * kTileCells + static_cast<std::size_t>(local_row) * kStride;
    const int first = static_cast<int>(column_of_[tile]) * TileSet::kTile;
    if (first + kStride <= grid_) {
      for (int k = 0; k < kStride; ++k) row[first + k] += from[k];
    } else {
      for (int k = 0; k < kStride; ++k) row[(first + k) % grid_] += from[k];
    }
  }
}

void TiledPlane::add_rows_to(int first, std::span<std::int64_t> rows) const {
  const int count = static_cast<int>(rows.size() / static_cast<std::size_t>(grid_));
  for (int n = 0; n < count; ++n) {
    const int row = first + n;
    std::int64_t* out = rows.data() + static_cast<std::ptrdiff_t>(n) * grid_;
    // A row of tiles also reaches into the next one; over the periodic edge into the next two, if the last is low.
    for (int k = 0; k < std::min(per_side_, 3); ++k) {
      const int tile_row = (row / TileSet::kTile - k + per_side_) % per_side_;
      const int below = ((row - tile_row * TileSet::kTile) % grid_ + grid_) % grid_;
      for (int local = below; local < kStride; local += grid_) add_tile_row_to(tile_row, local, out);
    }
  }
}

}  // namespace lenswright
