// The Slurm client against a real Slurm.
#include "run/slurm_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slurm_sandbox.hpp"

namespace lenswright {
namespace {

using testing::HasSubstr;
using Outcome = SubmitAnswer::Outcome;

class SlurmClientReal : public testing::Test {
 protected:
  std::filesystem::path sandbox_ = test::shared_slurm_sandbox();
  test::TemporaryFolder folder_;
  std::unique_ptr<CommandSource> commands_ = make_process_source();
  SlurmClient client_{*commands_};

  std::filesystem::path script(const std::string& body) {
    const auto path = folder_ / fmt::format("script-{}.sh", ++scripts_);
    test::write_file(path, "#!/bin/bash\n" + body + "\n");
    return path;
  }
  std::int64_t submit(const std::string& body, std::vector<std::string> arguments = {}) {
    arguments.push_back("--output=" + (folder_ / "%A_%a.log").string());
    const SubmitAnswer answer = client_.submit(script(body), arguments);
    EXPECT_EQ(answer.outcome, Outcome::accepted) << answer.message;
    return answer.job;
  }
  void admin(const std::string& command) {
    const auto outcome = test::run_command(command);
    ASSERT_EQ(outcome.status, 0) << command << ": " << outcome.output;
  }
  void wait_until_running(std::int64_t job) {
    test::eventually("the job runs", [&] {
      const auto jobs = client_.jobs({job});
      return !jobs.empty() && jobs[0].state == JobState::running;
    });
  }
  // By whatever happens in the test: nothing of it runs on.
  void TearDown() override { test::run_command("scancel --user=$(id -un)"); }

