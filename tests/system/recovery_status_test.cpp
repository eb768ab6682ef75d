// recovery status and cancel as a user runs them, with programs of Slurm that play recorded answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "journalled_array.hpp"
#include "recovery_program.hpp"

namespace lenswright {
namespace {

using testing::HasSubstr;

class RecoveryStatus : public testing::Test {
 protected:
  test::SmallTree tree_;
  std::filesystem::path programs_ = tree_ / "fake-slurm";

  void SetUp() override {
    test::put_input_names(tree_);
    answer("squeue", "");
    answer("scontrol", "echo 'AccountingStorageType = accounting_storage/none'");
    answer("scancel", "echo \"$@\" >> '" + (tree_ / "cancelled").string() + "'");
  }
  void answer(const std::string& program, const std::string& body) {
    const auto path = programs_ / program;
    test::write_file(path, "#!/bin/sh\n" + body + "\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }
  void squeue_says(const std::string& rows) {
    test::write_file(tree_ / "rows", rows);
    answer("squeue", "cat '" + (tree_ / "rows").string() + "'");
  }
  test::CommandOutcome run(const std::string& arguments) {
    return test::run_command(fmt::format("cd '{}' && PATH='{}':\"$PATH\" '{}' {} --config campaign.yaml",
                                         (tree_ / "").string(), programs_.string(),
                                         test::program("recovery").string(), arguments));
  }
  void submit_array(const std::string& submission, std::int64_t job) {
    test::journal_array(tree_.campaign(), submission, job);
  }
  void lose_plane(int plane) { tree_.remove({ProductKind::mass_plane, 0, 0, plane}); }
};

TEST_F(RecoveryStatus, ACampaignThatNeverSawSlurmShowsItsProductsAndSaysSo) {
  lose_plane(0);
  const auto outcome = run("status");
  EXPECT_EQ(outcome.status, 1) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("nothing of it was submitted to Slurm"));
  EXPECT_THAT(outcome.output, HasSubstr("35/36 planes"));
  EXPECT_THAT(outcome.output, HasSubstr("next: recovery submit"));
}

TEST_F(RecoveryStatus, ElementsAreJudgedByTheirProductsBeforeSlurmsWord) {
  submit_array("20260131T000000Z-1", 7);
  lose_plane(0);
  lose_plane(4);
  test::write_file(tree_.campaign().state / "logs/20260131T000000Z-1/lensplanes-1-2.log",
                   "reading snapshot 60\nit burns\n");
  squeue_says(
      "10|7|0|COMPLETED|None|100|110|170|n1|lw|c\n"
      "11|7|1|TIMEOUT|TimeLimit|100|110|170|n1|lw|c\n"
      "7|7|2|NODE_FAIL|NodeDown|100|110|170|n3|lw|c\n");
  const auto outcome = run("status --json");
  EXPECT_EQ(outcome.status, 1) << outcome.output;
  const auto json = nlohmann::json::parse(outcome.output);
  const auto& array = json.at("submissions").at(0).at("arrays").at(0);
  EXPECT_EQ(array.at("job"), 7);
  EXPECT_EQ(array.at("done"), 1);  // at its time limit, but both planes are there
  EXPECT_EQ(array.at("failed"), 2);
  EXPECT_EQ(array.at("reasons").at("without its products"), 1);
  EXPECT_EQ(array.at("reasons").at("NODE_FAIL"), 1);
  const auto& failed = json.at("failed").at(1);
  EXPECT_EQ(failed.at("job"), "7_2");
  EXPECT_EQ(failed.at("because"), "NODE_FAIL on n3");
  EXPECT_EQ(failed.at("last_lines").at(1), "it burns");
}

TEST_F(RecoveryStatus, WhatWaitsAndRunsIsCountedWithReasonsAndAnEstimate) {
  submit_array("20260131T000000Z-1", 7);
  lose_plane(2);
  lose_plane(4);
  squeue_says(
      "10|7|0|COMPLETED|None|100|110|170|n1|lw|c\n"
      "11|7|1|RUNNING|None|100|110|NONE|n1|lw|c\n"
      "7|7|2|PENDING|Resources|100|N/A|N/A||lw|c\n");
  const auto outcome = run("status");
  EXPECT_EQ(outcome.status, 1) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("1 Resources"));
  EXPECT_THAT(outcome.output, HasSubstr("1 element waiting, 1 running; about 60 s each"));
  EXPECT_THAT(outcome.output, HasSubstr("next: recovery status --watch"));
}

TEST_F(RecoveryStatus, WhatFailedAndWasSubmittedAgainIsToldByTheLaterSubmissionOnly) {
  submit_array("20260131T000000Z-1", 7);
  submit_array("20260201T000000Z-1", 9);
  lose_plane(0);
  squeue_says(
      "7|7|0|TIMEOUT|TimeLimit|100|110|170|n1|lw|c\n"
      "9|9|0|RUNNING|None|200|210|NONE|n1|lw|c\n");
  const auto json = nlohmann::json::parse(run("status --json").output);
  EXPECT_TRUE(json.at("failed").empty());
  EXPECT_EQ(json.at("submissions").size(), 2U);
  EXPECT_EQ(json.at("submissions").at(1).at("arrays").at(0).at("running"), 1);
}

TEST_F(RecoveryStatus, ASilentClusterIsNoEmptyQueue) {
  submit_array("20260131T000000Z-1", 7);
  answer("squeue", "echo 'slurm_load_jobs error: Access/permission denied' >&2; exit 1");
  const auto outcome = run("status");
  EXPECT_EQ(outcome.status, 2) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("Access/permission denied"));
  EXPECT_THAT(outcome.output, HasSubstr("36/36 planes"));
  EXPECT_EQ(run("cancel --yes").status, 2);
}

TEST_F(RecoveryStatus, WatchingEndsWhenNothingWaitsOrRuns) {
  submit_array("20260131T000000Z-1", 7);
  test::write_file(tree_ / "looks", "");
  answer("squeue",
         fmt::format("echo x >> '{0}'; if [ $(wc -l < '{0}') -gt 2 ]; then s=COMPLETED; else s=RUNNING; fi\n"
                     "for i in 0 1 2; do echo \"1$i|7|$i|$s|None|100|110|120|n1|lw|c\"; done",
                     (tree_ / "looks").string()));
  const auto outcome = run("status --watch=1");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_EQ(test::read_file(tree_ / "looks"), "x\nx\nx\n");
  EXPECT_EQ(run("status --watch=0").status, 2);
}

TEST_F(RecoveryStatus, CancelTakesBackWhatHasNotEndedAndNothingElse) {
  submit_array("20260131T000000Z-1", 7);
  submit_array("20260201T000000Z-1", 9);
  squeue_says(
      "7|7|0|COMPLETED|None|100|110|170|n1|lw|c\n"
      "10|9|0|RUNNING|None|100|110|NONE|n1|lw|c\n"
      "9|9|1|PENDING|DependencyNeverSatisfied|100|N/A|N/A||lw|c\n");
  const auto unasked = run("cancel");
  EXPECT_EQ(unasked.status, 2) << unasked.output;
  EXPECT_FALSE(std::filesystem::exists(tree_ / "cancelled"));
  EXPECT_THAT(run("cancel --yes --stage lux").output, HasSubstr("nothing of campaign"));
  const auto outcome = run("cancel --yes");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("1 waiting and 1 running elements of 1 array"));
  EXPECT_EQ(test::read_file(tree_ / "cancelled"), "9\n");
}

}  // namespace
}  // namespace lenswright
