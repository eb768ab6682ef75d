#include "physics/plane_lookup.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>

namespace lenswright {

namespace {

// Two doubles, calculated with at once; each of them as if alone.
using Pair = double __attribute__((vector_size(16)));
using IndexPair = std::int64_t __attribute__((vector_size(16)));

inline Pair pair_at(const double* values) {
  Pair pair;
  std::memcpy(&pair, values, sizeof(pair));
  return pair;
}

template <typename Values, typename Value>
inline void store(const Values& pair, Value* values) {
  static_assert(sizeof(pair) == 2 * sizeof(*values));
  std::memcpy(values, &pair, sizeof(pair));
}

// 1.5 x 2^52: what is added to it is rounded to a whole number, which then stands in its low bits.
constexpr double kRounder = 6755399441055744.0;

inline Pair floor_of(const Pair& x) {  // |x| < 2^51
  const Pair nearest = (x + kRounder) - kRounder;
  return nearest > x ? nearest - 1.0 : nearest;
}

inline IndexPair index_of(const Pair& whole) {  // whole numbers, |whole| < 2^51
  constexpr std::int64_t kRounderBits = 0x4338000000000000;
  return std::bit_cast<IndexPair>(whole + kRounder) - kRounderBits;
}

// One axis of the periodic plane.
struct Axis {
  explicit Axis(const LensPlane& plane)
      : last_pixel(static_cast<double>(plane.grid - 1)),
        width(plane.width_mpc_h),
        boxes_per_mpc(1.0 / plane.width_mpc_h),
        pixels_per_mpc(static_cast<double>(plane.grid) / plane.width_mpc_h) {}
  double last_pixel, width, boxes_per_mpc, pixels_per_mpc;
};

struct PixelCoordinate {
  Pair below;   // pixel, [0, grid), whole
  Pair beyond;  // distance from it in pixels, [0, 1]
};

inline PixelCoordinate locate_on_axis(const Pair& x, const Axis& axis) {
  // A value that is not finite, or many planes away, comes from a field out of all range: the maps show it.
  // Here it only must not lead out of the plane.
  constexpr double kManyPlanes = 2e9;
  const Pair many = {kManyPlanes, kManyPlanes}, none = {0.0, 0.0};
  const Pair all_boxes = x * axis.boxes_per_mpc;
  const Pair not_below = -many < all_boxes ? all_boxes : -many;  // also where it is not a number
  const Pair boxes = many < not_below ? many : not_below;
  Pair wrapped = x - axis.width * floor_of(boxes);
  wrapped = wrapped >= 0.0 ? wrapped : none;  // rounding can leave it a hair outside
  wrapped = wrapped < axis.width ? wrapped : none;
  const Pair u = wrapped * axis.pixels_per_mpc;
  const Pair whole = floor_of(u), last = {axis.last_pixel, axis.last_pixel};
  const Pair below = whole < last ? whole : last;
  return {below, u - below};
}

// Pixels before, below, above and after the ray on one axis, and what each counts.
struct CubicStencil {
  CubicStencil(double below_ray, double t, int grid) : CubicStencil(static_cast<int>(below_ray), t, grid) {}
  CubicStencil(int below, double t, int grid)
      : pixel{below > 0 ? below - 1 : grid - 1, below, (below + 1) % grid, (below + 2) % grid},
        weight{((1.0 - 0.5 * t) * t - 0.5) * t, (1.5 * t - 2.5) * (t * t) + 1.0,
               ((2.0 - 1.5 * t) * t + 0.5) * t, (0.5 * t - 0.5) * (t * t)} {}
  std::array<std::int64_t, 4> pixel;
  std::array<double, 4> weight;
};

}  // namespace

// Where the rays meet the plane: S (chi beta) + shift, wrapped.
void PlaneLookup::locate(const LensPlane& plane, double chi, const RunTransform& frame, const double* beta_x,
                         const double* beta_y, std::size_t rays) {
  assert(rays <= kRays);
  rays_ = rays;
  const bool swapped = (frame.symmetry & 4U) != 0;
  const double sign_x = (frame.symmetry & 1U) != 0 ? -1.0 : 1.0;
  const double sign_y = (frame.symmetry & 2U) != 0 ? -1.0 : 1.0;
  const double* const first = swapped ? beta_y : beta_x;
  const double* const second = swapped ? beta_x : beta_y;
  const Axis axis(plane);
  const std::int64_t last = plane.grid - 1, row_step = 5 * std::int64_t{plane.grid};
  const double row_doubles = static_cast<double>(row_step), last_pixel = static_cast<double>(last);
  const IndexPair row_on = {row_step, row_step}, row_back = {-last * row_step, -last * row_step};
  const IndexPair column_on = {5, 5}, column_back = {-5 * last, -5 * last};
  for (std::size_t r = 0; r < rays; r += 2) {
    const bool alone = r + 1 == rays;  // then it is calculated twice
    const Pair x = alone ? Pair{first[r], first[r]} : pair_at(first + r);
    const Pair y = alone ? Pair{second[r], second[r]} : pair_at(second + r);
    const PixelCoordinate i = locate_on_axis(sign_x * (chi * x) + frame.shift[0], axis);
    const PixelCoordinate j = locate_on_axis(sign_y * (chi * y) + frame.shift[1], axis);
    store(i.below, row_ + r);
    store(j.below, column_ + r);
    store(i.beyond, beyond_row_ + r);
    store(j.beyond, beyond_column_ + r);
    store(index_of(i.below * row_doubles + j.below * 5.0), pixel_ + r);
    store(i.below < last_pixel ? row_on : row_back, next_row_ + r);
    store(j.below < last_pixel ? column_on : column_back, next_column_ + r);
  }
  if (plane.interpolation != Interpolation::bilinear) return;
  const double* const pixels = plane.fields.data();
  for (std::size_t r = 0; r < rays; ++r) {
    const double* const near = pixels + pixel_[r];
    __builtin_prefetch(near);
    __builtin_prefetch(near + next_column_[r] + 4);
    __builtin_prefetch(near + next_row_[r]);
    __builtin_prefetch(near + next_row_[r] + next_column_[r] + 4);
  }
}

void PlaneLookup::read(const LensPlane& plane) {
  switch (plane.interpolation) {
    case Interpolation::bilinear:
      return read_bilinear(plane);
    case Interpolation::nearest:
      return read_nearest(plane);
    case Interpolation::bicubic:
      return read_bicubic(plane);
  }
}

void PlaneLookup::read_bilinear(const LensPlane& plane) {
  const double* const pixels = plane.fields.data();
  for (std::size_t r = 0; r < rays_; ++r) {
    const double x = beyond_row_[r], y = beyond_column_[r];
    const double w00 = (1.0 - x) * (1.0 - y), w01 = (1.0 - x) * y, w10 = x * (1.0 - y), w11 = x * y;
    const double* const p00 = pixels + pixel_[r];
    const double* const p01 = p00 + next_column_[r];
    const double* const p10 = p00 + next_row_[r];
    const double* const p11 = p10 + next_column_[r];
    for (int f = 0; f < 4; f += 2) {
      const Pair sum = ((w00 * pair_at(p00 + f) + w01 * pair_at(p01 + f)) + w10 * pair_at(p10 + f)) +
                       w11 * pair_at(p11 + f);
      fields_[f][r] = sum[0];
      fields_[f + 1][r] = sum[1];
    }
    fields_[4][r] = ((w00 * p00[4] + w01 * p01[4]) + w10 * p10[4]) + w11 * p11[4];
  }
}

// Halfway between two pixels the farther one counts.
void PlaneLookup::read_nearest(const LensPlane& plane) {
  const std::int64_t grid = plane.grid;
  const auto nearest = [grid](double below, double beyond) {
    const std::int64_t pixel = static_cast<std::int64_t>(below) + (beyond >= 0.5 ? 1 : 0);
    return pixel < grid ? pixel : 0;
  };
  for (std::size_t r = 0; r < rays_; ++r) {
    const std::int64_t row = nearest(row_[r], beyond_row_[r]),
                       column = nearest(column_[r], beyond_column_[r]);
    const double* const pixel = plane.fields.data() + 5 * (row * grid + column);
    for (int f = 0; f < 5; ++f) fields_[f][r] = pixel[f];
  }
}

void PlaneLookup::read_bicubic(const LensPlane& plane) {
  const int grid = plane.grid;
  for (std::size_t r = 0; r < rays_; ++r) {
    const CubicStencil rows(row_[r], beyond_row_[r], grid);
    const CubicStencil columns(column_[r], beyond_column_[r], grid);
    double sum[5] = {};
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t j = 0; j < 4; ++j) {
        const double weight = rows.weight[i] * columns.weight[j];
        const double* const pixel = plane.fields.data() + 5 * (rows.pixel[i] * grid + columns.pixel[j]);
        for (int f = 0; f < 5; ++f) sum[f] += weight * pixel[f];
      }
    for (int f = 0; f < 5; ++f) fields_[f][r] = sum[f];
  }
}

}  // namespace lenswright
