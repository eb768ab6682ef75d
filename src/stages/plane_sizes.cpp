#include "stages/plane_sizes.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace lenswright {

namespace {

// Of tiles that are kept, and that ranks tell each other at a time.
constexpr std::size_t kKeptWords = std::size_t{1} << 23, kToldWords = std::size_t{1} << 20;

}  // namespace

PlaneGeometry plane_geometry(const Campaign& campaign) {
  return {campaign.lensplanes.grid, campaign.planes_per_snapshot, campaign.box_mpc_h};
}

std::uint64_t PlaneSizes::whole() const {
  const auto side = static_cast<std::uint64_t>(campaign_.lensplanes.grid);
  return side * side * sizeof(std::int64_t);
}

std::uint64_t PlaneSizes::change(int snapshot_index, const PlaneUnit& unit, int model) const {
  if (!campaign_.models[static_cast<std::size_t>(model)].replacement) return 0;
  const Key key{snapshot_index, unit.realization, unit.slice, model};
  const auto [known, is_new] = changes_.try_emplace(key);
  if (is_new)
    known->second.bytes = TiledPlane::bytes(
        campaign_.lensplanes.grid, find(key, transforms_.at(unit.realization, snapshot_index)).count());
  return known->second.bytes;
}

TileSet PlaneSizes::tiles(int snapshot_index, const PlaneUnit& unit, int model,
                          const SnapshotTransform& transform) const {
  const Key key{snapshot_index, unit.realization, unit.slice, model};
  const auto known = changes_.find(key);
  const bool is_kept = known != changes_.end() && known->second.tiles &&
                       transform == transforms_.at(unit.realization, snapshot_index);
  return is_kept ? *known->second.tiles : find(key, transform);
}

TileSet PlaneSizes::find(const Key& key, const SnapshotTransform& transform) const {
  const auto& [snapshot_index, realization, slice, model] = key;
  return halo_footprint(inputs_.at(snapshot_index).halos,
                        rule_of(*campaign_.models[static_cast<std::size_t>(model)].replacement), transform,
                        slice, plane_geometry(campaign_));
}

void PlaneSizes::find_tiles(const std::vector<ProductId>& products, const Communicator& ranks) {
  std::vector<Key> keys;
  for (const ProductId& id : products)
    if (campaign_.models[static_cast<std::size_t>(id.model)].replacement)
      keys.emplace_back(snapshot_index_of(campaign_, id), id.realization, campaign_.slice_of_plane(id.index),
                        id.model);
  const int grid = campaign_.lensplanes.grid;
  const std::size_t each = TileSet(grid).words().size(),
                    at_once = std::max<std::size_t>(1, kToldWords / each);
  const auto rank = static_cast<std::size_t>(ranks.rank()), size = static_cast<std::size_t>(ranks.size());
  std::vector<std::uint64_t> told;
  for (std::size_t first = 0; first < keys.size(); first += at_once) {
    const std::size_t count = std::min(at_once, keys.size() - first);
    told.assign(count * each, 0);
    for (std::size_t n = 0; n < count; ++n) {
      if (n % size != rank) continue;
      const Key& key = keys[first + n];
      TileSet mine = find(key, transforms_.at(std::get<1>(key), std::get<0>(key)));
      std::copy(mine.words().begin(), mine.words().end(),
                told.begin() + static_cast<std::ptrdiff_t>(n * each));
    }
    ranks.sum_all(std::span(told));
    for (std::size_t n = 0; n < count; ++n) {
      TileSet tiles(grid);
      std::copy_n(told.begin() + static_cast<std::ptrdiff_t>(n * each), each, tiles.words().begin());
      Change& change = changes_[keys[first + n]];
      change.bytes = TiledPlane::bytes(grid, tiles.count());
      if ((first + n + 1) * each <= kKeptWords) change.tiles = std::move(tiles);
    }
  }
}

std::uint64_t PlaneSizes::whole(const LensplanePass& pass) const {
  std::uint64_t bytes = 0;
  for (const PlaneUnit& part : pass.units) bytes += whole_planes(campaign_, part.models) * whole();
  return bytes;
}

std::uint64_t PlaneSizes::changes(const LensplanePass& pass) const {
  std::uint64_t bytes = 0;
  for (const PlaneUnit& part : pass.units)
    for (const int model : part.models) bytes += change(pass.snapshot_index, part, model);
  return bytes;
}

}  // namespace lenswright
