#include "geometry/philox.hpp"

#include <gtest/gtest.h>

namespace lenswright {
namespace {

using Counter = std::array<std::uint32_t, 4>;

// Known answers that the authors of the generator publish with it.
TEST(Philox, GivesTheKnownAnswers) {
  EXPECT_EQ(philox4x32_10({0, 0, 0, 0}, {0, 0}), (Counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32_10({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RunTransform, DrawsTheValuesOfTheContract) {
  const RunTransform first = draw_run_transform(1992, 0, 1, 96, 205.0);
  EXPECT_EQ(first.symmetry, 5U);
  EXPECT_EQ(first.shift, (std::array<double, 2>{141.38252706302328, 59.85981166832315}));
  const RunTransform second = draw_run_transform(1992, 0, 37, 29, 205.0);
  EXPECT_EQ(second.symmetry, 1U);
  EXPECT_EQ(second.shift, (std::array<double, 2>{41.06382772889577, 50.87227001322651}));
  const RunTransform third = draw_run_transform(1992, 9, 100, 67, 205.0);
  EXPECT_EQ(third.symmetry, 1U);
  EXPECT_EQ(third.shift, (std::array<double, 2>{36.32602295081245, 145.53914760834496}));
}

TEST(RunTransform, HighWordOfTheSeedCounts) {
  const RunTransform low = draw_run_transform(1992, 0, 1, 96, 205.0);
  const RunTransform high = draw_run_transform(1992 + (std::uint64_t{1} << 32), 0, 1, 96, 205.0);
  EXPECT_NE(low.shift, high.shift);
}

TEST(RunTransform, AllSymmetriesComeOutAndShiftsStayInTheBox) {
  std::array<int, 8> count{};
  for (int run = 1; run <= 800; ++run) {
    const RunTransform transform = draw_run_transform(7, 2, run, 41, 50.0);
    ASSERT_LT(transform.symmetry, 8U);
    ++count[transform.symmetry];
    for (const double shift : transform.shift) {
      ASSERT_GE(shift, 0.0);
      ASSERT_LT(shift, 50.0);
    }
  }
  // 100 expected of each, standard deviation 9.4: five of them on either side.
  for (const int found : count) EXPECT_NEAR(found, 100, 47);
}

}  // namespace
}  // namespace lenswright
