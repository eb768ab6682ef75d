// What the stages have in common: choosing work, checking inputs, failing together, receipts.
#include "stages/stage_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>

#include "base/error.hpp"
#include "base/stop_request.hpp"
#include "small_tree.hpp"

namespace lenswright {
namespace {

using test::SmallTree;
using testing::AllOf;
using testing::HasSubstr;

const ProductId kPotential{ProductKind::potential, 0, 1, 2};
const ProductId kRun{ProductKind::run, 1, 0, 3};

class StageRun : public testing::Test {
 protected:
  StageRequest request_for(Stage stage) const {
    StageRequest request;
    request.stage = stage;
    for (const ProductId& id : tree_.all())
      if (stage_of(id.kind) == stage) request.products.push_back(id);
    return request;
  }
  std::string path_in_trash(const ProductId& id) const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(
             stage_root(tree_.campaign(), stage_of(id.kind)) / ".trash"))
      if (entry.path().filename() == absolute_path(tree_.campaign(), id).filename())
        return entry.path().string();
    return {};
  }
  std::vector<Receipt> receipts_written() const {
    std::vector<Receipt> receipts;
    const std::filesystem::path folder = receipts_folder(tree_.campaign());
    if (!std::filesystem::exists(folder)) return receipts;
    for (const DirectoryEntry& entry : real_disk().list(folder))
      receipts.push_back(decode_receipt(entry.name, read_text(real_disk(), folder / entry.name)));
    return receipts;
  }
  template <typename Body>
  static std::string message_of(const Body& body) {
    try {
      body();
    } catch (const InputError& error) {
      return error.what();
    }
    ADD_FAILURE() << "no InputError";
    return {};
  }

  SmallTree tree_;
  Communicator ranks_{MPI_COMM_SELF};
  SilentProgress silent_;
  StageContext context_{tree_.campaign(), real_disk(), ranks_, silent_};
};

TEST_F(StageRun, CompleteProductsAreLeftAlone) {
  EXPECT_TRUE(work_left(context_, request_for(Stage::lux), {}).empty());
  EXPECT_TRUE(work_left(context_, request_for(Stage::raytracing), {}).empty());
}

TEST_F(StageRun, MissingAndTruncatedProductsAreWorkAndTheDamagedLieInTheTrash) {
  const ProductId truncated{ProductKind::potential, 2, 0, 5};
  tree_.remove(kPotential);
  test::cut(tree_.file(truncated), 100);
  const std::vector<ProductId> work = work_left(context_, request_for(Stage::lux), {});
  EXPECT_EQ(work, (std::vector<ProductId>{kPotential, truncated}));
  EXPECT_FALSE(std::filesystem::exists(tree_.file(truncated)));
  EXPECT_EQ(std::filesystem::file_size(path_in_trash(truncated)), 100U);
}

TEST_F(StageRun, ChoosingChangesNothing) {
  test::cut(tree_.file(kPotential), 100);
  const Work work = choose_work(context_, request_for(Stage::lux), {});
  EXPECT_EQ(work.products, std::vector<ProductId>{kPotential});
  ASSERT_EQ(work.moves.size(), 1U);
  EXPECT_EQ(std::filesystem::file_size(tree_.file(kPotential)), 100U);
  EXPECT_FALSE(std::filesystem::exists(tree_.campaign().lux.root / ".trash"));
}

TEST_F(StageRun, OfADamagedRunOnlyTheBadMapIsMovedAside) {
  const std::vector<std::filesystem::path> maps = tree_.files(kRun);
  test::cut(maps[1], 10);
  EXPECT_EQ(work_left(context_, request_for(Stage::raytracing), {}), std::vector<ProductId>{kRun});
  EXPECT_TRUE(std::filesystem::exists(maps[0]));
  EXPECT_FALSE(std::filesystem::exists(maps[1]));
}

TEST_F(StageRun, ForceMovesCompleteProductsAside) {
  StageRequest request = request_for(Stage::raytracing);
  request.products = {kRun};
  request.force = true;
  const std::string old = test::read_file(tree_.file(kRun));
  EXPECT_EQ(work_left(context_, request, {}), std::vector<ProductId>{kRun});
  EXPECT_FALSE(std::filesystem::exists(absolute_path(tree_.campaign(), kRun)));
  EXPECT_EQ(test::read_file(std::filesystem::path(path_in_trash(kRun)) / tree_.file(kRun).filename()), old);
}

