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
      state_(RayTile::kDoublesPerRay * rays_),
      values_(sources_ * maps_.size() * rays_) {
  static_assert(RayTiling::kTileSide * RayTiling::kTileSide <= PlaneLookup::kRays);
  // Shared out as in pass(): a thread's rays lie in memory near to it.
#pragma omp parallel for num_threads(threads_) schedule(static, 1)
  for (int thread = 0; thread < threads_; ++thread) {
    Place place = place_of(first_of_thread(thread));
    for (std::size_t pair = first_of_thread(thread); pair < first_of_thread(thread + 1); ++pair) {
      std::array<double, PlaneLookup::kRays> beta_x, beta_y;
      std::size_t ray = 0;
      tiling_.for_each_ray(place.tile, [&](int i, int j) {
        beta_x[ray] = ray_angle(grid_, i);
        beta_y[ray++] = ray_angle(grid_, j);
      });
      RayTile tile = tile_at(place);
      start_rays(tile, {beta_x.data(), ray}, {beta_y.data(), ray});
      place = after(place);
    }
  }
}

void Raytracer::pass(const LensPlane& plane, const PlaneStep& step, std::span<const RunTransform> frames,
                     std::size_t source) {
  assert(frames.size() == runs_ && (!step.source || source < sources_));
  std::vector<RayStep> steps;
  for (const RunTransform& frame : frames) steps.emplace_back(plane, step, frame);
#pragma omp parallel for num_threads(threads_) schedule(static, 1)
  for (int thread = 0; thread < threads_; ++thread) {
    // While a tile is moved, the pixels of the next one are on their way.
    PlaneLookup lookups[2];
    const auto meet = [&](const Place& place, PlaneLookup& lookup) {
      steps[place.run].meet(tile_at(place), 0, place.rays, lookup);
    };
    const std::size_t first = first_of_thread(thread), last = first_of_thread(thread + 1);
    Place place = place_of(first);
    if (first < last) meet(place, lookups[first % 2]);
    for (std::size_t pair = first; pair < last; ++pair) {
      const Place next = after(place);
      // The state behind the next tile's: in a line, but in steps that the hardware does not see through.
      const char* const ahead =
          reinterpret_cast<const char*>(state_.data() + RayTile::kDoublesPerRay * (next.first + next.rays));
      for (std::size_t byte = 0; byte < 8 * RayTile::kDoublesPerRay * place.rays; byte += 64)
        __builtin_prefetch(ahead + byte);
      if (pair + 1 < last) meet(next, lookups[(pair + 1) % 2]);
      MapTargets maps{};
      for (std::size_t m = 0; step.source && m < maps_.size(); ++m)
        maps[static_cast<std::size_t>(maps_[m])] =
            values_.data() + (source * maps_.size() + m) * rays_ + place.first;
      steps[place.run].move(tile_at(place), 0, place.rays, lookups[pair % 2], maps);
      place = next;
    }
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
  const double* const all = values_.data() + (source * maps_.size() + map) * rays_;
  return held == 0 ? std::span<const double>{} : std::span<const double>{all + (from - start), held};
}

std::size_t Raytracer::first_pair(int rank) const {
  return runs_ * tiling_.tiles() * static_cast<std::size_t>(rank) / static_cast<std::size_t>(share_.ranks);
}

std::size_t Raytracer::first_ray(std::size_t pair) const {
  return pair / tiling_.tiles() * tiling_.rays() + tiling_.first_ray(pair % tiling_.tiles());
}

std::size_t Raytracer::first_of_thread(int thread) const {
  return begin_ + (end_ - begin_) * static_cast<std::size_t>(thread) / static_cast<std::size_t>(threads_);
}

Raytracer::Place Raytracer::place_of(std::size_t pair) const {
  const std::size_t tile = pair % tiling_.tiles();
  return {pair / tiling_.tiles(), tile, tiling_.rays_of(tile), first_ray(pair) - first_ray(begin_)};
}

Raytracer::Place Raytracer::after(const Place& place) const {
  Place next{place.run, place.tile + 1, 0, place.first + place.rays};
  if (next.tile == tiling_.tiles()) next = {place.run + 1, 0, 0, next.first};
  next.rays = tiling_.rays_of(next.tile);
  return next;
}

RayTile Raytracer::tile_at(const Place& place) {
  double* const set = state_.data() + RayTile::kDoublesPerRay * place.first;
  double* const other = set + RayTile::kQuantities * place.rays;
  return swapped_ ? RayTile{place.rays, other, set} : RayTile{place.rays, set, other};
}

}  // namespace lenswright
