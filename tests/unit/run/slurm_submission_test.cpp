#include "run/slurm_submission.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/error.hpp"
#include "campaign/load_campaign.hpp"
#include "recorded_answers.hpp"
#include "run_campaign.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// A plan of everything of the small campaign: lensplanes-01 (2 elements), lux-01 and raytracing-01 (4 each).
class SlurmSubmissionTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  Campaign campaign_ = test::small_campaign(folder_.path());
  test::RecordedAnswers slurm_;
  SlurmClient client_{slurm_, {std::chrono::milliseconds(1000), 1, std::chrono::milliseconds(0), {}}};
  Lease lease_{real_disk(), folder_ / "state/submit.lock", {.doing = "is at work"}};
  SilentProgress silent_;
  SlurmSubmission submission_{real_disk(), campaign_, client_,
                              lease_,      silent_,   {std::chrono::milliseconds(0), {}}};
  std::vector<PreparedArray> arrays_ = prepared();

  std::vector<PreparedArray> prepared() const {
    ScanResult scan(campaign_);
    for (const ProductKind kind : kProductKinds)
      for (std::size_t i = 0; i < scan.products().count(kind); ++i)
        scan.set(scan.products().at(kind, i), State::missing);
    const Plan plan = make_plan(campaign_, scan, {}, {}, {});
    SubmissionSettings settings;
    settings.name = "one";
    settings.folder = folder_ / "state/plans/one";
    settings.logs = folder_ / "state/logs/one";
    settings.programs = "/opt/bin";
    std::vector<PreparedArray> arrays =
        prepare_arrays(campaign_, plan, job_arrays(campaign_, plan, {}, {}), {}, settings);
    write_arrays(real_disk(), arrays);
    return arrays;
  }
  void submit() {
    Submission one;
    one.name = "one";
    one.written = "2026-01-31T12:34:56.789Z";
    submission_.submit(one, arrays_, [] {});
  }
  std::string sbatch(const std::string& array, const std::string& dependency = {}) const {
    return "sbatch --parsable " + (dependency.empty() ? "" : "--dependency=" + dependency + " ") +
           (folder_ / "state/plans/one" / (array + ".sh")).string();
  }
  // A row of squeue for each element.
  std::string rows(std::int64_t job, const std::string& array, const std::string& state, int elements) const {
    std::string text;
    for (int index = 0; index < elements; ++index)
      text +=
          fmt::format("{}|{}|{}|{}|None|N/A|N/A|N/A||{}_small_one|\n", job + index, job, index, state, array);
    return text;
  }
  void no_accounting() {
    slurm_.prints("scontrol show config", "AccountingStorageType = accounting_storage/none\n");
  }
};

TEST_F(SlurmSubmissionTest, EachArrayIsSubmittedOnceAfterItsParentsAreKnown) {
  no_accounting();
  slurm_.prints(sbatch("lensplanes-01"), "10\n");
  slurm_.prints(sbatch("lux-01", "afterok:10"), "20\n");
  slurm_.prints(sbatch("raytracing-01", "aftercorr:20"), "30\n");
  slurm_.prints("squeue", rows(10, "lensplanes-01", "RUNNING", 2) + rows(20, "lux-01", "PENDING", 4));
  submit();
  EXPECT_EQ(slurm_.count("sbatch"), 3U);
  const std::vector<Submission> found = read_submissions(real_disk(), campaign_);
  ASSERT_THAT(found, SizeIs(1));
  ASSERT_THAT(found[0].arrays, SizeIs(3));
  EXPECT_EQ(found[0].arrays[2].answer->job, 30);
  const InFlight flight = find_in_flight(real_disk(), campaign_, found, client_);
  EXPECT_EQ(flight.elements, 2 + 4) << "the last array is not in the queue's answer";
  EXPECT_THAT(flight.products, SizeIs(16 + 20));
}

TEST_F(SlurmSubmissionTest, WithAnUnknownParentNothingMoreIsSubmitted) {
  no_accounting();
  slurm_.prints(sbatch("lensplanes-01"), "10\n");
  for (const std::string& answer :
       {std::string(), rows(10, "lensplanes-01", "RUNNING", 1), rows(10, "of-somebody-else", "RUNNING", 2)}) {
    SCOPED_TRACE(answer);
    std::filesystem::remove_all(submissions_folder(campaign_));
    test::RecordedAnswers slurm;
    slurm.prints("scontrol show config", "AccountingStorageType = accounting_storage/none\n");
    slurm.prints(sbatch("lensplanes-01"), "10\n");
    slurm.prints("squeue", answer);
    slurm.fails("scontrol", "slurm_load_jobs error: Invalid job id specified");
    SlurmClient client(slurm, {std::chrono::milliseconds(1000), 1, std::chrono::milliseconds(0), {}});
    SlurmSubmission submission(real_disk(), campaign_, client, lease_, silent_, {});
    Submission one;
    one.name = "one";
    EXPECT_THROW(submission.submit(one, arrays_, [] {}), Failure);
    EXPECT_EQ(slurm.count("sbatch"), 1U) << "Slurm would run what waits for a job it doesn't know";
  }
}

