#include "run/element_status.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace lenswright {
namespace {

using testing::HasSubstr;

class ElementStatusTest : public testing::Test {
 protected:
  SubmittedArray array_;
  std::map<int, std::vector<ProductId>> products_;
  std::vector<SlurmJob> jobs_;
  std::set<int> complete_;  // planes

  void SetUp() override {
    array_.intent.name = "lensplanes-1";
    array_.intent.elements = {0, 2};
    array_.intent.log = "/state/logs/a/lensplanes-%a.log";
    array_.answer = ArrayAnswer{7, "", ""};
    for (const int element : {0, 2})
      products_[element] = {{ProductKind::mass_plane, 0, 0, element},
                            {ProductKind::mass_plane, 0, 0, element + 10}};
  }
  void slurm_says(int element, const std::string& word, const std::string& reason = "None",
                  const std::string& code = "0:0") {
    SlurmJob job;
    job.array = 7;
    job.index = element;
    set_state(job, word, reason);
    set_exit_code(job, code);
    jobs_.push_back(job);
  }
  ElementStatus status(int element) {
    for (const ElementStatus& one :
         element_statuses("2026", array_, products_, jobs_,
                          [&](const ProductId& id) { return complete_.contains(id.index); }))
      if (one.element == element) return one;
    ADD_FAILURE() << "no element " << element;
    return {};
  }
};

TEST_F(ElementStatusTest, CompletedWithoutItsProductsHasFailed) {
  slurm_says(0, "COMPLETED");
  slurm_says(2, "COMPLETED");
  complete_ = {0, 2, 12};
  EXPECT_EQ(status(0).state, JobState::failed);
  EXPECT_THAT(status(0).because, HasSubstr("1 of its 2 products are not complete"));
  EXPECT_EQ(status(0).complete, 1U);
  EXPECT_EQ(status(2).state, JobState::done);
  EXPECT_EQ(status(2).because, "");
}

TEST_F(ElementStatusTest, FailedWithItsProductsCompleteIsDoneAndSaysSo) {
  slurm_says(0, "TIMEOUT", "TimeLimit");
  complete_ = {0, 10};
  EXPECT_EQ(status(0).state, JobState::done);
  EXPECT_EQ(status(0).cause, JobCause::none);
  EXPECT_THAT(status(0).because, HasSubstr("TIMEOUT; its products are complete"));
}

TEST_F(ElementStatusTest, CausesAreKeptAsSlurmTellsThem) {
  slurm_says(0, "FAILED", "NonZeroExitCode", "3:0");
  slurm_says(2, "PENDING", "DependencyNeverSatisfied");
  EXPECT_EQ(status(0).because, "FAILED with exit status 3");
  EXPECT_FALSE(status(0).in_queue);
  EXPECT_EQ(status(2).cause, JobCause::dependency_never_met);
  EXPECT_TRUE(status(2).in_queue);
  EXPECT_EQ(status(2).log, "/state/logs/a/lensplanes-2.log");
}

TEST_F(ElementStatusTest, WhatSlurmNoLongerKnowsIsJudgedByItsProducts) {
  complete_ = {0, 10};
  EXPECT_EQ(status(0).state, JobState::done);
  EXPECT_EQ(status(2).state, JobState::failed);
  EXPECT_EQ(status(2).cause, JobCause::cancelled);
  EXPECT_THAT(status(2).because, HasSubstr("no longer knows it"));
}

TEST_F(ElementStatusTest, ALostAnswerIsPendingAndARefusedArrayFailed) {
  array_.answer.reset();
  EXPECT_EQ(status(0).state, JobState::pending);
  EXPECT_THAT(status(0).because, HasSubstr("answer of sbatch was lost"));
  array_.answer = ArrayAnswer{std::nullopt, "Invalid account", ""};
  EXPECT_EQ(status(0).state, JobState::failed);
  EXPECT_THAT(status(0).because, HasSubstr("Invalid account"));
}

TEST_F(ElementStatusTest, ElementsOfAnotherArrayWithTheSameIndexAreNotTakenForOnes) {
  slurm_says(0, "RUNNING");
  jobs_[0].array = 8;
  EXPECT_EQ(status(0).cause, JobCause::cancelled);
}

TEST_F(ElementStatusTest, AnElementWithoutProductsIsNeverDoneByThemAlone) {
  products_.clear();
  EXPECT_EQ(status(0).state, JobState::failed);
  slurm_says(0, "COMPLETED");
  EXPECT_EQ(status(0).state, JobState::done);
}

ElementStatus timed(Stage stage, JobState state, std::int64_t started, std::int64_t ended) {
  ElementStatus status;
  status.stage = stage;
  status.state = state;
  status.started = started;
  status.ended = ended;
  return status;
}

TEST(StageEstimateTest, TheRestTakesAsLongAsWhatIsDoneDid) {
  std::vector<ElementStatus> elements = {
      timed(Stage::lux, JobState::done, 0, 0),         timed(Stage::lux, JobState::done, 100, 160),
      timed(Stage::lux, JobState::done, 100, 140),     timed(Stage::lux, JobState::running, 200, 0),
      timed(Stage::lux, JobState::running, 210, 0),    timed(Stage::raytracing, JobState::pending, 0, 0),
      timed(Stage::lensplanes, JobState::done, 10, 20)};
  for (int i = 0; i < 4; ++i) elements.push_back(timed(Stage::lux, JobState::pending, 0, 0));
  const auto estimates = estimate_rest(elements, 230);
  ASSERT_EQ(estimates.size(), 2U);
  EXPECT_EQ(estimates[0].stage, Stage::lux);
  EXPECT_EQ(estimates[0].seconds_each, 50);
  EXPECT_EQ(estimates[0].seconds_left, (6 * 50 - 30 - 20) / 2);
  EXPECT_EQ(estimates[1].stage, Stage::raytracing);
  EXPECT_EQ(estimates[1].seconds_left, 0);  // nothing to judge by yet
}

TEST(StageEstimateTest, AnElementThatTakesLongerThanTheOthersDoesNotMakeTheRestNegative) {
  const auto estimates = estimate_rest(
      {timed(Stage::lux, JobState::done, 100, 110), timed(Stage::lux, JobState::running, 100, 0)}, 5000);
  EXPECT_EQ(estimates.at(0).seconds_left, 10);
}

}  // namespace
}  // namespace lenswright
