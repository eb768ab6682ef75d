#include "ledger/database/receipt_merge.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/error.hpp"
#include "faulty_disk.hpp"
#include "ledger/database/ledger_database.hpp"
#include "ledger/database/ledger_exchange.hpp"
#include "ledger/receipt_index.hpp"
#include "small_tree.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;
using test::SmallTree;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::function<void()> kHeld = [] {};

std::string export_of(const Campaign& campaign) {
  const LedgerDatabase ledger(ledger_file(campaign), campaign.name, LedgerDatabase::Access::read);
  std::string text;
  export_ledger(ledger, campaign, [&](std::string_view part) { text += part; });
  return text;
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  if (!fs::exists(folder)) return names;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file()) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

class ReceiptMerge : public testing::Test {
 protected:
  // A receipt of some products of a stage, finished in a given second.
  Receipt part(Stage stage, std::size_t from, std::size_t count, int second, const std::string& mark = "") {
    Receipt receipt = tree_.receipt(stage);
    receipt.products.assign(receipt.products.begin() + static_cast<std::ptrdiff_t>(from),
                            receipt.products.begin() + static_cast<std::ptrdiff_t>(from + count));
    receipt.finished = fmt::format("2026-01-31T12:00:{:02}.000Z", second);
    receipt.code_version = "0.1.0 (" + mark + ")";
    for (ProductRecord& record : receipt.products)
      record.inputs = {{"dmo/snapshot 96", digest_of("input" + mark)}, {"seed", digest_of(std::string("s"))}};
    return receipt;
  }
  void leave(const Receipt& receipt) { write_receipt(real_disk(), campaign_, receipt); }
  // Each under its own name, so that two trees have the same receipts.
  void put(const Receipt& receipt, const std::string& name) {
    fs::create_directories(receipts_folder(campaign_));
    test::write_file(receipts_folder(campaign_) / name, encode_receipt(receipt));
  }
  MergeOutcome merge() { return merge_receipts(real_disk(), campaign_, kHeld, silent_); }
  MergeOutcome rebuild() { return rebuild_ledger(real_disk(), campaign_, kHeld, silent_); }
  std::vector<std::string> problems() { return check_ledger(real_disk(), campaign_, silent_); }
  void forget() {
    for (const fs::path& path :
         {ledger_file(campaign_), records_folder(campaign_), receipts_folder(campaign_)})
      fs::remove_all(path);
  }

  SmallTree tree_;
  const Campaign& campaign_ = tree_.campaign();
  SilentProgress silent_;
};

TEST_F(ReceiptMerge, TakesReceiptsInAndArchivesThem) {
  for (const Stage stage : stages_of(campaign_)) leave(tree_.receipt(stage));
  const ReceiptIndex before = ReceiptIndex::load(real_disk(), campaign_);
  const MergeOutcome outcome = merge();
  EXPECT_EQ(outcome.receipts, 3U);
  EXPECT_EQ(outcome.archived, 3U);
  EXPECT_THAT(outcome.problems, IsEmpty());
  EXPECT_THAT(names_in(receipts_folder(campaign_)), IsEmpty());
  EXPECT_EQ(names_in(receipts_archive(campaign_)).size(), 3U);
  const ReceiptIndex after = ReceiptIndex::load(real_disk(), campaign_);
  EXPECT_EQ(after.unmerged(), 0U);
  EXPECT_EQ(after.size(), tree_.all().size());
  EXPECT_EQ(before.size(), after.size());
  for (const ProductId& id : tree_.all()) {
    const std::string name = product_name(campaign_, id);
    ASSERT_NE(after.find(name), nullptr) << name;
    EXPECT_EQ(*after.known(name), *before.known(name)) << name;
  }
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_FALSE(merge_is_due(real_disk(), campaign_));
  EXPECT_FALSE(merge().changed());
}

