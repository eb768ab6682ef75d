#include "run/lease.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <thread>

#include "base/error.hpp"
#include "io/atomic_writer.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class LeaseTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  fs::path file_ = folder_.path() / "state" / "submit.lock";
  LeaseTerms terms_{.doing = "is at work"};

  void leave(const LeaseHolder& holder) { test::write_file(file_, encode_lease(holder)); }
  void set_age(std::chrono::milliseconds age) {
    fs::last_write_time(file_, fs::file_time_type::clock::now() - age);
  }
};

// A process that has lived and been waited for.
LeaseHolder dead_process() {
  const pid_t pid = fork();
  if (pid == 0) _exit(0);
  waitpid(pid, nullptr, 0);
  return {"anna", host_name(), pid, 1, "2026-01-31T12:34:56.789Z"};
}

LeaseHolder elsewhere() {
  LeaseHolder holder = dead_process();
  holder.host = "login-of-another-cluster";
  holder.pid = 4711;
  return holder;
}

TEST_F(LeaseTest, SecondHolderIsToldWhoHasItAndSinceWhen) {
  const Lease first(real_disk(), file_, terms_);
  try {
    const Lease second(real_disk(), file_, terms_);
    FAIL() << "two holders";
  } catch (const InputError& error) {
    const LeaseHolder holder = decode_lease("lock", test::read_file(file_));
    EXPECT_THAT(error.what(), HasSubstr("process " + std::to_string(getpid()) + " on " + host_name()));
    EXPECT_THAT(error.what(), HasSubstr(holder.since));
  }
  EXPECT_TRUE(fs::exists(file_)) << "the first one's lock stays";
}

TEST_F(LeaseTest, IsFreeAgainAfterRelease) {
  { const Lease first(real_disk(), file_, terms_); }
  EXPECT_FALSE(fs::exists(file_));
  const Lease second(real_disk(), file_, terms_);
  EXPECT_TRUE(second.taken_over().empty());
}

TEST_F(LeaseTest, DeadHolderOnThisHostIsTakenOver) {
  leave(dead_process());
  const Lease lock(real_disk(), file_, terms_);
  EXPECT_THAT(lock.taken_over(), HasSubstr("anna"));
  EXPECT_EQ(decode_lease("lock", test::read_file(file_)).pid, getpid());
}

TEST_F(LeaseTest, RecycledProcessNumberIsNotTheHolder) {
  LeaseHolder holder = this_process();
  EXPECT_TRUE(may_live(holder));
  holder.process_started -= 1;
  EXPECT_FALSE(may_live(holder));
}

TEST_F(LeaseTest, HolderOnAnotherHostIsBelievedWhileItsHeartBeats) {
  leave(elsewhere());
  try {
    const Lease lease(real_disk(), file_, terms_);
    FAIL() << "taken from a live holder";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("anna"), HasSubstr("login-of-another-cluster"),
                                    HasSubstr("since 2026-01-31"), HasSubstr("last sign of life")));
  }
  EXPECT_EQ(test::read_file(file_), encode_lease(elsewhere()));
}

TEST_F(LeaseTest, HolderOnAnotherHostIsTakenOverOnceItsHeartHasStopped) {
  leave(elsewhere());
  set_age(terms_.silence + std::chrono::seconds(60));
  const Lease lease(real_disk(), file_, terms_);
  EXPECT_THAT(lease.taken_over(), AllOf(HasSubstr("anna"), HasSubstr("360 s ago")));
  EXPECT_EQ(decode_lease("lock", test::read_file(file_)).pid, getpid());
}

TEST_F(LeaseTest, TheHeartbeatRenewsTheFile) {
  terms_.heartbeat = std::chrono::milliseconds(1);
  const Lease lease(real_disk(), file_, terms_);
  const std::string text = test::read_file(file_);
  set_age(std::chrono::hours(1));
  const auto old = fs::last_write_time(file_);
  for (int look = 0; look < 5000 && fs::last_write_time(file_) == old; ++look)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_GT(fs::last_write_time(file_), old);
  EXPECT_EQ(test::read_file(file_), text);
}

TEST_F(LeaseTest, AHolderThatWasTakenOverIsTold) {
  const Lease lease(real_disk(), file_, terms_);
  lease.require_held();
  leave(elsewhere());
  try {
    lease.require_held();
    FAIL() << "two holders";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("taken over by anna"), HasSubstr("run again")));
  }
  fs::remove(file_);
  EXPECT_THROW(lease.require_held(), InputError);
}

TEST_F(LeaseTest, ThePatientGetItWhenTheHolderIsDone) {
  auto first = std::make_unique<Lease>(real_disk(), file_, terms_);
  std::thread releases([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    first.reset();
  });
  terms_.patience = std::chrono::minutes(1);
  const Lease second(real_disk(), file_, terms_);
  EXPECT_TRUE(second.taken_over().empty());
  releases.join();
}

TEST_F(LeaseTest, ReleaseLeavesAnotherHoldersLockAlone) {
  const LeaseHolder other = elsewhere();
  {
    const Lease lock(real_disk(), file_, terms_);
    leave(other);  // someone has removed ours by hand and started anew
  }
  EXPECT_EQ(test::read_file(file_), encode_lease(other));
}

TEST_F(LeaseTest, OfManyThatFindADeadHolderOneGetsTheLock) {
  leave(dead_process());
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
        const Lease lock(real_disk(), file_, terms_);
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
  EXPECT_THROW(decode_lease("lock", "{\"owner\": \"anna\"}"), FormatError);
  EXPECT_THROW(decode_lease("lock", ""), FormatError);
}

}  // namespace
}  // namespace lenswright
