#include "report/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report/html_text.hpp"
#include "report/svg_chart.hpp"
#include "report_campaign.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Report report_of(const Campaign& campaign, const ScanResult& scan) {
  Report report;
  report.name = "20260131T120000Z-small";
  report.written = "2026-01-31T12:00:00.000Z";
  report.options = " --config campaign.yaml";
  report.summary = test::summary_of(campaign, scan);
  report.coverage = coverage_of(campaign, {}, scan);
  report.provenance = provenance_of(campaign, {});
  list_incomplete(report, scan.findings, campaign, {}, " --config campaign.yaml");
  return report;
}

TEST(Coverage, CountsCellsAndLostPlanes) {
  const Campaign campaign = test::small_campaign();
  const Coverage coverage = coverage_of(campaign, {}, test::scan_with_gaps(campaign));
  ASSERT_EQ(coverage.stages.size(), 4U);
  const auto& planes = coverage.stages[0].cells;
  EXPECT_EQ(planes[1][1], (CoverageCell{6, 5, 0, 1, 0, 0}));
  EXPECT_EQ(cell_state(planes[1][1]), CellState::damaged);
  EXPECT_EQ(cell_state(planes[1][2]), CellState::partly);
  EXPECT_EQ(cell_state(coverage.stages[3].cells[1][3]), CellState::none);
  EXPECT_EQ(coverage.stages[0].in(CellState::complete), 5);
  EXPECT_EQ(coverage.lost_planes, (std::vector<std::vector<std::int64_t>>{{0, 0}, {0, 3}, {0, 0}}));
  EXPECT_EQ(coverage.planes_per_cell, 8);
}

TEST(RecoveryHistory, WholeSnapshotsOfTheModelsAreFourHundredPlanesForTwoHundredAndSixteen) {
  Campaign campaign = test::small_campaign();
  campaign.realizations = 10;
  campaign.models = replace_models({12, 13, 14}, false, {0.5, 1, 3, 5});
  campaign.models.resize(4);
  campaign.snapshots = {96, 90, 85, 80, 76};
  ScanResult scan(campaign);
  test::set_all(scan, State::complete);
  // 20 (snapshot, model) pairs, of 20 planes each; 216 planes of them were lost.
  PastPlan plan{"20260131T120000000Z-1", "2026-01-31T12:00:00.000Z", {}, 0, {}, 0};
  for (int snapshot = 0; snapshot < 5; ++snapshot)
    for (int model = 0; model < 4; ++model)
      for (int k = 0; k < 11 && plan.products.size() < 216; ++k)
        plan.products.push_back({ProductKind::mass_plane, model, k % 10, 2 * snapshot + k / 10});
  ASSERT_EQ(plan.products.size(), 216U);
  const RecoveryHistory history = history_of(campaign, scan, {plan}, {}, {});
  EXPECT_EQ(history.lacking(), 216);
  EXPECT_EQ(history.old_way(), 400);
  EXPECT_EQ(history.steps[0].complete_now(), 216);
}

TEST(RecoveryHistory, AFirstMakingIsNoRecoveryAndRunsCountForTheirPlan) {
  const Campaign campaign = test::small_campaign();
  ScanResult scan(campaign);
  test::set_all(scan, State::complete);
  PastPlan first{"a", "2026-01-01T00:00:00.000Z", {}, 0, {}, 0},
      second{"b", "2026-01-02T00:00:00.000Z", {}, 0, {}, 0};
  const ProductSet set(campaign);
  for (std::size_t i = 0; i < set.count(ProductKind::mass_plane); ++i)
    first.products.push_back(set.at(ProductKind::mass_plane, i));
  second.products = {{ProductKind::run, 0, 0, 1}};
  Attempt attempt;
  attempt.task_file = "/state/plans/b/raytracing.tasks.json";
  attempt.host = "n1";
  attempt.started = "2026-01-02T00:00:00.000Z";
  attempt.finished = "2026-01-02T00:30:00.500Z";
  attempt.usage.cpu_seconds = 60;
  attempt.end = AttemptEnd::out_of_memory;
  const Happening submit{
      "2026-01-01T23:59:00.000Z", "anna", "recovery submit --config x", "exit status 0", {}};
  const RecoveryHistory history = history_of(campaign, scan, {second, first}, {attempt}, {submit});
  ASSERT_EQ(history.steps.size(), 2U);
  EXPECT_TRUE(history.steps[0].first_making);
  EXPECT_EQ(history.recoveries(), 1);
  EXPECT_EQ(history.lacking(), 1);
  EXPECT_EQ(history.old_way(), 5) << "all runs of the combination";
  EXPECT_EQ(history.steps[1].by, "anna");
  EXPECT_EQ(history.steps[1].runs_failed, 1);
  EXPECT_DOUBLE_EQ(history.steps[1].wall_seconds, 1800.5);
  EXPECT_DOUBLE_EQ(history.cpu_seconds(), 60);
}

