// Planes that are published by a thread of their own: all of them, with their receipts, or told why not.
#include "stages/plane_writing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "fault_walk.hpp"
#include "ledger/receipt_index.hpp"
#include "small_tree.hpp"

namespace lenswright {
namespace {

using test::SmallTree;
using testing::HasSubstr;

// Room in flight: of one plane at a time, and of as many as there are.
class PlaneWritingTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  PlaneWritingTest() {
    for (const ProductId& id : tree_.all()) {
      if (id.kind != ProductKind::mass_plane) continue;
      products_.push_back(id);
      tree_.remove(id);
    }
    for (std::size_t n = 0; n < products_.size(); ++n) planes_.emplace_back(std::size_t{64}, quanta_of(n));
  }
  static std::int64_t quanta_of(std::size_t n) { return static_cast<std::int64_t>(1000 * (n + 1)); }
  ProductRecord record_of(const ProductId& id) const {
    return {product_name(tree_.campaign(), id), {}, {}, {}};
  }
  void write(PlaneWriting& writing, std::size_t n) {
    writing.write(products_[n], {planes_[n], nullptr}, quantum_, record_of(products_[n]));
  }
  std::string expected_bytes(std::size_t n) const {
    std::string bytes = test::plane_bytes(8, 1, 0.0);
    const double value = quantum_.mass_of(quanta_of(n));
    for (std::size_t pixel = 0; pixel < 64; ++pixel) std::memcpy(bytes.data() + 4 + 8 * pixel, &value, 8);
    return bytes;
  }
  bool is_published(std::size_t n) const { return std::filesystem::exists(tree_.file(products_[n])); }
  std::size_t temporary_files() const {
    std::size_t found = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(tree_.campaign().lensplanes.root))
      found += parse_temporary_name(entry.path().filename().string()) ? 1 : 0;
    return found;
  }

  SmallTree tree_;
  Communicator ranks_{MPI_COMM_SELF};
  SilentProgress silent_;
  StageContext context_{tree_.campaign(), real_disk(), ranks_, silent_};
  ReceiptBook book_{context_, Stage::lensplanes, 1};
  MassQuantum quantum_{tree_.campaign().omega_m, tree_.campaign().box_mpc_h};
  std::vector<ProductId> products_;
  std::vector<std::vector<std::int64_t>> planes_;
};

TEST_P(PlaneWritingTest, EveryPlaneIsPublishedAndHasAReceipt) {
  PlaneWriting writing(context_, book_, GetParam());
  for (std::size_t n = 0; n < products_.size(); ++n) {
    write(writing, n);
    planes_[n].assign(planes_[n].size(), 7);  // the memory is free for other planes
  }
  writing.finish();
  EXPECT_EQ(book_.size(), products_.size());
  book_.write();
  const ReceiptIndex receipts = load_receipts(context_);
  for (std::size_t n = 0; n < products_.size(); ++n) {
    EXPECT_EQ(test::read_file(tree_.file(products_[n])), expected_bytes(n));
    EXPECT_EQ(tree_.checked(products_[n], Tier::full, receipts).state, State::complete);
    EXPECT_NE(receipts.find(product_name(tree_.campaign(), products_[n])), nullptr);
  }
  EXPECT_EQ(temporary_files(), 0U);
}

TEST_P(PlaneWritingTest, APlaneThatCannotBePublishedIsToldAndTheOthersAre) {
  constexpr std::size_t kTaken = 3;
  const std::filesystem::path taken = tree_.file(products_[kTaken]);
  std::filesystem::create_directories(taken.parent_path());
  test::write_file(taken, "other bytes");
  PlaneWriting writing(context_, book_, GetParam());
  std::size_t told = 0;
  const auto note = [&](const auto& step) {
    try {
      step();
    } catch (const IoError& error) {
      EXPECT_THAT(error.what(), HasSubstr(taken.string()));
      ++told;
    }
  };
  for (std::size_t n = 0; n < products_.size(); ++n) note([&] { write(writing, n); });
  note([&] { writing.finish(); });
  EXPECT_EQ(told, 1U);
  EXPECT_EQ(test::read_file(taken), "other bytes");
  for (std::size_t n = 0; n < products_.size(); ++n) EXPECT_TRUE(is_published(n));
  EXPECT_EQ(book_.size(), products_.size() - 1);
  EXPECT_EQ(temporary_files(), 0U);
}

TEST_P(PlaneWritingTest, ANegativePixelIsNamedAndNothingOfThePlaneStays) {
  planes_[1][37] = -5;
  PlaneWriting writing(context_, book_, GetParam());
  write(writing, 0);
  try {
    write(writing, 1);
    FAIL() << "no NumericError";
  } catch (const NumericError& error) {
    EXPECT_THAT(error.what(), HasSubstr("pixel 37 has a negative mass of -5 quanta"));
    EXPECT_THAT(error.what(), HasSubstr(product_name(tree_.campaign(), products_[1])));
  }
  writing.finish_quietly();
  EXPECT_TRUE(is_published(0));
  EXPECT_FALSE(is_published(1));
  EXPECT_EQ(book_.size(), 1U);
  EXPECT_EQ(temporary_files(), 0U);
}

TEST_P(PlaneWritingTest, WhicheverOperationFailsNoPlaneIsDamagedAndNoneIsSaidToBeThereThatIsNot) {
  constexpr std::size_t kPlanes = 4;
  const auto prepare = [&] {
    std::filesystem::remove_all(tree_.campaign().lensplanes.root / "dmo");
    std::filesystem::remove_all(receipts_folder(tree_.campaign()));
  };
  const auto act = [&](Disk& disk) {
    const StageContext faulty{tree_.campaign(), disk, ranks_, silent_};
    ReceiptBook book(context_, Stage::lensplanes, 1);
    PlaneWriting writing(faulty, book, GetParam());
    try {
      for (std::size_t n = 0; n < kPlanes; ++n)
        writing.write(products_[n], {planes_[n], nullptr}, quantum_, record_of(products_[n]));
      writing.finish();
    } catch (...) {
      writing.finish_quietly();
      book.write();
      throw;
    }
    book.write();
  };
  const auto check = [&](bool ended) {
    const ReceiptIndex receipts = load_receipts(context_);
    for (std::size_t n = 0; n < kPlanes; ++n) {
      const bool has_receipt = receipts.find(product_name(tree_.campaign(), products_[n])) != nullptr;
      EXPECT_TRUE(has_receipt || !ended);
      EXPECT_TRUE(is_published(n) || !has_receipt);
      if (is_published(n)) {
        EXPECT_EQ(test::read_file(tree_.file(products_[n])), expected_bytes(n));
      }
    }
  };
  EXPECT_GT(test::strike_everywhere(prepare, act, check), 3 * kPlanes);
}

TEST_P(PlaneWritingTest, AbandonedItLeavesWholePlanesOrNone) {
  {
    PlaneWriting writing(context_, book_, GetParam());
    for (std::size_t n = 0; n < products_.size(); ++n) write(writing, n);
  }
  for (std::size_t n = 0; n < products_.size(); ++n) {
    if (is_published(n)) {
      EXPECT_EQ(test::read_file(tree_.file(products_[n])), expected_bytes(n));
    }
  }
  EXPECT_EQ(temporary_files(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Room, PlaneWritingTest,
                         testing::Values(std::uint64_t{1}, PlaneWriting::kBytesInFlight));

}  // namespace
}  // namespace lenswright
