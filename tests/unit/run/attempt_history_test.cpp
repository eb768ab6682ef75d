#include "run/attempt_history.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/version.hpp"
#include "campaign/effective_configuration.hpp"
#include "io/checksum.hpp"
#include "run/task_advice.hpp"
#include "run_campaign.hpp"

namespace lenswright {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t kHour = 3600;

class AttemptHistoryTest : public testing::Test {
 protected:
  AttemptHistoryTest() {
    campaign_.slurm[Stage::lux].values = {{"time", "02:00:00"}, {"mem", "10G"}, {"ntasks", "2"}};
  }

  Attempt record(AttemptEnd end, int restarts = 0) const {
    Attempt attempt;
    attempt.campaign = campaign_.name;
    attempt.stage = Stage::lux;
    attempt.task = 3;
    attempt.units = {"dmo/LP_00"};
    attempt.code_version = code_version();
    attempt.configuration = digest_of(work_configuration(campaign_)).hex();
    attempt.finished = "2026-01-31T12:00:00.000Z";
    attempt.job = {"19", "17", "3", restarts, "n1"};
    attempt.end = end;
    attempt.status = end == AttemptEnd::done ? 0 : end == AttemptEnd::failed ? 2 : 75;
    attempt.asked = 2;
    attempt.left = {"a", "b"};
    return attempt;
  }
  EndedElement element(JobCause cause, int exit_status = 0, int signal = 0) const {
    EndedElement ended;
    ended.stage = Stage::lux;
    ended.products = products_;
    ended.job.array = 17;
    ended.job.index = 3;
    ended.job.state = cause == JobCause::none ? JobState::done : JobState::failed;
    ended.job.cause = cause;
    ended.job.exit_status = exit_status;
    ended.job.signal = signal;
    ended.job.nodes = "n1";
    ended.job.started = 1000;
    ended.job.ended = 2000;
    ended.resources = {{"time", "01:00:00"}, {"mem", "20G"}};
    ended.configuration = digest_of(work_configuration(campaign_)).hex();
    return ended;
  }
  std::vector<KnownAttempt> attempts(const std::vector<Attempt>& records,
                                     const std::vector<EndedElement>& elements) const {
    const AttemptHistory history = attempt_history(campaign_, records, elements);
    const auto found = history.attempts.find({Stage::lux, "dmo/LP_00"});
    return found == history.attempts.end() ? std::vector<KnownAttempt>{} : found->second;
  }
  AttemptCause only_cause(const std::vector<Attempt>& records,
                          const std::vector<EndedElement>& elements) const {
    const auto found = attempts(records, elements);
    EXPECT_THAT(found, SizeIs(1));
    return found.empty() ? AttemptCause::unknown : found.front().past.cause;
  }
  Plan plan_of(std::vector<ProductId> products) const {
    Plan plan;
    PlannedTask lux, maps;
    lux.stage = Stage::lux;
    lux.task.products = std::move(products);
    maps.stage = Stage::raytracing;
    maps.task.products.push_back({ProductKind::run, 0, 0, 1});
    maps.after.emplace_back(Stage::lux, 0);
    plan.tasks.push_back(std::move(lux));
    plan.tasks.push_back(std::move(maps));
    return plan;
  }

