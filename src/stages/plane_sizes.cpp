#include "stages/plane_sizes.hpp"

#include <algorithm>

namespace lenswright {

PlaneGeometry plane_geometry(const Campaign& campaign) {
  return {campaign.lensplanes.grid, campaign.planes_per_snapshot, campaign.box_mpc_h};
}

std::uint64_t PlaneSizes::whole() const {
  const auto side = static_cast<std::uint64_t>(campaign_.lensplanes.grid);
  return side * side * sizeof(std::int64_t);
}

std::uint64_t PlaneSizes::change(int snapshot_index, const PlaneUnit& unit, int model) const {
  const auto& replacement = campaign_.models[static_cast<std::size_t>(model)].replacement;
  if (!replacement) return 0;
  const auto [known, is_new] =
      changes_.try_emplace({snapshot_index, unit.realization, unit.slice, model}, std::uint64_t{0});
  if (is_new) {
    const TileSet tiles = halo_footprint(inputs_.at(snapshot_index).halos, rule_of(*replacement),
                                         transforms_.at(unit.realization, snapshot_index), unit.slice,
                                         plane_geometry(campaign_));
    known->second = TiledPlane::bytes(campaign_.lensplanes.grid, tiles.count());
  }
  return known->second;
}

std::uint64_t PlaneSizes::unit(int snapshot_index, const PlaneUnit& unit) const {
  std::uint64_t bytes = whole_planes(campaign_, unit.models) * whole();
  for (const int model : unit.models) bytes += change(snapshot_index, unit, model);
  return bytes;
}

std::uint64_t PlaneSizes::pass(const LensplanePass& pass) const {
  std::uint64_t bytes = 0;
  for (const PlaneUnit& part : pass.units) bytes += unit(pass.snapshot_index, part);
  return bytes;
}

std::uint64_t PlaneSizes::largest_written(const LensplanePass& pass) const {
  std::uint64_t largest = 0;
  for (const PlaneUnit& part : pass.units)
    for (const int model : part.models) largest = std::max(largest, change(pass.snapshot_index, part, model));
  return whole() + largest;
}

}  // namespace lenswright
