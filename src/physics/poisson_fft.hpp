// poisson_fft.hpp: lensing-potential fields of one mass plane.
//
// In:     mass    N x N row-major, Msun/h per pixel, periodic, N even
// Out:    fields  N x N x 5 interleaved: f0, f1 (deflection), f2, f3, f4 (tidal), as in docs/formats.md
// Units:  Msun/h -> Mpc/h * (h/Mpc) = 1 for f0, f1; h/Mpc for f2, f3, f4 (comoving)
// Throws: NumericError if a mass or a field is not finite
// Source: Hilbert et al. 2009, A&A 499, 31, eq. 12; spectral derivatives, k = 0 set to zero
// Not:    the potential scaled by 1/a: the scale factor enters in ray_step
//
// How: rows forward (real to complex), then column by column forward, times the spectral factors, and back
// for psi, i kx psi and kx^2 psi; the rows of the fields are transformed back when they are asked for. i ky
// psi and kx ky psi need nothing but a factor along the row, and f4 = 3 omega_m (H0/c)^2 (delta - mean) - f2.
// So there is one forward transform and the equivalent of three and a half inverse ones, and no field is ever
// held whole. Memory: 4 x 8 N^2 bytes (537 MB at 4096^2). Bytes: transforms of single rows and columns by
// scalar codelets, planned without timing: equal on every x86-64 machine and for any number of threads.
#pragma once

#include <complex>
#include <cstddef>
#include <memory>
#include <span>

#include "base/big_array.hpp"

namespace lenswright {

struct PoissonGeometry {
  int grid = 0;                // N
  double width_mpc_h = 0;      // Lt
  double thickness_mpc_h = 0;  // of the slab
  double omega_m = 0;
};

// Mass of a pixel at the mean density: rho_crit0 omega_m Lt^2 thickness / N^2, Msun/h.
double mean_pixel_mass(const PoissonGeometry& geometry);

// One plane after another: fill mass(), solve(), then take the rows of the fields.
class PoissonSolver {
  using Complex = std::complex<double>;

 public:
  PoissonSolver(const PoissonGeometry& geometry, int threads);
  ~PoissonSolver();
  PoissonSolver(const PoissonSolver&) = delete;
  PoissonSolver& operator=(const PoissonSolver&) = delete;

  // What a solver holds.
  static constexpr std::size_t bytes(int grid) {
    const std::size_t side = static_cast<std::size_t>(grid);
    return sizeof(double) * side * side + 3 * sizeof(Complex) * side * (side / 2 + 1);
  }

  // Input, N x N; solve() turns it into the density contrast times the thickness.
  std::span<double> mass() { return delta_.values(); }
  void solve();
  // Rows [first, first + count) of the interleaved fields, 5 N count values. REQUIRES: solve() was called.
  void field_rows(int first, int count, std::span<double> fields) const;

 private:
  struct Plans;
  void transform_columns(int first, int count, std::span<Complex> work);

  PoissonGeometry geometry_;
  int threads_;
  std::size_t half_;  // N/2 + 1 complex values per row
  std::unique_ptr<Plans> plans_;
  BigArray<double> delta_;     // mass, then the density contrast
  BigArray<Complex> psi_;      // along x in real space, along y in Fourier space: psi
  BigArray<Complex> ikx_psi_;  // the same of i kx psi, without the Nyquist row
  BigArray<Complex> kx2_psi_;  // the same of kx^2 psi
  double corner_ = 0;          // kx ky psi at both Nyquist frequencies
  double mean_delta_ = 0;
};

}  // namespace lenswright