  Campaign campaign_ = test::small_campaign("/none");
  std::vector<ProductId> products_{{ProductKind::potential, 0, 0, 1}, {ProductKind::potential, 0, 0, 2}};
};

TEST_F(AttemptHistoryTest, TheProgramsRecordComesBeforeTheSchedulersWord) {
  EXPECT_EQ(only_cause({record(AttemptEnd::failed)}, {element(JobCause::signal, 0, 15)}),
            AttemptCause::failed);
  EXPECT_EQ(only_cause({record(AttemptEnd::out_of_time)}, {element(JobCause::exit_status, 143)}),
            AttemptCause::timeout);
  EXPECT_EQ(only_cause({record(AttemptEnd::stopped)}, {element(JobCause::cancelled)}),
            AttemptCause::cancelled);
  EXPECT_EQ(only_cause({record(AttemptEnd::done)}, {element(JobCause::node_fail)}), AttemptCause::done);
}

TEST_F(AttemptHistoryTest, WhatOnlyTheSchedulerCanKnowIsTakenFromIt) {
  EXPECT_EQ(only_cause({record(AttemptEnd::stopped)}, {element(JobCause::timeout)}), AttemptCause::timeout);
  EXPECT_EQ(only_cause({record(AttemptEnd::failed)}, {element(JobCause::out_of_memory)}),
            AttemptCause::out_of_memory);
  EXPECT_EQ(only_cause({record(AttemptEnd::stopped)}, {element(JobCause::node_fail)}),
            AttemptCause::node_fail);
}

TEST_F(AttemptHistoryTest, WithoutARecordTheSchedulersWordHolds) {
  EXPECT_EQ(only_cause({}, {element(JobCause::timeout)}), AttemptCause::timeout);
  EXPECT_EQ(only_cause({}, {element(JobCause::node_fail)}), AttemptCause::node_fail);
  EXPECT_EQ(only_cause({}, {element(JobCause::signal, 0, 9)}), AttemptCause::killed);
  EXPECT_EQ(only_cause({}, {element(JobCause::exit_status, 137)}), AttemptCause::killed);
  EXPECT_EQ(only_cause({}, {element(JobCause::exit_status, 139)}), AttemptCause::crashed);
  EXPECT_EQ(only_cause({}, {element(JobCause::exit_status, 143)}), AttemptCause::cancelled);
  EXPECT_EQ(only_cause({}, {element(JobCause::exit_status, 75)}), AttemptCause::timeout);
  EXPECT_EQ(only_cause({}, {element(JobCause::exit_status, 1)}), AttemptCause::failed);
  EXPECT_EQ(only_cause({}, {element(JobCause::none)}), AttemptCause::unknown);
}

TEST_F(AttemptHistoryTest, WhatNeverRanIsNoAttempt) {
  EXPECT_THAT(attempts({}, {element(JobCause::dependency_never_met)}), IsEmpty());
  EndedElement pending = element(JobCause::cancelled);
  pending.job.started = 0;
  EXPECT_THAT(attempts({}, {pending}), IsEmpty());
}

TEST_F(AttemptHistoryTest, EachStartOfARequeuedElementIsAnAttempt) {
  EndedElement ended = element(JobCause::timeout);
  ended.job.restarts = 1;
  const auto found = attempts({record(AttemptEnd::stopped, 0)}, {ended});
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].past.cause, AttemptCause::timeout);  // by the time of its end
  EXPECT_EQ(found[1].past.cause, AttemptCause::cancelled);
  EXPECT_THAT(attempts({record(AttemptEnd::stopped, 0), record(AttemptEnd::out_of_time, 1)}, {ended}),
              SizeIs(2));
}

TEST_F(AttemptHistoryTest, WhatItHadBeenGivenIsTheJournals) {
  const auto found = attempts({record(AttemptEnd::out_of_time)}, {element(JobCause::timeout)});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].past.seconds, kHour);
  EXPECT_EQ(found[0].past.mem, std::uint64_t{20} << 30);
  EXPECT_EQ(found[0].past.job, "17_3");
}

TEST_F(AttemptHistoryTest, AdviceScalesByCauseAndLeavesTheRestToTheCampaign) {
  const AttemptHistory history = attempt_history(campaign_, {record(AttemptEnd::out_of_time)}, {});
  const Advice advice = task_advice(campaign_, plan_of(products_), history, {}, {});
  ASSERT_THAT(advice, SizeIs(1));
  const TaskAdvice& lux = advice.at({Stage::lux, 0});
  EXPECT_EQ(lux.resources.seconds, 4 * kHour);
  EXPECT_FALSE(lux.resources.mem);
  EXPECT_THAT(lux.because, HasSubstr("02:00:00 -> 04:00:00"));
}

TEST_F(AttemptHistoryTest, ProgressOfAnAttemptWithoutRecordShowsInWhatNoLongerLacks) {
  campaign_.slurm[Stage::lux].values["retries"] = "1";
  const AttemptHistory history = attempt_history(campaign_, {}, {element(JobCause::signal, 0, 9)});
  EXPECT_THAT(task_advice(campaign_, plan_of(products_), history, {}, {}).at({Stage::lux, 0}).stopped,
              HasSubstr("without progress"));
  EXPECT_THAT(task_advice(campaign_, plan_of({products_[1]}), history, {}, {}), IsEmpty());
}

