#include "sim/gaussian_field.hpp"

#include <fftw3.h>

#include <cmath>
#include <memory>
#include <type_traits>

#include "base/error.hpp"
#include "base/units.hpp"
#include "sim/random_stream.hpp"

namespace lenswright {

namespace {

// The same algorithm for the same grid, whatever the timing and wherever the arrays lie.
constexpr unsigned kPlanFlags = FFTW_ESTIMATE | FFTW_UNALIGNED;

struct DestroyPlan {
  void operator()(fftw_plan plan) const { fftw_destroy_plan(plan); }
};
using Plan = std::unique_ptr<std::remove_pointer_t<fftw_plan>, DestroyPlan>;

fftw_complex* fftw_of(std::vector<std::complex<double>>& values) {
  return reinterpret_cast<fftw_complex*>(values.data());  // layout-compatible, as FFTW documents
}

// Unit Gaussian numbers per cell, two per draw (Box & Muller).
std::vector<double> white_noise(std::size_t cells, std::uint64_t seed) {
  std::vector<double> noise(cells);
  for (std::size_t n = 0; n < cells; n += 2) {
    const auto [u, v] = uniform_pair(seed, RandomStream::white_noise, n / 2);
    const double radius = std::sqrt(-2 * std::log1p(-u));  // 1 - u is never 0
    noise[n] = radius * std::cos(2 * kPi * v);
    noise[n + 1] = radius * std::sin(2 * kPi * v);
  }
  return noise;
}

// Calls f(index, kx, ky, kz) for all stored modes but the mean and the Nyquist ones.
template <typename Visit>
void for_each_mode(int side, double box_mpc_h, const Visit& visit) {
  const double unit = 2 * kPi / box_mpc_h;
  const int half = side / 2;
  const auto signed_index = [&](int i) { return i < half ? i : i - side; };
  std::size_t index = 0;
  for (int i = 0; i < side; ++i)
    for (int j = 0; j < side; ++j)
      for (int k = 0; k <= half; ++k, ++index)
        if (i != half && j != half && k != half && (i != 0 || j != 0 || k != 0))
          visit(index, unit * signed_index(i), unit * signed_index(j), unit * k);
}

}  // namespace

GaussianField::GaussianField(const LinearPower& power, int side, double box_mpc_h, std::uint64_t seed)
    : side_(side), box_mpc_h_(box_mpc_h) {
  if (side < 2 || side % 2 != 0) throw NumericError("Gaussian field: the grid's side must be even");
  const auto n = static_cast<std::size_t>(side);
  std::vector<double> noise = white_noise(n * n * n, seed);
  std::vector<std::complex<double>> spectrum(n * n * (n / 2 + 1));
  const Plan plan(fftw_plan_dft_r2c_3d(side, side, side, noise.data(), fftw_of(spectrum), kPlanFlags));
  fftw_execute(plan.get());
  modes_.assign(spectrum.size(), 0);
  // delta(x) = sum over k of modes(k) exp(i k x): <|noise(k)|^2> = N^3, so <|modes(k)|^2> = P / V.
  const double cells = static_cast<double>(n * n * n), volume = box_mpc_h * box_mpc_h * box_mpc_h;
  for_each_mode(side, box_mpc_h, [&](std::size_t index, double kx, double ky, double kz) {
    const double k = std::sqrt(kx * kx + ky * ky + kz * kz);
    modes_[index] = spectrum[index] * std::sqrt(power.power(k) / (volume * cells));
  });
}

template <typename Factor>
std::vector<double> GaussianField::transform(const Factor& factor) const {
  const auto n = static_cast<std::size_t>(side_);
  std::vector<std::complex<double>> work(modes_.size(), 0);
  for_each_mode(side_, box_mpc_h_, [&](std::size_t index, double kx, double ky, double kz) {
    work[index] = modes_[index] * factor(kx, ky, kz);
  });
  std::vector<double> field(n * n * n);
  const Plan plan(fftw_plan_dft_c2r_3d(side_, side_, side_, fftw_of(work), field.data(), kPlanFlags));
  fftw_execute(plan.get());
  return field;
}

std::vector<double> GaussianField::density(double smoothing_mpc_h) const {
  const double half_square = smoothing_mpc_h * smoothing_mpc_h / 2;
  return transform([&](double kx, double ky, double kz) {
    return std::exp(-(kx * kx + ky * ky + kz * kz) * half_square);
  });
}

std::array<std::vector<double>, 3> GaussianField::displacements() const {
  std::array<std::vector<double>, 3> psi;
  for (std::size_t axis = 0; axis < 3; ++axis)
    psi[axis] = transform([&](double kx, double ky, double kz) {
      const std::array<double, 3> k{kx, ky, kz};
      return std::complex<double>(0, k[axis] / (kx * kx + ky * ky + kz * kz));
    });
  return psi;
}

}  // namespace lenswright