TEST_F(ReceiptMerge, TheSameLedgerInWhateverOrderAndHoweverOften) {
  // Three generations of overlapping products, two of them of the same instant.
  const std::vector<std::pair<std::string, Receipt>> receipts{
      {"lux-a.json", part(Stage::lux, 0, 20, 1, "a")},
      {"lux-b.json", part(Stage::lux, 10, 20, 2, "b")},
      {"lux-c.json", part(Stage::lux, 5, 10, 2, "c")},
      {"raytracing-d.json", part(Stage::raytracing, 0, 9, 1, "d")},
      {"raytracing-e.json", part(Stage::raytracing, 3, 9, 5, "e")}};
  std::string expected;
  const auto seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  for (int attempt = 0; attempt < 6; ++attempt) {
    forget();
    std::vector<std::size_t> order{0, 1, 2, 3, 4};
    std::shuffle(order.begin(), order.end(), random);
    for (const std::size_t i : order) {
      put(receipts[i].second, receipts[i].first);
      if (random() % 2 == 0) merge();
      if (random() % 4 == 0) {  // a copy of one merged before comes back
        put(receipts[order[0]].second, receipts[order[0]].first);
        merge();
      }
    }
    merge();
    EXPECT_THAT(names_in(receipts_folder(campaign_)), IsEmpty());
    EXPECT_THAT(problems(), IsEmpty());
    const std::string found = export_of(campaign_);
    if (expected.empty()) expected = found;
    EXPECT_EQ(found, expected);
    const ReceiptIndex index = ReceiptIndex::load(real_disk(), campaign_);
    EXPECT_EQ(index.code_version(receipts[2].second.products.back().product), "0.1.0 (c)");  // later by name
    EXPECT_EQ(index.code_version(receipts[0].second.products.front().product), "0.1.0 (a)");
  }
  rebuild();
  EXPECT_EQ(export_of(campaign_), expected);
}

TEST_F(ReceiptMerge, OlderReceiptNeverReplacesANewerRecord) {
  leave(part(Stage::lux, 0, 5, 30, "new"));
  merge();
  leave(part(Stage::lux, 0, 6, 10, "old"));
  const MergeOutcome outcome = merge();
  EXPECT_EQ(outcome.receipts, 1U);
  EXPECT_EQ(outcome.records, 1U);  // the sixth
  const ReceiptIndex index = ReceiptIndex::load(real_disk(), campaign_);
  EXPECT_EQ(index.code_version(tree_.receipt(Stage::lux).products[0].product), "0.1.0 (new)");
  EXPECT_EQ(index.code_version(tree_.receipt(Stage::lux).products[5].product), "0.1.0 (old)");
}

