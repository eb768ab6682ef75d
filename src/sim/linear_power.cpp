#include "sim/linear_power.hpp"

#include <cmath>

#include "base/error.hpp"
#include "base/units.hpp"

namespace lenswright {

namespace {

constexpr double kThetaCmb = 2.7255 / 2.7;
constexpr double kEuler = 2.718281828459045;

// Fourier transform of a sphere of unit volume, x = k R.
double top_hat(double x) {
  if (x < 1e-2) return 1 - x * x / 10;
  return 3 * (std::sin(x) - x * std::cos(x)) / (x * x * x);
}

}  // namespace

LinearPower::LinearPower(const LinearPowerParameters& parameters) : parameters_(parameters) {
  const auto& [omega_m, omega_b, h, n_s, sigma8] = parameters_;
  if (!(omega_m > 0 && omega_b > 0 && omega_b < omega_m && h > 0 && n_s > 0 && sigma8 > 0))
    throw NumericError("linear power spectrum: omega_m > omega_b > 0, h, n_s and sigma8 > 0 are needed");
  const double matter = omega_m * h * h, baryons = omega_b * h * h, fraction = omega_b / omega_m;
  sound_horizon_mpc_ = 44.5 * std::log(9.83 / matter) / std::sqrt(1 + 10 * std::pow(baryons, 0.75));
  alpha_gamma_ =
      1 - 0.328 * std::log(431 * matter) * fraction + 0.38 * std::log(22.3 * matter) * fraction * fraction;
  const double ratio = sigma8 / sigma(8.0);
  amplitude_ = ratio * ratio;
}

double LinearPower::transfer(double k) const {
  const double ks = 0.43 * k * parameters_.h * sound_horizon_mpc_;
  const double gamma = parameters_.omega_m * parameters_.h *
                       (alpha_gamma_ + (1 - alpha_gamma_) / (1 + ks * ks * ks * ks));  // 30
  const double q = k * kThetaCmb * kThetaCmb / gamma;                                  // 28
  const double l0 = std::log(2 * kEuler + 1.8 * q);                                    // 29
  const double c0 = 14.2 + 731 / (1 + 62.5 * q);
  return l0 / (l0 + c0 * q * q);
}

double LinearPower::power(double k) const {
  if (k <= 0) return 0;
  const double t = transfer(k);
  return amplitude_ * std::pow(k, parameters_.n_s) * t * t;
}

double LinearPower::sigma(double radius) const {
  // Trapezoids in ln k resolve the window's oscillations up to k R = 100, beyond which it holds < 1e-5.
  constexpr double kStep = 0.005;
  const double first = std::log(1e-5), last = std::log(100 / radius);
  const int steps = static_cast<int>(std::ceil((last - first) / kStep));
  double sum = 0;
  for (int n = 0; n <= steps; ++n) {
    const double k = std::exp(first + n * kStep);
    const double window = top_hat(k * radius);
    sum += k * k * k * power(k) * window * window;
  }
  return std::sqrt(sum * kStep / (2 * kPi * kPi));
}

double LinearPower::unnormalised_growth(double a) const {
  // D = H(a) * integral of da / (a H)^3; with a = u^2 the integrand is smooth at 0. Simpson's rule.
  const double omega_m = parameters_.omega_m, omega_l = 1 - omega_m;
  const auto integrand = [&](double u) {
    const double scale = u * u;
    const double x = scale / (omega_m + omega_l * scale * scale * scale);
    return 2 * u * x * std::sqrt(x);
  };
  constexpr int kIntervals = 512;
  const double end = std::sqrt(a), width = end / kIntervals;
  double sum = integrand(0) + integrand(end);
  for (int n = 1; n < kIntervals; ++n) sum += (n % 2 == 1 ? 4 : 2) * integrand(n * width);
  return std::sqrt(omega_m / (a * a * a) + omega_l) * sum * width / 3;
}

double LinearPower::growth_factor(double z) const {
  return unnormalised_growth(1 / (1 + z)) / unnormalised_growth(1);
}

}  // namespace lenswright
