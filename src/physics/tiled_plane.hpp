// tiled_plane.hpp: a plane of quanta of which only some tiles are held: what replacement changes of a mass plane.
//
// Out:    quanta per pixel, to be added to a whole plane; zero where no tile is held
// Tiles:  kTile x kTile nodes, each with kReach more rows and columns, so that the shares of a particle whose first
//         node lies in a tile all stay in it; what is beyond its edge belongs to the next tile's pixels and is added
//         there when rows are read. Layouts follow from halos alone, so all ranks have the same, for tiles that they
//         share and for sums element by element.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace lenswright {

// Which tiles of an N x N grid are held.
class TileSet {
 public:
  static constexpr int kTile = 16;
  static constexpr int kReach = 2;  // nodes beyond the first that a share reaches: TSC has three per axis

  explicit TileSet(int grid);
  int grid() const { return grid_; }
  int per_side() const { return per_side_; }
  void insert(int tile_row, int tile_column) {
    const std::size_t tile = index(tile_row, tile_column);
    words_[tile / kWordBits] |= std::uint64_t{1} << tile % kWordBits;
  }
  bool contains(int tile_row, int tile_column) const {
    const std::size_t tile = index(tile_row, tile_column);
    return (words_[tile / kWordBits] >> tile % kWordBits & 1) != 0;
  }
  std::size_t count() const;
  // A bit per tile, row by row.
  std::span<std::uint64_t> words() { return words_; }

 private:
  static constexpr std::size_t kWordBits = 64;
  std::size_t index(int row, int column) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(per_side_) +
           static_cast<std::size_t>(column);
  }
  int grid_, per_side_;
  std::vector<std::uint64_t> words_;
};

class TiledPlane {
 public:
  static constexpr int kStride = TileSet::kTile + TileSet::kReach;
  static constexpr std::size_t kTileCells = std::size_t{kStride} * kStride;

  // With tiles of its own.
  explicit TiledPlane(const TileSet& tiles);
  // With tiles that lie in `cells`, zero at first. REQUIRES: cells.size() == cell_count(tiles).
  TiledPlane(const TileSet& tiles, std::span<std::int64_t> cells);
  TiledPlane(TiledPlane&&) = default;
  TiledPlane& operator=(TiledPlane&&) = default;
  static std::size_t cell_count(const TileSet& tiles) { return tiles.count() * kTileCells; }
  // Bytes that a plane of this many tiles takes.
  static std::uint64_t bytes(int grid, std::size_t tiles);

  int grid() const { return grid_; }
  // The place of a node; rows of its tile are kStride apart. nullptr: its tile is not held.
  // REQUIRES: 0 <= row, column < grid.
  std::int64_t* node(int row, int column) {
    const auto tile = static_cast<std::size_t>(row / TileSet::kTile) * static_cast<std::size_t>(per_side_) +
                      static_cast<std::size_t>(column / TileSet::kTile);
    const std::int32_t number = number_[tile];
    if (number < 0) return nullptr;
    return cells_.data() + static_cast<std::size_t>(number) * kTileCells +
           static_cast<std::size_t>(row % TileSet::kTile) * kStride +
           static_cast<std::size_t>(column % TileSet::kTile);
  }
  // Adds part `part` of `parts` of the other's tiles. REQUIRES: every tile of `other` is held here.
  void add(const TiledPlane& other, int part = 0, int parts = 1);
  // Adds pixels of rows first, first + 1, ... to `rows`, whole rows.
  void add_rows_to(int first, std::span<std::int64_t> rows) const;
  // All tiles as they lie in memory.
  std::span<std::int64_t> cells() { return cells_; }

 private:
  void add_tile_row_to(int tile_row, int local_row, std::int64_t* row) const;

  int grid_, per_side_;
  std::vector<std::int32_t> number_;      // of each tile; -1: not held
  std::vector<std::uint32_t> row_begin_;  // per row of tiles: its first number
  std::vector<std::uint32_t> column_of_;  // per held tile
  std::vector<std::int64_t> own_;
  std::span<std::int64_t> cells_;
};

}  // namespace lenswright
