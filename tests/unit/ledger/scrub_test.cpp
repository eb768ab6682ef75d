// Checking in parts: killed or struck at any step, the next call goes on behind what was done, and forgets nothing. The
// same for checksum lists, which keep nothing.
#include "ledger/scrub.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "fault_walk.hpp"
#include "ledger/checksum_list.hpp"
#include "small_tree.hpp"

namespace lenswright::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

const std::vector<std::string> kOneModel{"models=[dmo]", "realizations=2"};
constexpr std::size_t kCombinations = 6;  // (stage, realization)

struct Scrubbed {
  std::size_t products = 0, behind = 0;
  std::vector<Finding> findings;
};

Scrubbed scrub_all(const SmallTree& tree, const ReceiptIndex& receipts, Disk& disk, bool resume,
                   ProgressSink& progress) {
  Scrub scrub(disk, tree.campaign(), {1, 1}, {}, resume, milliseconds(0));
  const CloserLook closer = scrub.closer_look();
  ScanResult found = scan(tree.campaign(), disk, Tier::header, {}, receipts, progress, &closer);
  scrub.finish();
  return {scrub.products(), scrub.resumed_behind(), std::move(found.findings)};
}

// Waits for a moment before each step, so that there is time to be killed in.
class SlowProgress : public ProgressSink {
 public:
  void begin(std::string_view, std::uint64_t, std::string_view) override {}
  void advance(std::uint64_t) override { std::this_thread::sleep_for(milliseconds(50)); }
  void end() override {}
  void note(std::string_view) override {}
};

TEST(ScrubKilled, NextCallSkipsWhatWasFinished) {
  const SmallTree tree(SmallTree::Filled::whole, kOneModel);
  const ProductId first{ProductKind::mass_plane, 0, 0, 2};
  const ReceiptIndex receipts = tree.receipts();
  flip_bit(tree.file(first), 999);
  const fs::path record = tree.campaign().state / "scrub/1-of-1.json";
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    SlowProgress slow;
    scrub_all(tree, receipts, real_disk(), false, slow);
    _exit(0);
  }
  while (!fs::exists(record) && kill(child, 0) == 0) std::this_thread::sleep_for(milliseconds(1));
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status)) << "it had ended before it could be killed";

  SilentProgress silent;
  const Scrubbed next = scrub_all(tree, receipts, real_disk(), true, silent);
  EXPECT_GT(next.behind, 0U);
  EXPECT_LE(next.behind, kCombinations);
  EXPECT_LT(next.products, tree.all().size());
  // What it had found damaged is looked at again, not skipped as done.
  EXPECT_EQ(std::count_if(next.findings.begin(), next.findings.end(),
                          [&](const Finding& finding) { return finding.product == first; }),
            1);
}

TEST(ScrubStruck, AnywhereTheNextCallFinishesAndForgetsNoDamage) {
  const SmallTree tree(SmallTree::Filled::whole, kOneModel);
  const ProductId damaged{ProductKind::potential, 0, 1, 3};
  const ReceiptIndex receipts = tree.receipts();
  flip_bit(tree.file(damaged), 999);
  SilentProgress silent;
  const std::size_t strikes =
      strike_everywhere([&] { fs::remove_all(tree.campaign().state / "scrub"); },
                        [&](Disk& disk) { scrub_all(tree, receipts, disk, false, silent); },
                        [&](bool) {
                          const Scrubbed next = scrub_all(tree, receipts, quick_disk(), true, silent);
                          EXPECT_EQ(next.findings.size(), 1U);
                          if (!next.findings.empty()) {
                            EXPECT_EQ(next.findings.front().product, damaged);
                          }
                        },
                        7);
  EXPECT_GT(strikes, 20U);
}

// A list that was struck is an error or leaves out what could not be read; no line of it is wrong.
TEST(ChecksumListStruck, AnywhereNoLineIsWrong) {
  const SmallTree tree(SmallTree::Filled::whole, kOneModel);
  const auto listed = [&](Disk& disk, std::vector<std::string>& lines) {
    SilentProgress silent;
    return list_checksums(
        tree.campaign(), disk, {}, ChecksumFormat::sha256, common_folder(tree.campaign(), {}),
        [&](const std::string& line) { lines.push_back(line); }, silent);
  };
  std::vector<std::string> gold;
  const ChecksumListing whole = listed(real_disk(), gold);
  ASSERT_EQ(whole.left_out, 0U);
  ASSERT_FALSE(gold.empty());
  std::vector<std::string> lines;
  ChecksumListing listing;
  const std::size_t strikes = strike_everywhere(
      [&] {
        lines.clear();
        listing = {};
      },
      [&](Disk& disk) { listing = listed(disk, lines); },
      [&](bool ended) {
        for (const std::string& line : lines)
          EXPECT_NE(std::find(gold.begin(), gold.end(), line), gold.end()) << line;
        if (ended && listing.left_out == 0 && listing.wrong.empty()) {
          EXPECT_EQ(lines, gold);
        }
      },
      5);
  EXPECT_GT(strikes, 20U);
}

}  // namespace
}  // namespace lenswright::test