TEST_F(SlurmSubmissionTest, ARefusalIsNotedAndEndsIt) {
  slurm_.fails(
      sbatch("lensplanes-01"),
      "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job violates "
      "accounting/QOS policy (job submit limit, user's size and/or time limits)");
  try {
    submit();
    FAIL();
  } catch (const SchedulerError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("QOSMaxSubmitJobPerUserLimit"), HasSubstr("0 of 3 arrays")));
  }
  const std::vector<Submission> found = read_submissions(real_disk(), campaign_);
  ASSERT_TRUE(found.at(0).arrays.at(0).answer);
  EXPECT_FALSE(found[0].arrays[0].answer->job);
  EXPECT_THAT(find_in_flight(real_disk(), campaign_, found, client_).products, IsEmpty());
}

TEST_F(SlurmSubmissionTest, ALostAnswerIsNeverFollowedByASecondTry) {
  no_accounting();
  slurm_.fails(sbatch("lensplanes-01"),
               "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation");
  slurm_.prints("squeue", "");
  try {
    submit();
    FAIL();
  } catch (const SchedulerError& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("cannot be told"), HasSubstr("--assume-lost lensplanes-01_small_one")));
  }
  EXPECT_EQ(slurm_.count("sbatch"), 1U);
  std::vector<Submission> found = read_submissions(real_disk(), campaign_);
  EXPECT_FALSE(found.at(0).arrays.at(0).answer);
  EXPECT_THAT(find_in_flight(real_disk(), campaign_, found, client_).products, SizeIs(16))
      << "as long as nobody knows, it is in flight";

  // The next submit: the queue still knows nothing of it. Nobody but the user can tell.
  EXPECT_THROW(submission_.settle_earlier(), InputError);
  EXPECT_THROW(submission_.settle_earlier({"lux-01_small_one"}), InputError);
  found = read_submissions(real_disk(), campaign_);
  EXPECT_FALSE(found[0].arrays[0].answer);

  EXPECT_THAT(submission_.settle_earlier({"lensplanes-01_small_one"}),
              testing::ElementsAre(HasSubstr("taken for not submitted")));
  found = read_submissions(real_disk(), campaign_);
  EXPECT_FALSE(found[0].arrays[0].answer->job);
  EXPECT_FALSE(std::filesystem::exists(found[0].arrays[0].intent.tasks)) << "its elements would find work";
  EXPECT_THAT(element_products(real_disk(), campaign_, found[0].arrays[0].intent), SizeIs(2));
  EXPECT_THAT(submission_.settle_earlier(), IsEmpty());
  EXPECT_THROW(submission_.settle_earlier({"lensplanes-01_small_one"}), UsageError);
}

// sbatch hung and was killed, and the queue is silent, too.
TEST_F(SlurmSubmissionTest, WhereTheQueueCannotBeAskedALostAnswerStaysOpenAndIsTold) {
  no_accounting();
  slurm_.on(sbatch("lensplanes-01"), {137, "", "", true});
  slurm_.fails("squeue", "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n");
  try {
    submit();
    FAIL();
  } catch (const SchedulerError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("no answer in time"), HasSubstr("the queue cannot be asked"),
                                    HasSubstr("connect failure"), HasSubstr("not tried again"),
                                    HasSubstr("0 of 3 arrays are submitted"), HasSubstr("--assume-lost")));
  }
  EXPECT_EQ(slurm_.count("sbatch"), 1U);
  EXPECT_FALSE(read_submissions(real_disk(), campaign_).at(0).arrays.at(0).answer);
  // Not even on the user's word while nobody can look.
  EXPECT_THROW(submission_.settle_earlier({"lensplanes-01_small_one"}), SchedulerError);
  EXPECT_FALSE(read_submissions(real_disk(), campaign_)[0].arrays[0].answer);
}

TEST_F(SlurmSubmissionTest, AJobThatComesInWhileItIsGivenUpIsKnownAllTheSame) {
  no_accounting();
  slurm_.fails(sbatch("lensplanes-01"), "sbatch: error: Socket timed out on send/recv operation");
  for (int look = 0; look < 2; ++look) slurm_.prints("squeue", "");
  slurm_.prints("squeue", rows(10, "lensplanes-01", "PENDING", 2));
  EXPECT_THROW(submit(), SchedulerError);
  EXPECT_THAT(submission_.settle_earlier({"lensplanes-01_small_one"}),
              testing::ElementsAre(HasSubstr("knows it as job 10")));
}