TEST_F(StageRun, AProductOfAnotherGridIsRefusedUntilToldToReplaceIt) {
  test::write_file(tree_.file(kPotential), test::plane_bytes(16, 5, 1e-7));
  StageRequest request = request_for(Stage::lux);
  EXPECT_THAT(
      message_of([&] { work_left(context_, request, {}); }),
      AllOf(HasSubstr("lenspot02.dat"), HasSubstr("lensplanes.grid 8"), HasSubstr("--replace-mismatched")));
  EXPECT_TRUE(std::filesystem::exists(tree_.file(kPotential)));
  request.replace_mismatched = true;
  EXPECT_EQ(work_left(context_, request, {}), std::vector<ProductId>{kPotential});
  EXPECT_FALSE(path_in_trash(kPotential).empty());
}

TEST_F(StageRun, RootsWithoutMarkerAreRefusedOwnAndUpstream) {
  tree_.remove(kRun);
  for (const Stage stage : {Stage::raytracing, Stage::lux}) {
    std::filesystem::rename(stage_root(tree_.campaign(), stage) / kRootMarkerFile, tree_ / "kept");
    EXPECT_THAT(message_of([&] { work_left(context_, request_for(Stage::raytracing), {}); }),
                HasSubstr("recovery init"));
    std::filesystem::rename(tree_ / "kept", stage_root(tree_.campaign(), stage) / kRootMarkerFile);
  }
  EXPECT_EQ(work_left(context_, request_for(Stage::raytracing), {}), std::vector<ProductId>{kRun});
}

TEST_F(StageRun, CompleteInputsAreKnownByTheDigestsOfTheirReceipts) {
  const KnownDigests known = require_inputs(context_, {kRun}, tree_.receipts());
  EXPECT_EQ(known.size(), 5U);  // potentials 1 to 4, the last source, and config.dat
  const std::string name = "lux/hydro/LP_00/lenspot04.dat";
  const Digest digest = digest_of(test::read_file(tree_ / "LUX/hydro/LP_00/lenspot04.dat"));
  EXPECT_EQ(known.at(name), digest);
  compare_digest(known, name, digest);
  compare_digest(known, "lux/hydro/LP_00/lenspot05.dat", digest);  // no receipt: nothing to compare
  EXPECT_THAT(message_of([&] {
                compare_digest(known, name, Digest{1, 2});
              }),
              AllOf(HasSubstr("damaged input"), HasSubstr(name), HasSubstr(digest.hex())));
}

TEST_F(StageRun, InputsThatAreNotCompleteAreNamedWithTheNextCommand) {
  tree_.remove({ProductKind::potential, 1, 0, 3});
  EXPECT_THAT(message_of([&] { require_inputs(context_, {kRun}, {}); }),
              AllOf(HasSubstr("lux/hydro/LP_00/lenspot03.dat is missing"),
                    HasSubstr("lux_convert --config " + tree_.campaign().file.string() +
                              " --model hydro --realization 0"),
                    HasSubstr("nothing was written")));
  test::cut(tree_.file({ProductKind::geometry, 1, 0, 0}), 20);
  EXPECT_THAT(message_of([&] { require_inputs(context_, {kRun}, {}); }), HasSubstr("1 more input"));
  tree_.remove({ProductKind::mass_plane, 0, 1, 1});
  EXPECT_THAT(message_of([&] { require_inputs(context_, {kPotential}, {}); }),
              AllOf(HasSubstr("lensplanes/dmo/LP_01/lenspot01.dat is missing"),
                    HasSubstr("--model dmo --realization 1`")));
}

TEST_F(StageRun, InputOfAnotherGridIsNotToBeMadeAnewBlindly) {
  test::write_file(tree_.file({ProductKind::mass_plane, 0, 1, 1}), test::plane_bytes(16, 1, 1e12));
  EXPECT_THAT(message_of([&] { require_inputs(context_, {kPotential}, {}); }),
              AllOf(HasSubstr("lensplanes/dmo/LP_01/lenspot01.dat is mismatched"),
                    HasSubstr("recovery diagnose"), testing::Not(HasSubstr("make it with"))));
}

