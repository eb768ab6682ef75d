// kappa_statistics.hpp: all statistics of one convergence map, and of its shear where that was kept.
//
// In:     kappa, gamma1, gamma2: N x N row-major, pixel (i, j) at element j + N i
// Units:  side of the field in radians; smoothing scales in radians (standard deviation)
// Parts:  map_moments (one-point), angular_power (two-point), map_peaks (peaks and minima after smoothing)
// Bytes:  the same numbers on every x86-64 machine, whatever the number of threads: one map is one thread's work
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/big_array.hpp"
#include "physics/angular_power.hpp"
#include "physics/flat_sky.hpp"
#include "physics/map_moments.hpp"
#include "physics/map_peaks.hpp"

namespace lenswright {

struct KappaStatisticsSettings {
  int grid = 0;  // N
  double side_rad = 0;
  std::vector<double> smoothing_rad;
  int ell_bins = 1;
  EqualBins heights;  // of peaks and minima, in sigma
  EqualBins pdf_kappa, pdf_sigma;
};

struct KappaMeasures {
  MapMoments moments;
  std::vector<std::int64_t> pdf_kappa;  // of kappa; bins + 2 as histogram()
  std::vector<std::int64_t> pdf_sigma;  // of (kappa - mean) / sigma
  std::vector<double> c_ell;
  std::vector<PeakCounts> smoothed;  // per scale
  ShearPower shear;                  // empty without shear
};

class KappaStatistics {
 public:
  explicit KappaStatistics(const KappaStatisticsSettings& settings);

  // What one thread needs; about 40 N^2 bytes.
  struct Workspace {
    explicit Workspace(const FlatSky& sky);
    BigArray<FlatSky::Complex> spectrum, work;
    BigArray<double> map;
  };
  Workspace workspace() const { return Workspace(sky_); }
  static constexpr std::size_t workspace_bytes(int grid) {
    const std::size_t side = static_cast<std::size_t>(grid);
    return sizeof(double) * side * side + 2 * sizeof(FlatSky::Complex) * side * (side / 2 + 1);
  }

  // gamma1 and gamma2: both, or both empty.
  KappaMeasures measure(std::span<const double> kappa, std::span<const double> gamma1,
                        std::span<const double> gamma2, Workspace& workspace) const;
  const EllBins& ell() const { return ell_; }

 private:
  KappaStatisticsSettings settings_;
  FlatSky sky_;
  EllBins ell_;
  std::vector<GaussianSmoothing> smoothing_;
  std::vector<double> taper_;
  double taper_square_;
};

}  // namespace lenswright
