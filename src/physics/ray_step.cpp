#include "physics/ray_step.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <utility>

namespace lenswright {

namespace {

// Rays are taken through the three loops (where, fields, recursion) a chunk at a time: short enough for the
// first-level cache, long enough to fetch the plane's pixels ahead of their use.
constexpr std::size_t kChunk = 64;
constexpr std::size_t kFetchAhead = 12;

struct Chunk {
  alignas(64) std::int64_t corner[4][kChunk];  // first field of the pixels around the ray
  alignas(64) double weight_x[kChunk];         // of the farther row
  alignas(64) double weight_y[kChunk];         // of the farther column
  alignas(64) double fields[5][kChunk];
};

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
            const double* beta_y, std::size_t rays, Chunk& chunk) {
  const bool swapped = (frame.symmetry & 4U) != 0;
  const double sign_x = (frame.symmetry & 1U) != 0 ? -1.0 : 1.0;
  const double sign_y = (frame.symmetry & 2U) != 0 ? -1.0 : 1.0;
  const double* const first = swapped ? beta_y : beta_x;
  const double* const second = swapped ? beta_x : beta_y;
  const Axis axis(plane);
  const int grid = plane.grid;
  for (std::size_t r = 0; r < rays; ++r) {
    const PixelCoordinate i = locate_on_axis(sign_x * (chi * first[r]) + frame.shift[0], axis);
    const PixelCoordinate j = locate_on_axis(sign_y * (chi * second[r]) + frame.shift[1], axis);
    const std::int64_t row = std::int64_t{i.below} * grid;
    const std::int64_t next_row = i.below + 1 < grid ? row + grid : 0;
    const std::int64_t column = j.below, next_column = j.below + 1 < grid ? column + 1 : 0;
    chunk.corner[0][r] = 5 * (row + column);
    chunk.corner[1][r] = 5 * (row + next_column);
    chunk.corner[2][r] = 5 * (next_row + column);
    chunk.corner[3][r] = 5 * (next_row + next_column);
    chunk.weight_x[r] = i.beyond;
    chunk.weight_y[r] = j.beyond;
  }
}

// Bilinear interpolation of the five fields.
void interpolate(const LensPlane& plane, std::size_t rays, Chunk& chunk) {
  const double* const pixels = plane.fields.data();
  const auto fetch = [&](std::size_t r) {
    __builtin_prefetch(pixels + chunk.corner[0][r]);
    __builtin_prefetch(pixels + chunk.corner[1][r] + 4);
    __builtin_prefetch(pixels + chunk.corner[2][r]);
    __builtin_prefetch(pixels + chunk.corner[3][r] + 4);
  };
  for (std::size_t r = 0; r < std::min(rays, kFetchAhead); ++r) fetch(r);
  for (std::size_t r = 0; r < rays; ++r) {
    if (r + kFetchAhead < rays) fetch(r + kFetchAhead);
    const double x = chunk.weight_x[r], y = chunk.weight_y[r];
    const double w00 = (1.0 - x) * (1.0 - y), w01 = (1.0 - x) * y, w10 = x * (1.0 - y), w11 = x * y;
    const double* const p00 = pixels + chunk.corner[0][r];
    const double* const p01 = pixels + chunk.corner[1][r];
    const double* const p10 = pixels + chunk.corner[2][r];
    const double* const p11 = pixels + chunk.corner[3][r];
    for (int f = 0; f < 5; ++f)
      chunk.fields[f][r] = ((w00 * p00[f] + w01 * p01[f]) + w10 * p10[f]) + w11 * p11[f];
  }
}

}  // namespace

Carry carry_to(double chi_before, double chi, double chi_to) {
  return {(chi / chi_to) * (chi_to - chi_before) / (chi - chi_before), (chi_to - chi) / chi_to};
}

void start_rays(RayTile& tile, std::span<const double> beta_x, std::span<const double> beta_y) {
  assert(beta_x.size() == tile.rays && beta_y.size() == tile.rays);
  constexpr double kUnitMatrix[4] = {1.0, 0.0, 0.0, 1.0};
  for (double* const set : {tile.before, tile.now}) {
    std::copy(beta_x.begin(), beta_x.end(), set);
    std::copy(beta_y.begin(), beta_y.end(), set + tile.rays);
    for (std::size_t k = 0; k < 4; ++k) std::fill_n(set + (2 + k) * tile.rays, tile.rays, kUnitMatrix[k]);
  }
}

