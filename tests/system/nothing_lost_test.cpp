// What has been lost once is not lost again: the historical losses, and damage of single bits, through the program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <sstream>

#include "io/folder_tree.hpp"
#include "ledger/sealed_json.hpp"
#include "ledger/trash.hpp"
#include "recovery_program.hpp"

namespace lenswright::test {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

// A tree whose programs have run: every product with its receipt.
class FinishedTree : public SmallTree {
 public:
  explicit FinishedTree(const std::vector<std::string>& overrides = {})
      : SmallTree(Filled::whole, overrides) {
    for (const std::string& text : overrides) options_ += " --set '" + text + "'";
    put_input_names(*this);
    for (const Stage stage : stages_of(campaign())) write_receipt(real_disk(), campaign(), receipt(stage));
  }
  CommandOutcome run(const std::string& arguments) const { return recovery(*this, arguments + options_); }
  // Expects it to be done, and returns what it says.
  std::string done(const std::string& arguments) const {
    const CommandOutcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, 0) << arguments << "\n" << outcome.output;
    return outcome.output;
  }
  std::string exported(const std::string& name) const {
    done("ledger export " + name);
    return read_file(*this / name);
  }

 private:
  std::string options_;
};

std::size_t count_of(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

// The first loss: an export of 99 entries written over a collection of 1,000.
TEST(HistoricalLoss, ImportOfNinetyNineIntoAThousandKeepsAThousand) {
  const FinishedTree large({"raytracing.runs=154", "raytracing.fields=[kappa]", "raytracing.sources=[4]"});
  ASSERT_GE(large.all().size(), 1000U);
  const FinishedTree small({"raytracing.runs=3", "raytracing.fields=[kappa]", "raytracing.sources=[4]"});
  ASSERT_LE(small.all().size(), 99U);
  large.done("ledger merge");
  small.done("ledger merge");
  const std::string before = large.exported("before.jsonl");
  fs::copy_file([&] { return small.exported("few.jsonl"), small / "few.jsonl"; }(), large / "few.jsonl");
  large.run("ledger import few.jsonl");
  EXPECT_EQ(count_of(large.exported("after.jsonl"), "\n"), count_of(before, "\n"));
  EXPECT_THAT(large.done("ledger check"), HasSubstr(fmt::format("{} products", large.all().size())));

  // Where that is what is asked for, a backup brings the thousand back.
  EXPECT_THAT(large.run("ledger import few.jsonl --replace --yes").output, HasSubstr("backup:"));
  EXPECT_LT(count_of(large.exported("replaced.jsonl"), "\n"), 200U);
  large.done("backup restore before-import --clear-first --yes");
  EXPECT_EQ(large.exported("restored.jsonl"), before);
  large.done("ledger check");
  large.done("verify --tier full");
}

// The second: a cache of results that was interrupted before its export began again from nothing.
TEST(HistoricalLoss, InterruptedScrubGoesOnBehindWhatItHadDone) {
  const FinishedTree tree;
  tree.done("verify --sample 1/1");
  const fs::path record = tree.campaign().state / "scrub/1-of-1.json";
  // As the call leaves it that is stopped after the first combination.
  nlohmann::json progress = unseal_json(record, read_file(record));
  progress["finished"] = "";
  progress["done"] = {"lensplanes/dmo/LP_00", "lux/dmo/LP_00"};
  write_file(record, seal_json(progress));
  const std::string said = tree.done("verify --sample 1/1 --resume");
  EXPECT_THAT(said, HasSubstr("going on behind 2 combinations"));
  EXPECT_THAT(said, HasSubstr(fmt::format("every byte of {} products", tree.all().size() - 6 - 7)));
  EXPECT_THAT(said, HasSubstr("all 1 parts have been checked"));
}

// The third: the collection was created anew, empty, and what lay on disk belonged to nothing.
TEST(HistoricalLoss, EmptyCollectionGetsItsOrphanedProductsBack) {
  const FinishedTree tree;
  tree.done("ledger merge");
  fs::remove_all(tree.campaign().state);
  tree.done("init --yes");
  EXPECT_THAT(tree.done("adopt --dry-run"), HasSubstr(fmt::format("{} would adopt", tree.all().size())));
  EXPECT_THAT(tree.done("adopt"), HasSubstr(fmt::format("{} adopted", tree.all().size())));
  tree.done("ledger merge");
  EXPECT_THAT(tree.done("ledger check"), HasSubstr(fmt::format("{} products", tree.all().size())));
  tree.done("verify --tier full");
  EXPECT_THAT(tree.done("adopt"), HasSubstr("0 adopted"));
}

// The fourth: a destructive command could not be taken back.
TEST(HistoricalLoss, WhatWasMovedAsideComesBack) {
  const FinishedTree tree;
  const ProductId plane{ProductKind::mass_plane, 0, 0, 2};
  const std::string name = product_name(tree.campaign(), plane), bytes = read_file(tree.file(plane));
  move_to_trash(real_disk(), tree.campaign(), Stage::lensplanes, relative_path(tree.campaign(), plane),
                "a mistake");
  EXPECT_EQ(tree.run("verify").status, 1);
  EXPECT_THAT(tree.done("trash"), HasSubstr("a mistake"));
  EXPECT_THAT(tree.done("trash restore " + name), HasSubstr("is back"));
  EXPECT_EQ(read_file(tree.file(plane)), bytes);
  tree.done("verify --tier full");
  EXPECT_THAT(tree.done("trash"), HasSubstr("empty"));
  EXPECT_THAT(tree.done("log"), HasSubstr("came back"));
}

TEST(Trash, RestoreOverwritesNothingAndSwapCanBeTakenBack) {
  const FinishedTree tree;
  const ProductId plane{ProductKind::mass_plane, 0, 0, 2};
  const std::string name = product_name(tree.campaign(), plane), bytes = read_file(tree.file(plane));
  move_to_trash(real_disk(), tree.campaign(), Stage::lensplanes, relative_path(tree.campaign(), plane),
                "a mistake");
  write_file(tree.file(plane), plane_bytes(8, 1, 5e11));
  const CommandOutcome refused = tree.run("trash restore " + name);
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.output, HasSubstr("--swap"));
  EXPECT_EQ(read_file(tree.file(plane)), plane_bytes(8, 1, 5e11));
  EXPECT_THAT(tree.done("trash restore --swap " + name), HasSubstr("backup:"));
  EXPECT_EQ(read_file(tree.file(plane)), bytes);
  tree.done("trash restore --swap " + name);
  EXPECT_EQ(read_file(tree.file(plane)), plane_bytes(8, 1, 5e11));
}

