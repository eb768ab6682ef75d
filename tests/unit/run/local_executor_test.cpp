#include "run/local_executor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "fake_runner.hpp"
#include "run_campaign.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

using test::FakeRunner;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::UnorderedElementsAre;

class Notes final : public ProgressSink {
 public:
  void begin(std::string_view, std::uint64_t total, std::string_view) override { total_ = total; }
  void advance(std::uint64_t units) override { done_ += units; }
  void end() override {}
  void note(std::string_view line) override { lines_.emplace_back(line); }
  std::uint64_t total_ = 0, done_ = 0;
  std::vector<std::string> lines_;
};

PlannedTask lensplane_task(int snapshot_index, const std::vector<ProductId>& products) {
  return {Stage::lensplanes, {snapshot_index, products}, {}};
}
PlannedTask chained_task(Stage stage, int index, int model, std::vector<std::pair<Stage, int>> after) {
  const ProductKind kind = stage == Stage::lux ? ProductKind::potential : ProductKind::run;
  return {stage, {index, {{kind, model, 0, 1}}}, std::move(after)};
}

// Snapshot 96 feeds dmo, snapshot 90 feeds hydro.
Plan two_chains() {
  Plan plan;
  plan.tasks = {lensplane_task(0, {{ProductKind::mass_plane, 0, 0, 0}}),
                lensplane_task(1, {{ProductKind::mass_plane, 1, 0, 2}}),
                chained_task(Stage::lux, 0, 0, {{Stage::lensplanes, 0}}),
                chained_task(Stage::lux, 1, 1, {{Stage::lensplanes, 1}}),
                chained_task(Stage::raytracing, 0, 0, {{Stage::lux, 0}}),
                chained_task(Stage::raytracing, 1, 1, {{Stage::lux, 1}})};
  return plan;
}

class LocalExecutor : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  Campaign campaign_ = test::small_campaign(folder_.path());
  LocalExecutorSettings settings_{{1, 2}, 2, "/programs", folder_ / "plan", folder_ / "logs", false};
  FakeRunner runner_;
  Notes notes_;
  std::vector<std::string> prepared_;
  std::optional<ExitStatus> stop_;

  std::vector<TaskOutcome> run(const Plan& plan) {
    return run_locally(
        campaign_, plan, settings_, runner_,
        [&](const PlannedTask& task) {
          prepared_.push_back(std::string(stage_name(task.stage)) + "-" + std::to_string(task.task.index));
        },
        [&] { return stop_; }, notes_);
  }
  static std::vector<TaskEnd> ends(const std::vector<TaskOutcome>& outcomes) {
    std::vector<TaskEnd> result;
    for (const TaskOutcome& outcome : outcomes) result.push_back(outcome.end);
    return result;
  }
};

TEST_F(LocalExecutor, NothingStartsBeforeWhatItIsMadeFromHasEnded) {
  settings_.parallelism.jobs = 2;
  const auto outcomes = run(two_chains());
  EXPECT_THAT(ends(outcomes), testing::Each(TaskEnd::done));
  const auto place = [&](const std::string& event) {
    return std::find(runner_.events.begin(), runner_.events.end(), event) - runner_.events.begin();
  };
  ASSERT_EQ(runner_.events.size(), 12u);
  for (const PlannedTask& task : two_chains().tasks) {
    for (const auto& [stage, index] : task.after) {
      const std::string maker = std::string(stage_name(stage)) + "-" + std::to_string(index) + ".log";
      const std::string user =
          std::string(stage_name(task.stage)) + "-" + std::to_string(task.task.index) + ".log";
      EXPECT_LT(place("end " + maker), place("start " + user));
    }
  }
  EXPECT_EQ(notes_.total_, 6u);
  EXPECT_EQ(notes_.done_, 6u);
}

TEST_F(LocalExecutor, OneJobRunsOneTaskAtATimeInThePlansOrder) {
  run(two_chains());
  EXPECT_EQ(runner_.most_at_once, 1u);
  EXPECT_THAT(runner_.started, ElementsAre("lensplanes-0.log", "lensplanes-1.log", "lux-0.log", "lux-1.log",
                                           "raytracing-0.log", "raytracing-1.log"));
  EXPECT_EQ(runner_.started, runner_.ended);
}

