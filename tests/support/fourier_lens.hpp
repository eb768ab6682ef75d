// fourier_lens.hpp: a lens plane of a few Fourier modes, of which everything is known in closed form.
//
// delta(x) = sum of A cos(k x + p) with k = 2 pi (u, v) / width. The potential that bends light solves
// laplace(phi) = 3 omega_m (H0/c)^2 delta * thickness (Hilbert et al. 2009, eq. 12, without 1/a), mode by mode:
// phi = -(factor / k^2) A cos(k x + p).
// Units:  comoving Mpc/h
#pragma once

#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "lens_stack.hpp"

namespace lenswright::test {

struct Mode {
  int u, v;
  double amplitude, phase;
};

struct FourierLens {
  std::vector<Mode> modes;
  double width = kBoxMpcH;
  double thickness = kSlabMpcH;

  static double poisson_factor() { return 3.0 * kOmegaM * std::pow(100.0 / 299792.458, 2); }

  Grid2d<double> mass(int grid) const {
    const double mean = mean_pixel_mass({grid, width, thickness, kOmegaM});
    Grid2d<double> plane(grid, mean);
    const auto wave = [grid](int k, double phase) {
      std::vector<std::array<double, 2>> values;
      for (int i = 0; i < grid; ++i)
        values.push_back(
            {std::cos(2 * kPi * k * i / grid + phase), std::sin(2 * kPi * k * i / grid + phase)});
      return values;
    };
    for (const Mode& mode : modes) {
      const auto along_x = wave(mode.u, mode.phase), along_y = wave(mode.v, 0);
      for (int i = 0; i < grid; ++i) {
        const auto [cosine, sine] = along_x[static_cast<std::size_t>(i)];
        for (int j = 0; j < grid; ++j) {
          const auto& y = along_y[static_cast<std::size_t>(j)];
          plane(i, j) += mean * mode.amplitude * (cosine * y[0] - sine * y[1]);
        }
      }
    }
    return plane;
  }

  // d^(nx + ny) phi / dx^nx dy^ny.
  double derivative(int nx, int ny, double x, double y) const {
    double sum = 0;
    for (const Mode& mode : modes) {
      const double kx = 2 * kPi * mode.u / width, ky = 2 * kPi * mode.v / width;
      // The n-th derivative of cos(t) is cos(t + n pi / 2).
      const double wave = std::cos(kx * x + ky * y + mode.phase + (nx + ny) * kPi / 2);
      sum -= poisson_factor() * thickness * mode.amplitude / (kx * kx + ky * ky) * std::pow(kx, nx) *
             std::pow(ky, ny) * wave;
    }
    return sum;
  }

  // Largest error of bilinear interpolation of a field made of these modes, as a part of the sum of the
  // amplitudes: h^2/8 (|f_xx| + |f_yy|).
  double bilinear_error(int grid) const {
    double worst = 0;
    for (const Mode& mode : modes)
      worst = std::max(worst, std::pow(2 * kPi / grid, 2) * (mode.u * mode.u + mode.v * mode.v) / 8);
    return worst;
  }
};

// `count` different modes up to the given wave number, amplitudes falling as 1/|k|, of given rms contrast.
inline FourierLens random_modes(int count, int largest, double rms, std::mt19937& random) {
  const auto uniform = [&] { return (static_cast<double>(random()) + 0.5) / 4294967296.0; };
  FourierLens lens;
  double power = 0;
  while (lens.modes.size() < static_cast<std::size_t>(count)) {
    const int u = static_cast<int>(uniform() * (largest + 1));
    const int v = static_cast<int>(uniform() * (2 * largest + 1)) - largest;
    if (u * u + v * v == 0 || u * u + v * v > largest * largest || (u == 0 && v < 0)) continue;
    bool known = false;
    for (const Mode& mode : lens.modes) known = known || (mode.u == u && mode.v == v);
    if (known) continue;
    const double amplitude = 1 / std::sqrt(static_cast<double>(u * u + v * v));
    power += amplitude * amplitude / 2;
    lens.modes.push_back({u, v, amplitude, 2 * kPi * uniform()});
  }
  for (Mode& mode : lens.modes) mode.amplitude *= rms / std::sqrt(power);
  return lens;
}

}  // namespace lenswright::test
