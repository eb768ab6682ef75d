// verify --report, recovery report and recovery completion: what they leave and say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report_tree.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

class RecoveryReport : public testing::Test {
 protected:
  test::ReportTree tree_;
  fs::path reports_ = tree_.tree().campaign().state / "reports";
  nlohmann::json json() { return nlohmann::json::parse(test::read_file(reports_ / "latest/report.json")); }
};

TEST_F(RecoveryReport, HoldsAllFormsOfTheSameNumbers) {
  tree_.damage();
  const auto outcome = tree_.run("verify --report");
  EXPECT_EQ(outcome.status, 1) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("report.html"));
  EXPECT_THAT(names_in(reports_ / "latest/"),
              testing::UnorderedElementsAre("report.html", "report.md", "report.json", "checksums.xxh128"));
  const nlohmann::json report = json();
  EXPECT_EQ(report["schema"], "lenswright.report/1");
  EXPECT_EQ(report["verdict"], "gaps");
  EXPECT_EQ(report["stages"][0]["missing"], 2);
  EXPECT_EQ(report["stages"][1]["truncated"], 1);
  EXPECT_EQ(report["coverage"]["lost_planes"], nlohmann::json::parse("[[0,0,1],[0,0,0],[0,0,1]]"));
  EXPECT_EQ(report["orphans"], 1);
  EXPECT_EQ(report["history"]["lacking"], 2);
  EXPECT_EQ(report["history"]["old_way"], 4) << "both slices of both realizations of one snapshot and model";
  EXPECT_DOUBLE_EQ(report["history"]["cpu_hours"], 4);
  EXPECT_THAT(report["soundness"]["outliers"][0]["product"].get<std::string>(), HasSubstr("hydro"));
  EXPECT_EQ(report["soundness"]["outliers"][0]["run"], 5);
  EXPECT_NEAR(report["soundness"]["sources"][1]["redshift"], 0.03362, 1e-5) << "100 Mpc/h away";
  EXPECT_EQ(report["pictures"].size(), 3);
  const std::string page = test::read_file(reports_ / "latest/report.html");
  EXPECT_THAT(page, AllOf(HasSubstr("Not complete"), Not(HasSubstr("<script")), Not(HasSubstr("<b>odd"))));
  EXPECT_THAT(
      test::read_file(reports_ / "latest/report.md"),
      AllOf(HasSubstr(report["headline"].get<std::string>()), HasSubstr("Source plane 4, redshift 0.0336:")));
}

TEST_F(RecoveryReport, ChecksumsAreThoseOfTheFiles) {
  ASSERT_EQ(tree_.run("verify --report").status, 0);
  const auto checked =
      test::run_command(fmt::format("cd '{}' && xxhsum --quiet -c '{}'", (tree_.tree() / "").string(),
                                    (reports_ / "latest/checksums.xxh128").string()));
  EXPECT_EQ(checked.status, 0) << checked.output;
  EXPECT_EQ(json()["checksums"]["files"], 36 + 36 + 6 + 48 * 4 + 6);
}

TEST_F(RecoveryReport, NeverReplacesAnotherAndLatestLeadsToTheNewest) {
  ASSERT_EQ(tree_.run("verify --report").status, 0);
  const fs::path first = fs::read_symlink(reports_ / "latest");
  const std::string page = test::read_file(reports_ / first / "report.html");
  tree_.damage();
  ASSERT_EQ(tree_.run("verify --report").status, 1);
  EXPECT_NE(fs::read_symlink(reports_ / "latest"), first);
  EXPECT_EQ(test::read_file(reports_ / first / "report.html"), page);
  const auto list = tree_.run("report list");
  EXPECT_EQ(list.status, 0);
  EXPECT_THAT(list.output, AllOf(HasSubstr("Complete: all"), HasSubstr("Not complete:")));
  const auto open = tree_.run("report open");
  EXPECT_EQ(open.status, 0);
  EXPECT_THAT(open.output, HasSubstr("latest/report.html"));
  EXPECT_EQ(tree_.run("report open nonsense").status, 2);
}

TEST_F(RecoveryReport, GoesWhereTheUserWantsIt) {
  ASSERT_EQ(tree_.run("verify --report elsewhere").status, 0);
  EXPECT_TRUE(fs::exists(tree_.tree() / "elsewhere/latest/report.html"));
  EXPECT_FALSE(fs::exists(reports_));
  const auto none = tree_.run("report list");
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.output, HasSubstr("verify --config"));
}

