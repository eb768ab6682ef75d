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

RayStep::RayStep(const LensPlane& plane, const PlaneStep& step, const RunTransform& frame)
    : plane_(plane), step_(step), frame_(frame) {}

void RayStep::meet(const RayTile& tile, std::size_t first, std::size_t rays, PlaneLookup& lookup) const {
  const double* const beta_x = tile.now + first;
  lookup.locate(plane_, step_.chi, frame_, beta_x, beta_x + tile.rays, rays);
}

void RayStep::move(const RayTile& tile, std::size_t first, std::size_t rays, PlaneLookup& lookup,
                   const MapTargets& maps) const {
  constexpr std::size_t kRays = PlaneLookup::kRays;
  const bool swapped = (frame_.symmetry & 4U) != 0;
  const double sign_x = (frame_.symmetry & 1U) != 0 ? -1.0 : 1.0;
  const double sign_y = (frame_.symmetry & 2U) != 0 ? -1.0 : 1.0;
  // alpha = -(1/a) S^T (f0, f1) and U = (chi/a) S^T [[f2, f3], [f3, f4]] S with S = signs after swap: the
  // fields change places and signs, nothing else.
  const double deflection = -(1.0 / step_.a), tidal = step_.chi / step_.a;
  const double alpha_x = deflection * (swapped ? sign_y : sign_x);
  const double alpha_y = deflection * (swapped ? sign_x : sign_y);
  const double tidal_off = tidal * (sign_x * sign_y);
  lookup.read(plane_);
  const double* const f_x = lookup.field(swapped ? 1 : 0);
  const double* const f_y = lookup.field(swapped ? 0 : 1);
  const double* const f_xx = lookup.field(swapped ? 4 : 2);
  const double* const f_xy = lookup.field(3);
  const double* const f_yy = lookup.field(swapped ? 2 : 4);
  double* before[RayTile::kQuantities];
  const double* now[RayTile::kQuantities];
  for (std::size_t q = 0; q < RayTile::kQuantities; ++q) {
    before[q] = tile.before + q * tile.rays + first;
    now[q] = tile.now + q * tile.rays + first;
  }

  // U A, in place of the deflection in the Jacobian's recursion.
  alignas(64) double bend[RayTile::kQuantities][kRays];
  if (step_.method == TracingMethod::born) {
    for (std::size_t r = 0; r < rays; ++r) {
      bend[0][r] = bend[1][r] = 0.0;
      bend[2][r] = tidal * f_xx[r];
      bend[3][r] = bend[4][r] = tidal_off * f_xy[r];
      bend[5][r] = tidal * f_yy[r];
    }
  } else {
    for (std::size_t r = 0; r < rays; ++r) {
      const double u11 = tidal * f_xx[r], u12 = tidal_off * f_xy[r], u22 = tidal * f_yy[r];
      bend[0][r] = alpha_x * f_x[r];
      bend[1][r] = alpha_y * f_y[r];
      bend[2][r] = u11 * now[2][r] + u12 * now[4][r];
      bend[3][r] = u11 * now[3][r] + u12 * now[5][r];
      bend[4][r] = u12 * now[2][r] + u22 * now[4][r];
      bend[5][r] = u12 * now[3][r] + u22 * now[5][r];
    }
  }
  const auto carry = [&](const Carry& to, std::size_t q, double* carried) {
    const double w = to.w, v = 1.0 - w, g = to.g;
    const double *const from = before[q], *const at = now[q], *const turn = bend[q];
    for (std::size_t r = 0; r < rays; ++r) carried[r] = v * from[r] + w * at[r] - g * turn[r];
  };
  if (step_.source) {
    alignas(64) double A11[kRays], A12[kRays], A21[kRays], A22[kRays];
    carry(*step_.source, 2, A11);
    carry(*step_.source, 3, A12);
    carry(*step_.source, 4, A21);
    carry(*step_.source, 5, A22);
    const auto map = [&](LensingMap which) {
      double* const values = maps[static_cast<std::size_t>(which)];
      return values ? values + first : nullptr;
    };
    if (double* const kappa = map(LensingMap::kappa))
      for (std::size_t r = 0; r < rays; ++r) kappa[r] = 1.0 - (A11[r] + A22[r]) / 2.0;
    if (double* const gamma1 = map(LensingMap::gamma1))
      for (std::size_t r = 0; r < rays; ++r) gamma1[r] = (A22[r] - A11[r]) / 2.0;
    if (double* const gamma2 = map(LensingMap::gamma2))
      for (std::size_t r = 0; r < rays; ++r) gamma2[r] = -(A12[r] + A21[r]) / 2.0;
    if (double* const omega = map(LensingMap::omega))
      for (std::size_t r = 0; r < rays; ++r) omega[r] = (A21[r] - A12[r]) / 2.0;
  }
  if (step_.advance)
    for (std::size_t q = 0; q < RayTile::kQuantities; ++q) carry(*step_.advance, q, before[q]);
}

void step_rays(const LensPlane& plane, const PlaneStep& step, const RunTransform& frame, RayTile& tile,
               const MapTargets& maps) {
  const RayStep ray_step(plane, step, frame);
  PlaneLookup lookup;
  for (std::size_t first = 0; first < tile.rays; first += PlaneLookup::kRays) {
    const std::size_t rays = std::min(PlaneLookup::kRays, tile.rays - first);
    ray_step.meet(tile, first, rays, lookup);
    ray_step.move(tile, first, rays, lookup, maps);
  }
  if (step.advance) std::swap(tile.before, tile.now);
}

}  // namespace lenswright
