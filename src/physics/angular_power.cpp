#include "physics/angular_power.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "base/units.hpp"

namespace lenswright {

namespace {

constexpr double kTaperedPart = 0.1;  // of the side, on each

// Calls visit(element, bin, weight, n1, n2) for every mode that is in a bin, row by row.
template <typename Visit>
void for_each_mode(const FlatSky& sky, const EllBins& bins, const Visit& visit) {
  const int columns = static_cast<int>(sky.columns());
  std::size_t element = 0;
  for (int i = 0; i < sky.grid(); ++i) {
    const int n1 = sky.frequency(i);
    for (int j = 0; j < columns; ++j, ++element)
      if (const std::size_t bin = bins.bin_of(n1, j); bin < bins.size())
        visit(element, bin, sky.weight(j), n1, j);
  }
}

double square(const FlatSky::Complex& value) {
  return value.real() * value.real() + value.imag() * value.imag();
}

// Sums over modes to C_ell.
void normalise(const FlatSky& sky, const EllBins& bins, double extra, std::vector<double>& power) {
  const double pixels = static_cast<double>(sky.pixels());
  const double unit = (sky.side_rad() / pixels) * (sky.side_rad() / pixels) * extra;
  for (std::size_t b = 0; b < power.size(); ++b) power[b] *= unit / static_cast<double>(bins.modes()[b]);
}

}  // namespace

EllBins::EllBins(const FlatSky& sky, int wanted) {
  assert(wanted >= 1);
  const int nyquist = sky.grid() / 2;
  const std::size_t highest = static_cast<std::size_t>(nyquist) * static_cast<std::size_t>(nyquist);
  std::vector<std::int64_t> modes_of(highest + 1, 0);  // by n1^2 + n2^2
  for (int i = 0; i < sky.grid(); ++i)
    for (int j = 0; j < static_cast<int>(sky.columns()); ++j) {
      const int n1 = sky.frequency(i);
      if (const auto at = static_cast<std::size_t>(n1 * n1 + j * j); at > 0 && at <= highest)
        modes_of[at] += sky.weight(j);
    }
  const double unit = 2.0 * kPi / sky.side_rad();
  bin_.assign(highest + 1, 0);
  std::size_t from = 1;  // the first square that is in no bin yet
  for (int b = 1; b <= wanted; ++b) {
    const auto last = b == wanted ? highest
                                  : static_cast<std::size_t>(std::llround(
                                        std::pow(static_cast<double>(nyquist), 2.0 * b / wanted)));
    std::int64_t count = 0;
    double sum = 0;
    for (std::size_t n = from; n <= last; ++n) {
      count += modes_of[n];
      sum += static_cast<double>(modes_of[n]) * std::sqrt(static_cast<double>(n));
    }
    if (count == 0) continue;
    for (std::size_t n = from; n <= last; ++n) bin_[n] = static_cast<std::uint32_t>(modes_.size());
    lower_.push_back(unit * std::sqrt(static_cast<double>(from) - 0.5));
    upper_.push_back(unit * std::sqrt(static_cast<double>(last) + 0.5));
    mean_.push_back(unit * sum / static_cast<double>(count));
    modes_.push_back(count);
    from = last + 1;
  }
  bin_[0] = static_cast<std::uint32_t>(modes_.size());
}

std::vector<double> angular_power(const FlatSky& sky, const EllBins& bins,
                                  std::span<const FlatSky::Complex> spectrum) {
  assert(spectrum.size() == sky.modes());
  std::vector<double> power(bins.size(), 0.0);
  for_each_mode(sky, bins, [&](std::size_t element, std::size_t bin, int weight, int, int) {
    power[bin] += weight * square(spectrum[element]);
  });
  normalise(sky, bins, 1.0, power);
  return power;
}

std::vector<double> edge_taper(int grid) {
  const double width = kTaperedPart * grid;
  std::vector<double> taper(static_cast<std::size_t>(grid));
  for (int i = 0; i < grid; ++i) {
    const double from_edge = std::min(i, grid - 1 - i) + 0.5;
    const double t = std::min(1.0, from_edge / width);
    taper[static_cast<std::size_t>(i)] = t * t * (3.0 - 2.0 * t);
  }
  return taper;
}

double mean_square(std::span<const double> taper) {
  double sum = 0;
  for (const double value : taper) sum += value * value;
  const double of_axis = sum / static_cast<double>(taper.size());
  return of_axis * of_axis;
}

ShearPower shear_power(const FlatSky& sky, const EllBins& bins, std::span<const FlatSky::Complex> gamma1,
                       std::span<const FlatSky::Complex> gamma2, double taper_square) {
  assert(gamma1.size() == sky.modes() && gamma2.size() == sky.modes());
  ShearPower power{std::vector<double>(bins.size(), 0.0), std::vector<double>(bins.size(), 0.0)};
  for_each_mode(sky, bins, [&](std::size_t element, std::size_t bin, int weight, int n1, int n2) {
    const double squares = static_cast<double>(n1 * n1 + n2 * n2);
    const bool nyquist = 2 * n2 == sky.grid() || -2 * n1 == sky.grid();
    const double cosine = static_cast<double>(n1 * n1 - n2 * n2) / squares;  // of twice the angle of ell
    const double sine = nyquist ? 0.0 : 2.0 * static_cast<double>(n1) * n2 / squares;
    const FlatSky::Complex& g1 = gamma1[element];
    const FlatSky::Complex& g2 = gamma2[element];
    power.e[bin] +=
        weight * square({cosine * g1.real() + sine * g2.real(), cosine * g1.imag() + sine * g2.imag()});
    power.b[bin] +=
        weight * square({cosine * g2.real() - sine * g1.real(), cosine * g2.imag() - sine * g1.imag()});
  });
  normalise(sky, bins, 1.0 / taper_square, power.e);
  normalise(sky, bins, 1.0 / taper_square, power.b);
  return power;
}

}  // namespace lenswright
