#include "run/slurm_states.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"

namespace lenswright {
namespace {

using testing::ElementsAre;

// Answers of a real Slurm 22.05.
constexpr const char* kSqueue =
    "13|3|2|CANCELLED|DependencyNeverSatisfied|1795230758|N/A|1795230759||lw-dep|(null)\n"
    "1|1|N/A|COMPLETED|None|1795230758|1795230758|1795230758|n1|lw-x|a|b c\n"
    "18|2|2|FAILED|NonZeroExitCode|1795230758|1795230758|1795230758|n1|lw-arr|hello\n"
    "9|9|N/A|NODE_FAIL|NodeDown|1795230758|1795230758|1795230763|n4|sl.sh|(null)\n"
    "7|7|N/A|TIMEOUT|TimeLimit|1795230758|1795230758|1795230784|n2|sl.sh|(null)\n"
    "14|3|3|PENDING|Dependency|1795230758|N/A|N/A||lw-dep|(null)\n"
    "4|4|N/A|PENDING|DependencyNeverSatisfied|1795230758|N/A|N/A||lw-never|(null)\n"
    "10|10|N/A|PENDING|BeginTime|1795230763|1795230769|1826766769||sl.sh|(null)\n"
    "19|2|3|RUNNING|None|1795230758|1795230759|NONE|n2|lw-arr|hello\n";

constexpr const char* kSacct =
    "1|1|COMPLETED|0:0|None|1795230758|1795230758|1795230758|n1|lw-x|a|b c\n"
    "5|5|FAILED|3:0|None|1795230758|1795230758|1795230758|n2|lw-bad|\n"
    "6|6|FAILED|0:9|None|1795230758|1795230758|1795230758|n2|k9.sh|\n"
    "2_3|19|RUNNING|0:0|JobArrayTaskLimit|1795230758|1795230759|Unknown|n2|lw-arr|\n"
    "3_2|13|CANCELLED|0:0|Dependency|1795230758|None|1795230759|None assigned|lw-dep|\n"
    "8_[0-1,5-9%2]|8|PENDING|0:0|JobHeldUser|1795230758|Unknown|Unknown|None assigned|sl.sh|\n"
    "30_[2-3%2]|30|CANCELLED by 0|0:0|Dependency|1795230758|None|1795230999|None assigned|sl.sh|\n";

constexpr const char* kScontrol =
    "JobId=18 ArrayJobId=2 ArrayTaskId=2 ArrayTaskThrottle=3 JobName=lw ExitCode=9:9 UserId=root(0) "
    "GroupId=root(0) "
    "MCS_label=N/A Priority=4294901758 Nice=0 Account=root QOS=normal JobState=FAILED Reason=NonZeroExitCode "
    "Dependency=(null) Requeue=1 Restarts=2 BatchFlag=1 Reboot=0 ExitCode=4:0 RunTime=00:00:00 "
    "TimeLimit=365-00:00:00 SubmitTime=1795230758 EligibleTime=1795230758 StartTime=1795230758 "
    "EndTime=1795230759 Partition=main ReqNodeList=(null) ExcNodeList=(null) NodeList=n1 BatchHost=n1 "
    "Comment=it said ExitCode=7:7 \n"
    "JobId=6 JobName=k9.sh UserId=root(0) JobState=FAILED Reason=JobLaunchFailure Restarts=0 ExitCode=0:9 "
    "SubmitTime=1795230758 StartTime=1795230758 EndTime=1795230758 NodeList=n2\n"
    "JobId=8 ArrayJobId=8 ArrayTaskId=0-1,5 JobName=sl.sh UserId=root(0) JobState=PENDING "
    "Reason=JobHeldUser Restarts=0 ExitCode=0:0 SubmitTime=1795230758 StartTime=Unknown EndTime=Unknown "
    "NodeList= NumNodes=1\n";

const SlurmJob& find(const std::vector<SlurmJob>& jobs, std::int64_t array, int index = -1) {
  for (const SlurmJob& job : jobs)
    if (job.array == array && job.index.value_or(-1) == index) return job;
  throw Failure("no such element in the answer");
}

TEST(SlurmStates, SqueueRowsGiveStateCauseTimesAndNode) {
  const auto jobs = parse_squeue(kSqueue);
  ASSERT_EQ(jobs.size(), 9U);
  const SlurmJob& done = find(jobs, 1);
  EXPECT_EQ(done.state, JobState::done);
  EXPECT_EQ(done.name, "lw-x");
  EXPECT_EQ(done.comment, "a|b c");
  EXPECT_EQ(find(jobs, 2, 2).cause, JobCause::exit_status);
  EXPECT_EQ(find(jobs, 9).cause, JobCause::node_fail);
  EXPECT_EQ(find(jobs, 9).nodes, "n4");
  EXPECT_EQ(find(jobs, 7).cause, JobCause::timeout);
  EXPECT_EQ(find(jobs, 7).ended - find(jobs, 7).started, 26);
  EXPECT_EQ(find(jobs, 3, 3).state, JobState::pending);
  EXPECT_EQ(find(jobs, 3, 3).reason, "Dependency");
  EXPECT_EQ(find(jobs, 2, 3).state, JobState::running);
  EXPECT_EQ(find(jobs, 2, 3).job, 19);
}

TEST(SlurmStates, AnExpectedStartOrEndIsNotOneThatHappened) {
  const SlurmJob requeued = find(parse_squeue(kSqueue), 10);
  EXPECT_EQ(requeued.state, JobState::pending);
  EXPECT_EQ(requeued.started, 0);
  EXPECT_EQ(requeued.ended, 0);
}

TEST(SlurmStates, WhatWaitsForWhatFailedIsOverWhetherCancelledOrStillQueued) {
  const auto jobs = parse_squeue(kSqueue);
  for (const SlurmJob& job : {find(jobs, 4), find(jobs, 3, 2)}) {
    EXPECT_EQ(job.state, JobState::failed);
    EXPECT_EQ(describe_end(job), "DependencyNeverSatisfied");
    EXPECT_TRUE(job.over());
  }
  EXPECT_TRUE(find(jobs, 4).in_queue());
  EXPECT_FALSE(find(jobs, 3, 2).in_queue());
}

TEST(SlurmStates, SacctTellsExitStatusSignalAndWhoCancelled) {
  const auto jobs = parse_sacct(kSacct);
  EXPECT_EQ(describe_end(find(jobs, 5)), "FAILED with exit status 3");
  EXPECT_EQ(describe_end(find(jobs, 6)), "FAILED by signal 9");
  EXPECT_EQ(find(jobs, 3, 2).cause, JobCause::dependency_never_met);
  EXPECT_EQ(find(jobs, 30, 3).cause, JobCause::cancelled);
  EXPECT_EQ(find(jobs, 2, 3).ended, 0);
}

TEST(SlurmStates, RangeRowsBecomeOneValuePerElement) {
  const auto jobs = parse_sacct(kSacct);
  std::vector<int> pending;
  for (const SlurmJob& job : jobs)
    if (job.array == 8) pending.push_back(job.index.value_or(-1));
  EXPECT_THAT(pending, ElementsAre(0, 1, 5, 6, 7, 8, 9));
  EXPECT_EQ(find(jobs, 8, 5).job, 0);
}

TEST(SlurmStates, ScontrolIsReadPastNamesAndCommentsThatLookLikeFields) {
  const auto jobs = parse_scontrol_jobs(kScontrol);
  ASSERT_EQ(jobs.size(), 5U);
  const SlurmJob& failed = find(jobs, 2, 2);
  EXPECT_EQ(failed.exit_status, 4);
  EXPECT_EQ(failed.signal, 0);
  EXPECT_EQ(failed.restarts, 2);
  EXPECT_EQ(failed.nodes, "n1");
  EXPECT_EQ(failed.ended, 1795230759);
  EXPECT_EQ(find(jobs, 6).cause, JobCause::signal);
  EXPECT_EQ(find(jobs, 8, 5).state, JobState::pending);
}

TEST(SlurmStates, EveryStateWordHasOneMeaning) {
  const auto cause = [](std::string_view word) {
    SlurmJob job;
    set_state(job, word, "None");
    return std::pair(job.state, job.cause);
  };
  EXPECT_EQ(cause("COMPLETING"), std::pair(JobState::running, JobCause::none));
  EXPECT_EQ(cause("REQUEUE_HOLD"), std::pair(JobState::pending, JobCause::none));
  EXPECT_EQ(cause("OUT_OF_MEMORY"), std::pair(JobState::failed, JobCause::out_of_memory));
  EXPECT_EQ(cause("DEADLINE"), std::pair(JobState::failed, JobCause::timeout));
  EXPECT_EQ(cause("BOOT_FAIL"), std::pair(JobState::failed, JobCause::node_fail));
  EXPECT_EQ(cause("PREEMPTED"), std::pair(JobState::failed, JobCause::cancelled));
  EXPECT_EQ(cause("CANCELLED by 1007"), std::pair(JobState::failed, JobCause::cancelled));
  // As the controller tells of one that waited, and that somebody cancelled.
  const auto jobs =
      parse_squeue("441|441|N/A|CANCELLED|Dependency|1795230758|N/A|1795230759||lw-dep|(null)\n");
  EXPECT_EQ(jobs.at(0).cause, JobCause::cancelled);
  EXPECT_EQ(cause("A_STATE_OF_NEXT_YEAR"), std::pair(JobState::failed, JobCause::unknown));
}

TEST(SlurmStates, TheControllersWordWinsAndAccountingFillsIn) {
  const auto merged = merged_jobs(
      parse_squeue(kSqueue),
      parse_sacct(kSacct +
                  std::string("2_2|18|FAILED|4:0|None|1795230758|1795230758|1795230758|n1|lw-arr|hello\n"
                              "7|7|RUNNING|0:0|None|1795230758|1795230758|Unknown|n2|sl.sh|\n")));
  EXPECT_EQ(find(merged, 7).cause, JobCause::timeout);  // accounting lags
  EXPECT_EQ(find(merged, 5).exit_status, 3);            // the controller has forgotten it
  EXPECT_EQ(find(merged, 2, 2).exit_status, 4);         // squeue tells no exit codes
  EXPECT_EQ(find(merged, 3, 2).cause, JobCause::dependency_never_met);
}

TEST(SlurmStates, TheExitCodeOfAnEarlierRunIsNotTakenForThisOne) {
  SlurmJob now;
  now.array = 1;
  now.submitted = 200;  // requeued: submitted anew
  set_state(now, "FAILED", "NonZeroExitCode");
  SlurmJob before = now;
  before.submitted = 100;
  before.exit_status = 3;
  EXPECT_EQ(merged_jobs({now}, {before}).at(0).exit_status, 0);
}

TEST(SlurmStates, ArrayRangesAreExpandedWithStepsAndThrottle) {
  EXPECT_THAT(parse_array_ranges("0-2,6,8-12:2%3"), ElementsAre(0, 1, 2, 6, 8, 10, 12));
  for (const char* bad : {"", "a", "3-", "-3", "1,,2", "0-8:0", "1-99999999999", "0-4000001"})
    EXPECT_THROW(parse_array_ranges(bad), SchedulerError) << bad;
}

TEST(SlurmStates, AnAnswerInAnotherFormatIsAnErrorThatShowsIt) {
  for (const char* bad : {"1|2|3\n", "x|1|N/A|PENDING|None|1|2|3|n|a|b\n", "\x1b[31m{\n"}) {
    EXPECT_THROW(parse_squeue(bad), SchedulerError) << bad;
    EXPECT_THROW(parse_sacct(bad), SchedulerError) << bad;
    EXPECT_THROW(parse_scontrol_jobs(bad), SchedulerError) << bad;
  }
  EXPECT_TRUE(parse_squeue("").empty());
}

TEST(SlurmStates, AnElementIsNamedAsScancelTakesIt) {
  SlurmJob job;
  job.array = 7;
  EXPECT_EQ(job_text(job), "7");
  job.index = 3;
  EXPECT_EQ(job_text(job), "7_3");
}

}  // namespace
}  // namespace lenswright
