#include "physics/mass_quantum.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "base/error.hpp"
#include "base/units.hpp"

namespace lenswright {
namespace {

TEST(MassQuantum, OfTheRealCampaignIsAnEighth) {
  EXPECT_EQ(MassQuantum(0.3089, 205.0).msun_h(), 0.125);
}

TEST(MassQuantum, IsTheSmallestPowerOfTwoThatABoxFits) {
  const unsigned seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> omega(0.05, 1.0), log_box(0, 4);
  for (int k = 0; k < 1000; ++k) {
    const double omega_m = omega(random), box = std::pow(10.0, log_box(random));
    const double q = MassQuantum(omega_m, box).msun_h();
    const double most = 1.5 * kRhoCritical0 * omega_m * box * box * box;
    int exponent = 0;
    EXPECT_EQ(std::frexp(q, &exponent), 0.5) << "seed " << seed;
    EXPECT_LT(most / q, 0x1p63) << "seed " << seed << ", box " << box;
    EXPECT_GE(most / (q / 2), 0x1p63) << "seed " << seed << ", box " << box;
  }
}

TEST(MassQuantum, RoundsHalfToEven) {
  const MassQuantum quantum(0.3089, 205.0);
  EXPECT_EQ(quantum.quanta_of(2.5 * 0.125), 2);
  EXPECT_EQ(quantum.quanta_of(3.5 * 0.125), 4);
  EXPECT_EQ(quantum.quanta_of(0.5 * 0.125), 0);
  EXPECT_EQ(round_half_even(-2.5), -2);
  EXPECT_EQ(round_half_even(9007199254740993.0), 9007199254740992);
  EXPECT_EQ(quantum.mass_of(12), 1.5);
}

TEST(MassQuantum, WhatIsNoMassOfAParticleIsRefused) {
  const MassQuantum quantum(0.3089, 205.0);
  for (const double mass :
       {-1.0, 1e18, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    EXPECT_THROW(quantum.quanta_of(mass), NumericError) << mass;
  EXPECT_THROW(MassQuantum(0.3, 0.0), NumericError);
}

}  // namespace
}  // namespace lenswright
