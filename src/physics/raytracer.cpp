#include "physics/raytracer.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace lenswright {

double ray_angle(const RayGrid& grid, int i) {
  const double side = static_cast<double>(grid.side);
  return (static_cast<double>(i) + 0.5 - side / 2.0) * (grid.field_rad / side);
}

std::size_t RayTiling::first_ray(std::size_t tile) const {
  if (tile == tiles()) return rays();  // the tiles of the last row may be lower than kTileSide
  const int t = static_cast<int>(tile), first_row = t / per_side_ * kTileSide;
  const int height = std::min(kTileSide, side_ - first_row);
  return static_cast<std::size_t>(first_row) * static_cast<std::size_t>(side_) +
         static_cast<std::size_t>(height) * static_cast<std::size_t>(t % per_side_ * kTileSide);
}

Grid2d<double> RayTiling::untile(std::span<const double> values) const {
  assert(values.size() == rays());
  Grid2d<double> map(side_);
  std::size_t at = 0;
  for (std::size_t tile = 0; tile < tiles(); ++tile)
    for_each_ray(tile, [&](int i, int j) { map(i, j) = values[at++]; });
  return map;
}

Raytracer::Raytracer(const RayGrid& grid, std::size_t runs, std::vector<LensingMap> maps, std::size_t sources,
                     const Share& share, int threads)
    : grid_(grid),
      tiling_(grid.side),
      runs_(runs),
      sources_(sources),
      maps_(std::move(maps)),
      share_(share),
      threads_(threads),
      begin_(first_pair(share.rank)),
      end_(first_pair(share.rank + 1)),
      rays_(first_ray(end_) - first_ray(begin_)),
      state_(std::make_unique_for_overwrite<double[]>(RayTile::kDoublesPerRay * rays_)),
      values_(std::make_unique_for_overwrite<double[]>(sources_ * maps_.size() * rays_)) {
  // The same schedule as in pass(): a thread's rays lie in memory near to it.
#pragma omp parallel for num_threads(threads_) schedule(static)
  for (std::size_t pair = begin_; pair < end_; ++pair) {
    std::array<double, RayTiling::kTileSide * RayTiling::kTileSide> beta_x, beta_y;
    std::size_t ray = 0;
    tiling_.for_each_ray(pair % tiling_.tiles(), [&](int i, int j) {
      beta_x[ray] = ray_angle(grid_, i);
      beta_y[ray++] = ray_angle(grid_, j);
    });
    RayTile tile = tile_of(pair);
    start_rays(tile, {beta_x.data(), ray}, {beta_y.data(), ray});
  }
}

void Raytracer::pass(const LensPlane& plane, const PlaneStep& step, std::span<const RunTransform> frames,
                     std::size_t source) {
  assert(frames.size() == runs_ && (!step.source || source < sources_));
  const std::size_t start = first_ray(begin_);
#pragma omp parallel for num_threads(threads_) schedule(static)
  for (std::size_t pair = begin_; pair < end_; ++pair) {
    RayTile tile = tile_of(pair);
    std::array<double*, kLensingMaps> maps{};
    for (std::size_t m = 0; step.source && m < maps_.size(); ++m)
      maps[static_cast<std::size_t>(maps_[m])] =
          values_.get() + (source * maps_.size() + m) * rays_ + (first_ray(pair) - start);
    step_rays(plane, step, frames[pair / tiling_.tiles()], tile, maps);
  }
  if (step.advance) swapped_ = !swapped_;
}

std::size_t Raytracer::rays_held(std::size_t run, int rank) const {
  const std::size_t first = run * tiling_.rays(), last = first + tiling_.rays();
  const std::size_t from = std::clamp(first_ray(first_pair(rank)), first, last);
  return std::clamp(first_ray(first_pair(rank + 1)), first, last) - from;
}

std::span<const double> Raytracer::values(std::size_t run, std::size_t source, std::size_t map) const {
  const std::size_t start = first_ray(begin_), from = std::max(run * tiling_.rays(), start);
  const std::size_t held = rays_held(run, share_.rank);
  const double* const all = values_.get() + (source * maps_.size() + map) * rays_;
  return held == 0 ? std::span<const double>{} : std::span<const double>{all + (from - start), held};
}

std::size_t Raytracer::first_pair(int rank) const {
  return runs_ * tiling_.tiles() * static_cast<std::size_t>(rank) / static_cast<std::size_t>(share_.ranks);
}

std::size_t Raytracer::first_ray(std::size_t pair) const {
  return pair / tiling_.tiles() * tiling_.rays() + tiling_.first_ray(pair % tiling_.tiles());
}

RayTile Raytracer::tile_of(std::size_t pair) const {
  const std::size_t rays = tiling_.rays_of(pair % tiling_.tiles());
  double* const set = state_.get() + RayTile::kDoublesPerRay * (first_ray(pair) - first_ray(begin_));
  double* const other = set + RayTile::kQuantities * rays;
  return swapped_ ? RayTile{rays, other, set} : RayTile{rays, set, other};
}

}  // namespace lenswright
