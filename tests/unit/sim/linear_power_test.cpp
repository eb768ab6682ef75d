#include "sim/linear_power.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"

namespace lenswright {
namespace {

const LinearPowerParameters kPlanck{0.3089, 0.0486, 0.6774, 0.9667, 0.8159};

struct PowerValue {
  double k, transfer, power;
};
// From a separate NumPy evaluation of Eisenstein & Hu's equations, normalised by an integral of 600,000 steps from
// k = 1e-6 to k R = 3000.
constexpr PowerValue kPowerValues[] = {{1e-4, 0.9998986725270386, 413.75474762843714},
                                       {0.01, 0.7855201533616382, 21905.12168800284},
                                       {0.1, 0.13316938224186667, 5830.956167050487},
                                       {1, 0.004648513244149342, 65.8050391457405},
                                       {10, 8.869409533788967e-05, 0.22188115770792996}};
constexpr double kTransferTolerance = 1e-13;  // rounding
constexpr double kPowerTolerance = 2e-4;      // the normalising integral, squared

TEST(LinearPower, TransferFunctionAndSpectrumAgreeWithNumpy) {
  const LinearPower power(kPlanck);
  for (const auto& [k, transfer, value] : kPowerValues) {
    EXPECT_NEAR(power.transfer(k) / transfer, 1, kTransferTolerance) << "k = " << k;
    EXPECT_NEAR(power.power(k) / value, 1, kPowerTolerance) << "k = " << k;
  }
  EXPECT_EQ(power.power(0), 0);
}

TEST(LinearPower, FluctuationsInSpheresAgreeWithNumpyAndSigma8) {
  const LinearPower power(kPlanck);
  EXPECT_NEAR(power.sigma(8), 0.8159, 1e-12);
  constexpr double kSigmaTolerance = 1e-4;  // of the integral, as the header says
  EXPECT_NEAR(power.sigma(0.3) / 3.729827224658531, 1, kSigmaTolerance);
  EXPECT_NEAR(power.sigma(1) / 2.4255402597472555, 1, kSigmaTolerance);
  EXPECT_NEAR(power.sigma(30) / 0.2708108003895321, 1, kSigmaTolerance);
}

// D(a) = a 2F1(1/3, 1; 11/6; -x), x = a^3 (1 - omega_m) / omega_m; Pfaff's transformation makes the series
// converge: (1 + x)^-1 2F1(3/2, 1; 11/6; x / (1 + x)).
double growth_by_series(double a, double omega_m) {
  const double x = a * a * a * (1 - omega_m) / omega_m, y = x / (1 + x);
  double term = 1, sum = 0;
  for (int n = 0; term > 1e-18; ++n) {
    sum += term;
    term *= (1.5 + n) / (11.0 / 6 + n) * y;
  }
  return a * sum / (1 + x);
}

TEST(LinearPower, GrowthAgreesWithTheHypergeometricSolution) {
  const LinearPower power(kPlanck);
  constexpr double kGrowthTolerance = 1e-8;
  for (const double z : {0.0, 0.01, 0.5, 1.0, 3.0, 9.0}) {
    const double expected = growth_by_series(1 / (1 + z), 0.3089) / growth_by_series(1, 0.3089);
    EXPECT_NEAR(power.growth_factor(z) / expected, 1, kGrowthTolerance) << "z = " << z;
  }
}

TEST(LinearPower, ImpossibleParametersAreRefused) {
  for (double LinearPowerParameters::*member :
       {&LinearPowerParameters::omega_m, &LinearPowerParameters::omega_b, &LinearPowerParameters::h,
        &LinearPowerParameters::n_s, &LinearPowerParameters::sigma8}) {
    LinearPowerParameters wrong = kPlanck;
    wrong.*member = 0;
    EXPECT_THROW(LinearPower{wrong}, NumericError);
  }
}

}  // namespace
}  // namespace lenswright
