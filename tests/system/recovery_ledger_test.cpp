// recovery ledger and log as a user meets them; several at once; killed at any moment.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

#include "ledger/database/ledger_database.hpp"
#include "ledger/database/receipt_merge.hpp"
#include "recovery_program.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using test::recovery;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class RecoveryLedger : public testing::Test {
 protected:
  void SetUp() override {
    test::put_input_names(tree_);
    fs::create_directories(receipts_folder(campaign_));
  }
  // A receipt of one product each, as array elements leave them.
  void leave_single(Stage stage, const std::string& mark, std::size_t first = 0, std::size_t step = 1) {
    const Receipt all = tree_.receipt(stage);
    for (std::size_t i = first; i < all.products.size(); i += step) {
      Receipt one = all;
      one.products = {all.products[i]};
      const fs::path path =
          receipts_folder(campaign_) / fmt::format("{}-{}-{:03}.json", stage_name(stage), mark, i);
      test::write_file(path.string() + ".new", encode_receipt(one));
      fs::rename(path.string() + ".new", path);
    }
  }
  std::vector<std::string> problems() {
    SilentProgress silent;
    return check_ledger(real_disk(), campaign_, silent);
  }
  std::size_t entries() {
    return LedgerDatabase(ledger_file(campaign_), campaign_.name, LedgerDatabase::Access::read).products();
  }
  std::size_t open_receipts() {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(receipts_folder(campaign_)))
      count += entry.path().extension() == ".json" ? 1 : 0;
    return count;
  }

  test::SmallTree tree_;
  const Campaign& campaign_ = tree_.campaign();
};

TEST_F(RecoveryLedger, VerbsThatLookMergeByTheWay) {
  leave_single(Stage::lux, "a");
  const auto outcome = recovery(tree_, "diagnose");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_EQ(open_receipts(), 0U);
  EXPECT_EQ(entries(), tree_.receipt(Stage::lux).products.size());
  EXPECT_FALSE(fs::exists(ledger_lease(campaign_)));
  const auto why = recovery(tree_, "why lux/hydro/LP_00/lenspot03.dat --tier full");
  EXPECT_EQ(why.status, 0) << why.output;
  EXPECT_THAT(why.output, AllOf(HasSubstr("testhost"), HasSubstr("those its receipt tells of")));
}

TEST_F(RecoveryLedger, ByteThatTheLedgerKnowsOtherwiseIsFoundAtTierFull) {
  leave_single(Stage::lensplanes, "a");
  ASSERT_EQ(recovery(tree_, "diagnose").status, 0);
  const ProductId plane{ProductKind::mass_plane, 1, 0, 2};
  test::flip_bit(tree_.file(plane), 8 * 20);  // lowest bits of a value: sane, but another
  EXPECT_EQ(recovery(tree_, "verify").status, 0);
  const auto outcome = recovery(tree_, "verify --tier full");
  EXPECT_EQ(outcome.status, 1) << outcome.output;
}

TEST_F(RecoveryLedger, DamagedFactsAreNoticedByVerifyAtTierFull) {
  leave_single(Stage::lux, "a");
  ASSERT_EQ(recovery(tree_, "ledger merge").status, 0);
  const auto sound = recovery(tree_, "verify --tier full");
  EXPECT_EQ(sound.status, 0) << sound.output;
  std::string bytes = test::read_file(ledger_file(campaign_));
  const std::size_t at = bytes.find("lux/hydro/LP_00/lenspot03.dat");
  ASSERT_NE(at, std::string::npos);
  bytes[at + 5] = 'x';
  test::write_file(ledger_file(campaign_), bytes);
  const auto damaged = recovery(tree_, "verify --tier full");
  EXPECT_EQ(damaged.status, 1) << damaged.output;
  EXPECT_THAT(damaged.output, HasSubstr("ledger.sqlite"));
  EXPECT_EQ(recovery(tree_, "ledger check").status, 1);
  EXPECT_EQ(recovery(tree_, "ledger rebuild").status, 0);
  EXPECT_EQ(recovery(tree_, "verify --tier full").status, 0);
}

TEST_F(RecoveryLedger, ExportImportAndReplaceAsTheUserTypesThem) {
  leave_single(Stage::lux, "a");
  EXPECT_EQ(recovery(tree_, "ledger export all.jsonl").status, 2);  // nothing merged yet
  ASSERT_EQ(recovery(tree_, "ledger merge").status, 0);
  ASSERT_EQ(recovery(tree_, "ledger export all.jsonl").status, 0);
  leave_single(Stage::raytracing, "b");
  const auto import = recovery(tree_, "ledger import all.jsonl");
  EXPECT_EQ(import.status, 0) << import.output;
  EXPECT_THAT(import.output, HasSubstr("imported 0 products"));
  EXPECT_EQ(entries(),
            tree_.receipt(Stage::lux).products.size() + tree_.receipt(Stage::raytracing).products.size());
  const auto asked = recovery(tree_, "ledger import all.jsonl --replace");
  EXPECT_EQ(asked.status, 2) << asked.output;  // nobody can be asked
  const auto replaced = recovery(tree_, "ledger import all.jsonl --replace --yes");
  EXPECT_EQ(replaced.status, 0) << replaced.output;
  EXPECT_THAT(replaced.output, HasSubstr("backup: "));
  EXPECT_EQ(entries(), tree_.receipt(Stage::lux).products.size());
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_EQ(recovery(tree_, "ledger import nowhere.jsonl").status, 2);
  EXPECT_EQ(recovery(tree_, "ledger polish").status, 2);
}