TEST(Trash, PurgeKeepsWhatIsYoungAndAsksForTheRest) {
  const FinishedTree tree;
  move_to_trash(real_disk(), tree.campaign(), Stage::raytracing, "dmo/LP_00/run002", "test");
  EXPECT_THAT(tree.done("trash purge --yes"), HasSubstr("younger than 24 hours"));
  EXPECT_THAT(tree.done("trash"), HasSubstr("1 entries"));
  const std::string now = " --set safety.trash_hours=0";
  const CommandOutcome nobody = tree.run("trash purge" + now);
  EXPECT_EQ(nobody.status, 2) << nobody.output;
  EXPECT_THAT(nobody.output, HasSubstr("--yes"));
  EXPECT_THAT(tree.done("trash purge --yes" + now), HasSubstr("purged 1 entries"));
  EXPECT_THAT(tree.done("trash"), HasSubstr("empty"));
  EXPECT_THAT(tree.done("backup list"), HasSubstr("before trash purge"));
}

TEST(Trash, VerbsThatDestroyRefuseARootThatIsNotTheCampaigns) {
  const FinishedTree tree;
  fs::remove(tree.campaign().lux.root / kRootMarkerFile);
  for (const char* verb : {"trash purge --yes", "trash restore x", "backup restore latest", "adopt"})
    EXPECT_EQ(tree.run(verb).status, 2) << verb;
}

TEST(Backup, CreatedVerifiedAndRestored) {
  const FinishedTree tree;
  tree.done("backup create first");
  EXPECT_THAT(tree.done("backup list"), HasSubstr("-first"));
  EXPECT_THAT(tree.done("backup verify first"), HasSubstr("whole, every byte as written"));
  fs::remove_all(tree.campaign().state / "receipts");
  EXPECT_THAT(tree.done("backup verify first"), HasSubstr("not in their place any more: 3"));
  EXPECT_THAT(tree.done("backup restore first"), HasSubstr("3 files put back"));
  tree.done("verify --tier full");
}

TEST(Manifest, StandardToolsAcceptIt) {
  const FinishedTree tree;
  const std::string folder = "cd '" + (tree / "").string() + "' && ";
  for (const auto& [format, tool] : {std::pair("xxh128", "xxhsum"), std::pair("sha256", "sha256sum")}) {
    const CommandOutcome made =
        run_command(fmt::format("{}'{}' manifest --format {} --config campaign.yaml > sums 2> said", folder,
                                program("recovery").string(), format));
    ASSERT_EQ(made.status, 0) << read_file(tree / "said");
    EXPECT_THAT(read_file(tree / "said"), HasSubstr("150 files listed")) << read_file(tree / "said");
    const CommandOutcome checked = run_command(folder + tool + " -c sums");
    EXPECT_EQ(checked.status, 0) << checked.output;
    EXPECT_EQ(count_of(checked.output, ": OK"), 150U);
    flip_bit(tree.file({ProductKind::potential, 1, 1, 3}), 999);
    EXPECT_NE(run_command(folder + tool + " -c sums").status, 0);
    flip_bit(tree.file({ProductKind::potential, 1, 1, 3}), 999);
  }
  EXPECT_THAT(read_file(tree / "said"), HasSubstr("0 by their receipts, 150 read"));
}

