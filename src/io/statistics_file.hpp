// statistics_file.hpp: the statistics of all convergence maps of one (model, realization), kappa_stats.h5: values,
// bytes, and back.
//
// Layout: docs/formats.md, "Statistics of maps". HDF5 1.8 without object timestamps: equal values give equal bytes.
// Units:  multipoles dimensionless, C_ell in steradians, smoothing in arcmin (standard deviation of the Gaussian), field
//         of view in degrees, counts without
// Throws: FormatError
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lenswright {

inline constexpr std::int64_t kStatisticsSchema = 1;

// What is known of one map. Histograms (pdf_*, peaks, minima) are counts: first what lies below the lowest edge, then
// the bins [edge, next edge), then what lies at the highest edge or above.
enum class Statistic {
  mean,
  variance,
  skewness,
  kurtosis,  // 0 for a Gaussian
  lowest,
  highest,
  pdf_kappa,  // pixels by kappa
  pdf_sigma,  // pixels by (kappa - mean) / sigma
  c_ell,      // of kappa, per bin of ell
  c_ell_e,    // of the shear's E and B modes; empty where shear was not kept
  c_ell_b,
  smoothed_mean,  // per smoothing scale, of what lies inside the strips along the edges
  smoothed_sigma,
  peaks,  // scale by scale a histogram of (kappa - mean) / sigma
  minima,
};
inline constexpr std::size_t kStatisticCount = 15;
std::string_view statistic_name(Statistic statistic);  // of its dataset: "c_ell"

// Numbers per statistic of one map, or of many in the same form: their mean, their scatter.
class MapStatistics {
 public:
  std::vector<double>& operator[](Statistic statistic) {
    return values_[static_cast<std::size_t>(statistic)];
  }
  const std::vector<double>& operator[](Statistic statistic) const {
    return values_[static_cast<std::size_t>(statistic)];
  }
  double scalar(Statistic statistic) const { return (*this)[statistic].at(0); }
  bool operator==(const MapStatistics&) const = default;

 private:
  std::array<std::vector<double>, kStatisticCount> values_;
};

// Over maps, in their order. Scatter: the standard deviation of one map, with n - 1; 0 for a single one.
struct StatisticsEnsemble {
  MapStatistics mean, scatter;
  std::vector<double> c_ell_covariance;  // bins x bins, with n - 1
  bool operator==(const StatisticsEnsemble&) const = default;
};
// REQUIRES: at least one map, all of the same bins.
StatisticsEnsemble ensemble_of(const std::vector<const MapStatistics*>& maps);

struct SourceStatistics {
  int source = 0;                   // one-based source plane
  std::vector<int> runs;            // ascending, one-based
  std::vector<MapStatistics> maps;  // one per run
  StatisticsEnsemble over_runs;
  bool operator==(const SourceStatistics&) const = default;
};

struct StatisticsBins {
  std::vector<double> smoothing_arcmin;
  std::vector<double> smoothed_pixels;  // counted per scale, inside the strips along the edges
  std::vector<double> ell_lower, ell_upper, ell_mean, ell_modes;
  std::vector<double> snr_edges, pdf_kappa_edges, pdf_sigma_edges;
  bool operator==(const StatisticsBins&) const = default;
};

struct StatisticsFile {
  std::string model;
  int realization = 0;  // zero-based
  int grid = 0;         // rays per side
  double field_deg = 0;
  StatisticsBins bins;
  std::vector<SourceStatistics> sources;
  bool operator==(const StatisticsFile&) const = default;
};

std::vector<std::byte> encode_statistics(const StatisticsFile& file);
// `path` stands in messages. Every number is finite, every shape that of the bins.
StatisticsFile decode_statistics(const std::string& path, const std::vector<std::byte>& bytes);
// A part of a file on disk, without reading the rest: of every map these statistics alone, and over_runs (without its
// covariance) of these sources; all else stays empty.
StatisticsFile read_statistics(const std::filesystem::path& path, const std::vector<Statistic>& of_maps,
                               const std::vector<int>& ensembles_of);

}  // namespace lenswright
