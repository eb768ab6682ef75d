#include "io/checksum.hpp"

#include <gtest/gtest.h>

namespace lenswright {
namespace {

// What `xxhsum -H128` prints for an empty file and for a file holding "abc".
constexpr const char* kDigestOfNothing = "99aa06d3014798d86001c324468d497f";
constexpr const char* kDigestOfAbc = "06b05ab6733a618578af5f94892f3950";

TEST(Digest, EqualsXxhsum) {
  EXPECT_EQ(digest_of("").hex(), kDigestOfNothing);
  EXPECT_EQ(digest_of("abc").hex(), kDigestOfAbc);
}

TEST(Digest, StreamEqualsWholeWhereverItIsCut) {
  std::string text;
  for (int i = 0; i < 700; ++i) text += static_cast<char>(i * 7 + i / 13);
  const auto bytes = std::as_bytes(std::span(std::as_const(text)));
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    DigestStream stream;
    stream.add(bytes.first(cut));
    stream.add(bytes.subspan(cut));
    ASSERT_EQ(stream.digest(), digest_of(text)) << cut;
  }
}

TEST(Digest, StreamCanBeAskedOnTheWayAndMoved) {
  DigestStream stream;
  EXPECT_EQ(stream.digest().hex(), kDigestOfNothing);
  const std::string a = "ab", c = "c";
  stream.add(std::as_bytes(std::span(a)));
  EXPECT_EQ(stream.digest(), digest_of("ab"));
  DigestStream moved = std::move(stream);
  moved.add(std::as_bytes(std::span(c)));
  EXPECT_EQ(moved.digest().hex(), kDigestOfAbc);
}

TEST(Digest, HexReadsBack) {
  const Digest digest{0x0123456789abcdef, 0x00000000000000ff};
  EXPECT_EQ(digest.hex(), "0123456789abcdef00000000000000ff");
  EXPECT_EQ(Digest::from_hex(digest.hex()), digest);
}

TEST(Digest, OtherTextsAreNoDigests) {
  for (const char* text : {"", "0", "0123456789abcdef00000000000000f", "0123456789abcdef00000000000000ff0",
                           "0123456789ABCDEF00000000000000ff", "0123456789abcdef 0000000000000ff"})
    EXPECT_EQ(Digest::from_hex(text), std::nullopt) << text;
}

TEST(DigestSum, OrderDoesNotMatterAndTheCarryCounts) {
  const Digest a = digest_of("a"), b = digest_of("b"), c = digest_of("c");
  DigestSum forward, backward;
  for (const Digest& part : {a, b, c}) forward.add(part);
  for (const Digest& part : {c, b, a}) backward.add(part);
  EXPECT_EQ(forward.digest(), backward.digest());
  DigestSum carry;
  carry.add({0, ~std::uint64_t{0}});
  carry.add({0, 2});
  EXPECT_EQ(carry.digest(), (Digest{1, 1}));
}

}  // namespace
}  // namespace lenswright
