#include "ledger/receipt.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "small_tree.hpp"

namespace lenswright {
namespace {

using test::SmallTree;
using testing::HasSubstr;

Receipt example() {
  Receipt receipt;
  receipt.campaign = "small-tree";
  receipt.stage = Stage::lux;
  receipt.code_version = "0.1.0";
  receipt.compiler = "GNU";
  receipt.host = "node-17";
  receipt.numerics = 1;
  receipt.pid = 4711;
  receipt.ranks = 4;
  receipt.threads = 2;
  receipt.started = "2026-01-31T12:00:00.000Z";
  receipt.finished = "2026-01-31T12:34:56.789Z";
  receipt.notes = {{"job", "17"}};
  receipt.products = {{"lux/dmo/LP_00/lenspot01.dat",
                       {{"dmo/LP_00/lenspot01.dat", 2568, digest_of(std::string_view("bytes"))}},
                       {{"lensplanes/dmo/LP_00/lenspot00.dat", digest_of(std::string_view("input"))}},
                       digest_of(std::string_view("configuration"))}};
  return receipt;
}

TEST(Receipt, RoundTrip) {
  const Receipt receipt = example();
  const Receipt back = decode_receipt("r.json", encode_receipt(receipt));
  EXPECT_EQ(back.products, receipt.products);
  EXPECT_EQ(back.notes, receipt.notes);
  EXPECT_EQ(back.stage, receipt.stage);
  EXPECT_EQ(back.started, receipt.started);
  EXPECT_EQ(back.finished, receipt.finished);
  EXPECT_EQ(back.pid, receipt.pid);
  EXPECT_EQ(back.ranks, receipt.ranks);
  EXPECT_EQ(back.threads, receipt.threads);
  EXPECT_EQ(encode_receipt(back), encode_receipt(receipt));
}

TEST(Receipt, TornAtAnyByteIsRefused) {
  const std::string text = encode_receipt(example());
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_THROW(decode_receipt("r.json", text.substr(0, size)), FormatError) << size;
}

TEST(Receipt, AnyFlippedBitIsRefused) {
  const std::string text = encode_receipt(example());
  for (std::size_t bit = 0; bit < 8 * text.size(); ++bit) {
    std::string flipped = text;
    flipped[bit / 8] = static_cast<char>(static_cast<unsigned char>(flipped[bit / 8]) ^ (1U << (bit % 8)));
    EXPECT_THROW(decode_receipt("r.json", flipped), FormatError) << "bit " << bit;
  }
}

TEST(Receipt, WrittenUnderAUniqueNameInTheStateFolder) {
  const SmallTree tree(SmallTree::Filled::empty);
  const auto one = write_receipt(real_disk(), tree.campaign(), example());
  const auto two = write_receipt(real_disk(), tree.campaign(), example());
  EXPECT_NE(one, two);
  EXPECT_EQ(one.parent_path(), tree.campaign().state / "receipts");
  EXPECT_THAT(one.filename().string(),
              testing::MatchesRegex("lux-2[0-9]*T[0-9.]*Z-node-17-4711-[0-9a-f]*.json"));
}

TEST(Receipt, TimeIsUtcWithMilliseconds) {
  EXPECT_THAT(utc_now(), testing::MatchesRegex("2[0-9]*-[0-9][0-9]-[0-9][0-9]T[0-9:]*\\.[0-9][0-9][0-9]Z"));
}

TEST(ReceiptIndex, NewestRecordHoldsInWhicheverOrderTheyCome) {
  Receipt older = example(), newer = example();
  newer.finished = "2026-02-01T00:00:00.000Z";
  newer.products[0].files[0].digest = digest_of(std::string_view("newer"));
  const std::string name = older.products[0].product;
  for (const bool newer_first : {true, false}) {
    ReceiptIndex index;
    index.add(newer_first ? newer : older);
    index.add(newer_first ? older : newer);
    ASSERT_TRUE(index.file_digest(name, "dmo/LP_00/lenspot01.dat").has_value());
    EXPECT_EQ(*index.file_digest(name, "dmo/LP_00/lenspot01.dat"), digest_of(std::string_view("newer")));
    EXPECT_EQ(index.size(), 1U);
  }
}

TEST(ReceiptIndex, UnknownProductOrFileHasNoDigest) {
  ReceiptIndex index;
  index.add(example());
  EXPECT_EQ(index.find("lux/dmo/LP_00/lenspot02.dat"), nullptr);
  EXPECT_FALSE(index.file_digest("lux/dmo/LP_00/lenspot01.dat", "elsewhere").has_value());
}

TEST(ReceiptIndex, NoReceiptsYetIsNoProblem) {
  const SmallTree tree(SmallTree::Filled::empty);
  const ReceiptIndex index = ReceiptIndex::load(real_disk(), tree.campaign());
  EXPECT_EQ(index.size(), 0U);
  EXPECT_TRUE(index.problems().empty());
}

TEST(ReceiptIndex, TornAndForeignReceiptsAreNotedAndTheOthersHold) {
  const SmallTree tree(SmallTree::Filled::empty);
  write_receipt(real_disk(), tree.campaign(), example());
  Receipt foreign = example();
  foreign.campaign = "another";
  foreign.products[0].product = "lux/dmo/LP_00/lenspot02.dat";
  write_receipt(real_disk(), tree.campaign(), foreign);
  const std::string text = encode_receipt(example());
  test::write_file(receipts_folder(tree.campaign()) / "lux-torn.json", text.substr(0, text.size() / 2));
  test::write_file(receipts_folder(tree.campaign()) / ".lux.json.tmp-h-1-a", "being written");
  const ReceiptIndex index = ReceiptIndex::load(real_disk(), tree.campaign());
  EXPECT_EQ(index.size(), 1U);
  EXPECT_EQ(index.find("lux/dmo/LP_00/lenspot02.dat"), nullptr);
  EXPECT_THAT(index.problems(),
              testing::UnorderedElementsAre(HasSubstr("\"another\""), HasSubstr("lux-torn.json")));
}

}  // namespace
}  // namespace lenswright
