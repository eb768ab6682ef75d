#include "report/terminal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "report_campaign.hpp"

namespace lenswright {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class Terminal : public testing::Test {
 protected:
  Campaign campaign_ = test::small_campaign();
  DiagnosisView view_{{120, false}, 3, " --config c.yaml"};
};

TEST_F(Terminal, DiagnosisTellsCountsPlacesPatternAndNextCommand) {
  const std::string text =
      draw_diagnosis(test::summary_of(campaign_, test::scan_with_gaps(campaign_)), view_);
  EXPECT_THAT(text, ContainsRegex("lensplanes +48 planes +45 +2 +1 +93.7"));
  EXPECT_THAT(text, HasSubstr("1 of 3 snapshots lack planes: array indices 1\n"));
  EXPECT_THAT(text, ContainsRegex(" 90 +1 +3 +1 +hydro\n"));
  EXPECT_THAT(text,
              HasSubstr("raytracing: 15 runs to make in 3 (model, realization) combinations of 1 model\n"));
  EXPECT_THAT(text, ContainsRegex("hydro +15 +1-3\n"));
  EXPECT_THAT(text, HasSubstr("reading: "));
  EXPECT_THAT(text, HasSubstr("recovery submit --dry-run --config c.yaml\n"));
}

TEST_F(Terminal, DamageIsShownBeforeWhatIsMerelyMissing) {
  const std::string text =
      draw_diagnosis(test::summary_of(campaign_, test::scan_with_gaps(campaign_)), view_);
  EXPECT_LT(text.find("corrupt "), text.find("missing    lensplanes"));
  EXPECT_THAT(text, HasSubstr("findings: 21\n"));
  EXPECT_THAT(text, HasSubstr("and 18 more: --all shows them"));
}

TEST_F(Terminal, DamagedMapOfARunIsNamedWithTheRun) {
  ScanResult scan(campaign_);
  test::set_all(scan, State::complete);
  const ProductId run{ProductKind::run, 0, 0, 1};
  scan.set(run, State::corrupt);
  scan.findings.push_back(
      {State::corrupt, Stage::raytracing, run, "/data/RT/dmo/LP_00/run001/kappa06.dat", "a reason"});
  EXPECT_THAT(draw_diagnosis(test::summary_of(campaign_, scan), view_),
              HasSubstr("corrupt    raytracing/dmo/LP_00/run001/kappa06.dat: a reason\n"));
}

TEST_F(Terminal, NameOfAnOrphanSaysNothingToTheTerminal) {
  ScanResult scan(campaign_);
  test::set_all(scan, State::complete);
  scan.findings.push_back({State::orphan, Stage::lux, std::nullopt, "/data/LUX/a\nb\033[31m\u00fc", "odd"});
  EXPECT_THAT(draw_diagnosis(test::summary_of(campaign_, scan), view_),
              HasSubstr("orphan     /data/LUX/a\\x0ab\\x1b[31m\u00fc: odd\n"));
}

TEST_F(Terminal, CompleteCampaignHasNoNextCommand) {
  ScanResult scan(campaign_);
  test::set_all(scan, State::complete);
  const std::string text = draw_diagnosis(test::summary_of(campaign_, scan), view_);
  EXPECT_THAT(text, AllOf(HasSubstr(": complete"), HasSubstr("100.0"), Not(HasSubstr("next"))));
}

TEST_F(Terminal, UnknownIsShownAndLeadsToTheDisk) {
  ScanResult scan(campaign_);
  test::set_all(scan, State::unknown);
  const std::string text = draw_diagnosis(test::summary_of(campaign_, scan), view_);
  EXPECT_THAT(text, AllOf(HasSubstr("cannot tell"), HasSubstr("unknown"), HasSubstr("mounted?"),
                          Not(HasSubstr("recovery submit"))));
}

TEST_F(Terminal, VerificationSaysOkOrHowManyAndTheGoal) {
  const std::string text =
      draw_verification(test::summary_of(campaign_, test::scan_with_gaps(campaign_)), view_);
  EXPECT_THAT(text, ContainsRegex("dmo +OK +OK +OK +OK +40/40 +reached\n"));
  EXPECT_THAT(text, ContainsRegex("hydro +21/24 +21/24 +OK +5/20 +10/40 +not yet\n"));
  EXPECT_THAT(text, HasSubstr("goal of 40 kappa maps per model: reached by 1 of 2 models\n"));
}

TEST_F(Terminal, AffectedModelsAreNamedWholeInEightyColumns) {
  campaign_.models.push_back(replace_model({12.5, 13.0, 0.5}));
  ScanResult scan(campaign_);
  test::set_all(scan, State::complete);
  scan.set({ProductKind::mass_plane, 2, 0, 0}, State::missing);
  view_.style.width = 80;
  EXPECT_THAT(draw_diagnosis(test::summary_of(campaign_, scan), view_),
              HasSubstr("  " + campaign_.models[2].name + "\n"));
}

TEST_F(Terminal, LinesStayWithinTheTerminal) {
  campaign_.models.push_back(replace_model({12.5, 13.0, 0.5}));
  ScanResult scan(campaign_);
  test::set_all(scan, State::complete);
  for (int plane = 0; plane < 6; ++plane) scan.set({ProductKind::mass_plane, 2, 0, plane}, State::missing);
  view_.style.width = 60;
  std::istringstream lines(draw_diagnosis(test::summary_of(campaign_, scan), view_));
  bool in_table = false;
  for (std::string line; std::getline(lines, line);) {
    in_table = line.starts_with("snapshot  array") || (in_table && !line.empty());
    if (in_table) {
      EXPECT_LE(line.size(), 60u) << line;
    }
  }
}

TEST_F(Terminal, ColourOnlyWhereAskedAndTextUnchanged) {
  const Summary summary = test::summary_of(campaign_, test::scan_with_gaps(campaign_));
  const std::string plain = draw_diagnosis(summary, view_);
  EXPECT_THAT(plain, Not(HasSubstr("\033")));
  view_.style.colour = true;
  std::string coloured = draw_diagnosis(summary, view_);
  EXPECT_THAT(coloured, HasSubstr("\033[31m"));
  for (std::size_t start; (start = coloured.find('\033')) != std::string::npos;)
    coloured.erase(start, coloured.find('m', start) - start + 1);
  EXPECT_EQ(coloured, plain);
}

TEST_F(Terminal, PlanShowsTasksArraysAndWhatMovesAside) {
  const ScanResult scan = test::scan_with_gaps(campaign_);
  const Plan plan = make_plan(campaign_, scan, {}, test::all_inputs(campaign_), {});
  const std::string text = draw_plan(campaign_, plan, view_.style);
  EXPECT_THAT(text, ContainsRegex("lensplanes +1 +3 +1\n"));
  EXPECT_THAT(text, ContainsRegex("lux +3 +3 +0-2\n"));
  EXPECT_THAT(text, ContainsRegex("raytracing +3 +15 +0-2\n"));
  EXPECT_THAT(text, HasSubstr("1 damaged"));
  EXPECT_THAT(text, HasSubstr("/data/somewhere (corrupt: a reason)"));
}

TEST(Percent, IsHundredOnlyForAll) {
  EXPECT_EQ(percent(13600, 13600), "100.0");
  EXPECT_EQ(percent(13599, 13600), "99.9");
  EXPECT_EQ(percent(0, 5), "0.0");
  EXPECT_EQ(percent(0, 0), "-");
}

TEST(Grouped, PutsCommasBetweenThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(13384), "13,384");
  EXPECT_EQ(grouped(-1234567), "-1,234,567");
}

}  // namespace
}  // namespace lenswright
