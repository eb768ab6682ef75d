// The Slurm client against a real Slurm with a database, with limits of users and QOS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slurm_sandbox.hpp"

namespace lenswright {
namespace {

using testing::HasSubstr;

class SlurmAccounting : public testing::Test {
 protected:
  std::filesystem::path sandbox_ = test::shared_slurm_sandbox();
  test::TemporaryFolder folder_;
  std::unique_ptr<CommandSource> commands_ = make_process_source();
  SlurmClient client_{*commands_};

  SubmitAnswer submit(const std::string& body, std::vector<std::string> arguments) {
    const auto path = folder_ / "script.sh";
    test::write_file(path, "#!/bin/bash\n" + body + "\n");
    arguments.push_back("--output=/dev/null");
    return client_.submit(path, arguments);
  }
  void admin(const std::string& command) {
    const auto outcome = test::run_command(command);
    ASSERT_EQ(outcome.status, 0) << command << ": " << outcome.output;
  }
  void TearDown() override { test::run_command("scancel --user=$(id -un)"); }
};

TEST_F(SlurmAccounting, EndsAreToldByAccountingAlsoOfWhatTheControllerHasForgotten) {
  const auto answer = submit("exit $((SLURM_ARRAY_TASK_ID * 2))", {"--array=0-2", "--job-name=lw-forgotten"});
  ASSERT_EQ(answer.outcome, SubmitAnswer::Outcome::accepted) << answer.message;
  test::when_over(client_, {answer.job});
  // What a question to the controller finds of it after MinJobAge: nothing.
  const auto sacct_only = [&] {
    const auto printed = test::run_command(fmt::format("SLURM_TIME_FORMAT=%s sacct -n -P -X -j {} -o {}",
                                                       answer.job, std::string(kSacctFormat)));
    return parse_sacct(printed.output);
  };
  test::eventually("accounting knows all three ends", [&] {
    const auto jobs = sacct_only();
    return jobs.size() == 3 && jobs[0].over() && jobs[1].over() && jobs[2].over();
  });
  const auto jobs = merged_jobs({}, sacct_only());
  EXPECT_EQ(jobs[0].state, JobState::done);
  EXPECT_EQ(describe_end(jobs[1]), "FAILED with exit status 2");
  EXPECT_EQ(describe_end(jobs[2]), "FAILED with exit status 4");
  EXPECT_EQ(client_.jobs({answer.job}).size(), 3U);
  EXPECT_EQ(client_.jobs_named("lw-forgotten").size(), 3U);
}

TEST_F(SlurmAccounting, SubmitLimitsAreReadAndARefusalNamesTheOneThatWasHit) {
  admin("sacctmgr -i -Q modify user $(id -un) set maxsubmitjobs=7");
  admin("sacctmgr -i -Q modify qos normal set maxsubmitjobsperuser=5");
  const SlurmLimits limits = client_.limits();
  EXPECT_TRUE(limits.accounting);
  EXPECT_EQ(limits.max_submit, 5);
  EXPECT_EQ(limits.max_submit_from, "MaxSubmitJobsPerUser of QOS normal");
  // The controller hears of new limits from the database a moment later.
  test::eventually("the limit holds", [&] {
    const SubmitAnswer answer = submit("true", {"--array=0-5", "--hold"});
    if (answer.outcome == SubmitAnswer::Outcome::accepted) client_.cancel({fmt::format("{}", answer.job)});
    return answer.outcome == SubmitAnswer::Outcome::refused &&
           answer.message.find("QOSMaxSubmitJobPerUserLimit") != std::string::npos;
  });
  admin("sacctmgr -i -Q modify qos normal set maxsubmitjobsperuser=-1");
  EXPECT_EQ(client_.limits().max_submit, 7);
  EXPECT_THAT(client_.limits().max_submit_from, HasSubstr("MaxSubmitJobs of account"));
  admin("sacctmgr -i -Q modify user $(id -un) set maxsubmitjobs=-1");
  EXPECT_FALSE(client_.limits().max_submit);
}

TEST_F(SlurmAccounting, AnAccountThatIsNotOnesOwnIsRefused) {
  const SubmitAnswer answer = submit("true", {"--account=nope"});
  EXPECT_EQ(answer.outcome, SubmitAnswer::Outcome::refused);
  EXPECT_THAT(answer.message, HasSubstr("Invalid account"));
}

}  // namespace
}  // namespace lenswright
