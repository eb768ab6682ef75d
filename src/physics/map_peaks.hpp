// map_peaks.hpp: Gaussian smoothing of a map, and the peaks and minima of what it leaves.
//
// Units:  scales in pixels; heights in units of the smoothed map's own standard deviation: (kappa - mean) / sigma
// Source: smoothing by exp(-ell^2 s^2 / 2) in Fourier space, s the standard deviation of the Gaussian
// Edges:  maps are not periodic. The transform takes them as if they were, so a strip of 3 s (rounded up, at least one
//         pixel) along each edge, where more than 0.14 % of the weight would come from the opposite one, counts
//         neither for peaks nor for mean and sigma
// Bytes:  equal on every x86-64 machine: the exponential is computed here, not by the system's library
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "physics/flat_sky.hpp"
#include "physics/map_moments.hpp"

namespace lenswright {

// exp(-x) for x >= 0, to 1e-13, from additions and multiplications alone.
double decay(double x);

// Pixels of the strip along each edge.
int margin_of(double scale_pixels);

class GaussianSmoothing {
 public:
  GaussianSmoothing(const FlatSky& sky, double scale_pixels);
  // From the spectrum of a map to the smoothed map; `work` holds a spectrum.
  void apply(std::span<const FlatSky::Complex> spectrum, std::span<FlatSky::Complex> work,
             std::span<double> smoothed) const;
  int margin() const { return margin_; }

 private:
  const FlatSky& sky_;
  std::vector<double> damping_;  // by |n|
  int margin_;
};

struct PeakCounts {
  double mean = 0, sigma = 0;  // of the pixels inside the strips
  std::int64_t pixels = 0;     // of these; 0: the field is too small for the scale, and nothing is counted
  std::vector<std::int64_t>
      peaks;  // pixels above all of their 8 neighbours, by height; bins + 2 as histogram()
  std::vector<std::int64_t> minima;  // pixels below all of them
};
PeakCounts count_peaks(std::span<const double> map, int grid, int margin, const EqualBins& heights);

}  // namespace lenswright
