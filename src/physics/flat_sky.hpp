// flat_sky.hpp: Fourier transforms of a square field of rays, for statistics of maps.
//
// In/out: maps       N x N row-major, pixel (i, j) at element j + N i
//         spectra    N x (N/2 + 1) row-major: frequency n1 of axis i (slow; n1 or n1 - N), n2 = 0 ... N/2 of axis j
// Units:  side of the field in radians; multipole ell = (2 pi / side) sqrt(n1^2 + n2^2)
// Not:    normalised: forward and back together multiply by N^2
// Bytes:  scalar codelets, planned without timing: equal on every x86-64 machine. One thread; any number of threads may
//         use one FlatSky at once
#pragma once

#include <complex>
#include <cstddef>
#include <memory>
#include <span>

namespace lenswright {

class FlatSky {
 public:
  using Complex = std::complex<double>;

  FlatSky(int grid, double side_rad);
  ~FlatSky();
  FlatSky(const FlatSky&) = delete;
  FlatSky& operator=(const FlatSky&) = delete;

  int grid() const { return grid_; }
  double side_rad() const { return side_rad_; }
  std::size_t pixels() const { return static_cast<std::size_t>(grid_) * static_cast<std::size_t>(grid_); }
  std::size_t columns() const { return static_cast<std::size_t>(grid_) / 2 + 1; }
  std::size_t modes() const { return static_cast<std::size_t>(grid_) * columns(); }
  // Signed frequency of row i of a spectrum; the Nyquist row of an even grid is negative.
  int frequency(int i) const { return i < (grid_ + 1) / 2 ? i : i - grid_; }
  // How many of the N^2 modes one of column j stands for: itself, or itself and its conjugate.
  int weight(int j) const { return j == 0 || 2 * j == grid_ ? 1 : 2; }

  void forward(std::span<const double> map, std::span<Complex> spectrum) const;
  // Overwrites the spectrum. REQUIRES: columns from `filled` on are zero; their transforms are left out.
  void back(std::span<Complex> spectrum, std::span<double> map, std::size_t filled) const;
  void back(std::span<Complex> spectrum, std::span<double> map) const { back(spectrum, map, columns()); }

 private:
  struct Plans;
  int grid_;
  double side_rad_;
  std::unique_ptr<Plans> plans_;
};

}  // namespace lenswright
