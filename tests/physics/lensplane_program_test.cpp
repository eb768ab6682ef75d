// The program itself on the reference pair: all 34 models, any number of ranks and threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "io/plane_file.hpp"
#include "reference_campaign.hpp"

namespace lenswright {
namespace {

std::string lensplane(const test::ReferenceCampaign& reference, int ranks, const std::string& arguments) {
  const auto outcome =
      test::run_command("mpirun -n " + std::to_string(ranks) + " " + test::program("lensplane").string() +
                        " --config " + reference.file().string() + " " + arguments);
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  return outcome.output;
}

double total_mass(const Campaign& campaign, int model) {
  double mass = 0;
  for (const int plane : {0, 1}) {
    const auto path = absolute_path(campaign, {ProductKind::mass_plane, model, 0, plane});
    const ReadPlane read = read_scalar_plane(real_disk(), path, campaign.lensplanes.grid);
    for (const double value : read.values.values()) mass += value;
  }
  return mass;
}

TEST(LensplaneProgram, TwoRanksMakeThePlanesOfAll34Models) {
  // A double holds the total of 2^18 particles to this, relative.
  constexpr double kSumTolerance = 1e-12;
  const test::ReferenceCampaign reference;
  const Campaign campaign = reference.load();
  lensplane(reference, 2, "--realization 0");
  const double dmo = total_mass(campaign, 0), mean_density = 27.7536627e10 * campaign.omega_m;
  EXPECT_NEAR(dmo, mean_density * std::pow(campaign.box_mpc_h, 3), 1e-3 * dmo);
  EXPECT_NEAR(total_mass(campaign, 1), dmo, 1e-6 * dmo);
  for (int model = 0; model < 34; ++model) {
    ASSERT_GT(total_mass(campaign, model), 0) << campaign.models[static_cast<std::size_t>(model)].name;
    // The halos' matter changes; most of the box does not.
    EXPECT_NEAR(total_mass(campaign, model), dmo, 0.05 * dmo);
  }
  // Without halos in the bin a replace plane is dmo's.
  const auto empty_bin = campaign.model_index("hydro_replace_Ml_1.00e12_Mu_3.16e12_R_0.5");
  ASSERT_TRUE(empty_bin.has_value());
  EXPECT_NEAR(total_mass(campaign, *empty_bin), dmo, kSumTolerance * dmo);

  // Nothing is left to do.
  const auto before = test::lensplane_files(campaign);
  EXPECT_EQ(before.size(), 68u + 1u);  // and transforms.h5
  lensplane(reference, 2, "--realization 0");
  EXPECT_TRUE(test::lensplane_files(campaign) == before);
}

TEST(LensplaneProgram, FourRanksThreeRanksAndLittleMemoryGiveTheBytesOfOne) {
  const std::string narrow =
      "--realization 1 --set lensplanes.grid=256 --model dmo hydro "
      "hydro_replace_Ml_1.00e13_Mu_inf_R_5.0 hydro_replace_Ml_1.00e13_Mu_inf_R_0.5";
  const test::ReferenceCampaign gold;
  lensplane(gold, 1, narrow);
  const auto expected = test::lensplane_files(gold.load());
  EXPECT_EQ(expected.size(), 9u);
  for (const auto& [ranks, more] : {std::pair{3, " --threads 2"}, {4, " --threads 1"}}) {
    const test::ReferenceCampaign silver;
    lensplane(silver, ranks, narrow + more);
    EXPECT_TRUE(test::lensplane_files(silver.load()) == expected) << ranks << " ranks" << more;
  }
}

TEST(LensplaneProgram, ABudgetTooSmallForOnePlaneSaysWhatIsNeeded) {
  const test::ReferenceCampaign reference;
  const auto outcome = test::run_command("mpirun -n 1 " + test::program("lensplane").string() + " --config " +
                                         reference.file().string() + " --model dmo --memory 20M");
  EXPECT_EQ(outcome.status, 2) << outcome.output;
  EXPECT_THAT(outcome.output, testing::HasSubstr("at least"));
  EXPECT_TRUE(test::lensplane_files(reference.load()).empty());
}

}  // namespace
}  // namespace lenswright
