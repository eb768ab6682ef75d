// value_range.hpp: what values a sound product can hold: wide enough for every product that the codes can
// make, narrow enough that a flipped exponent bit or foreign bytes stand out.
//
// Units:  mass planes Msun/h per pixel; potentials 1 (f0, f1) and h/Mpc (f2, f3, f4); maps 1
// Bounds: mass          0 to 1.5 times the mean mass of the whole box (where the quantum sum is exact)
//         f0, f1        -1 to 1: a deflection of a radian is no small angle any more
//         f2, f3, f4    what a box's whole mass in one pixel could reach, times 1.5: every Fourier amplitude
//                       of delta is at most P t, so |f| <= N^2 * 3 omega_m (100/c)^2 * P t
//         maps          -1000 to 1000: strong lenses fold A many times over, but never that far
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "campaign/campaign.hpp"

namespace lenswright {

struct ValueRange {
  double lowest = 0;
  double highest = 0;
  bool holds(double value) const { return value >= lowest && value <= highest; }  // false for NaN
};

ValueRange mass_range(const Campaign& campaign);
std::array<ValueRange, 5> potential_ranges(const Campaign& campaign);
ValueRange map_range();

// Element of the first value outside its range; value k is held against range k modulo their number.
std::optional<std::size_t> first_outside(std::span<const double> values, std::span<const ValueRange> ranges);

}  // namespace lenswright
