// recovery status and cancel of jobs on a real Slurm.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "journalled_array.hpp"
#include "recovery_program.hpp"
#include "slurm_sandbox.hpp"

namespace lenswright {
namespace {

using testing::HasSubstr;

constexpr const char* kSubmission = "20260131T000000Z-1";

class StatusOnSlurm : public testing::Test {
 protected:
  std::filesystem::path sandbox_ = test::shared_slurm_sandbox();
  test::SmallTree tree_;
  std::unique_ptr<CommandSource> commands_ = make_process_source();
  SlurmClient client_{*commands_};

  // What element 0, 1 and 2 do is the body's affair.
  std::int64_t submit(const std::string& body, std::vector<std::string> arguments = {}) {
    test::put_input_names(tree_);
    const auto logs = tree_.campaign().state / "logs" / kSubmission;
    std::filesystem::create_directories(logs);
    test::write_file(tree_ / "job.sh", "#!/bin/bash\n" + body + "\n");
    arguments.push_back("--array=0-2");
    arguments.push_back("--output=" + (logs / "lensplanes-1-%a.log").string());
    const SubmitAnswer answer = client_.submit(tree_ / "job.sh", arguments);
    EXPECT_EQ(answer.outcome, SubmitAnswer::Outcome::accepted) << answer.message;
    test::journal_array(tree_.campaign(), kSubmission, answer.job);
    return answer.job;
  }
  void lose_plane(int plane) { tree_.remove({ProductKind::mass_plane, 0, 0, plane}); }
  void TearDown() override { test::run_command("scancel --user=$(id -un)"); }
};

TEST_F(StatusOnSlurm, CompletedWithoutItsProductIsFailedAndAFailureShowsTheEndOfItsLog) {
  const auto job =
      submit("case $SLURM_ARRAY_TASK_ID in 1) echo no snapshot 80; exit 2;; 2) kill -9 $$;; esac");
  for (const int plane : {0, 2}) lose_plane(plane);
  test::when_over(client_, {job});
  const auto outcome = test::recovery(tree_, "status --json");
  EXPECT_EQ(outcome.status, 1) << outcome.output;
  const auto json = nlohmann::json::parse(outcome.output);
  const auto& array = json.at("submissions").at(0).at("arrays").at(0);
  EXPECT_EQ(array.at("done"), 1);  // killed, but its planes are there
  EXPECT_EQ(array.at("failed"), 2);
  ASSERT_EQ(json.at("failed").size(), 2U);
  EXPECT_THAT(json.at("failed").at(0).at("because"), HasSubstr("1 of its 2 products are not complete"));
  EXPECT_EQ(json.at("failed").at(1).at("because"), "FAILED with exit status 2");
  EXPECT_EQ(json.at("failed").at(1).at("last_lines").at(0), "no snapshot 80");
}

TEST_F(StatusOnSlurm, WatchFollowsTheJobsToTheirEnd) {
  submit("sleep 3");
  const auto outcome = test::recovery(tree_, "status --watch=1");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("36/36 planes"));
}

TEST_F(StatusOnSlurm, CancelLeavesNothingInTheQueue) {
  const auto job = submit("sleep 600", {"--exclusive"});
  test::eventually("one runs", [&] {
    const auto jobs = client_.jobs({job});
    return !jobs.empty() && jobs.front().state == JobState::running;
  });
  lose_plane(0);
  const auto outcome = test::recovery(tree_, "cancel --yes");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  test::when_over(client_, {job});
  const auto status = test::recovery(tree_, "status");
  EXPECT_EQ(status.status, 1) << status.output;
  EXPECT_THAT(status.output, HasSubstr("CANCELLED"));
  EXPECT_THAT(status.output, HasSubstr("next: recovery submit"));
  EXPECT_THAT(test::recovery(tree_, "cancel --yes").output, HasSubstr("nothing of campaign"));
}

}  // namespace
}  // namespace lenswright
