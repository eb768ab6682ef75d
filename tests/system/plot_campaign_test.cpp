// scripts/plot_campaign.py: the same numbers from statistics files and from a report, a picture of them, clear errors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report_tree.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class PlotCampaign : public testing::Test {
 protected:
  test::ReportTree tree_;
  const fs::path stats_ = tree_.tree() / "STATS", picture_ = tree_.tree() / "campaign.png";
  test::CommandOutcome plot(const fs::path& data, const std::string& options = "") const {
    return test::run_command(fmt::format("/usr/bin/python3 '{}' '{}' -o '{}' {}",
                                         test::source("scripts/plot_campaign.py").string(), data.string(),
                                         picture_.string(), options));
  }
};

TEST_F(PlotCampaign, StatisticsFilesAndReportGiveThePictureAndTheSameNumbers) {
  ASSERT_EQ(tree_.run("verify --report").status, 0);
  const fs::path report = tree_.tree().campaign().state / "reports/latest/report.json";
  for (const fs::path& data : {stats_, report}) {
    fs::remove(picture_);
    const auto outcome = plot(data, "--source 3 --model dmo --model hydro");
    EXPECT_EQ(outcome.status, 0) << outcome.output;
    EXPECT_TRUE(test::read_file(picture_).starts_with("\x89PNG")) << data;
  }
  const auto compared = test::run_command(fmt::format(
      "cd '{}' && PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -c '\n"
      "import argparse, pathlib, numpy, plot_campaign\n"
      "options = argparse.Namespace(source=None, model=None, smoothing=2.0)\n"
      "a = plot_campaign.from_statistics(pathlib.Path(\"{}\"), options)\n"
      "b = plot_campaign.from_report(pathlib.Path(\"{}\"), options)\n"
      "assert a[\"source\"] == b[\"source\"] == 4 and list(a[\"models\"]) == list(b[\"models\"])\n"
      "for key in (\"ell\", \"kappa\", \"snr\", \"smoothing\"): numpy.testing.assert_allclose(a[key], "
      "b[key])\n"
      "for name, curves in a[\"models\"].items():\n"
      "  assert curves.keys() == b[\"models\"][name].keys(), name\n"
      "  for key, (mean, scatter) in curves.items():\n"
      "    numpy.testing.assert_allclose(mean, b[\"models\"][name][key][0], rtol=1e-5, err_msg=name + key)\n"
      "    numpy.testing.assert_allclose(scatter, b[\"models\"][name][key][1], rtol=1e-4, atol=1e-12)\n"
      "numpy.testing.assert_allclose(a[\"models\"][\"hydro\"][\"c_ell_ratio\"][0], "
      "numpy.where(a[\"ell\"] > 1000, 0.95, 1))\n"
      "print(\"equal\")'",
      test::source("scripts").string(), stats_.string(), report.string()));
  EXPECT_EQ(compared.output, "equal\n");
}

TEST_F(PlotCampaign, WhatCannotBePlottedIsASentence) {
  const auto refused = [&](const fs::path& data, const std::string& options, const std::string& because) {
    const auto outcome = plot(data, options);
    EXPECT_EQ(outcome.status, 2) << outcome.output;
    EXPECT_THAT(outcome.output,
                AllOf(HasSubstr("plot_campaign: "), HasSubstr(because), Not(HasSubstr("Traceback"))));
    EXPECT_FALSE(fs::exists(picture_));
  };
  refused(tree_.tree() / "nowhere", "", "nowhere is neither");
  refused(tree_.tree() / "LP", "", "no statistics files below");
  refused(stats_, "--source 9", "has no source plane 9; it has 3, 4");
  refused(stats_, "--model tng", "has no model tng; it has dmo, hydro");
  refused(tree_.tree() / "campaign.yaml", "", "is no report.json");
  test::write_file(tree_.tree() / "new.json", R"({"schema": "lenswright.report/9"})");
  refused(tree_.tree() / "new.json", "", "lenswright.report/9");
  test::write_file(tree_.tree().file({ProductKind::statistics, 1, 0, 0}), "no HDF5");
  refused(stats_, "", "cannot be read as a statistics file");
}

}  // namespace
}  // namespace lenswright
