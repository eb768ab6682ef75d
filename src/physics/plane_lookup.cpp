#include "physics/plane_lookup.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace lenswright {

namespace {

constexpr std::size_t kFetchAhead = 12;

// One axis of the periodic plane.
struct Axis {
  explicit Axis(const LensPlane& plane)
      : grid(plane.grid),
        width(plane.width_mpc_h),
        boxes_per_mpc(1.0 / plane.width_mpc_h),
        pixels_per_mpc(static_cast<double>(plane.grid) / plane.width_mpc_h) {}
  std::int32_t grid;
  double width, boxes_per_mpc, pixels_per_mpc;
};

struct PixelCoordinate {
  std::int32_t below;  // pixel, [0, grid)
  double beyond;       // distance from it in pixels, [0, 1]
};

inline PixelCoordinate locate_on_axis(double x, const Axis& axis) {
  // A value that is not finite, or many planes away, comes from a field out of all range: the maps show it.
  // Here it only must not lead out of the plane. Truncation gives floor without a library call.
  constexpr double kManyPlanes = 2e9;
  const double boxes = std::min(std::max(-kManyPlanes, x * axis.boxes_per_mpc), kManyPlanes);
  double whole = static_cast<double>(static_cast<std::int32_t>(boxes));
  whole -= whole > boxes ? 1.0 : 0.0;
  double wrapped = x - axis.width * whole;
  wrapped = wrapped >= 0.0 && wrapped < axis.width ? wrapped : 0.0;  // rounding can leave it a hair outside
  const double u = wrapped * axis.pixels_per_mpc;
  const std::int32_t below = std::min(static_cast<std::int32_t>(u), axis.grid - 1);
  return {below, u - static_cast<double>(below)};
}

// Where the rays meet the plane: S (chi beta) + shift, wrapped.
void locate(const LensPlane& plane, double chi, const RunTransform& frame, const double* beta_x,
            const double* beta_y, std::size_t rays, PlaneLookup& lookup) {
  const bool swapped = (frame.symmetry & 4U) != 0;
  const double sign_x = (frame.symmetry & 1U) != 0 ? -1.0 : 1.0;
  const double sign_y = (frame.symmetry & 2U) != 0 ? -1.0 : 1.0;
  const double* const first = swapped ? beta_y : beta_x;
  const double* const second = swapped ? beta_x : beta_y;
  const Axis axis(plane);
  for (std::size_t r = 0; r < rays; ++r) {
    const PixelCoordinate i = locate_on_axis(sign_x * (chi * first[r]) + frame.shift[0], axis);
    const PixelCoordinate j = locate_on_axis(sign_y * (chi * second[r]) + frame.shift[1], axis);
    lookup.row[r] = i.below;
    lookup.beyond_row[r] = i.beyond;
    lookup.column[r] = j.below;
    lookup.beyond_column[r] = j.beyond;
  }
}

void interpolate_bilinear(const LensPlane& plane, std::size_t rays, PlaneLookup& lookup) {
  const double* const pixels = plane.fields.data();
  const int grid = plane.grid;
  for (std::size_t r = 0; r < rays; ++r) {
    const std::int64_t row = std::int64_t{lookup.row[r]} * grid, column = lookup.column[r];
    const std::int64_t next_row = lookup.row[r] + 1 < grid ? row + grid : 0;
    const std::int64_t next_column = lookup.column[r] + 1 < grid ? column + 1 : 0;
    lookup.corner[0][r] = 5 * (row + column);
    lookup.corner[1][r] = 5 * (row + next_column);
    lookup.corner[2][r] = 5 * (next_row + column);
    lookup.corner[3][r] = 5 * (next_row + next_column);
  }
  const auto fetch = [&](std::size_t r) {
    __builtin_prefetch(pixels + lookup.corner[0][r]);
    __builtin_prefetch(pixels + lookup.corner[1][r] + 4);
    __builtin_prefetch(pixels + lookup.corner[2][r]);
    __builtin_prefetch(pixels + lookup.corner[3][r] + 4);
  };
  for (std::size_t r = 0; r < std::min(rays, kFetchAhead); ++r) fetch(r);
  for (std::size_t r = 0; r < rays; ++r) {
    if (r + kFetchAhead < rays) fetch(r + kFetchAhead);
    const double x = lookup.beyond_row[r], y = lookup.beyond_column[r];
    const double w00 = (1.0 - x) * (1.0 - y), w01 = (1.0 - x) * y, w10 = x * (1.0 - y), w11 = x * y;
    const double* const p00 = pixels + lookup.corner[0][r];
    const double* const p01 = pixels + lookup.corner[1][r];
    const double* const p10 = pixels + lookup.corner[2][r];
    const double* const p11 = pixels + lookup.corner[3][r];
    for (int f = 0; f < 5; ++f)
      lookup.fields[f][r] = ((w00 * p00[f] + w01 * p01[f]) + w10 * p10[f]) + w11 * p11[f];
  }
}

// Halfway between two pixels the farther one counts.
void take_nearest(const LensPlane& plane, std::size_t rays, PlaneLookup& lookup) {
  const int grid = plane.grid;
  const auto nearest = [grid](std::int32_t below, double beyond) {
    const std::int32_t pixel = below + (beyond >= 0.5 ? 1 : 0);
    return std::int64_t{pixel < grid ? pixel : 0};
  };
  for (std::size_t r = 0; r < rays; ++r)
    lookup.corner[0][r] = 5 * (nearest(lookup.row[r], lookup.beyond_row[r]) * grid +
                               nearest(lookup.column[r], lookup.beyond_column[r]));
  for (std::size_t r = 0; r < rays; ++r) {
    if (r + kFetchAhead < rays)
      __builtin_prefetch(plane.fields.data() + lookup.corner[0][r + kFetchAhead] + 2);
    const double* const pixel = plane.fields.data() + lookup.corner[0][r];
    for (int f = 0; f < 5; ++f) lookup.fields[f][r] = pixel[f];
  }
}

// Pixels before, below, above and after the ray on one axis, and what each counts.
struct CubicStencil {
  CubicStencil(std::int32_t below, double t, int grid)
      : pixel{below > 0 ? below - 1 : grid - 1, below, (below + 1) % grid, (below + 2) % grid},
        weight{((1.0 - 0.5 * t) * t - 0.5) * t, (1.5 * t - 2.5) * (t * t) + 1.0,
               ((2.0 - 1.5 * t) * t + 0.5) * t, (0.5 * t - 0.5) * (t * t)} {}
  std::array<std::int64_t, 4> pixel;
  std::array<double, 4> weight;
};

void interpolate_bicubic(const LensPlane& plane, std::size_t rays, PlaneLookup& lookup) {
  const int grid = plane.grid;
  for (std::size_t r = 0; r < rays; ++r) {
    const CubicStencil rows(lookup.row[r], lookup.beyond_row[r], grid);
    const CubicStencil columns(lookup.column[r], lookup.beyond_column[r], grid);
    double sum[5] = {};
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t j = 0; j < 4; ++j) {
        const double weight = rows.weight[i] * columns.weight[j];
        const double* const pixel = plane.fields.data() + 5 * (rows.pixel[i] * grid + columns.pixel[j]);
        for (int f = 0; f < 5; ++f) sum[f] += weight * pixel[f];
      }
    for (int f = 0; f < 5; ++f) lookup.fields[f][r] = sum[f];
  }
}

}  // namespace

void look_up(const LensPlane& plane, double chi, const RunTransform& frame, const double* beta_x,
             const double* beta_y, std::size_t rays, PlaneLookup& lookup) {
  assert(rays <= PlaneLookup::kRays);
  locate(plane, chi, frame, beta_x, beta_y, rays, lookup);
  switch (plane.interpolation) {
    case Interpolation::bilinear:
      return interpolate_bilinear(plane, rays, lookup);
    case Interpolation::nearest:
      return take_nearest(plane, rays, lookup);
    case Interpolation::bicubic:
      return interpolate_bicubic(plane, rays, lookup);
  }
}

}  // namespace lenswright