void step_rays(const LensPlane& plane, const PlaneStep& step, const RunTransform& frame, RayTile& tile,
               const std::array<double*, kLensingMaps>& maps) {
  const bool swapped = (frame.symmetry & 4U) != 0;
  const double sign_x = (frame.symmetry & 1U) != 0 ? -1.0 : 1.0;
  const double sign_y = (frame.symmetry & 2U) != 0 ? -1.0 : 1.0;
  // alpha = -(1/a) S^T (f0, f1) and U = (chi/a) S^T [[f2, f3], [f3, f4]] S with S = signs after swap: the
  // fields change places and signs, nothing else.
  const double deflection = -(1.0 / step.a), tidal = step.chi / step.a;
  const double alpha_x = deflection * (swapped ? sign_y : sign_x);
  const double alpha_y = deflection * (swapped ? sign_x : sign_y);
  const double tidal_off = tidal * (sign_x * sign_y);
  Chunk chunk;
  const double* const f_x = chunk.fields[swapped ? 1 : 0];
  const double* const f_y = chunk.fields[swapped ? 0 : 1];
  const double* const f_xx = chunk.fields[swapped ? 4 : 2];
  const double* const f_xy = chunk.fields[3];
  const double* const f_yy = chunk.fields[swapped ? 2 : 4];

  for (std::size_t first = 0; first < tile.rays; first += kChunk) {
    const std::size_t rays = std::min(kChunk, tile.rays - first);
    double* before[RayTile::kQuantities];
    const double* now[RayTile::kQuantities];
    for (std::size_t q = 0; q < RayTile::kQuantities; ++q) {
      before[q] = tile.before + q * tile.rays + first;
      now[q] = tile.now + q * tile.rays + first;
    }
    locate(plane, step.chi, frame, now[0], now[1], rays, chunk);
    interpolate(plane, rays, chunk);

    // U A, in place of the deflection in the Jacobian's recursion.
    alignas(64) double bend[RayTile::kQuantities][kChunk];
    for (std::size_t r = 0; r < rays; ++r) {
      const double u11 = tidal * f_xx[r], u12 = tidal_off * f_xy[r], u22 = tidal * f_yy[r];
      bend[0][r] = alpha_x * f_x[r];
      bend[1][r] = alpha_y * f_y[r];
      bend[2][r] = u11 * now[2][r] + u12 * now[4][r];
      bend[3][r] = u11 * now[3][r] + u12 * now[5][r];
      bend[4][r] = u12 * now[2][r] + u22 * now[4][r];
      bend[5][r] = u12 * now[3][r] + u22 * now[5][r];
    }
    if (step.source) {
      const double w = step.source->w, v = 1.0 - w, g = step.source->g;
      const auto at_source = [&](std::size_t q, std::size_t r) {
        return v * before[q][r] + w * now[q][r] - g * bend[q][r];
      };
      const auto map = [&](LensingMap which) {
        double* const values = maps[static_cast<std::size_t>(which)];
        return values ? values + first : nullptr;
      };
      if (double* const kappa = map(LensingMap::kappa))
        for (std::size_t r = 0; r < rays; ++r) kappa[r] = 1.0 - (at_source(2, r) + at_source(5, r)) / 2.0;
      if (double* const gamma1 = map(LensingMap::gamma1))
        for (std::size_t r = 0; r < rays; ++r) gamma1[r] = (at_source(5, r) - at_source(2, r)) / 2.0;
      if (double* const gamma2 = map(LensingMap::gamma2))
        for (std::size_t r = 0; r < rays; ++r) gamma2[r] = -(at_source(3, r) + at_source(4, r)) / 2.0;
      if (double* const omega = map(LensingMap::omega))
        for (std::size_t r = 0; r < rays; ++r) omega[r] = (at_source(4, r) - at_source(3, r)) / 2.0;
    }
    if (step.advance) {
      const double w = step.advance->w, v = 1.0 - w, g = step.advance->g;
      for (std::size_t q = 0; q < RayTile::kQuantities; ++q) {
        double* const from = before[q];
        const double* const at = now[q];
        for (std::size_t r = 0; r < rays; ++r) from[r] = v * from[r] + w * at[r] - g * bend[q][r];
      }
    }
  }
  if (step.advance) std::swap(tile.before, tile.now);
}

}  // namespace lenswright