 private:
  int scripts_ = 0;
};

TEST_F(SlurmClientReal, ElementsOfAnArrayEndEachInItsOwnWay) {
  const auto job = submit("case $SLURM_ARRAY_TASK_ID in 2) exit 3;; 4) kill -9 $$;; 6) exit 75;; esac",
                          {"--array=0-2,4,6%3", "--job-name=lw ends", "--comment=a|b c"});
  const auto jobs = test::when_over(client_, {job});
  ASSERT_EQ(jobs.size(), 5U);
  for (const SlurmJob& one : jobs) {
    EXPECT_EQ(one.array, job);
    EXPECT_EQ(one.name, "lw ends");
    EXPECT_EQ(one.comment, "a|b c");
    EXPECT_GT(one.started, 0);
    EXPECT_GE(one.ended, one.started);
    EXPECT_THAT(one.nodes, HasSubstr("n"));
  }
  EXPECT_EQ(describe_end(jobs[0]), "done");
  EXPECT_EQ(describe_end(jobs[2]), "FAILED with exit status 3");
  EXPECT_EQ(jobs[2].index, 2);
  EXPECT_EQ(describe_end(jobs[3]), "FAILED by signal 9");
  EXPECT_EQ(describe_end(jobs[4]), "FAILED with exit status 75");
}

TEST_F(SlurmClientReal, WhatWaitsForAFailedElementNeverRuns) {
  const auto first = submit("[ $SLURM_ARRAY_TASK_ID != 1 ]", {"--array=0-2"});
  const auto kept = submit("true", {fmt::format("--dependency=afterok:{}_1", first)});
  const auto killed = submit(
      "true", {fmt::format("--dependency=aftercorr:{}", first), "--array=0-2", "--kill-on-invalid-dep=yes"});
  const auto jobs = test::when_over(client_, {killed, kept});
  ASSERT_EQ(jobs.size(), 4U);
  for (const SlurmJob& one : jobs) {
    const bool waits_for_failed = one.array == kept || one.index == 1;
    EXPECT_EQ(one.cause, waits_for_failed ? JobCause::dependency_never_met : JobCause::none) << job_text(one);
    EXPECT_EQ(one.in_queue(), one.array == kept) << job_text(one);
  }
}

TEST_F(SlurmClientReal, AnInvalidDependencyCanBeReplaced) {
  const auto first = submit("false");
  const auto second = submit("true", {fmt::format("--dependency=afterok:{}", first)});
  EXPECT_EQ(test::when_over(client_, {second}).at(0).cause, JobCause::dependency_never_met);
  client_.update_dependency(fmt::format("{}", second), "");
  test::eventually("it runs after all", [&] { return client_.jobs({second}).at(0).state == JobState::done; });
}

TEST_F(SlurmClientReal, AHeldJobWaitsUntilItIsReleasedAndACancelledOneSaysSo) {
  const auto job = submit("true", {"--hold"});
  EXPECT_EQ(describe_end(client_.jobs({job}).at(0)), "pending (JobHeldUser)");
  client_.release(fmt::format("{}", job));
  EXPECT_EQ(test::when_over(client_, {job}).at(0).state, JobState::done);

  const auto running = submit("sleep 600");
  wait_until_running(running);
  client_.cancel({fmt::format("{}", running)});
  EXPECT_EQ(test::when_over(client_, {running}).at(0).cause, JobCause::cancelled);
}

TEST_F(SlurmClientReal, AnElementCancelledWhileItWaitsIsForgottenAtOnceWithoutAccounting) {
  const auto job = submit("true", {"--hold", "--array=0-3"});
  client_.cancel({fmt::format("{}_2", job)});
  const auto jobs = client_.jobs({job});
  EXPECT_EQ(jobs.size(), 3U);  // whoever submitted it must know that there was a fourth
}

TEST_F(SlurmClientReal, AJobAtItsTimeLimitIsATimeout) {
  const auto job = submit("sleep 600", {"--time=5"});
  wait_until_running(job);
  admin(fmt::format("scontrol update JobId={} EndTime=now+1seconds", job));
  const auto jobs = test::when_over(client_, {job});
  EXPECT_EQ(jobs.at(0).cause, JobCause::timeout);
}

TEST_F(SlurmClientReal, AJobOfADeadNodeFailsWithItsNodeOrIsQueuedAgain) {
  const auto fails = submit("sleep 600", {"--no-requeue", "--nodelist=n4"});
  const auto again = submit("sleep 600", {"--requeue", "--nodelist=n4"});
  wait_until_running(fails);
  wait_until_running(again);
  admin("scontrol update NodeName=n4 State=DOWN Reason=test");
  const auto jobs = test::when_over(client_, {fails});
  EXPECT_EQ(describe_end(jobs.at(0)), "NODE_FAIL on n4");
  test::eventually("the other is queued again", [&] {
    const SlurmJob job = client_.jobs({again}).at(0);
    return job.state == JobState::pending && (job.reason != "BeginTime" || job.restarts == 1);
  });
  admin("scontrol update NodeName=n4 State=RESUME");
}

TEST_F(SlurmClientReal, UnknownJobsAreAbsentAndCancellingThemIsNoError) {
  const auto job = submit("true");
  EXPECT_TRUE(client_.jobs({999'999}).empty());
  EXPECT_EQ(client_.jobs({999'999, job}).size(), 1U);
  EXPECT_NO_THROW(client_.cancel({"999999"}));
  EXPECT_THROW(client_.release("999999"), SchedulerError);
}

TEST_F(SlurmClientReal, RefusalsComeInTheClustersWords) {
  const auto file = script("true");
  const SubmitAnswer partition = client_.submit(file, {"--partition=nope"});
  EXPECT_EQ(partition.outcome, Outcome::refused);
  EXPECT_THAT(partition.message, HasSubstr("Invalid partition name"));
  EXPECT_EQ(client_.submit(file, {"--array=0-10001"}).outcome, Outcome::refused);
  EXPECT_EQ(client_.submit(file, {"--mem=99999"}).outcome, Outcome::refused);
  EXPECT_EQ(client_.submit(folder_ / "nothing.sh").outcome, Outcome::refused);
  EXPECT_EQ(client_.test_only(file), "");
  EXPECT_THAT(client_.test_only(file, {"--nodes=9"}), HasSubstr("not available"));
}

TEST_F(SlurmClientReal, LimitsAreThoseOfTheCluster) {
  const SlurmLimits limits = client_.limits();
  EXPECT_EQ(limits.max_array_size, 10'001);
  EXPECT_EQ(limits.max_job_count, 20'000);
  EXPECT_EQ(limits.cluster, "sandbox");
  EXPECT_FALSE(limits.accounting);
}

// The controller is stopped while sbatch waits for its answer: sbatch gives up, the job is there all the same.
TEST_F(SlurmClientReal, ASubmissionWhoseAnswerIsLostIsFoundByItsName) {
  const std::string name = fmt::format("lw-lost-{}", folder_.path().filename().string());
  SubmitAnswer answer;
  {
    const test::StoppedController stopped(sandbox_);
    answer = client_.submit(script("true"), {"--job-name=" + name, "--output=/dev/null"});
  }
  EXPECT_EQ(answer.outcome, Outcome::unknown);
  EXPECT_THAT(answer.message, HasSubstr("timed out"));
  test::eventually("the lost job is found", [&] { return client_.jobs_named(name).size() == 1; });
  EXPECT_TRUE(client_.jobs_named(name + "x").empty());
}

TEST_F(SlurmClientReal, AControllerThatIsAwayWasNeverReached) {
  SlurmClientSettings once;
  once.tries = 1;
  SlurmClient client(*commands_, once);
  EXPECT_TRUE(client.controller_answers());
  const std::string conf = std::getenv("SLURM_CONF");
  std::string text = test::read_file(conf);
  const auto port = text.find("SlurmctldPort=");
  text.replace(port, text.find('\n', port) - port, "SlurmctldPort=1");
  test::write_file(folder_ / "slurm.conf", text);
  setenv("SLURM_CONF", (folder_ / "slurm.conf").c_str(), 1);
  EXPECT_FALSE(client.controller_answers());
  EXPECT_EQ(client.submit(script("true")).outcome, Outcome::refused);
  setenv("SLURM_CONF", conf.c_str(), 1);
}

}  // namespace
}  // namespace lenswright
