#include "physics/halo_footprint.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace lenswright {

namespace {

// Relative to the box, added to every radius: far more than the rounding of positions and their transform.
constexpr double kReachMargin = 1e-9;

// Runs of consecutive nodes, tile by tile: visit(tile, first node, last node) with nodes in [first, last], not wrapped.
template <typename Visit>
void visit_tiles(double low, double high, int grid, const Visit& visit) {
  const int last_tile = (grid - 1) / TileSet::kTile;
  if (!(high - low < grid)) {
    for (int tile = 0; tile <= last_tile; ++tile) visit(tile, low, high);
    return;
  }
  for (auto node = static_cast<std::int64_t>(low); node <= static_cast<std::int64_t>(high);) {
    const auto wrapped = static_cast<int>((node % grid + grid) % grid);
    const int tile = wrapped / TileSet::kTile;
    const std::int64_t end = node + std::min((tile + 1) * TileSet::kTile, grid) - wrapped;
    visit(tile, static_cast<double>(node), std::min(static_cast<double>(end - 1), high));
    node = end;
  }
}

// The first node of a particle's share lies at most 1.5 below and half a node above it, for every kernel.
double lowest_first_node(double u) {
  return std::floor(u + 0.5) - 1;
}
double highest_first_node(double u) {
  return std::floor(u + 0.5);
}

}  // namespace

TileSet halo_footprint(const std::vector<HaloSphere>& halos, const ReplacementRule& rule,
                       const SnapshotTransform& transform, int slice, const PlaneGeometry& geometry) {
  TileSet tiles(geometry.grid);
  const double box = geometry.box_mpc_h, nodes_per_length = geometry.grid / box;
  const double half_thickness = 0.5 * box / geometry.slices;
  const double middle = (2 * slice + 1) * half_thickness;
  for (const HaloSphere& halo : halos) {
    if (!selects(rule, halo.m200c)) continue;
    const double reach = rule.radius_factor * halo.r200c * (1 + kReachMargin) + kReachMargin * box;
    const ProjectedPosition centre = project(transform, halo.centre, box);
    double distance = std::abs(centre.depth - middle);
    distance = std::min(distance, box - distance);
    if (distance > half_thickness + reach) continue;
    const double u = centre.x * nodes_per_length, v = centre.y * nodes_per_length;
    const double radius = reach * nodes_per_length;
    visit_tiles(lowest_first_node(u - radius), highest_first_node(u + radius), geometry.grid,
                [&](int tile_row, double first, double last) {
                  // Of the particles whose first node lies in these rows, the one nearest to the centre's row.
                  const double off = std::max({0.0, first - 0.5 - u, u - (last + 1.5)});
                  const double half = std::sqrt(std::max(0.0, radius * radius - off * off));
                  visit_tiles(lowest_first_node(v - half), highest_first_node(v + half), geometry.grid,
                              [&](int tile_column, double, double) { tiles.insert(tile_row, tile_column); });
                });
  }
  return tiles;
}

}  // namespace lenswright