TEST_F(AttemptHistoryTest, AStoppedTaskHoldsBackWhatIsMadeFromIt) {
  Attempt failed = record(AttemptEnd::failed);
  failed.message = "input is damaged";
  const AttemptHistory history = attempt_history(campaign_, {failed, failed}, {});
  Plan plan = plan_of(products_);
  plan.moves = {{State::corrupt, Stage::lux, products_[0], "/none/x", "bad"}};
  const Advice advice = task_advice(campaign_, plan, history, {}, {});
  const Plan left = without_stopped(campaign_, plan, advice);
  EXPECT_THAT(left.tasks, IsEmpty());
  EXPECT_THAT(left.moves, IsEmpty());
  ASSERT_THAT(left.blocked, SizeIs(3));
  EXPECT_THAT(left.blocked[0].because, HasSubstr("input is damaged"));
  EXPECT_THAT(left.blocked[2].because, HasSubstr("made from what lux task 0"));
  const Advice again = task_advice(campaign_, plan, history, {}, {true});
  EXPECT_THAT(without_stopped(campaign_, plan, again).tasks, SizeIs(2));
}

TEST_F(AttemptHistoryTest, FinishedTasksSayWhatTheCampaignLeavesOpen) {
  campaign_.slurm[Stage::lux].values = {{"ntasks", "2"}, {"max_mem", "3G"}};
  Attempt done = record(AttemptEnd::done);
  done.made = 2;
  done.ranks = 2;
  done.usage = {2, std::uint64_t{1} << 30, 1200, 2000};
  const ResourceEstimates estimates({done});
  EXPECT_EQ(estimates.of(campaign_, Stage::lux, 2).seconds, 1800);
  EXPECT_EQ(estimates.of(campaign_, Stage::lux, 1).seconds, 1800);  // never scaled down
  EXPECT_EQ(estimates.of(campaign_, Stage::lux, 20).seconds, 18000);
  EXPECT_EQ(estimates.of(campaign_, Stage::lux, 2).mem, std::uint64_t{3072} << 20);  // 2 x 1.25 G + 512 M
  EXPECT_EQ(estimates.of(campaign_, Stage::raytracing, 2), ElementResources{});
  const Advice advice = task_advice(campaign_, plan_of(products_), {}, estimates, {});
  EXPECT_EQ(advice.at({Stage::lux, 0}).resources.seconds, 1800);
  EXPECT_THAT(advice.at({Stage::lux, 0}).because, HasSubstr("mem 3G by estimate"));
}

class AnsweringSource final : public CommandSource {
 public:
  CommandAnswer answer;
  std::vector<Command> asked;
  CommandAnswer ask(const Command& command, std::chrono::milliseconds) override {
    asked.push_back(command);
    return answer;
  }
};

TEST_F(AttemptHistoryTest, TheProgramsOwnEstimateFillsInWhereNothingHasFinishedYet) {
  campaign_.slurm[Stage::lux].values = {{"ntasks", "4"}, {"nodes", "2"}};
  AnsweringSource source;
  source.answer.out =
      "products: 2\nranks: 1  (1 on a node)\nmemory_per_rank: 1073741824  (1.1 GB)\nseconds: 3600\n";
  ResourceEstimates estimates;
  estimates.foresee(campaign_, plan_of(products_), "/bin", source);
  ASSERT_THAT(source.asked, SizeIs(1));  // raytracing waits for lux: nothing to look at yet
  EXPECT_EQ(source.asked[0].arguments,
            (std::vector<std::string>{"/bin/lux_convert", "--config", "/none/campaign.yaml", "--model", "dmo",
                                      "--realization", "0", "--estimate"}));
  EXPECT_EQ(estimates.of(campaign_, Stage::lux, 2).seconds, kHour);
  EXPECT_EQ(estimates.of(campaign_, Stage::lux, 2).mem, std::uint64_t{3072} << 20);
  source.answer.status = 2;
  ResourceEstimates none;
  none.foresee(campaign_, plan_of(products_), "/bin", source);
  EXPECT_THAT(none.notes(), SizeIs(1));
  EXPECT_EQ(none.of(campaign_, Stage::lux, 2), ElementResources{});
}

TEST(ReadEstimate, NeedsAllItsLines) {
  EXPECT_TRUE(read_estimate("planes: 4\nmemory_per_rank: 100\nseconds: 5  (5 s)\n"));
  EXPECT_FALSE(read_estimate("planes: 4\nseconds: 5\n"));
  EXPECT_FALSE(read_estimate("planes: 0\nmemory_per_rank: 100\nseconds: 5\n"));
  EXPECT_FALSE(read_estimate(""));
}

}  // namespace
}  // namespace lenswright
