#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <set>

#include "io/atomic_writer.hpp"

namespace lenswright {
namespace {

FileStatus modified_before(std::chrono::hours age) {
  FileStatus status;
  const auto then = std::chrono::system_clock::now().time_since_epoch() - age;
  status.modified_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(then).count();
  return status;
}

constexpr std::chrono::hours kNow{0};
constexpr std::chrono::hours kSixDays{6 * 24};
constexpr std::chrono::hours kEightDays{8 * 24};

TEST(TemporaryName, ParsesBack) {
  for (const std::string target : {"lenspot03.dat", "a", "x.tmp-y", "with-hyphen-1.dat"}) {
    const std::optional<TemporaryName> parsed = parse_temporary_name(make_temporary_name(target));
    ASSERT_TRUE(parsed) << target;
    EXPECT_EQ(parsed->target, target);
    EXPECT_EQ(parsed->host, host_name());
    EXPECT_EQ(parsed->pid, static_cast<long>(getpid()));
  }
}

TEST(TemporaryName, HostsMayHoldHyphensAndDots) {
  const std::optional<TemporaryName> parsed =
      parse_temporary_name(".kappa40.dat.tmp-node-17.site.org-4711-00ab");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->target, "kappa40.dat");
  EXPECT_EQ(parsed->host, "node-17.site.org");
  EXPECT_EQ(parsed->pid, 4711);
}

TEST(TemporaryName, ProductsAndOtherFilesAreNotTemporary) {
  for (const char* name : {"", ".", "lenspot03.dat", "lenspot03.dat.tmp-node-1-ab", ".tmp-node-1-ab",
                           ".x.tmp-", ".x.tmp-node", ".x.tmp-node-1", ".x.tmp-node-1-", ".x.tmp-node-one-ab",
                           ".x.tmp--1-ab", ".x.tmp-node-0-ab", ".x.tmp-node-1-xyz", ".lenswright-campaign"})
    EXPECT_EQ(parse_temporary_name(name).has_value(), false) << name;
}

TEST(TemporaryName, NoTwoAreEqual) {
  std::set<std::string> names;
  for (int i = 0; i < 1000; ++i) names.insert(make_temporary_name("file"));
  EXPECT_EQ(names.size(), 1000U);
}

TEST(WriterIsDead, ThisProcessIsAlive) {
  EXPECT_FALSE(writer_is_dead({"file", host_name(), getpid()}, modified_before(kSixDays)));
}

TEST(WriterIsDead, AnEndedChildIsDeadEvenBeforeItsParentHasLooked) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  ASSERT_GT(child, 0);
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(writer_is_dead({"file", host_name(), child}, modified_before(kNow))) << "zombie";
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(writer_is_dead({"file", host_name(), child}, modified_before(kNow))) << "gone";
}

TEST(WriterIsDead, OfAnotherHostOnlyAgeTells) {
  EXPECT_FALSE(writer_is_dead({"file", "elsewhere", getpid()}, modified_before(kSixDays)));
  EXPECT_TRUE(writer_is_dead({"file", "elsewhere", getpid()}, modified_before(kEightDays)));
}

TEST(WriterIsDead, AProcessIdThatCameRoundAgainDoesNotKeepOldLitter) {
  EXPECT_TRUE(writer_is_dead({"file", host_name(), getpid()}, modified_before(kEightDays)));
}

}  // namespace
}  // namespace lenswright
