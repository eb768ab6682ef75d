// plane_lookup.hpp: the fields of a lens plane where rays meet it.
//
// In:     the plane's fields, interleaved as in docs/formats.md; the rays' angles; how the run sees the plane
// Out:    the five fields at each ray, in the plane's own frame
// Units:  comoving Mpc/h; angles in radians; fields as in poisson_fft.hpp
// Source: Keys 1981, IEEE Trans. ASSP 29, 1153 (bicubic: cubic convolution with a = -1/2)
// Note:   only + - * / on doubles in a fixed order: the same bits on every IEEE machine
//
// A plane is far larger than any cache. So rays are looked up a chunk at a time and in two steps, with the work on
// another chunk between them: the first finds the pixels and asks the memory for them, the second reads them.
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

class PlaneLookup {
 public:
  static constexpr std::size_t kRays =
      64;  // of a chunk: all that is held of it stays in the first-level cache

  // The first `rays` <= kRays of the angles.
  void locate(const LensPlane& plane, double chi, const RunTransform& frame, const double* beta_x,
              const double* beta_y, std::size_t rays);
  // Field f of the rays that were located last.
  void read(const LensPlane& plane);
  const double* field(int f) const { return fields_[f]; }

 private:
  void read_bilinear(const LensPlane& plane);
  void read_nearest(const LensPlane& plane);
  void read_bicubic(const LensPlane& plane);

  std::size_t rays_ = 0;
  alignas(64) double fields_[5][kRays];
  alignas(64) double row_[kRays];  // of the pixel below the ray; whole numbers
  alignas(64) double column_[kRays];
  alignas(64) double beyond_row_[kRays];  // how far beyond it the ray is, in pixels, [0, 1]
  alignas(64) double beyond_column_[kRays];
  // For bilinear interpolation:
  alignas(64) std::int64_t pixel_[kRays];        // first field of the pixel below
  alignas(64) std::int64_t next_row_[kRays];     // from there to the pixel in the next row
  alignas(64) std::int64_t next_column_[kRays];  // and to the one in the next column
};

}  // namespace lenswright