TEST_F(RecoveryReport, DamagedRecordsAreToldAndDoNotStopIt) {
  test::flip_bit(tree_.tree().campaign().state / "plans/20260131T123000000Z-4711/plan.json", 400);
  test::write_file(tree_.tree().file({ProductKind::statistics, 0, 0, 0}), "no HDF5");
  const auto outcome = tree_.run("verify --report");
  EXPECT_TRUE(fs::exists(reports_ / "latest/report.html")) << outcome.output;
  EXPECT_THAT(json()["history"]["problems"][0].get<std::string>(), HasSubstr("plan.json"));
}

TEST_F(RecoveryReport, AtTierFullItTellsWhatIsWrongWithTheLedger) {
  ASSERT_EQ(tree_.run("verify --tier full --report").status, 0);
  EXPECT_EQ(json()["ledger"], nlohmann::json::parse(R"({"checked": true, "problems": []})"));
  const fs::path archive = tree_.tree().campaign().state / "receipts/archive";
  const fs::path receipt = fs::directory_iterator(archive)->path();
  test::flip_bit(receipt, 4000);
  const auto outcome = tree_.run("verify --tier full --report");
  EXPECT_EQ(outcome.status, 1) << outcome.output;
  const std::string name = receipt.filename().string();
  const nlohmann::json report = json();
  EXPECT_THAT(report["ledger"]["problems"].dump(), HasSubstr(name));
  EXPECT_THAT(report["headline"].get<std::string>(), HasSubstr("records of them are damaged"));
  EXPECT_THAT(test::read_file(reports_ / "latest/report.html"),
              AllOf(HasSubstr(name), HasSubstr("ledger rebuild")));
  EXPECT_THAT(test::read_file(reports_ / "latest/report.md"), HasSubstr("- ledger: "));
  ASSERT_EQ(tree_.run("verify --report").status, 0) << "a look at heads does not read the ledger";
  EXPECT_EQ(json()["ledger"]["checked"], false);
}

TEST_F(RecoveryReport, ItTellsWhereProducersAreMixed) {
  // Of the runs of this project none of hydro's has a receipt; then one of them is made again.
  const Campaign& campaign = tree_.tree().campaign();
  fs::remove_all(receipts_folder(campaign));
  Receipt receipt = tree_.tree().receipt(Stage::raytracing);
  receipt.products.resize(1);
  write_receipt(real_disk(), campaign, receipt);
  ASSERT_EQ(tree_.run("verify --report").status, 0);
  const nlohmann::json report = json();
  ASSERT_EQ(report["mixed"].size(), 1U) << report["mixed"];
  EXPECT_EQ(report["mixed"][0]["example"], "dmo");
  EXPECT_EQ(report["stages"][0]["unverified"], 36);
  const std::string because = report["mixed"][0]["because"];
  EXPECT_THAT(test::read_file(reports_ / "latest/report.html"), HasSubstr(because));
  EXPECT_THAT(test::read_file(reports_ / "latest/report.md"), HasSubstr("mixed producers"));
}

TEST(RecoveryCompletion, OffersEveryVerbAndItsOptions) {
  const auto bash = test::run_command(
      fmt::format("'{}' completion bash > /dev/null && bash -c 'eval \"$({} completion "
                  "bash)\"; COMP_WORDS=(recovery verify --re); "
                  "COMP_CWORD=2; _recovery; echo \"${{COMPREPLY[@]}}\"; "
                  "COMP_WORDS=(recovery verify --tier f); COMP_CWORD=3; _recovery; "
                  "echo \"${{COMPREPLY[@]}}\"; COMP_WORDS=(recovery ledger re); COMP_CWORD=2; _recovery; "
                  "echo \"${{COMPREPLY[@]}}\"; COMP_WORDS=(recovery di); COMP_CWORD=1; "
                  "_recovery; echo \"${{COMPREPLY[@]}}\"'",
                  test::program("recovery").string(), test::program("recovery").string()));
  EXPECT_EQ(bash.status, 0);
  EXPECT_THAT(bash.output, AllOf(HasSubstr("--report"), HasSubstr("--realization"), HasSubstr("full\n"),
                                 HasSubstr("rebuild\n"), HasSubstr("diagnose")));
  const auto zsh = test::run_command(fmt::format("'{}' completion zsh", test::program("recovery").string()));
  EXPECT_THAT(zsh.output, AllOf(HasSubstr("#compdef recovery"), HasSubstr("*--report["),
                                HasSubstr("manifest) _arguments")));
  EXPECT_EQ(test::run_command(fmt::format("'{}' completion fish", test::program("recovery").string())).status,
            2);
}

}  // namespace
}  // namespace lenswright
