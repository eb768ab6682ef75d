// lens_stack.hpp: a few lens planes in memory, from mass to traced rays, by the code that makes the products.
//
// Units:  comoving Mpc/h; angles in radians; masses in Msun/h
// Every test sets where its rays start, so that answers known at a point are met at that point.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "base/grid2d.hpp"
#include "base/units.hpp"
#include "geometry/philox.hpp"
#include "physics/poisson_fft.hpp"
#include "physics/ray_step.hpp"

namespace lenswright::test {

inline constexpr double kOmegaM = 0.3089;
inline constexpr double kBoxMpcH = 205.0;
inline constexpr double kSlabMpcH = 102.5;

// Rays' directions, and what they are at the source: angles, Jacobian, maps.
struct Rays {
  std::vector<double> x, y;
  void add(double beta_x, double beta_y) {
    x.push_back(beta_x);
    y.push_back(beta_y);
  }
  std::size_t size() const { return x.size(); }
};
struct Traced {
  std::vector<double> beta_x, beta_y;
  std::array<std::vector<double>, 4> jacobian;  // 11, 12, 21, 22
  std::array<std::vector<double>, kLensingMaps> maps;
  const std::vector<double>& map(LensingMap which) const { return maps[static_cast<std::size_t>(which)]; }
};

// Rays of a square field in the order of a map.
inline Rays square_field(int side, double field_rad) {
  Rays rays;
  for (int i = 0; i < side; ++i)
    for (int j = 0; j < side; ++j)
      rays.add((i + 0.5 - side / 2.0) * field_rad / side, (j + 0.5 - side / 2.0) * field_rad / side);
  return rays;
}

struct StackedPlane {
  double chi = 0;
  double a = 1;
  double width_mpc_h = kBoxMpcH;
  int grid = 0;
  std::vector<double> fields;
  RunTransform frame;
};

class LensStack {
 public:
  // A mass plane at chi. Rays see it through `frame`.
  void add(double chi, double a, const Grid2d<double>& mass, const RunTransform& frame,
           double width = kBoxMpcH, double thickness = kSlabMpcH) {
    const int grid = mass.side();
    PoissonSolver solver({grid, width, thickness, kOmegaM}, 1);
    std::copy(mass.values().begin(), mass.values().end(), solver.mass().begin());
    solver.solve();
    StackedPlane plane{chi, a, width, grid, std::vector<double>(5 * mass.size()), frame};
    solver.field_rows(0, grid, plane.fields);
    planes_.push_back(std::move(plane));
  }
  const std::vector<StackedPlane>& planes() const { return planes_; }

  // The rays at a source behind all planes nearer than it.
  Traced trace(const Rays& rays, double chi_source, TracingMethod method = TracingMethod::full,
               Interpolation interpolation = Interpolation::bilinear) const {
    const std::size_t count = rays.size();
    std::vector<double> state(RayTile::kDoublesPerRay * count);
    RayTile tile{count, state.data(), state.data() + RayTile::kQuantities * count};
    start_rays(tile, rays.x, rays.y);
    Traced traced;
    std::array<double*, kLensingMaps> maps{};
    for (std::size_t m = 0; m < kLensingMaps; ++m) {
      traced.maps[m].resize(count);
      maps[m] = traced.maps[m].data();
    }
    double chi_before = 0;
    for (std::size_t k = 0; k < planes_.size() && planes_[k].chi < chi_source; ++k) {
      const StackedPlane& plane = planes_[k];
      const bool last = k + 1 == planes_.size() || planes_[k + 1].chi >= chi_source;
      PlaneStep step;
      step.chi = plane.chi;
      step.a = plane.a;
      step.method = method;
      step.advance = carry_to(chi_before, plane.chi, last ? chi_source : planes_[k + 1].chi);
      if (last) step.source = step.advance;
      LensPlane lens;
      lens.fields = plane.fields;
      lens.grid = plane.grid;
      lens.width_mpc_h = plane.width_mpc_h;
      lens.interpolation = interpolation;
      step_rays(lens, step, plane.frame, tile, maps);
      chi_before = plane.chi;
    }
    const auto quantity = [&](std::size_t q) {
      return std::vector<double>(tile.now + q * count, tile.now + (q + 1) * count);
    };
    traced.beta_x = quantity(0);
    traced.beta_y = quantity(1);
    for (std::size_t q = 0; q < 4; ++q) traced.jacobian[q] = quantity(2 + q);
    return traced;
  }

 private:
  std::vector<StackedPlane> planes_;
};

}  // namespace lenswright::test
