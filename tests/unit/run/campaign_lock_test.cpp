#include "run/campaign_lock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.hpp"
#include "io/atomic_writer.hpp"
#include "run_campaign.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class CampaignLockTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  Campaign campaign_ = test::small_campaign(folder_.path());

  void leave_lock(const LockHolder& holder) { test::write_file(lock_file(campaign_), encode_lock(holder)); }
};

// A process that has lived and been waited for.
LockHolder dead_process() {
  const pid_t pid = fork();
  if (pid == 0) _exit(0);
  waitpid(pid, nullptr, 0);
  return {"anna", host_name(), pid, 1, "2026-01-31T12:34:56.789Z"};
}

TEST_F(CampaignLockTest, SecondHolderIsToldWhoHasItAndSinceWhen) {
  const CampaignLock first(real_disk(), campaign_);
  try {
    const CampaignLock second(real_disk(), campaign_);
    FAIL() << "two holders";
  } catch (const InputError& error) {
    const LockHolder holder = decode_lock("lock", test::read_file(lock_file(campaign_)));
    EXPECT_THAT(error.what(), HasSubstr("process " + std::to_string(getpid()) + " on " + host_name()));
    EXPECT_THAT(error.what(), HasSubstr(holder.since));
  }
  EXPECT_TRUE(fs::exists(lock_file(campaign_))) << "the first one's lock stays";
}

TEST_F(CampaignLockTest, IsFreeAgainAfterRelease) {
  { const CampaignLock first(real_disk(), campaign_); }
  EXPECT_FALSE(fs::exists(lock_file(campaign_)));
  const CampaignLock second(real_disk(), campaign_);
  EXPECT_TRUE(second.taken_over().empty());
}

TEST_F(CampaignLockTest, DeadHolderOnThisHostIsTakenOver) {
  leave_lock(dead_process());
  const CampaignLock lock(real_disk(), campaign_);
  EXPECT_THAT(lock.taken_over(), HasSubstr("anna"));
  EXPECT_EQ(decode_lock("lock", test::read_file(lock_file(campaign_))).pid, getpid());
}

TEST_F(CampaignLockTest, RecycledProcessNumberIsNotTheHolder) {
  LockHolder holder = this_process();
  EXPECT_TRUE(may_live(holder));
  holder.process_started -= 1;
  EXPECT_FALSE(may_live(holder));
}

TEST_F(CampaignLockTest, HolderOnAnotherHostIsBelieved) {
  LockHolder holder = dead_process();
  holder.host = "login-of-another-cluster";
  leave_lock(holder);
  EXPECT_THROW(CampaignLock(real_disk(), campaign_), InputError);
  EXPECT_EQ(test::read_file(lock_file(campaign_)), encode_lock(holder));
}

TEST_F(CampaignLockTest, ReleaseLeavesAnotherHoldersLockAlone) {
  LockHolder other = dead_process();
  other.host = "elsewhere";
  {
    const CampaignLock lock(real_disk(), campaign_);
    leave_lock(other);  // someone has removed ours by hand and started anew
  }
  EXPECT_EQ(test::read_file(lock_file(campaign_)), encode_lock(other));
}

TEST_F(CampaignLockTest, OfManyThatFindADeadHolderOneGetsTheLock) {
  leave_lock(dead_process());
  constexpr int kContenders = 8;
  int ready[2], go[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(go), 0);
  std::vector<pid_t> contenders;
  for (int contender = 0; contender < kContenders; ++contender) {
    const pid_t pid = fork();
    if (pid == 0) {
      int status = 1;
      try {
        const CampaignLock lock(real_disk(), campaign_);
        status = 0;
        char byte = 'x';
        [[maybe_unused]] auto wrote = write(ready[1], &byte, 1);
        close(go[1]);
        [[maybe_unused]] auto got = read(go[0], &byte, 1);  // holds it until all others have tried
      } catch (const InputError&) {
      }
      _exit(status);
    }
    contenders.push_back(pid);
  }
  close(go[0]);
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  int losers = 0, winners = 0;
  for (int waited = 0; waited < kContenders; ++waited) {
    if (waited == kContenders - 1) close(go[1]);
    int status = 0;
    ASSERT_GT(wait(&status), 0);
    WEXITSTATUS(status) == 0 ? ++winners : ++losers;
  }
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(losers, kContenders - 1);
}

TEST(LockFile, DamagedOneIsNotGuessedAt) {
  EXPECT_THROW(decode_lock("lock", "{\"owner\": \"anna\"}"), FormatError);
  EXPECT_THROW(decode_lock("lock", ""), FormatError);
}

}  // namespace
}  // namespace lenswright
