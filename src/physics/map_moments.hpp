// map_moments.hpp: one-point statistics of a map: moments and the distribution of its values.
//
// In:     values of any layout
// Units:  those of the values; skewness and kurtosis without
// Bytes:  sums over eight interleaved lanes in a fixed order: equal on every x86-64 machine
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace lenswright {

// With m_k = <(x - mean)^k> over all pixels, without correction for the mean being the sample's own.
struct MapMoments {
  double mean = 0;
  double variance = 0;  // m_2
  double skewness = 0;  // m_3 / m_2^(3/2); 0 for a constant map
  double kurtosis = 0;  // m_4 / m_2^2 - 3, 0 for a Gaussian; 0 for a constant map
  double lowest = 0, highest = 0;
};
MapMoments moments_of(std::span<const double> values);

// Mean and variance alone, over a rectangle of rows of one map: `rows` of `width` values, `stride` apart.
struct MeanAndVariance {
  double mean = 0, variance = 0;
};
MeanAndVariance mean_and_variance(const double* first, std::size_t rows, std::size_t width,
                                  std::size_t stride);

// Equal bins [edge_b, edge_b+1) from lowest to highest.
struct EqualBins {
  double lowest = 0, highest = 1;
  int count = 1;
  std::vector<double> edges() const;  // count + 1
  // 0: below the lowest edge; 1 ... count: the bins; count + 1: at the highest edge or above.
  int place(double value) const;
};

// How many values x have (x - offset) / unit in each place of the bins, count + 2 numbers; unit 0: all at 0.
std::vector<std::int64_t> histogram(std::span<const double> values, double offset, double unit,
                                    const EqualBins& bins);

}  // namespace lenswright
