#include "physics/map_moments.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>

namespace lenswright {

namespace {

// So many sums side by side: independent of each other, so that they are added as fast as memory gives them.
constexpr std::size_t kLanes = 8;
using Lanes = std::array<double, kLanes>;

double sum_of(const Lanes& lanes) {
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

// Adds term(value) of each value of a row; lanes go by the position in the row.
template <typename Term>
void add_row(const double* row, std::size_t width, Lanes& lanes, const Term& term) {
  std::size_t k = 0;
  for (; k + kLanes <= width; k += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += term(row[k + lane]);
  for (std::size_t lane = 0; lane < width - k; ++lane) lanes[lane % kLanes] += term(row[k + lane]);
}

// Rows first, then the rows' sums: errors do not pile up over a million values.
template <typename Term>
double sum_rows(const double* first, std::size_t rows, std::size_t width, std::size_t stride,
                const Term& term) {
  Lanes total{};
  for (std::size_t i = 0; i < rows; ++i) {
    Lanes lanes{};
    add_row(first + i * stride, width, lanes, term);
    for (std::size_t lane = 0; lane < kLanes; ++lane) total[lane] += lanes[lane];
  }
  return sum_of(total);
}

constexpr std::size_t kBlock = 1024;  // of a map without rows

template <typename Term>
double sum_all(std::span<const double> values, const Term& term) {
  const std::size_t whole = values.size() / kBlock;
  return sum_rows(values.data(), whole, kBlock, kBlock, term) +
         sum_rows(values.data() + whole * kBlock, 1, values.size() - whole * kBlock, kBlock, term);
}

}  // namespace

MapMoments moments_of(std::span<const double> values) {
  assert(!values.empty());
  const double count = static_cast<double>(values.size());
  MapMoments moments;
  moments.mean = sum_all(values, [](double x) { return x; }) / count;
  const double mean = moments.mean;
  moments.variance = sum_all(values, [mean](double x) { return (x - mean) * (x - mean); }) / count;
  Lanes lowest, highest;
  lowest.fill(values[0]);
  highest.fill(values[0]);
  std::size_t k = 0;
  for (; k + kLanes <= values.size(); k += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      lowest[lane] = std::min(lowest[lane], values[k + lane]);
      highest[lane] = std::max(highest[lane], values[k + lane]);
    }
  for (; k < values.size(); ++k) {
    lowest[0] = std::min(lowest[0], values[k]);
    highest[0] = std::max(highest[0], values[k]);
  }
  moments.lowest = *std::min_element(lowest.begin(), lowest.end());
  moments.highest = *std::max_element(highest.begin(), highest.end());
  if (!(moments.variance > 0)) return moments;
  const double third = sum_all(values, [mean](double x) { return (x - mean) * (x - mean) * (x - mean); });
  const double fourth = sum_all(values, [mean](double x) {
    const double square = (x - mean) * (x - mean);
    return square * square;
  });
  moments.skewness = third / count / (moments.variance * std::sqrt(moments.variance));
  moments.kurtosis = fourth / count / (moments.variance * moments.variance) - 3.0;
  return moments;
}

MeanAndVariance mean_and_variance(const double* first, std::size_t rows, std::size_t width,
                                  std::size_t stride) {
  const double count = static_cast<double>(rows) * static_cast<double>(width);
  const double mean = sum_rows(first, rows, width, stride, [](double x) { return x; }) / count;
  const double squares =
      sum_rows(first, rows, width, stride, [mean](double x) { return (x - mean) * (x - mean); });
  return {mean, squares / count};
}

std::vector<double> EqualBins::edges() const {
  std::vector<double> edges(static_cast<std::size_t>(count) + 1);
  for (std::size_t b = 0; b < edges.size(); ++b)
    edges[b] = lowest + (highest - lowest) * (static_cast<double>(b) / count);
  edges.back() = highest;
  return edges;
}

int EqualBins::place(double value) const {
  const double scaled = (value - lowest) * (count / (highest - lowest));
  if (!(scaled >= 0)) return 0;
  return scaled < count ? 1 + static_cast<int>(scaled) : count + 1;
}

std::vector<std::int64_t> histogram(std::span<const double> values, double offset, double unit,
                                    const EqualBins& bins) {
  const double inverse = unit > 0 ? 1.0 / unit : 0.0;
  // As in EqualBins::place, but limited by numbers: a branch for each of a million values costs more.
  const double scale = bins.count / (bins.highest - bins.lowest), last = bins.count;
  // Neighbours have similar values: two tables keep them from waiting for each other's count.
  std::array<std::vector<std::int64_t>, 2> counts;
  for (std::vector<std::int64_t>& table : counts) table.assign(static_cast<std::size_t>(bins.count) + 2, 0);
  for (std::size_t k = 0; k < values.size(); ++k) {
    const double scaled = ((values[k] - offset) * inverse - bins.lowest) * scale + 1.0;
    const double limited = std::min(std::max(scaled, 0.0), last + 1.0);
    ++counts[k & 1][static_cast<std::size_t>(static_cast<int>(limited))];
  }
  for (std::size_t b = 0; b < counts[0].size(); ++b) counts[0][b] += counts[1][b];
  return std::move(counts[0]);
}

}  // namespace lenswright