TEST(Manifest, ListsNothingDamagedAsGood) {
  const FinishedTree tree;
  const ProductId potential{ProductKind::potential, 1, 1, 3};
  flip_bit(tree.file(potential), 999);
  const CommandOutcome made = tree.run("manifest --stage lux --format sha256");
  EXPECT_EQ(made.status, 1);
  EXPECT_THAT(made.output, ContainsRegex("left out: hydro/LP_01/lenspot03.dat: its bytes have digest"));
}

TEST(Sample, PartsAreDisjointAndTogetherAllProductsAreRead) {
  const FinishedTree tree;
  constexpr int kParts = 5;
  std::size_t read = 0;
  for (int part = 1; part <= kParts; ++part) {
    const std::string said = tree.done(fmt::format("verify --sample {}/{}", part, kParts));
    const std::size_t at = said.find("every byte of ");
    ASSERT_NE(at, std::string::npos) << said;
    const std::size_t count = std::stoul(said.substr(at + 14));
    EXPECT_GT(count, 0U);
    read += count;
  }
  EXPECT_EQ(read, tree.all().size());
}

TEST(Sample, DamageThatAnInterruptedPartHadFoundIsNotForgotten) {
  const FinishedTree tree;
  const ProductId plane{ProductKind::mass_plane, 0, 0, 2};
  flip_bit(tree.file(plane), 999);
  EXPECT_EQ(tree.run("verify --sample 1/1").status, 1);
  const fs::path record = tree.campaign().state / "scrub/1-of-1.json";
  nlohmann::json progress = unseal_json(record, read_file(record));
  EXPECT_TRUE(progress["found"].contains(product_name(tree.campaign(), plane)));
  progress["finished"] = "";
  write_file(record, seal_json(progress));
  const CommandOutcome again = tree.run("verify --sample 1/1 --resume");
  EXPECT_EQ(again.status, 1) << again.output;
  EXPECT_THAT(again.output, HasSubstr("every byte of 1 products"));
  EXPECT_THAT(again.output, HasSubstr("recovery submit --config"));
}

TEST(Sample, NonsenseIsRefused) {
  const FinishedTree tree;
  for (const char* sample : {"0/3", "4/3", "1", "1/", "/3", "1/0", "-1/3", "1/3x", "a/b", "1/99999999999"})
    EXPECT_EQ(tree.run(std::string("verify --sample ") + sample).status, 2) << sample;
  EXPECT_EQ(tree.run("verify --resume").status, 2);
}

// One flipped bit, anywhere in a product or a record of what was made.
TEST(BitFlips, AreNoticedByVerifyAtTierFull) {
  const char* given = std::getenv("LENSWRIGHT_TEST_SEED");
  const std::uint32_t seed =
      given != nullptr ? static_cast<std::uint32_t>(std::stoul(given)) : std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("LENSWRIGHT_TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);

  const std::vector<std::string> one_model{"models=[dmo]", "realizations=1"};
  // Flips a bit, expects that to be noticed, and flips it back.
  const auto flip = [&](const FinishedTree& tree, const fs::path& file) {
    const std::uint64_t bit = random() % (8 * fs::file_size(file));
    flip_bit(file, bit);
    const CommandOutcome outcome = tree.run("verify --tier full");
    EXPECT_EQ(outcome.status, 1) << file << " bit " << bit << "\n" << outcome.output;
    flip_bit(file, bit);
  };
  for (std::size_t receipt = 0; receipt < 3; ++receipt) {  // not merged yet: each in a tree of its own
    const FinishedTree tree(one_model);
    const fs::path folder = receipts_folder(tree.campaign());
    flip(tree, folder / files_below(real_disk(), folder).at(receipt).path);
  }
  const FinishedTree tree(one_model);
  tree.done("ledger merge");
  std::vector<fs::path> files;
  for (const ProductId& id : tree.all())
    for (const fs::path& file : tree.files(id)) files.push_back(file);
  std::shuffle(files.begin(), files.end(), random);
  files.resize(8);
  for (const char* folder : {"receipts", "records"}) {
    const std::vector<TreeFile> records = files_below(real_disk(), tree.campaign().state / folder);
    EXPECT_FALSE(records.empty()) << folder;
    for (const TreeFile& file : records) files.push_back(tree.campaign().state / folder / file.path);
  }
  for (const fs::path& file : files) flip(tree, file);
  tree.done("verify --tier full");
}

}  // namespace
}  // namespace lenswright::test