TEST_F(LocalExecutor, JobsLimitHoldsAlsoWhenMoreCouldStart) {
  settings_.parallelism.jobs = 3;
  Plan plan;
  for (int index = 0; index < 7; ++index)
    plan.tasks.push_back(lensplane_task(index, {{ProductKind::mass_plane, 0, 0, 0}}));
  run(plan);
  EXPECT_EQ(runner_.most_at_once, 3u);
  EXPECT_EQ(runner_.started.size(), 7u);
}

TEST_F(LocalExecutor, FailedTaskHoldsBackOnlyWhatIsMadeFromIt) {
  runner_.statuses["lensplanes-1.log"] = 2;
  const auto outcomes = run(two_chains());
  EXPECT_THAT(ends(outcomes), ElementsAre(TaskEnd::done, TaskEnd::failed, TaskEnd::done, TaskEnd::held_back,
                                          TaskEnd::done, TaskEnd::held_back));
  EXPECT_EQ(outcomes[1].status, 2);
  EXPECT_TRUE(outcomes[3].log.empty());
  EXPECT_THAT(runner_.started, testing::Not(testing::Contains("lux-1.log")));
}

TEST_F(LocalExecutor, FailureShowsTheLogAndItsLastLines) {
  std::string log;
  for (int line = 1; line <= 14; ++line) log += "line " + std::to_string(line) + "\n";
  test::write_file(folder_ / "logs" / "lensplanes-0.log", log);
  runner_.statuses["lensplanes-0.log"] = 2;
  run(two_chains());
  const std::string all = testing::PrintToString(notes_.lines_);
  EXPECT_THAT(all, HasSubstr((folder_ / "logs" / "lensplanes-0.log").string()));
  EXPECT_THAT(notes_.lines_, IsSupersetOf({"    | line 5", "    | line 14"}));
  EXPECT_THAT(all, testing::Not(HasSubstr("| line 4\"")));
}

TEST_F(LocalExecutor, ReasonOfAFailureIsShownNotWhatMpirunSaysOfIt) {
  const std::string rule(74, '-');
  std::string log = "lensplane: the disk is gone\n" + rule + "\n";
  for (int line = 1; line <= 12; ++line) log += "mpirun detected that\n";
  test::write_file(folder_ / "logs" / "lensplanes-0.log", log + rule + "\n");
  test::write_file(folder_ / "logs" / "lensplanes-1.log", rule + "\nmpirun: no slots\n" + rule + "\n");
  runner_.statuses = {{"lensplanes-0.log", 2}, {"lensplanes-1.log", 1}};
  run(two_chains());
  EXPECT_THAT(notes_.lines_, IsSupersetOf({"    | lensplane: the disk is gone", "    | mpirun: no slots"}));
  EXPECT_THAT(notes_.lines_, testing::Not(testing::Contains("    | mpirun detected that")));
}

TEST_F(LocalExecutor, StatusSeventyFiveIsResumableNotFailed) {
  runner_.statuses["lux-0.log"] = 75;
  const auto outcomes = run(two_chains());
  EXPECT_EQ(outcomes[2].end, TaskEnd::stopped_early);
  EXPECT_EQ(outcomes[4].end, TaskEnd::held_back);
  EXPECT_EQ(outcomes[5].end, TaskEnd::done);
}

TEST_F(LocalExecutor, TaskThatCannotStartIsAFailureAndOthersGoOn) {
  runner_.unstartable = {"lensplanes-0.log"};
  const auto outcomes = run(two_chains());
  EXPECT_THAT(ends(outcomes), ElementsAre(TaskEnd::failed, TaskEnd::done, TaskEnd::held_back, TaskEnd::done,
                                          TaskEnd::held_back, TaskEnd::done));
}

TEST_F(LocalExecutor, FailureToMoveDamagedFilesAsideKeepsTheTaskFromStarting) {
  const auto outcomes = run_locally(
      campaign_, two_chains(), settings_, runner_,
      [](const PlannedTask& task) {
        if (task.stage == Stage::lensplanes && task.task.index == 1)
          throw InputError("the disk is read-only");
      },
      [] { return std::nullopt; }, notes_);
  EXPECT_EQ(outcomes[1].end, TaskEnd::failed);
  EXPECT_THAT(runner_.started, testing::Not(testing::Contains("lensplanes-1.log")));
  EXPECT_THAT(notes_.lines_, testing::Contains("the disk is read-only"));
}

