#include "run/command_runner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "base/error.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

// Long against a loaded machine: a test that waits this long has failed.
constexpr std::chrono::seconds kPatience{60};

class ProcessRunner : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  std::unique_ptr<CommandRunner> runner_ = make_process_runner();
  Command shell(const std::string& script) { return {{"sh", "-c", script}, {}, folder_ / "log"}; }
};

TEST_F(ProcessRunner, OutputAndErrorsGoToTheLogAndStatusIsReported) {
  const int id = runner_->start(shell("echo out; echo err >&2; exit 7"));
  const auto end = runner_->wait_any(kPatience);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->id, id);
  EXPECT_EQ(end->status, 7);
  EXPECT_EQ(test::read_file(folder_ / "log"), "out\nerr\n");
}

TEST_F(ProcessRunner, LaterOutputIsAppended) {
  for (const char* word : {"first", "second"}) {
    runner_->start(shell(std::string("echo ") + word));
    ASSERT_TRUE(runner_->wait_any(kPatience));
  }
  EXPECT_EQ(test::read_file(folder_ / "log"), "first\nsecond\n");
}

TEST_F(ProcessRunner, SignalReachesTheWholeGroup) {
  // The child of the child would outlive a signal to its parent alone and keep the log's pipe open.
  const int id = runner_->start(shell("trap 'exit 130' INT; sleep 600 & echo ready; wait"));
  while (!std::filesystem::exists(folder_ / "log") || test::read_file(folder_ / "log").empty())
    ASSERT_FALSE(runner_->wait_any(std::chrono::milliseconds(20)));
  runner_->send_signal(id, SIGINT);
  const auto end = runner_->wait_any(kPatience);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->status, 130);
}

TEST_F(ProcessRunner, KilledProgramHasItsSignalInTheStatus) {
  runner_->start(shell("kill -9 $$"));
  const auto end = runner_->wait_any(kPatience);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->status, 128 + SIGKILL);
}

TEST_F(ProcessRunner, EnvironmentIsAddedToOurOwn) {
  Command command = shell("echo $LENSWRIGHT_ADDED $HOME");
  command.environment = {{"LENSWRIGHT_ADDED", "one two"}, {"HOME", "/elsewhere"}};
  runner_->start(command);
  ASSERT_TRUE(runner_->wait_any(kPatience));
  EXPECT_EQ(test::read_file(folder_ / "log"), "one two /elsewhere\n");
}

TEST_F(ProcessRunner, NothingRunningMeansNothingToWaitFor) {
  EXPECT_FALSE(runner_->wait_any(kPatience));
}

TEST_F(ProcessRunner, MissingProgramIsAFailureThatNamesIt) {
  try {
    runner_->start({{"/nowhere/lensplane"}, {}, folder_ / "log"});
    FAIL() << "started";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), testing::HasSubstr("/nowhere/lensplane"));
  }
}

TEST(ShellLine, QuotesWhatAShellWouldRead) {
  EXPECT_EQ(shell_line({{"mpirun", "-n", "2", "a b", "it's", "$(x)", ""}, {}, {}}),
            "mpirun -n 2 'a b' 'it'\\''s' '$(x)' ''");
  EXPECT_EQ(shell_line({{"x"}, {{"NAME", "a b"}}, {}}), "NAME='a b' x");
}

}  // namespace
}  // namespace lenswright
