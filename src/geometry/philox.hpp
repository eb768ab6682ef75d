// philox.hpp: Philox4x32-10, a counter-based random generator, and the light-cone randomization of
// ray-tracing runs drawn from it.
//
// Source: Salmon et al. 2011, SC11, "Parallel random numbers: as easy as 1, 2, 3"
#pragma once

#include <array>
#include <cstdint>

namespace lenswright {

std::array<std::uint32_t, 4> philox4x32_10(const std::array<std::uint32_t, 4>& counter,
                                           const std::array<std::uint32_t, 2>& key);

// One of the eight symmetries of the square and a shift, the same for all models and both slices of a
// snapshot. S x: swap x and y first (bit 2), then flip the sign of the first (bit 0) and second (bit 1)
// coordinate.
struct RunTransform {
  std::uint32_t symmetry = 0;         // three bits
  std::array<double, 2> shift{0, 0};  // Mpc/h, in [0, Lt)
};
// run one-based, realization zero-based
RunTransform draw_run_transform(std::uint64_t seed, int realization, int run, int snapshot_number,
                                double lt_mpc_h);

}  // namespace lenswright
