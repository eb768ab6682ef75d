// angular_power.hpp: angular power spectra of a flat field, in bins of the multipole.
//
// Units:  C_ell in steradians times the square of the map's unit; ell dimensionless; side of the field in radians
// Source: C_ell = side^2 / N^4 <|F|^2>, F the sum of map * exp(-i ell theta); shear to E and B modes: Kaiser & Squires
//         1993, ApJ 404, 441
// Not:    corrected for the pixels (rays sample the field at points: the map's pixels have no window; what the planes'
//         grid smooths away is missing), nor for the field's edges: maps are not periodic, and what the jump at the
//         edges adds falls with ell^-2 along the two axes. Spectra of E and B are of the shear times an edge taper,
//         divided by the mean square of the taper; the taper itself turns E into B at the lowest ell
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "physics/flat_sky.hpp"

namespace lenswright {

// Bins equal in log ell from the field's fundamental mode to the grid's Nyquist frequency. Their bounds lie between the
// squares n1^2 + n2^2 that occur, so that no rounding decides where a mode belongs; bins without any mode are joined to
// the next one: there may be fewer than asked for. The zero mode and the corners beyond Nyquist are in none.
class EllBins {
 public:
  EllBins(const FlatSky& sky, int wanted);
  std::size_t size() const { return modes_.size(); }
  const std::vector<double>& lower() const { return lower_; }
  const std::vector<double>& upper() const { return upper_; }
  const std::vector<double>& mean() const { return mean_; }  // over the bin's modes
  const std::vector<std::int64_t>& modes() const { return modes_; }
  // The bin of a mode; size() if it is in none.
  std::size_t bin_of(int n1, int n2) const {
    const std::size_t square = static_cast<std::size_t>(n1 * n1 + n2 * n2);
    return square < bin_.size() ? bin_[square] : size();
  }

 private:
  std::vector<std::uint32_t> bin_;  // by n1^2 + n2^2
  std::vector<double> lower_, upper_, mean_;
  std::vector<std::int64_t> modes_;
};

std::vector<double> angular_power(const FlatSky& sky, const EllBins& bins,
                                  std::span<const FlatSky::Complex> spectrum);

// 1 in the middle, falling to 0 at the edges as t^2 (3 - 2 t) over a tenth of the side on each.
std::vector<double> edge_taper(int grid);
double mean_square(std::span<const double> taper);  // of the two-dimensional product, over the map

struct ShearPower {
  std::vector<double> e, b;
};
// Spectra of gamma1 and gamma2 times the taper; `taper_square`: mean_square of it. gamma1 = (psi_11 - psi_22)/2,
// gamma2 = psi_12, axis 1 = i. Modes at Nyquist, whose sign is not defined, count with n1 n2 = 0.
ShearPower shear_power(const FlatSky& sky, const EllBins& bins, std::span<const FlatSky::Complex> gamma1,
                       std::span<const FlatSky::Complex> gamma2, double taper_square);

}  // namespace lenswright