TEST_F(LocalExecutor, EachTaskIsPreparedRightBeforeItStarts) {
  runner_.statuses["lux-0.log"] = 2;
  run(two_chains());
  EXPECT_THAT(prepared_, ElementsAre("lensplanes-0", "lensplanes-1", "lux-0", "lux-1", "raytracing-1"));
}

TEST_F(LocalExecutor, InterruptionReachesRunningTasksAndStartsNoMore) {
  settings_.parallelism.jobs = 2;
  runner_.ends_only_by_signal = true;
  runner_.while_waiting = [&] { stop_ = ExitStatus::interrupted; };
  const auto outcomes = run(two_chains());
  EXPECT_THAT(runner_.signals, UnorderedElementsAre(std::pair(std::string("lensplanes-0.log"), SIGINT),
                                                    std::pair(std::string("lensplanes-1.log"), SIGINT)));
  EXPECT_EQ(runner_.started.size(), 2u);
  EXPECT_EQ(runner_.ended.size(), 2u) << "running tasks are waited for";
  EXPECT_EQ(outcomes[0].end, TaskEnd::stopped_early);
  EXPECT_EQ(outcomes[2].end, TaskEnd::not_started);
}

TEST_F(LocalExecutor, WalltimeWarningIsPassedOnAsTheSignalThatStagesKnow) {
  runner_.ends_only_by_signal = true;
  runner_.while_waiting = [&] { stop_ = ExitStatus::stopped_early; };
  run(two_chains());
  EXPECT_THAT(runner_.signals, ElementsAre(std::pair(std::string("lensplanes-0.log"), SIGUSR1)));
}

TEST_F(LocalExecutor, CommandNamesConfigurationOverridesAndTask) {
  campaign_.overrides = {"raytracing.runs=3", "state=a b"};
  settings_.replace_mismatched = true;
  const Command command = task_command(campaign_, settings_, two_chains().tasks[3]);
  EXPECT_THAT(
      command.arguments,
      ElementsAre("mpirun", "-n", "2", "--bind-to", "none", "/programs/lux_convert", "--config",
                  campaign_.file.string(), "--set", "raytracing.runs=3", "--set", "state=a b", "--tasks",
                  (folder_ / "plan" / "lux.tasks.json").string(), "--task", "1", "--replace-mismatched"));
  EXPECT_EQ(command.output, folder_ / "logs" / "lux-1.log");
}

TEST_F(LocalExecutor, OversubscribesOnlyBeyondTheCores) {
  settings_.parallelism.ranks = 3;
  EXPECT_THAT(task_command(campaign_, settings_, two_chains().tasks[0]).arguments,
              testing::Contains("--oversubscribe"));
  settings_.parallelism.ranks = 2;
  EXPECT_THAT(task_command(campaign_, settings_, two_chains().tasks[0]).arguments,
              testing::Not(testing::Contains("--oversubscribe")));
}

TEST(Parallelism, StaysWithinTheCores) {
  EXPECT_EQ(settle_parallelism(8, std::nullopt, std::nullopt).ranks, 8);
  EXPECT_EQ(settle_parallelism(8, 3, std::nullopt).ranks, 2);
  EXPECT_EQ(settle_parallelism(8, std::nullopt, 3).jobs, 1);
  EXPECT_EQ(settle_parallelism(8, 4, 2).jobs, 4);
  EXPECT_EQ(settle_parallelism(2, std::nullopt, 4).ranks, 4) << "ranks alone may exceed the cores";
  EXPECT_THROW(settle_parallelism(8, 4, 3), UsageError);
  EXPECT_THROW(settle_parallelism(2, 3, std::nullopt), UsageError);
  EXPECT_THROW(settle_parallelism(2, 0, std::nullopt), UsageError);
  EXPECT_THROW(settle_parallelism(2, std::nullopt, 0), UsageError);
}

}  // namespace
}  // namespace lenswright
