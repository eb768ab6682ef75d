// finite.hpp: whether every value of a long array is a finite number, at the speed of memory.
#pragma once

#include <cstddef>
#include <span>

namespace lenswright {

inline bool all_finite(std::span<const double> values) {
  // value * 0 is 0 for a finite value and NaN else, and a sum that met a NaN stays NaN. Eight sums, because
  // each addition waits for the one before it.
  double sums[8] = {};
  std::size_t at = 0;
  for (; at + 8 <= values.size(); at += 8)
    for (std::size_t k = 0; k < 8; ++k) sums[k] += values[at + k] * 0.0;
  for (; at < values.size(); ++at) sums[0] += values[at] * 0.0;
  for (std::size_t k = 1; k < 8; ++k) sums[0] += sums[k];
  return sums[0] == 0.0;
}

}  // namespace lenswright