TEST_F(SlurmSubmissionTest, ASubmissionIsNotClosedWhileTheJobThatFollowsItLives) {
  no_accounting();
  slurm_.prints(sbatch("lensplanes-01"), "10\n");
  slurm_.prints(sbatch("lux-01", "afterok:10"), "20\n");
  slurm_.prints(sbatch("raytracing-01", "aftercorr:20"), "30\n");
  const std::string ended = rows(10, "lensplanes-01", "COMPLETED", 2) + rows(20, "lux-01", "COMPLETED", 4) +
                            rows(30, "raytracing-01", "COMPLETED", 4);
  slurm_.prints("squeue", ended);
  slurm_.prints("scontrol -o show job", "");
  submit();
  write_follow_up(real_disk(), campaign_, "one", {"small-retry-one", 2, "2026-01-31T12:34:57.000Z", {}});
  write_follow_up_answer(real_disk(), campaign_, "one", {40, "", "2026-01-31T12:34:58.000Z"});
  const std::vector<Submission> found = read_submissions(real_disk(), campaign_);
  ASSERT_TRUE(found.at(0).follow_up && found[0].follow_up->answer);
  EXPECT_EQ(found[0].follow_up->times_left, 2);
  EXPECT_EQ(found[0].follow_up->answer->job, 40);
  EXPECT_THAT(found[0].arrays, SizeIs(3));
  test::RecordedAnswers slurm;
  slurm.prints("scontrol", "AccountingStorageType = accounting_storage/none\n");
  for (const char* state : {"RUNNING", "COMPLETED"})
    slurm.prints("squeue", ended + fmt::format("40|40|N/A|{}|None|N/A|N/A|N/A||small-retry-one|\n", state));
  SlurmClient client(slurm, {std::chrono::milliseconds(1000), 1, std::chrono::milliseconds(0), {}});
  close_ended(real_disk(), campaign_, found, client);
  EXPECT_FALSE(read_submissions(real_disk(), campaign_)[0].closed);
  close_ended(real_disk(), campaign_, found, client);
  EXPECT_TRUE(read_submissions(real_disk(), campaign_)[0].closed);
}

TEST_F(SlurmSubmissionTest, TwoJobsOfTheUniqueNameStopEverything) {
  no_accounting();
  slurm_.fails(sbatch("lensplanes-01"), "sbatch: error: Socket timed out on send/recv operation");
  slurm_.prints("squeue", rows(10, "lensplanes-01", "PENDING", 2) + rows(14, "lensplanes-01", "PENDING", 2));
  EXPECT_THROW(submit(), InputError);
  EXPECT_THROW(submission_.settle_earlier(), InputError);
  EXPECT_EQ(slurm_.count("sbatch"), 1U);
}

TEST_F(SlurmSubmissionTest, WhoLostTheLeaseSubmitsNothing) {
  std::filesystem::remove(folder_ / "state/submit.lock");
  EXPECT_THROW(submit(), InputError);
  EXPECT_EQ(slurm_.count("sbatch"), 0U);
}

TEST_F(SlurmSubmissionTest, WhatHasEndedIsClosedAndNotAskedForAgain) {
  no_accounting();
  slurm_.prints(sbatch("lensplanes-01"), "10\n");
  slurm_.prints(sbatch("lux-01", "afterok:10"), "20\n");
  slurm_.prints(sbatch("raytracing-01", "aftercorr:20"), "30\n");
  slurm_.prints("squeue", rows(10, "lensplanes-01", "COMPLETED", 2) + rows(20, "lux-01", "COMPLETED", 4) +
                              rows(30, "raytracing-01", "COMPLETED", 4));
  slurm_.prints("scontrol -o show job", "");
  submit();
  close_ended(real_disk(), campaign_, read_submissions(real_disk(), campaign_), client_);
  const std::vector<Submission> found = read_submissions(real_disk(), campaign_);
  EXPECT_TRUE(found.at(0).closed);
  const std::size_t asked = slurm_.lines.size();
  EXPECT_EQ(find_in_flight(real_disk(), campaign_, found, client_).elements, 0);
  EXPECT_EQ(slurm_.lines.size(), asked);
}

// All 13,600 planes, as many potentials, 34,000 runs and 340 statistics missing: four arrays, each product once in a task
// file.
TEST(PrepareArrays, TheWholeCampaignIsFourScriptsAndEveryProductOnce) {
  const Campaign campaign = load_campaign(test::source("configs/production.yaml"), {});
  ScanResult scan(campaign);
  for (const ProductKind kind : kProductKinds)
    for (std::size_t i = 0; i < scan.products().count(kind); ++i)
      scan.set(scan.products().at(kind, i), State::missing);
  const Plan plan = make_plan(campaign, scan, {}, {}, {});
  SubmissionSettings settings;
  settings.name = "one";
  settings.folder = "/state/plans/one";
  settings.logs = "/state/logs/one";
  const auto prepared = prepare_arrays(campaign, plan, job_arrays(campaign, plan, {}, {}), {}, settings);
  ASSERT_THAT(prepared, SizeIs(4));
  std::size_t products = 0;
  for (const PreparedArray& array : prepared)
    for (const auto& [index, task] : decode_task_file(campaign, array.intent.tasks, array.tasks).tasks)
      products += task.products.size();
  EXPECT_EQ(products, 13600U + 13600U + 340U + 34000U + 340U);
  EXPECT_THAT(prepared[1].script, HasSubstr("#SBATCH --array=\"0-339\""));
  EXPECT_THAT(prepared[3].script, AllOf(HasSubstr("kappa_stats"), HasSubstr("#SBATCH --array=\"0-339\""),
                                        HasSubstr("#SBATCH --mem=\"4G\"")));
}

}  // namespace
}  // namespace lenswright
