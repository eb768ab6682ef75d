// The statistics of one map against those that numpy finds by definition (tests/reference/kappa_statistics).
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "physics/kappa_statistics.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

// Sums of 4096 values, and transforms of them, by another library in another order.
constexpr double kRounding = 1e-11;

class KappaReference : public testing::Test {
 protected:
  void SetUp() override {
    reference_ = nlohmann::json::parse(test::read_file(test::reference("kappa_statistics/statistics.json")));
    settings_.grid = static_cast<int>(number("grid"));
    settings_.side_rad = number("field_deg") * kRadiansPerDegree;
    for (const double scale : list("settings/smoothing_arcmin"))
      settings_.smoothing_rad.push_back(scale / 60.0 * kRadiansPerDegree);
    settings_.ell_bins = static_cast<int>(number("settings/ell_bins"));
    settings_.heights = bins("settings/snr");
    settings_.pdf_kappa = bins("settings/pdf_kappa");
    settings_.pdf_sigma = bins("settings/pdf_sigma");

    const std::string bytes = test::read_file(test::reference("kappa_statistics/kappa04.dat"));
    kappa_.resize(static_cast<std::size_t>(settings_.grid) * static_cast<std::size_t>(settings_.grid));
    ASSERT_EQ(bytes.size(), 8 + 8 * kappa_.size());
    std::memcpy(kappa_.data(), bytes.data() + 4, 8 * kappa_.size());
  }
  // By path, as in "ell/modes".
  double number(const std::string& name) const {
    return reference_.at(nlohmann::json::json_pointer("/" + name)).get<double>();
  }
  std::vector<double> list(const std::string& name) const {
    return reference_.at(nlohmann::json::json_pointer("/" + name)).get<std::vector<double>>();
  }
  EqualBins bins(const std::string& name) const {
    const std::vector<double> range = list(name);
    return {range.at(0), range.at(1), static_cast<int>(range.at(2))};
  }
  void expect_near(double found, double expected, const std::string& what) const {
    EXPECT_NEAR(found, expected, kRounding * std::abs(expected)) << what;
  }

  nlohmann::json reference_;
  KappaStatisticsSettings settings_;
  std::vector<double> kappa_;
};

TEST_F(KappaReference, MomentsHistogramsSpectrumAndPeaksAgreeWithNumpy) {
  const KappaStatistics kernel(settings_);
  KappaStatistics::Workspace workspace = kernel.workspace();
  const KappaMeasures found = kernel.measure(kappa_, {}, {}, workspace);
  // The mean is a small remainder of large values.
  EXPECT_NEAR(found.moments.mean, number("mean"), 1e-17);
  expect_near(found.moments.variance, number("variance"), "variance");
  expect_near(found.moments.skewness, number("skewness"), "skewness");
  expect_near(found.moments.kurtosis, number("kurtosis"), "kurtosis");
  EXPECT_EQ(found.moments.lowest, number("lowest"));
  EXPECT_EQ(found.moments.highest, number("highest"));
  const auto counts = [](const std::vector<std::int64_t>& values) {
    return std::vector<double>(values.begin(), values.end());
  };
  EXPECT_EQ(counts(found.pdf_kappa), list("pdf_kappa"));
  EXPECT_EQ(counts(found.pdf_sigma), list("pdf_sigma"));

  EXPECT_EQ(counts(kernel.ell().modes()), list("ell/modes"));
  const std::vector<double> lower = list("ell/lower"), upper = list("ell/upper"), mean = list("ell/mean"),
                            c_ell = list("ell/c_ell");
  ASSERT_EQ(found.c_ell.size(), c_ell.size());
  for (std::size_t b = 0; b < c_ell.size(); ++b) {
    expect_near(kernel.ell().lower()[b], lower[b], "lower bound");
    expect_near(kernel.ell().upper()[b], upper[b], "upper bound");
    expect_near(kernel.ell().mean()[b], mean[b], "mean ell");
    expect_near(found.c_ell[b], c_ell[b], "C_ell");
  }
  for (std::size_t s = 0; s < settings_.smoothing_rad.size(); ++s) {
    const std::string name = "smoothed/" + std::to_string(s) + "/";
    EXPECT_EQ(static_cast<double>(found.smoothed[s].pixels), number(name + "pixels"));
    EXPECT_NEAR(found.smoothed[s].mean, number(name + "mean"), 1e-15);
    expect_near(found.smoothed[s].sigma, number(name + "sigma"), "sigma");
    EXPECT_EQ(counts(found.smoothed[s].peaks), list(name + "peaks"));
    EXPECT_EQ(counts(found.smoothed[s].minima), list(name + "minima"));
  }
}

}  // namespace
}  // namespace lenswright