TEST_F(StageRun, CommandForADamagedInputNamesNoneOfItsHealthyNeighbours) {
  EXPECT_THAT(command_for(tree_.campaign(), {ProductKind::mass_plane, 0, 1, 3}),
              AllOf(HasSubstr("lensplane "), HasSubstr("--model dmo --realization 1 --plane 3")));
  EXPECT_THAT(command_for(tree_.campaign(), {ProductKind::potential, 1, 0, 3}),
              AllOf(HasSubstr("lux_convert "), HasSubstr("--model hydro --realization 0 --plane 2")));
}

TEST_F(StageRun, PlanesBehindTheLastSourceAreNoInput) {
  tree_.remove({ProductKind::potential, 1, 0, 6});
  EXPECT_NO_THROW(require_inputs(context_, {kRun}, {}));
}

TEST_F(StageRun, AFailureOfAnyKindIsToldByAll) {
  EXPECT_THAT(message_of([&] { together(ranks_, [] { throw IoError("/disk/x", "write", ENOSPC); }); }),
              AllOf(HasSubstr("/disk/x"), HasSubstr("No space left")));
  EXPECT_THAT(message_of([&] { together(ranks_, [] { throw std::bad_alloc(); }); }), HasSubstr("memory"));
  EXPECT_THROW(together(ranks_, [] { throw StopRequested("late", ExitStatus::stopped_early); }),
               StopRequested);
  EXPECT_NO_THROW(together(ranks_, [] {}));
  EXPECT_NO_THROW(stop_together(ranks_));
}

ProductRecord record(const std::string& product) {
  return {product, {{"a/b.dat", 3, Digest{1, 2}}}, {{"input", Digest{3, 4}}}, Digest{5, 6}};
}

TEST_F(StageRun, OneReceiptTellsOfAllThatWasPublished) {
  ReceiptBook book(context_, Stage::lux, 3);
  book.write();
  EXPECT_TRUE(receipts_written().empty());  // nothing published, nothing to tell
  book.add(record("lux/dmo/LP_00/lenspot02.dat"));
  book.add(record("lux/dmo/LP_00/lenspot01.dat"));
  book.write_if_due();  // not yet
  EXPECT_TRUE(receipts_written().empty());
  book.write();
  book.write();
  const std::vector<Receipt> written = receipts_written();
  ASSERT_EQ(written.size(), 1U);
  EXPECT_EQ(written[0].campaign, "small-tree");
  EXPECT_EQ(written[0].stage, Stage::lux);
  EXPECT_EQ(written[0].threads, 3);
  EXPECT_EQ(written[0].numerics, numerics_version(Stage::lux));
  ASSERT_EQ(written[0].products.size(), 2U);
  EXPECT_EQ(written[0].products[0], record("lux/dmo/LP_00/lenspot01.dat"));
  EXPECT_EQ(book.size(), 2U);
}

TEST_F(StageRun, LongWorkLeavesReceiptsOnTheWay) {
  ReceiptBook book(context_, Stage::lux, 1, std::chrono::milliseconds(0));
  book.add(record("lux/dmo/LP_00/lenspot01.dat"));
  book.write_if_due();
  book.add(record("lux/dmo/LP_00/lenspot02.dat"));
  book.write_if_due();
  book.write();
  ReceiptIndex index;
  for (const Receipt& receipt : receipts_written()) {
    EXPECT_EQ(receipt.products.size(), 1U);
    index.add(receipt);
  }
  EXPECT_EQ(index.size(), 2U);
}

TEST_F(StageRun, WhatWasPublishedBeforeAFailureGetsItsReceipt) {
  ReceiptBook book(context_, Stage::lux, 1);
  EXPECT_THROW(with_receipts(book,
                             [&] {
                               book.add(record("lux/dmo/LP_00/lenspot01.dat"));
                               throw StopRequested("walltime", ExitStatus::stopped_early);
                             }),
               StopRequested);
  ASSERT_EQ(receipts_written().size(), 1U);
  EXPECT_EQ(receipts_written()[0].products.size(), 1U);
}

TEST_F(StageRun, MemoryAskedForIsTheBudgetAndElseAPartOfTheMachine) {
  StageRequest request = request_for(Stage::lux);
  request.memory_bytes = 123456789;
  EXPECT_EQ(memory_budget(context_, request), 123456789U);
  request.memory_bytes = 0;
  EXPECT_GT(memory_budget(context_, request), std::uint64_t{1} << 26);
}

}  // namespace
}  // namespace lenswright
