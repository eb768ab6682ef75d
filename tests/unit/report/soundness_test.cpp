#include "report/soundness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "report_tree.hpp"

namespace lenswright {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// Of made-up statistics: the hydro model has 0.95 of dmo's power above ell = 1000, and an odd run 5.
class SoundnessOfMaps : public testing::Test {
 protected:
  const test::SmallTree tree_{test::SmallTree::Filled::empty, test::report_tree_overrides()};
  const Campaign& campaign_ = tree_.campaign();
  std::vector<StatisticsFile> files(int model, int realizations = 2) const {
    std::vector<StatisticsFile> all;
    for (int realization = 0; realization < realizations; ++realization)
      all.push_back(test::made_up_statistics(campaign_, model, realization, model == 1));
    return all;
  }
  Soundness of(const std::vector<int>& models, int realizations = 2) const {
    SoundnessGathering gathering(campaign_, sources_to_show(campaign_));
    for (const int model : models) gathering.add(model, files(model, realizations));
    return gathering.take();
  }
};

TEST_F(SoundnessOfMaps, ShowsTheLastSourceAndTheMiddleOneWithTheirRedshifts) {
  const Soundness soundness = of({0, 1});
  ASSERT_EQ(soundness.sources.size(), 2U);
  EXPECT_EQ(soundness.sources[1].source, 4);
  // Slabs of 25 Mpc/h: d(chi)/dz = 2997.92 Mpc/h / E(z), and E(z) is within a few percent of 1 so near.
  EXPECT_NEAR(soundness.sources[1].redshift, 100 / 2997.92, 0.05 * 100 / 2997.92);
  EXPECT_NEAR(soundness.sources[0].redshift, 75 / 2997.92, 0.05 * 75 / 2997.92);
}

TEST_F(SoundnessOfMaps, MeanAndScatterAreOverRealizations) {
  const Soundness soundness = of({0});
  const auto all = files(0);
  const double a = all[0].sources.back().over_runs.mean.scalar(Statistic::skewness);
  const double b = all[1].sources.back().over_runs.mean.scalar(Statistic::skewness);
  const ModelSoundness& dmo = soundness.sources.back().models.at(0);
  EXPECT_DOUBLE_EQ(dmo.skewness.mean, 0.5 * (a + b));
  EXPECT_NEAR(dmo.skewness.scatter, std::abs(a - b) / std::sqrt(2.0), 1e-12);
  EXPECT_EQ(dmo.realizations, 2);
  EXPECT_EQ(dmo.maps, 16);
  EXPECT_EQ(of({0}, 1).sources.back().models.at(0).skewness.scatter, 0) << "of a single realization";
}

TEST_F(SoundnessOfMaps, RatiosToDmoAreTakenRealizationByRealization) {
  const Soundness soundness = of({0, 1});
  const SourceSoundness& source = soundness.sources.back();
  EXPECT_THAT(source.models.at(0).c_ell_ratio.mean, IsEmpty()) << "dmo to itself";
  const SoundnessCurve& ratio = source.models.at(1).c_ell_ratio;
  ASSERT_EQ(ratio.mean.size(), source.ell.size());
  for (std::size_t k = 0; k < source.ell.size(); ++k) {
    EXPECT_NEAR(ratio.mean[k], source.ell[k] > 1000 ? 0.95 : 1.0, 1e-12) << source.ell[k];
    EXPECT_NEAR(ratio.scatter[k], 0, 1e-12) << "realizations differ, their ratios do not";
  }
  EXPECT_THAT(of({1}).sources.back().models.at(0).c_ell_ratio.mean, IsEmpty()) << "without dmo";
}

TEST_F(SoundnessOfMaps, ARatioToNothingIsNoNumber) {
  auto dmo = files(0);
  for (StatisticsFile& file : dmo)
    for (SourceStatistics& source : file.sources) source.over_runs.mean[Statistic::c_ell][2] = 0;
  SoundnessGathering gathering(campaign_, {4});
  gathering.add(0, dmo);
  gathering.add(1, files(1));
  const Soundness soundness = gathering.take();
  const SoundnessCurve& ratio = soundness.sources.at(0).models.at(1).c_ell_ratio;
  EXPECT_TRUE(std::isnan(ratio.mean[2]));
  EXPECT_TRUE(std::isfinite(ratio.mean[3]));
}

TEST_F(SoundnessOfMaps, PdfIsADensity) {
  const Soundness soundness = of({0});
  const SourceSoundness& source = soundness.sources.back();
  const double width = source.kappa[1] - source.kappa[0];
  double inside = 0;
  for (const double density : source.models.at(0).pdf.mean) inside += density * width;
  EXPECT_GT(inside, 0.95) << "what lies beyond the bins is missing, no more";
  EXPECT_LE(inside, 1 + 1e-12);
}

TEST_F(SoundnessOfMaps, TheOddMapsAloneAreFlaggedByName) {
  const Soundness soundness = of({0, 1, 2});
  EXPECT_EQ(soundness.maps, 3 * 2 * 2 * 8) << "models, realizations, sources, runs";
  EXPECT_EQ(soundness.ensembles, 6);
  EXPECT_EQ(soundness.small_ensembles, 0);
  EXPECT_EQ(soundness.maps_flagged, 4) << "run 5 of both realizations, at both sources";
  ASSERT_FALSE(soundness.outliers.empty());
  for (const OutlierEntry& outlier : soundness.outliers) {
    EXPECT_EQ(outlier.run, 5);
    EXPECT_EQ(outlier.statistic, "variance");
    EXPECT_THAT(outlier.product, HasSubstr("raytracing/hydro/LP_0"));
  }
}

// A map that is wrong by less than maps of a model differ, in one model or in dmo itself.
class SoundnessOfPairs : public testing::Test {
 protected:
  static std::vector<std::string> overrides(bool many) {
    std::vector<std::string> all = test::report_tree_overrides();
    if (many)
      all.emplace_back(
          "models=[dmo, hydro, {replace: {log10_mass_edges: [12.5, 13.0], open_bins: true, radius_factors: "
          "[1.0, 3.0]}}]");
    else
      all.emplace_back("models=[dmo, hydro]");
    return all;
  }
  static Soundness with_wrong_map(int wrong_model, bool many) {
    const test::SmallTree tree(test::SmallTree::Filled::empty, overrides(many));
    SoundnessGathering gathering(tree.campaign(), {4});
    for (int model = 0; model < static_cast<int>(tree.campaign().models.size()); ++model) {
      std::vector<StatisticsFile> files;
      for (int realization = 0; realization < 2; ++realization)
        files.push_back(test::made_up_statistics(tree.campaign(), model, realization, false));
      if (model == wrong_model)
        for (double& power : files[1].sources.back().maps[2][Statistic::c_ell]) power *= 1.44;
      gathering.add(model, files);
    }
    return gathering.take();
  }
};

TEST_F(SoundnessOfPairs, AModelsWrongMapIsFlaggedByItsRatioToDmo) {
  for (const bool many : {true, false}) {
    const Soundness soundness = with_wrong_map(1, many);
    EXPECT_EQ(soundness.maps_flagged, 1);
    ASSERT_EQ(soundness.outliers.size(), 1U);
    EXPECT_EQ(soundness.outliers[0].product, "raytracing/hydro/LP_01/run003");
    EXPECT_TRUE(soundness.outliers[0].to_dmo);
    EXPECT_THAT(soundness.outliers[0].because, HasSubstr("1.44 times dmo's of the same run"));
  }
}

TEST_F(SoundnessOfPairs, AWrongMapOfDmoIsToldInThePlaceOfAllThatPartFromIt) {
  const Soundness soundness = with_wrong_map(0, true);
  EXPECT_EQ(soundness.maps_flagged, 1);
  ASSERT_EQ(soundness.outliers.size(), 1U);
  EXPECT_EQ(soundness.outliers[0].product, "raytracing/dmo/LP_01/run003");
  EXPECT_GT(soundness.outliers[0].sigmas, 5);
  EXPECT_THAT(soundness.outliers[0].because, HasSubstr("5 of 5 other models do not go with it"));
  // With one other model nobody can say which of the two it is: the sentence names both.
  const Soundness two = with_wrong_map(0, false);
  ASSERT_EQ(two.outliers.size(), 1U);
  EXPECT_EQ(two.outliers[0].model, "hydro");
  EXPECT_THAT(two.outliers[0].because, HasSubstr("dmo's of the same run"));
}

TEST_F(SoundnessOfPairs, AFieldThatIsOddInAllModelsIsToldToBeRare) {
  const test::SmallTree tree(test::SmallTree::Filled::empty, overrides(true));
  SoundnessGathering gathering(tree.campaign(), {4});
  for (int model = 0; model < 6; ++model)
    gathering.add(model, {test::made_up_statistics(tree.campaign(), model, 0, true),
                          test::made_up_statistics(tree.campaign(), model, 1, true)});
  const Soundness soundness = gathering.take();
  EXPECT_EQ(soundness.maps_flagged, 6 * 2 * 2) << "models, realizations, sources";
  for (const OutlierEntry& outlier : soundness.outliers) {
    EXPECT_FALSE(outlier.to_dmo) << outlier.because;
    EXPECT_THAT(outlier.because, HasSubstr("odd in 6 of 6 models: a rare field of view"));
  }
}

TEST_F(SoundnessOfMaps, StatisticsOfOtherBinsAreToldAndLeftOut) {
  auto mixed = files(0);
  StatisticsFile& other = mixed[1];
  other.bins.ell_mean.pop_back();
  for (SourceStatistics& source : other.sources) {
    source.over_runs.mean[Statistic::c_ell].pop_back();
    for (MapStatistics& map : source.maps) map[Statistic::c_ell].pop_back();
  }
  SoundnessGathering gathering(campaign_, {4});
  gathering.add(0, mixed);
  const Soundness soundness = gathering.take();
  ASSERT_EQ(soundness.problems.size(), 1U);
  EXPECT_THAT(soundness.problems[0], HasSubstr("dmo, realization 1: its statistics have other bins"));
  EXPECT_EQ(soundness.sources.at(0).models.at(0).realizations, 1);
  EXPECT_EQ(soundness.files, 2);
}

TEST_F(SoundnessOfMaps, NoStatisticsAreNoSources) {
  const Soundness soundness = of({});
  EXPECT_TRUE(soundness.in_campaign);
  EXPECT_THAT(soundness.sources, IsEmpty());
  EXPECT_EQ(soundness.maps, 0);
}

}  // namespace
}  // namespace lenswright