TEST(Report, EveryKeyOfItsJsonIsDocumented) {
  const Campaign campaign = test::small_campaign();
  const std::string documented = test::read_file(test::source("docs/report-json.md"));
  const auto json = nlohmann::json::parse(report_json(report_of(campaign, test::scan_with_gaps(campaign))));
  EXPECT_EQ(json["schema"], "lenswright.report/1");
  const auto check = [&](const auto& again, const nlohmann::json& value, const std::string& where) -> void {
    if (value.is_array() && !value.empty()) again(again, value.front(), where);
    if (!value.is_object()) return;
    for (const auto& [key, member] : value.items()) {
      const bool is_data = where.ends_with("combinations") || where.ends_with("roots");
      if (!is_data) {
        EXPECT_THAT(documented, HasSubstr("`" + key + "`")) << where;
      }
      again(again, member, where + "/" + key);
    }
  };
  check(check, json, "");
}

TEST(Report, HeadlineSaysTheVerdictInFigures) {
  const Campaign campaign = test::small_campaign();
  ScanResult scan(campaign);
  test::set_all(scan, State::complete);
  EXPECT_EQ(headline(report_of(campaign, scan)), "Complete: all 144 expected products are there.");
  scan.set({ProductKind::run, 0, 0, 1}, State::missing);
  EXPECT_EQ(headline(report_of(campaign, scan)),
            "Not complete: 143 of 144 expected products are there (99.3 %), 1 are not.");
  scan.set({ProductKind::run, 0, 0, 2}, State::unknown);
  EXPECT_THAT(headline(report_of(campaign, scan)), HasSubstr("Cannot tell: 1 of 144"));
}

TEST(Report, ListsDamageFirstAndIsCapped) {
  Campaign campaign = test::small_campaign();
  campaign.raytracing.runs = 400;
  ScanResult scan(campaign);
  test::set_all(scan, State::complete);
  for (int run = 1; run <= 400; ++run) {
    const ProductId id{ProductKind::run, 0, 0, run};
    const State state = run == 399 ? State::corrupt : State::missing;
    scan.set(id, state);
    scan.findings.push_back({state, Stage::raytracing, id, "/data/somewhere", "a reason"});
  }
  const Report report = report_of(campaign, scan);
  EXPECT_EQ(report.incomplete_total, 400);
  ASSERT_EQ(report.incomplete.size(), kIncompleteKept);
  EXPECT_EQ(report.incomplete[0].product, "raytracing/dmo/LP_00/run399");
  EXPECT_EQ(report.incomplete[0].command,
            "recovery submit --config campaign.yaml --stage raytracing --model dmo --realization 0");
}

TEST(Report, FormsTellTheSameAndNoNameBecomesMarkup) {
  Campaign campaign = test::small_campaign();
  campaign.name = "<script>alert(1)</script>";
  const Report report = report_of(campaign, test::scan_with_gaps(campaign));
  const std::string page = html(report);
  EXPECT_THAT(page, AllOf(HasSubstr("&lt;script&gt;"), Not(HasSubstr("<script")), Not(HasSubstr("http://"))));
  EXPECT_THAT(page, HasSubstr("<span class=\"n\" data-json=\"/stages/0/complete\">45</span>"));
  EXPECT_THAT(markdown(report),
              AllOf(HasSubstr("| lensplanes (planes) | 48 | 45 | 2 | 1 |"), HasSubstr("\\<script")));
}

TEST(HtmlText, EscapesMarkupControlsAndBrokenUtf8) {
  EXPECT_EQ(escaped("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
  EXPECT_EQ(escaped("\x1b[31m\xff\xc3\xa9"), "\\x1b[31m\xef\xbf\xbd\xc3\xa9");
  EXPECT_EQ(base64({std::byte{'a'}, std::byte{'b'}, std::byte{'c'}, std::byte{'d'}}), "YWJjZA==");
}

TEST(SvgChart, BreaksCurvesWhereThereIsNothingAndDrawsNothingOfNothing) {
  Chart chart{"t",  "a", {"x", true}, {"y", true}, {{"s", 0, 0, false, {1, 10, 100, 1000}, {1, 0, 2, 3}, {}}},
              false};
  const std::string drawing = svg_chart(chart);
  EXPECT_THAT(drawing, testing::ContainsRegex("d=\"M[0-9. ]+M[0-9. ]+L[0-9. ]+\"><title>s"));
  chart.series[0].y = {0, -1, 0, 0};
  EXPECT_EQ(svg_chart(chart), "");
}

}  // namespace
}  // namespace lenswright
