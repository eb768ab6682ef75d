#include "campaign/model.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace lenswright {
namespace {

TEST(MassCut, WholeDecadesAreExact) {
  double power = 1;
  for (int exponent = 0; exponent <= 22; ++exponent) {  // 10^22 is the last that a double holds exactly
    EXPECT_EQ(mass_msun_h(exponent), power) << exponent;
    power *= 10;
  }
}

TEST(MassCut, HalfDecadesAreTheNearestDouble) {
  for (int exponent = 0; exponent <= 22; ++exponent) {
    // In extended precision wrong by at most a dozen units of its last place (one rounding per factor), where
    // half a unit of a double is a thousand of them: only next to a tie would it round to the wrong double.
    long double exact = std::sqrt(10.0L);
    for (int i = 0; i < exponent; ++i) exact *= 10;
    EXPECT_EQ(mass_msun_h(exponent + 0.5), static_cast<double>(exact)) << exponent;
  }
}

TEST(MassCut, OtherExponentsFollowThePower) {
  constexpr double kTolerance = 1e-14;  // a few roundings of pow and of the oracle's exp and log
  for (const double exponent : {11.7, 12.25, 13.333}) {
    const double expected = std::exp(exponent * std::log(10.0));
    EXPECT_NEAR(mass_msun_h(exponent) / expected, 1, kTolerance * 10) << exponent;
  }
}

TEST(ModelName, LabelsAreRoundedAndHaveNoPlusSign) {
  EXPECT_EQ(mass_label(12.0), "1.00e12");
  EXPECT_EQ(mass_label(12.5), "3.16e12");
  EXPECT_EQ(mass_label(15.0), "1.00e15");
  EXPECT_EQ(mass_label(9.0), "1.00e09");
  EXPECT_EQ(mass_label(std::nullopt), "inf");
}

TEST(ModelName, RadiusFactorsHaveAtLeastOneDecimal) {
  EXPECT_EQ(replacement_name({12.0, 12.5, 0.5}), "hydro_replace_Ml_1.00e12_Mu_3.16e12_R_0.5");
  EXPECT_EQ(replacement_name({13.5, 15.0, 5.0}), "hydro_replace_Ml_3.16e13_Mu_1.00e15_R_5.0");
  EXPECT_EQ(replacement_name({13.0, std::nullopt, 1.0}), "hydro_replace_Ml_1.00e13_Mu_inf_R_1.0");
  EXPECT_EQ(replacement_name({13.0, std::nullopt, 1.25}), "hydro_replace_Ml_1.00e13_Mu_inf_R_1.25");
}

TEST(ReplaceModels, ClosedBinThenOpenBinThenNextEdgeWithFactorsFastest) {
  const std::vector<Model> models = replace_models({12.0, 12.5, 13.0}, true, {0.5, 3.0});
  std::vector<std::string> names;
  for (const Model& model : models) names.push_back(model.name.substr(std::string("hydro_replace_").size()));
  EXPECT_EQ(names, (std::vector<std::string>{"Ml_1.00e12_Mu_3.16e12_R_0.5", "Ml_1.00e12_Mu_3.16e12_R_3.0",
                                             "Ml_1.00e12_Mu_inf_R_0.5", "Ml_1.00e12_Mu_inf_R_3.0",
                                             "Ml_3.16e12_Mu_1.00e13_R_0.5", "Ml_3.16e12_Mu_1.00e13_R_3.0",
                                             "Ml_3.16e12_Mu_inf_R_0.5", "Ml_3.16e12_Mu_inf_R_3.0"}));
  EXPECT_EQ(models[2].replacement, (HaloReplacement{12.0, std::nullopt, 0.5}));
}

TEST(ReplaceModels, WithoutOpenBinsOnlyClosedOnesAreMade) {
  EXPECT_EQ(replace_models({12.0, 12.5, 13.0}, false, {0.5, 1.0, 3.0}).size(), 6u);
}

}  // namespace
}  // namespace lenswright
