#include "stages/lensplane_memory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "physics/mass_assignment.hpp"
#include "sim/snapshot_reader.hpp"

namespace lenswright {
namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;
constexpr std::uint64_t kInUse = 60 * kMebibyte;
constexpr std::uint64_t kParticles = 1'000'000'000;

TEST(LensplaneMemory, PlanesAndBuffersStayWithinTheBudget) {
  for (const std::uint64_t mebibytes : {400, 1000, 4000, 100000}) {
    const LensplaneMemory memory = divide_memory(mebibytes * kMebibyte, kInUse, 4096, kParticles, 1);
    EXPECT_EQ(memory.plane_bytes, 128 * kMebibyte);
    EXPECT_GE(memory.most_planes, 1u);
    EXPECT_GE(memory.batch_particles, kChunkParticles);
    EXPECT_LE(memory.other_bytes + memory.most_planes * memory.plane_bytes, mebibytes * kMebibyte);
    EXPECT_GT(memory.other_bytes + (memory.most_planes + 1) * memory.plane_bytes, mebibytes * kMebibyte);
  }
}

TEST(LensplaneMemory, TooLittleForOnePlaneSaysHowMuchIsNeeded) {
  try {
    divide_memory(200 * kMebibyte, kInUse, 4096, kParticles, 0);
    FAIL() << "200 MiB do not hold the plane and the program";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("one plane of 4096 x 4096 takes 128.0 MiB"));
    EXPECT_THAT(error.what(), testing::ContainsRegex("at least [0-9.]+ MiB is needed"));
  }
}

// With members, twelve batches or more are whole ones and fewer are half as large; none is larger than what there is to
// read asks for.
TEST(LensplaneMemory, ARankWithFewBatchesHasSmallerOnes) {
  const std::uint64_t good = MassAssignment::good_batch(1024);
  const auto batch_of = [](std::uint64_t particles, std::size_t words = 1) {
    return divide_memory(100'000 * kMebibyte, kInUse, 1024, particles, words).batch_particles;
  };
  EXPECT_EQ(batch_of(kParticles), good);
  EXPECT_EQ(batch_of(12 * good), good);
  EXPECT_EQ(batch_of(12 * good - 1), good / 2);
  EXPECT_EQ(batch_of(12 * good - 1, 0), good) << "without members";
  EXPECT_EQ(batch_of(good / 2 + 1), good / 2);
  EXPECT_EQ(batch_of(good / 4), good / 4);
  EXPECT_EQ(batch_of(1), kChunkParticles);
}

TEST(LensplaneMemory, ThisProcessKnowsItsSize) {
  EXPECT_GT(resident_memory(), kMebibyte);
  EXPECT_GE(peak_memory(), resident_memory() / 2);
  EXPECT_EQ(memory_text(1536 * kMebibyte), "1.5 GiB");
}

}  // namespace
}  // namespace lenswright