TEST_F(ReceiptMerge, DeletedLedgerIsMadeAgainByTheNextMerge) {
  leave(tree_.receipt(Stage::lux));
  merge();
  leave(tree_.receipt(Stage::raytracing));
  merge();
  const std::string expected = export_of(campaign_);
  fs::remove(ledger_file(campaign_));
  fs::remove_all(records_folder(campaign_));
  EXPECT_TRUE(merge_is_due(real_disk(), campaign_));
  EXPECT_TRUE(merge().rebuilt);
  EXPECT_EQ(export_of(campaign_), expected);
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(ReceiptMerge, DamagedAndForeignReceiptsStayAndAreToldOf) {
  leave(tree_.receipt(Stage::lux));
  put(tree_.receipt(Stage::raytracing), "raytracing-damaged.json");
  test::flip_bit(receipts_folder(campaign_) / "raytracing-damaged.json", 4000);
  Receipt foreign = tree_.receipt(Stage::lensplanes);
  foreign.campaign = "other";
  put(foreign, "lensplanes-foreign.json");
  Receipt outside = part(Stage::lux, 0, 1, 1);
  outside.products[0].files[0].path = "../../escape.dat";
  put(outside, "lux-outside.json");
  const MergeOutcome outcome = merge();
  EXPECT_EQ(outcome.receipts, 1U);
  EXPECT_THAT(outcome.problems, testing::UnorderedElementsAre(HasSubstr("raytracing-damaged.json"),
                                                              HasSubstr("lensplanes-foreign.json"),
                                                              HasSubstr("lux-outside.json")));
  EXPECT_EQ(names_in(receipts_folder(campaign_)).size(), 3U);
}

TEST_F(ReceiptMerge, ReadersFindTheSameAtEveryMomentOfAMerge) {
  for (const Stage stage : stages_of(campaign_)) leave(tree_.receipt(stage));
  const std::vector<ProductId> all = tree_.all();
  // The lease is asked for between the steps: there another program looks in.
  int looks = 0;
  const auto look = [&] {
    ++looks;
    const ReceiptIndex index = ReceiptIndex::load(real_disk(), campaign_);
    for (const ProductId& id : all) ASSERT_NE(index.find(product_name(campaign_, id)), nullptr);
  };
  merge_receipts(real_disk(), campaign_, look, silent_);
  EXPECT_GE(looks, 3);
}

// Death, or a failing disk, at every operation of the merge in turn.
class MergeFaults : public ReceiptMerge, public testing::WithParamInterface<test::FaultKind> {};

TEST_P(MergeFaults, AtEveryOperationNothingIsLostAndTheNextMergeFinishes) {
  const auto prepare = [&] {
    forget();
    fs::remove_all(campaign_.state / "replaced");
    put(part(Stage::lux, 0, 12, 1, "a"), "lux-a.json");
    merge();
    put(part(Stage::lux, 6, 12, 2, "b"), "lux-b.json");
    put(part(Stage::raytracing, 0, 6, 2, "c"), "raytracing-c.json");
  };
  prepare();
  test::FaultyDisk counting(real_disk());
  merge_receipts(counting, campaign_, kHeld, silent_);
  const std::string expected = export_of(campaign_);
  const std::size_t operations = counting.operations();
  ASSERT_GT(operations, 30U);
  for (std::size_t at = 1; at <= operations; ++at) {
    SCOPED_TRACE(fmt::format("operation {} of {}", at, operations));
    prepare();
    test::FaultyDisk disk(real_disk(), {at, GetParam(), at % 2 == 0 ? ENOSPC : EIO});
    try {
      merge_receipts(disk, campaign_, kHeld, silent_);
    } catch (const Failure&) {
    } catch (const test::WriterDied&) {
    }
    // What the ledger holds now are records that a receipt brought; nothing that it had is gone.
    {
      const LedgerDatabase ledger(ledger_file(campaign_), campaign_.name, LedgerDatabase::Access::read);
      EXPECT_THAT(ledger.check(), IsEmpty());
      EXPECT_GE(ledger.products(), 12U);
    }
    const ReceiptIndex index = ReceiptIndex::load(real_disk(), campaign_);
    EXPECT_EQ(index.size(), 18U + 6U);
    EXPECT_THAT(index.problems(), IsEmpty());
    merge();
    EXPECT_EQ(export_of(campaign_), expected);
    EXPECT_THAT(problems(), IsEmpty());
    EXPECT_THAT(names_in(receipts_folder(campaign_)), IsEmpty());
  }
}

TEST_P(MergeFaults, WhileItIsMadeAnewTheOldLedgerStaysOrTheNewOneIsWhole) {
  const auto prepare = [&] {
    forget();
    fs::remove_all(campaign_.state / "replaced");
    put(part(Stage::lux, 0, 12, 1, "a"), "lux-a.json");
    merge();
    put(part(Stage::raytracing, 0, 6, 2, "c"), "raytracing-c.json");
  };
  prepare();
  test::FaultyDisk counting(real_disk());
  rebuild_ledger(counting, campaign_, kHeld, silent_);
  const std::string expected = export_of(campaign_);
  for (std::size_t at = 1; at <= counting.operations(); ++at) {
    SCOPED_TRACE(fmt::format("operation {}", at));
    prepare();
    test::FaultyDisk disk(real_disk(), {at, GetParam(), EIO});
    try {
      rebuild_ledger(disk, campaign_, kHeld, silent_);
    } catch (const Failure&) {
    } catch (const test::WriterDied&) {
    }
    EXPECT_EQ(ReceiptIndex::load(real_disk(), campaign_).size(), 18U);
    merge();
    EXPECT_EQ(export_of(campaign_), expected);
    EXPECT_THAT(problems(), IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, MergeFaults,
                         testing::Values(test::FaultKind::error, test::FaultKind::death,
                                         test::FaultKind::short_write));

class LedgerFacts : public ReceiptMerge {};

TEST_F(LedgerFacts, AnyFlippedBitThatChangesAFactIsNoticed) {
  for (const Stage stage : stages_of(campaign_)) leave(tree_.receipt(stage));
  merge();
  const std::string sound = test::read_file(ledger_file(campaign_)), facts = export_of(campaign_);
  const auto seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937_64 random(seed);
  int changed = 0;
  for (int attempt = 0; attempt < 100; ++attempt) {
    test::write_file(ledger_file(campaign_), sound);
    const std::uint64_t bit = random() % (8 * sound.size());
    test::flip_bit(ledger_file(campaign_), bit);
    std::string found;
    try {
      found = export_of(campaign_);
    } catch (const Failure& failure) {
      found = failure.what();
    }
    if (found == facts) continue;  // a byte that no fact stands in
    ++changed;
    EXPECT_THAT(problems(), testing::Not(IsEmpty())) << "bit " << bit;
  }
  EXPECT_GT(changed, 10);
  test::write_file(ledger_file(campaign_), sound);
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(LedgerFacts, FlippedBitsOfRecordFilesAndArchivedReceiptsAreNoticed) {
  for (const Stage stage : stages_of(campaign_)) leave(tree_.receipt(stage));
  merge();
  const auto seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937_64 random(seed);
  for (const fs::path& folder : {records_folder(campaign_), receipts_archive(campaign_)})
    for (const std::string& name : names_in(folder)) {
      const std::string sound = test::read_file(folder / name);
      test::flip_bit(folder / name, random() % (8 * sound.size()));
      EXPECT_THAT(problems(), ElementsAre(HasSubstr(name)));
      test::write_file(folder / name, sound);
    }
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(LedgerFacts, LostRowsAndLostReceiptsAreNoticed) {
  for (const Stage stage : stages_of(campaign_)) leave(tree_.receipt(stage));
  merge();
  const std::string lost = names_in(receipts_archive(campaign_)).front();
  fs::rename(receipts_archive(campaign_) / lost, tree_ / "elsewhere.json");
  EXPECT_THAT(problems(), ElementsAre(HasSubstr(lost)));
  fs::rename(tree_ / "elsewhere.json", receipts_archive(campaign_) / lost);
  // A ledger that knows less than the archive: an old copy put back by hand.
  fs::copy_file(ledger_file(campaign_), tree_ / "old.sqlite");
  leave(part(Stage::lux, 0, 3, 59, "later"));
  merge();
  fs::copy_file(tree_ / "old.sqlite", ledger_file(campaign_), fs::copy_options::overwrite_existing);
  EXPECT_THAT(problems(), testing::Not(IsEmpty()));
  rebuild();
  EXPECT_THAT(problems(), IsEmpty());
}

class LedgerExchange : public ReceiptMerge {};

TEST_F(LedgerExchange, ExportOfAFewOverManyKeepsThemAll) {
  leave(part(Stage::lux, 0, 5, 1, "few"));
  merge();
  const std::string few = export_of(campaign_);
  leave(part(Stage::lux, 0, 30, 2, "many"));
  merge();
  const std::string many = export_of(campaign_);
  const ImportOutcome outcome = import_ledger(real_disk(), campaign_, "few.jsonl", few);
  EXPECT_EQ(outcome.taken, 0U);
  EXPECT_EQ(outcome.known, 5U);
  merge();
  EXPECT_EQ(export_of(campaign_), many);
}

TEST_F(LedgerExchange, ImportIntoAnEmptyStateAndTwiceIsTheSame) {
  for (const Stage stage : stages_of(campaign_)) leave(tree_.receipt(stage));
  merge();
  const std::string all = export_of(campaign_);
  const ReceiptIndex before = ReceiptIndex::load(real_disk(), campaign_);
  set_ledger_aside(real_disk(), campaign_);
  EXPECT_TRUE(ReceiptIndex::load(real_disk(), campaign_).empty());
  EXPECT_EQ(import_ledger(real_disk(), campaign_, "all.jsonl", all).taken, tree_.all().size());
  merge();
  const std::string once = export_of(campaign_);
  EXPECT_EQ(import_ledger(real_disk(), campaign_, "all.jsonl", all).taken, 0U);
  merge();
  EXPECT_EQ(export_of(campaign_), once);
  const ReceiptIndex after = ReceiptIndex::load(real_disk(), campaign_);
  for (const ProductId& id : tree_.all()) {
    const std::string name = product_name(campaign_, id);
    EXPECT_EQ(*after.find(name), *before.find(name));
  }
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(LedgerExchange, NoEntryWithoutAProductThatIsThere) {
  leave(tree_.receipt(Stage::lux));
  merge();
  const std::string all = export_of(campaign_);
  const std::vector<ProductRecord> products = tree_.receipt(Stage::lux).products;
  set_ledger_aside(real_disk(), campaign_);
  fs::remove(campaign_.lux.root / products[0].files[0].path);
  test::cut(campaign_.lux.root / products[1].files[0].path, 10);
  const ImportOutcome outcome = import_ledger(real_disk(), campaign_, "all.jsonl", all);
  EXPECT_THAT(outcome.left_out,
              testing::UnorderedElementsAre(HasSubstr("is not there"), HasSubstr("has 10 bytes")));
  EXPECT_EQ(outcome.taken, products.size() - 2);
}

TEST_F(LedgerExchange, TornOrDamagedExportChangesNothing) {
  leave(part(Stage::lux, 0, 3, 1, "a"));
  merge();
  const std::string all = export_of(campaign_);
  set_ledger_aside(real_disk(), campaign_);
  for (std::size_t size = 0; size < all.size(); size += 7)
    EXPECT_THROW(import_ledger(real_disk(), campaign_, "torn.jsonl", all.substr(0, size)), FormatError);
  for (std::size_t at = 0; at < all.size(); at += 13) {
    std::string damaged = all;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    EXPECT_THROW(import_ledger(real_disk(), campaign_, "damaged.jsonl", damaged), FormatError) << at;
  }
  EXPECT_THAT(names_in(receipts_folder(campaign_)), IsEmpty());
}

}  // namespace
}  // namespace lenswright
