// mass_quantum.hpp: the unit of mass that planes are summed in: integers, so that no order of summation
// matters.
//
// Units:  Msun/h; one quantum is the smallest power of two q with 1.5 rho_crit0 omega_m box^3 / q < 2^63, so
//         that a whole box fits one 64-bit pixel with half as much to spare (docs/formats.md, "Mass
//         assignment")
// Throws: NumericError for a mass that no sum of a box can hold
// Not:    derived from data: two snapshots of one campaign have the same quantum
#pragma once

#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#else
#include <cmath>
#endif

namespace lenswright {

// To the nearest integer, half to even; |value| < 2^63. One instruction, in place of a call of llrint.
inline std::int64_t round_half_even(double value) {
#if defined(__SSE2__)
  return _mm_cvtsd_si64(_mm_set_sd(value));
#else
  return std::llrint(value);
#endif
}

class MassQuantum {
 public:
  MassQuantum(double omega_m, double box_mpc_h);
  double msun_h() const { return quantum_; }
  std::int64_t quanta_of(double mass_msun_h) const {
    const double quanta = mass_msun_h / quantum_;
    // written so that NaN fails too
    if (!(quanta >= 0 && quanta < 0x1p62)) refuse(mass_msun_h);
    return round_half_even(quanta);
  }
  double mass_of(std::int64_t quanta) const { return static_cast<double>(quanta) * quantum_; }

 private:
  [[noreturn]] static void refuse(double mass_msun_h);
  double quantum_;
};

}  // namespace lenswright
