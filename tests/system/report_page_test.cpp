// report.html as people see it: opened in a browser at two widths and in both colour schemes, and held against report.json.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report_tree.hpp"

namespace lenswright {
namespace {

std::string looked_at(const std::filesystem::path& report, const std::string& shots) {
  const char* kept =
      std::getenv("LENSWRIGHT_REPORT_SHOTS");  // a folder, for those who want to see the pictures
  const std::string folder = kept == nullptr ? "" : fmt::format("'{}/{}'", kept, shots);
  const auto outcome = test::run_command(
      fmt::format("/usr/bin/python3 '{}' '{}' '{}' {}", test::source("tests/support/page_check.py").string(),
                  (report / "report.html").string(), (report / "report.json").string(), folder));
  return outcome.status == 0 ? "" : outcome.output.empty() ? "page_check.py failed" : outcome.output;
}

TEST(ReportPage, IsSoundInABrowserAndSaysWhatReportJsonSays) {
  const test::ReportTree tree;
  tree.damage();
  const auto outcome = tree.run("verify --report");
  ASSERT_EQ(outcome.status, 1) << outcome.output;
  EXPECT_EQ(looked_at(tree.tree().campaign().state / "reports/latest", "gaps"), "");
}

TEST(ReportPage, OfACompleteCampaignIsSoundInABrowser) {
  const test::ReportTree tree;
  const auto outcome = tree.run("verify --report");
  ASSERT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_EQ(looked_at(tree.tree().campaign().state / "reports/latest", "complete"), "");
}

}  // namespace
}  // namespace lenswright
