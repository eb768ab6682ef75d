#include "physics/map_peaks.hpp"

#include <emmintrin.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstring>

#include "base/units.hpp"

namespace lenswright {

namespace {

// What is damped to less than this part adds nothing to a double; left in, it comes down to numbers so small that
// processors take a hundred times as long over each.
constexpr double kNothing = 1e-30;

}  // namespace

double decay(double x) {
  assert(x >= 0);
  if (x > 745.0) return 0.0;  // below the smallest number
  int halvings = 0;
  for (; x > 0.25; x *= 0.5) ++halvings;
  // exp(-x) = 1 - x (1 - x/2 (1 - x/3 ...)); the terms left out are below 0.25^13 / 13!
  double value = 1.0;
  for (int k = 12; k >= 1; --k) value = 1.0 - x / k * value;
  for (; halvings > 0; --halvings) value *= value;
  return value;
}

int margin_of(double scale_pixels) {
  return std::max(1, static_cast<int>(std::ceil(3.0 * scale_pixels)));
}

GaussianSmoothing::GaussianSmoothing(const FlatSky& sky, double scale_pixels)
    : sky_(sky), damping_(sky.columns()), margin_(margin_of(scale_pixels)) {
  const double unit = 2.0 * kPi / sky.grid() * scale_pixels;
  for (std::size_t n = 0; n < damping_.size(); ++n) {
    const double x = unit * static_cast<double>(n);
    const double factor = decay(0.5 * x * x);
    damping_[n] = factor < kNothing ? 0.0 : factor;
  }
}

void GaussianSmoothing::apply(std::span<const FlatSky::Complex> spectrum, std::span<FlatSky::Complex> work,
                              std::span<double> smoothed) const {
  assert(spectrum.size() == sky_.modes() && work.size() == sky_.modes());
  const std::size_t columns = sky_.columns();
  const double pixels = static_cast<double>(sky_.pixels());
  const auto filled =
      static_cast<std::size_t>(std::find(damping_.begin(), damping_.end(), 0.0) - damping_.begin());
  for (int i = 0; i < sky_.grid(); ++i) {
    const double row = damping_[static_cast<std::size_t>(std::abs(sky_.frequency(i)))] / pixels;
    const std::size_t begin = static_cast<std::size_t>(i) * columns;
    const std::size_t end = row > 0 ? filled : 0;
    for (std::size_t j = 0; j < end; ++j) {
      const double factor = row * damping_[j];
      work[begin + j] = {spectrum[begin + j].real() * factor, spectrum[begin + j].imag() * factor};
    }
    std::fill(work.begin() + static_cast<std::ptrdiff_t>(begin + end),
              work.begin() + static_cast<std::ptrdiff_t>(begin + columns), FlatSky::Complex());
  }
  sky_.back(work, smoothed, filled);
}

PeakCounts count_peaks(std::span<const double> map, int grid, int margin, const EqualBins& heights) {
  assert(margin >= 1 && map.size() == static_cast<std::size_t>(grid) * static_cast<std::size_t>(grid));
  PeakCounts counts;
  counts.peaks.assign(static_cast<std::size_t>(heights.count) + 2, 0);
  counts.minima = counts.peaks;
  const int inner = grid - 2 * margin;
  if (inner < 1) return counts;
  const std::size_t side = static_cast<std::size_t>(grid), strip = static_cast<std::size_t>(margin);
  const std::size_t width = static_cast<std::size_t>(inner);
  const auto moments = mean_and_variance(map.data() + strip * side + strip, width, width, side);
  counts.mean = moments.mean;
  counts.sigma = std::sqrt(moments.variance);
  counts.pixels = static_cast<std::int64_t>(width * width);
  const double inverse = counts.sigma > 0 ? 1.0 / counts.sigma : 0.0;

  // Column by column the highest and lowest of three rows; then a pixel has three numbers to be compared with.
  std::vector<double> high(width + 2), low(width + 2);
  const auto count = [&](double value, bool peak) {
    const int place = heights.place((value - counts.mean) * inverse);
    ++(peak ? counts.peaks : counts.minima)[static_cast<std::size_t>(place)];
  };
  for (std::size_t i = strip; i < strip + width; ++i) {
    const double* const above = map.data() + (i - 1) * side + strip - 1;
    const double* const row = above + side;
    const double* const below = row + side;
    for (std::size_t j = 0; j < width + 2; ++j) {
      high[j] = std::max(std::max(above[j], below[j]), row[j]);
      low[j] = std::min(std::min(above[j], below[j]), row[j]);
    }
    // Two pixels at a time, as every x86-64 processor can; where neither is higher or lower than all around it, which
    // is nearly everywhere, that is all.
    std::size_t j = 0;
    for (; j + 2 <= width; j += 2) {
      const __m128d value = _mm_loadu_pd(row + j + 1);
      const __m128d upper = _mm_loadu_pd(above + j + 1), lower = _mm_loadu_pd(below + j + 1);
      const __m128d most = _mm_max_pd(_mm_max_pd(_mm_loadu_pd(&high[j]), _mm_loadu_pd(&high[j + 2])),
                                      _mm_max_pd(upper, lower));
      const __m128d least =
          _mm_min_pd(_mm_min_pd(_mm_loadu_pd(&low[j]), _mm_loadu_pd(&low[j + 2])), _mm_min_pd(upper, lower));
      const int peaks = _mm_movemask_pd(_mm_cmpgt_pd(value, most));
      const int minima = _mm_movemask_pd(_mm_cmplt_pd(value, least));
      if ((peaks | minima) == 0) continue;
      for (std::size_t k = 0; k < 2; ++k)
        if (((peaks | minima) >> k & 1) != 0) count(row[j + k + 1], (peaks >> k & 1) != 0);
    }
    for (; j < width; ++j) {
      const double value = row[j + 1];
      if (value > std::max({high[j], high[j + 2], above[j + 1], below[j + 1]})) count(value, true);
      if (value < std::min({low[j], low[j + 2], above[j + 1], below[j + 1]})) count(value, false);
    }
  }
  return counts;
}

}  // namespace lenswright
