#include "run/slurm_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

#include "base/error.hpp"
#include "recorded_answers.hpp"

namespace lenswright {
namespace {

using testing::HasSubstr;
using Outcome = SubmitAnswer::Outcome;

class SlurmClientTest : public testing::Test {
 protected:
  test::RecordedAnswers slurm_;
  SlurmClientSettings settings_{std::chrono::milliseconds(60'000), 3, std::chrono::milliseconds(0), {}};
  SlurmClient client_{slurm_, settings_};

  void no_accounting() {
    slurm_.prints("scontrol show config",
                  "AccountingStorageType   = accounting_storage/none\nClusterName             = sandbox\n"
                  "MaxArraySize            = 10001\nMaxJobCount             = 20000\n"
                  "MinJobAge               = 300 sec\n");
  }
  void with_accounting() {
    slurm_.prints("scontrol show config",
                  "AccountingStorageType   = accounting_storage/slurmdbd\nClusterName             = sandbox\n"
                  "MaxArraySize            = 1001\nMaxJobCount             = 10000\n"
                  "MinJobAge               = 300 sec\n");
  }
};

TEST_F(SlurmClientTest, AnAcceptedScriptGivesItsJobId) {
  slurm_.prints("sbatch", "4711\n");
  const SubmitAnswer answer = client_.submit("/s/lux 1.sh", {"--array=0-4%2"});
  EXPECT_EQ(answer.outcome, Outcome::accepted);
  EXPECT_EQ(answer.job, 4711);
  EXPECT_EQ(slurm_.lines.at(0), "sbatch --parsable --array=0-4%2 '/s/lux 1.sh'");
}

TEST_F(SlurmClientTest, AJobIdWithItsClusterIsRead) {
  slurm_.prints("sbatch", "4711;sandbox\n");
  EXPECT_EQ(client_.submit("a.sh").job, 4711);
}

TEST_F(SlurmClientTest, WhatTheClusterRefusesIsRefusedWithItsWords) {
  for (const char* complaint :
       {"sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job "
        "violates "
        "accounting/QOS policy (job submit limit, user's size and/or time limits)\n",
        "sbatch: error: Batch job submission failed: Invalid account or account/partition combination "
        "specified\n",
        "sbatch: error: invalid partition specified: nope\nsbatch: error: Batch job submission failed: "
        "Invalid "
        "partition name specified\n",
        "sbatch: error: Batch job submission failed: Invalid job array specification\n",
        "sbatch: error: Memory specification can not be satisfied\nsbatch: error: Batch job submission "
        "failed: "
        "Requested node configuration is not available\n",
        "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect "
        "failure)\n",
        "sbatch: error: Unable to open file nofile.sh\n"}) {
    test::RecordedAnswers slurm;
    slurm.fails("sbatch", complaint);
    const SubmitAnswer answer = SlurmClient(slurm, settings_).submit("a.sh");
    EXPECT_EQ(answer.outcome, Outcome::refused) << complaint;
    EXPECT_EQ(answer.message + "\n", complaint);
  }
}

TEST_F(SlurmClientTest, ALostAnswerIsNeitherYesNorNoAndIsNeverTriedTwice) {
  const CommandAnswer lost[] = {
      {1, "", "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation\n", false},
      {1, "", "sbatch: error: Batch job submission failed: Zero Bytes were transmitted or received\n", false},
      {1, "", "sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying\n", false},
      {137, "", "", true},
      {143, "", "", false},
      {1, "", "", false},
      {0, "", "", false},
      {0, "Submitted batch job 12\n", "", false},
      {0, "12\n13\n", "", false},
      {0, "-3\n", "", false},
  };
  for (const CommandAnswer& answer : lost) {
    test::RecordedAnswers slurm;
    slurm.on("sbatch", answer);
    EXPECT_EQ(SlurmClient(slurm, settings_).submit("a.sh").outcome, Outcome::unknown)
        << answer.out << answer.err;
    EXPECT_EQ(slurm.lines.size(), 1U);
  }
}

TEST_F(SlurmClientTest, TheCallersOwnSlurmVariablesDoNotReachTheQuestions) {
  setenv("SBATCH_PARTITION", "debug", 1);
  setenv("SLURM_JOB_ID", "5", 1);
  setenv("SQUEUE_USERS", "somebody", 1);
  setenv("SLURM_CONF", "/etc/slurm.conf", 1);
  slurm_.prints("sbatch", "1\n");
  client_.submit("a.sh");
  for (const char* name : {"SBATCH_PARTITION", "SLURM_JOB_ID", "SQUEUE_USERS"}) {
    EXPECT_THAT(slurm_.commands.at(0).without, testing::Contains(name));
    unsetenv(name);
  }
  EXPECT_THAT(slurm_.commands.at(0).without, testing::Not(testing::Contains("SLURM_CONF")));
  EXPECT_EQ(slurm_.commands.at(0).environment.at("SLURM_TIME_FORMAT"), "%s");
}

TEST_F(SlurmClientTest, ExitCodesAreAskedForOnlyWhereSomethingFailed) {
  no_accounting();
  slurm_.prints(
      "squeue",
      "18|2|2|FAILED|NonZeroExitCode|100|110|120|n1|lw|c\n16|2|0|COMPLETED|None|100|110|120|n1|lw|c\n"
      "7|7|N/A|TIMEOUT|TimeLimit|100|110|170|n2|lw|c\n");
  slurm_.prints("scontrol -o show job 2",
                "JobId=18 ArrayJobId=2 ArrayTaskId=2 JobName=lw UserId=u(1) JobState=FAILED "
                "Reason=NonZeroExitCode Restarts=1 ExitCode=75:0 SubmitTime=100\n");
  const auto jobs = client_.jobs({2, 7});
  ASSERT_EQ(jobs.size(), 3U);
  EXPECT_EQ(describe_end(jobs[1]), "FAILED with exit status 75");
  EXPECT_EQ(jobs[1].restarts, 1);
  EXPECT_EQ(slurm_.count("scontrol -o show job"), 1U);
  EXPECT_EQ(slurm_.count("sacct"), 0U);
}

TEST_F(SlurmClientTest, JobsThatTheControllerForgotComeFromAccounting) {
  with_accounting();
  slurm_.fails("squeue", "slurm_load_jobs error: Invalid job id specified\n");
  slurm_.prints("sacct", "5|5|FAILED|3:0|None|100|110|120|n2|lw|\n");
  const auto jobs = client_.jobs({5});
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(describe_end(jobs[0]), "FAILED with exit status 3");
}

TEST_F(SlurmClientTest, JobsThatNobodyKnowsAreNotInTheAnswer) {
  no_accounting();
  slurm_.fails("squeue", "slurm_load_jobs error: Invalid job id specified\n");
  EXPECT_TRUE(client_.jobs({5}).empty());
  EXPECT_TRUE(client_.jobs({}).empty());
}

TEST_F(SlurmClientTest, AQuestionIsAskedAgainWhileTheControllerIsBusy) {
  no_accounting();
  slurm_.fails("squeue", "slurm_load_jobs error: Socket timed out on send/recv operation\n");
  slurm_.fails("squeue", "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n");
  slurm_.prints("squeue", "1|1|N/A|RUNNING|None|100|110|NONE|n1|lw|c\n");
  EXPECT_EQ(client_.jobs({1}).at(0).state, JobState::running);
  EXPECT_EQ(slurm_.count("squeue"), 3U);
}

TEST_F(SlurmClientTest, ASilentControllerIsAnErrorAndNoEmptyQueue) {
  no_accounting();
  slurm_.fails("squeue", "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n");
  try {
    client_.jobs_named("lw-1");
    FAIL() << "it took silence for an empty queue";
  } catch (const SchedulerError& error) {
    EXPECT_THAT(error.command(), HasSubstr("squeue"));
    EXPECT_EQ(error.exit_status(), 1);
    EXPECT_THAT(error.complaint(), HasSubstr("connect failure"));
    EXPECT_THAT(error.complaint(), HasSubstr("Next: scontrol ping"));
    EXPECT_EQ(error.status(), ExitStatus::failed);
  }
  EXPECT_EQ(slurm_.count("squeue"), 3U);
  EXPECT_THROW(client_.jobs({1}), SchedulerError);
  EXPECT_EQ(slurm_.count("squeue"), 3U + 1U) << "it was silent a moment ago";
}

TEST_F(SlurmClientTest, ACommandThatHangsIsGivenUpAndNotStartedAgainWhenItsTimeIsOver) {
  std::vector<std::string> told;
  SlurmClientSettings settings{std::chrono::milliseconds(50), 3, std::chrono::milliseconds(50), {}};
  settings.tell = [&](const std::string& sentence) { told.push_back(sentence); };
  SlurmClient client(slurm_, settings);
  slurm_.on("squeue", {137, "", "", true});
  try {
    client.jobs_named("lw-1");
    FAIL() << "it took silence for an empty queue";
  } catch (const SchedulerError& error) {
    EXPECT_THAT(error.complaint(), HasSubstr("no answer in time"));
    EXPECT_THAT(error.complaint(), HasSubstr("command_timeout_seconds"));
  }
  EXPECT_EQ(slurm_.count("squeue"), 1U);
  EXPECT_THAT(told, testing::IsEmpty());
  // With time left it is asked again, and says so.
  settings.timeout = std::chrono::minutes(10);
  settings.pause = {};
  EXPECT_THROW(SlurmClient(slurm_, settings).jobs_named("lw-1"), SchedulerError);
  EXPECT_EQ(slurm_.count("squeue"), 1U + 3U);
  EXPECT_THAT(told, testing::SizeIs(2));
  EXPECT_THAT(told.front(), HasSubstr("squeue got no answer (no answer in time): asking again"));
}

TEST_F(SlurmClientTest, EveryQuestionAndSubmissionHasTheTimeThatTheSettingsGive) {
  SlurmClientSettings settings{std::chrono::minutes(7), 1, std::chrono::milliseconds(0), {}};
  SlurmClient client(slurm_, settings);
  slurm_.prints("sbatch", "1\n");
  slurm_.prints("scontrol ping", "Slurmctld(primary) at vm is UP\n");
  slurm_.prints("scancel", "");
  client.submit("a.sh");
  client.test_only("a.sh");
  client.controller_answers();
  client.cancel({"1"});
  ASSERT_EQ(slurm_.timeouts.size(), 4U);
  for (const std::chrono::milliseconds timeout : slurm_.timeouts) {
    EXPECT_LE(timeout, settings.timeout);
    EXPECT_GT(timeout, std::chrono::minutes(6));
  }
}

TEST_F(SlurmClientTest, TheSubmissionWithALostAnswerIsFoundByItsName) {
  with_accounting();
  slurm_.prints("squeue", "25|25|0-3%2|PENDING|Priority|100|N/A|N/A||lw-demo-1|token\n");
  slurm_.prints("sacct", "");
  const auto jobs = client_.jobs_named("lw-demo-1");
  ASSERT_EQ(jobs.size(), 4U);
  EXPECT_EQ(jobs[3].array, 25);
  EXPECT_EQ(jobs[3].index, 3);
  EXPECT_EQ(jobs[3].comment, "token");
  EXPECT_THAT(slurm_.lines.at(0), HasSubstr("-n lw-demo-1"));
  EXPECT_THROW(client_.jobs_named("a,b"), Failure);
  EXPECT_THROW(client_.jobs_named(""), Failure);
}

TEST_F(SlurmClientTest, WithoutAccountingTheLimitsAreTheControllersAlone) {
  no_accounting();
  const SlurmLimits limits = client_.limits();
  EXPECT_EQ(limits.max_array_size, 10001);
  EXPECT_EQ(limits.max_job_count, 20000);
  EXPECT_EQ(limits.min_job_age_seconds, 300);
  EXPECT_FALSE(limits.accounting);
  EXPECT_FALSE(limits.max_submit);
}

TEST_F(SlurmClientTest, OfAllSubmitLimitsTheSmallestThatAppliesIsNamed) {
  with_accounting();
  const std::string me = getpwuid(geteuid())->pw_name;
  slurm_.prints("sacctmgr -n -P show user", me + "|astro\n");
  slurm_.prints("sacctmgr -n -P show assoc",
                "|astro||500|\n" + me + "|astro|200||long\nother|astro|7||normal\n");
  slurm_.prints("sacctmgr -n -P show qos", "normal|5||\nlong|90|300|\n");
  const SlurmLimits limits = client_.limits();
  EXPECT_TRUE(limits.accounting);
  EXPECT_EQ(limits.max_submit, 90);
  EXPECT_EQ(limits.max_submit_from, "MaxSubmitJobsPerUser of QOS long");
  EXPECT_EQ(client_.limits("astro", "normal").max_submit, 5);
}

TEST_F(SlurmClientTest, ATestOnlyAnswerIsEmptyOrTheReason) {
  slurm_.fails("sbatch --test-only", "allocation failure: Requested node configuration is not available\n");
  slurm_.on(
      "sbatch --test-only",
      {0, "", "sbatch: Job 23 to start at 1795230758 using 1 processors on nodes n2 in partition main\n",
       false});
  EXPECT_THAT(client_.test_only("a.sh"), HasSubstr("not available"));
  EXPECT_EQ(client_.test_only("a.sh"), "");
}

TEST_F(SlurmClientTest, CancellingManyJobsTakesFewCommands) {
  slurm_.prints("scancel", "");
  std::vector<std::string> jobs;
  for (int i = 0; i < 2500; ++i) jobs.push_back("7_" + std::to_string(i));
  client_.cancel(jobs);
  EXPECT_EQ(slurm_.lines.size(), 3U);
  EXPECT_TRUE(slurm_.lines[2].ends_with(" 7_2499"));
  client_.cancel({});
  EXPECT_EQ(slurm_.lines.size(), 3U);
}

TEST_F(SlurmClientTest, AChangedDependencyAndAReleaseNameTheirJob) {
  slurm_.prints("scontrol update", "");
  slurm_.fails("scontrol release", "Invalid job id specified for job 4711\n");
  client_.update_dependency("7_3", "afterok:4_1");
  EXPECT_EQ(slurm_.lines.at(0), "scontrol update JobId=7_3 Dependency=afterok:4_1");
  EXPECT_THROW(client_.release("4711"), SchedulerError);
}

TEST_F(SlurmClientTest, WhetherTheControllerAnswersIsAQuestionThatNeverThrows) {
  slurm_.prints("scontrol ping", "Slurmctld(primary) at vm is UP\n");
  EXPECT_TRUE(client_.controller_answers());
  test::RecordedAnswers down;
  down.on("scontrol ping", {1, "Slurmctld(primary) at vm is DOWN\n", "", false});
  EXPECT_FALSE(SlurmClient(down, settings_).controller_answers());
  test::RecordedAnswers nothing;  // scontrol isn't there
  EXPECT_FALSE(SlurmClient(nothing, settings_).controller_answers());
}

}  // namespace
}  // namespace lenswright
