// plane_lookup.hpp: the fields of a lens plane where rays meet it.
//
// In:     the plane's fields, interleaved as in docs/formats.md; the rays' angles; how the run sees the plane
// Out:    the five fields at each ray, in the plane's own frame
// Units:  comoving Mpc/h; angles in radians; fields as in poisson_fft.hpp
// Source: Keys 1981, IEEE Trans. ASSP 29, 1153 (bicubic: cubic convolution with a = -1/2)
// Note:   only + - * / on doubles in a fixed order: the same bits on every IEEE machine
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/ray_method.hpp"
#include "geometry/philox.hpp"

namespace lenswright {

struct LensPlane {
  std::span<const double> fields;  // f + 5 * (j + grid * i)
  int grid = 0;
  double width_mpc_h = 0;  // Lt; node (i, j) sits at (i, j) Lt / grid
  Interpolation interpolation = Interpolation::bilinear;
};

// Rays are looked up a chunk at a time: short enough for the first-level cache, long enough to fetch the plane's
// pixels ahead of their use.
struct PlaneLookup {
  static constexpr std::size_t kRays = 64;
  alignas(64) double fields[5][kRays];  // the result

  alignas(64) std::int32_t row[kRays];  // of the pixel below the ray
  alignas(64) std::int32_t column[kRays];
  alignas(64) double beyond_row[kRays];  // how far beyond it the ray is, in pixels, [0, 1]
  alignas(64) double beyond_column[kRays];
  alignas(64) std::int64_t corner[4][kRays];  // first field of the pixels around the ray
};

// The first `rays` <= kRays of the angles.
void look_up(const LensPlane& plane, double chi, const RunTransform& frame, const double* beta_x,
             const double* beta_y, std::size_t rays, PlaneLookup& lookup);

}  // namespace lenswright
