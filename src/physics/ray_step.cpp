#include "physics/ray_step.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace lenswright {

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
  constexpr std::size_t kChunk = PlaneLookup::kRays;
  const bool born = step.method == TracingMethod::born;
  PlaneLookup chunk;
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
    look_up(plane, step.chi, frame, now[0], now[1], rays, chunk);

    // U A, in place of the deflection in the Jacobian's recursion.
    alignas(64) double bend[RayTile::kQuantities][kChunk];
    for (std::size_t r = 0; born && r < rays; ++r) {
      bend[0][r] = bend[1][r] = 0.0;
      bend[2][r] = tidal * f_xx[r];
      bend[3][r] = bend[4][r] = tidal_off * f_xy[r];
      bend[5][r] = tidal * f_yy[r];
    }
    for (std::size_t r = 0; !born && r < rays; ++r) {
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
