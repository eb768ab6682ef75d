#include "run/captured_command.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

#include "base/error.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

constexpr std::chrono::seconds kPatience{60};

CommandAnswer shell(const std::string& script, std::chrono::milliseconds timeout = kPatience) {
  Command command;
  command.arguments = {"sh", "-c", script};
  return make_process_source()->ask(command, timeout);
}

TEST(CapturedCommand, OutputErrorsAndStatusAreToldApart) {
  const CommandAnswer answer = shell("echo out; echo err >&2; exit 7");
  EXPECT_EQ(answer.status, 7);
  EXPECT_EQ(answer.out, "out\n");
  EXPECT_EQ(answer.err, "err\n");
  EXPECT_FALSE(answer.timed_out);
}

TEST(CapturedCommand, MoreThanAPipeHoldsIsReadToTheEnd) {
  const CommandAnswer answer = shell("head -c 3000000 /dev/zero | tr '\\0' x; head -c 100000 /dev/zero >&2");
  EXPECT_EQ(answer.status, 0);
  EXPECT_EQ(answer.out.size(), 3'000'000U);
  EXPECT_EQ(answer.err.size(), 100'000U);
}

TEST(CapturedCommand, ASignalIsTheStatus128AndItsNumber) {
  EXPECT_EQ(shell("kill -9 $$").status, 128 + SIGKILL);
}

TEST(CapturedCommand, AtTheTimeoutTheWholeGroupIsKilledAndWhatWasSaidIsKept) {
  const test::TemporaryFolder folder;
  const std::string file = (folder / "child").string();
  const CommandAnswer answer =
      shell("echo begun; sleep 600 & echo $! > '" + file + "'; wait", std::chrono::milliseconds(700));
  EXPECT_TRUE(answer.timed_out);
  EXPECT_EQ(answer.status, 128 + SIGKILL);
  EXPECT_EQ(answer.out, "begun\n");
  const std::string child = test::read_file(file);
  ASSERT_FALSE(child.empty());
  // Gone, or a zombie that nobody has waited for.
  EXPECT_EQ(shell("s=$(sed 's/.*) //;s/ .*//' /proc/" + child.substr(0, child.size() - 1) +
                  "/stat 2>/dev/null); [ \"${s:-Z}\" = Z ]")
                .status,
            0);
}

TEST(CapturedCommand, AChildThatKeepsThePipeOpenDoesNotHoldTheAnswerBack) {
  const CommandAnswer answer = shell("echo done; sleep 600 & echo $!");
  EXPECT_FALSE(answer.timed_out);
  EXPECT_TRUE(answer.out.starts_with("done\n"));
  kill(std::atoi(answer.out.substr(5).c_str()), SIGKILL);
}

TEST(CapturedCommand, VariablesAreAddedAndTakenAway) {
  setenv("LENSWRIGHT_TEST_SEEN", "outer", 1);
  setenv("LENSWRIGHT_TEST_HIDDEN", "outer", 1);
  Command command;
  command.arguments = {"sh", "-c", "echo ${LENSWRIGHT_TEST_SEEN-none} ${LENSWRIGHT_TEST_HIDDEN-none}"};
  command.environment = {{"LENSWRIGHT_TEST_SEEN", "inner"}};
  command.without = {"LENSWRIGHT_TEST_HIDDEN"};
  EXPECT_EQ(make_process_source()->ask(command, kPatience).out, "inner none\n");
}

TEST(CapturedCommand, AProgramThatIsNotThereIsAFailureThatNamesIt) {
  Command command;
  command.arguments = {"lenswright-no-such-program"};
  try {
    make_process_source()->ask(command, kPatience);
    FAIL() << "it started";
  } catch (const Failure& failure) {
    EXPECT_NE(std::string(failure.what()).find("lenswright-no-such-program"), std::string::npos);
  }
}

}  // namespace
}  // namespace lenswright
