#include "io/sha256.hpp"

#include <gtest/gtest.h>

#include "test_paths.hpp"

namespace lenswright {
namespace {

std::string sha256(std::string_view text, std::size_t piece) {
  Sha256 sum;
  const auto bytes = std::as_bytes(std::span(text));
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    sum.add(bytes.subspan(at, std::min(piece, bytes.size() - at)));
  return sum.hex();
}

TEST(Sha256, KnownMessagesHaveTheirKnownDigests) {  // FIPS 180-4 examples
  EXPECT_EQ(sha256("", 1), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc", 1), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 7),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a'), 1000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, LengthsAroundBlockBordersAgreeWithTheStandardTool) {
  const test::TemporaryFolder folder;
  for (const std::size_t size : {55U, 56U, 57U, 63U, 64U, 65U, 119U, 120U, 121U, 128U}) {
    const std::string text(size, 'x');
    test::write_file(folder / "file", text);
    const std::string tool = test::run_command("sha256sum < '" + (folder / "file").string() + "'").output;
    EXPECT_EQ(sha256(text, 13), tool.substr(0, 64)) << size;
  }
}

}  // namespace
}  // namespace lenswright