TEST_F(RecoveryLedger, LogTellsWhoDidWhatAndHowItEnded) {
  leave_single(Stage::lux, "a");
  ASSERT_EQ(recovery(tree_, "ledger merge").status, 0);
  std::string torn = test::read_file(campaign_.state / "events.jsonl");
  test::write_file(campaign_.state / "events.jsonl", torn + torn.substr(0, 40));
  ASSERT_EQ(recovery(tree_, "ledger import nowhere.jsonl").status, 2);
  leave_single(Stage::raytracing, "b");
  ASSERT_EQ(recovery(tree_, "diagnose").status, 0);
  const auto log = recovery(tree_, "log");
  EXPECT_EQ(log.status, 1) << log.output;  // a damaged line
  EXPECT_THAT(log.output,
              AllOf(HasSubstr("recovery ledger merge"), HasSubstr("exit status 0"),
                    HasSubstr("recovery diagnose"), HasSubstr("merged 18 receipts"), HasSubstr("damaged")));
  EXPECT_EQ(recovery(tree_, "log --since 2999-01-01").output.find("recovery ledger merge"),
            std::string::npos);
  EXPECT_EQ(recovery(tree_, "log --since yesterday").status, 2);
  EXPECT_THAT(recovery(tree_, "log --json").output, HasSubstr("\"verb\":\"ledger\""));
}

TEST_F(RecoveryLedger, WithoutRightsToWriteItReadsWhatStagesLeft) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  leave_single(Stage::lux, "a");
  fs::permissions(campaign_.state, fs::perms::owner_read | fs::perms::owner_exec);
  const auto outcome = recovery(tree_, "diagnose");
  fs::permissions(campaign_.state, fs::perms::owner_all);
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_GT(open_receipts(), 0U);
}

// Merging, verifying and planning at once while stages go on leaving receipts. LENSWRIGHT_BUSY_SECONDS makes it longer.
TEST_F(RecoveryLedger, SeveralAtOnceLoseNothingAndNeverWaitForEachOtherForever) {
  const char* longer = std::getenv("LENSWRIGHT_BUSY_SECONDS");
  const auto end =
      std::chrono::steady_clock::now() + std::chrono::seconds(longer != nullptr ? std::atoi(longer) : 4);
  std::atomic<bool> over{false};
  std::vector<std::thread> users;
  std::mutex mutex;
  std::vector<std::string> bad;
  for (const char* verb : {"ledger merge", "verify --tier full", "diagnose", "submit --dry-run", "submit"})
    users.emplace_back([&, verb] {
      while (!over) {
        const auto outcome = recovery(tree_, verb);
        const std::lock_guard guard(mutex);
        if (outcome.status != 0) bad.push_back(fmt::format("{}: {}", verb, outcome.output));
      }
    });
  int round = 0;
  std::size_t left = 0;
  while (std::chrono::steady_clock::now() < end) {
    const Stage stage = std::vector<Stage>{Stage::lensplanes, Stage::lux, Stage::raytracing}[round % 3];
    leave_single(stage, fmt::format("{:04}", round), static_cast<std::size_t>(round % 7), 7);
    for (std::size_t i = static_cast<std::size_t>(round % 7); i < tree_.receipt(stage).products.size();
         i += 7)
      ++left;
    ++round;
    std::this_thread::sleep_for(milliseconds(50));
  }
  over = true;
  for (std::thread& user : users) user.join();
  EXPECT_THAT(bad, IsEmpty());
  ASSERT_EQ(recovery(tree_, "ledger merge").status, 0);
  EXPECT_EQ(open_receipts(), 0U);
  EXPECT_THAT(problems(), IsEmpty());
  const LedgerDatabase ledger(ledger_file(campaign_), campaign_.name, LedgerDatabase::Access::read);
  EXPECT_EQ(ledger.receipts(), left);
}

TEST_F(RecoveryLedger, KilledAtAnyMomentOfAMergeTheNextOneFinishes) {
  const char* given = std::getenv("LENSWRIGHT_TEST_SEED");
  const std::uint32_t seed =
      given != nullptr ? static_cast<std::uint32_t>(std::stoul(given)) : std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE(fmt::format("LENSWRIGHT_TEST_SEED={}", seed));
  std::mt19937 random(seed);
  for (const Stage stage : stages_of(campaign_)) leave_single(stage, "a");
  const std::size_t all = tree_.all().size();
  const auto began = std::chrono::steady_clock::now();
  ASSERT_EQ(recovery(tree_, "ledger merge").status, 0);
  const auto takes = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
  for (int attempt = 0; attempt < 40; ++attempt) {
    // Half of them make it anew from the archive too.
    fs::remove(ledger_file(campaign_));
    if (attempt % 2 == 0) {
      fs::remove_all(campaign_.state);
      fs::create_directories(receipts_folder(campaign_));
      for (const Stage stage : stages_of(campaign_)) leave_single(stage, "a");
    }
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      if (chdir((tree_ / "").c_str()) != 0 || std::freopen("/dev/null", "w", stdout) == nullptr) _exit(1);
      const std::string program = test::program("recovery").string();
      execl(program.c_str(), "recovery", "ledger", "merge", "--config", "campaign.yaml", nullptr);
      _exit(1);
    }
    std::this_thread::sleep_for(milliseconds(random() % static_cast<unsigned>(takes.count() + 2)));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const ReceiptIndex index = ReceiptIndex::load(real_disk(), campaign_);
    EXPECT_THAT(index.problems(), IsEmpty());
    if (attempt % 2 == 0) {
      EXPECT_EQ(index.size(), all);
    }
    const auto next = recovery(tree_, "ledger merge");
    ASSERT_EQ(next.status, 0) << next.output;
    EXPECT_EQ(entries(), all);
    EXPECT_EQ(open_receipts(), 0U);
    EXPECT_THAT(problems(), IsEmpty());
  }
}

}  // namespace
}  // namespace lenswright
