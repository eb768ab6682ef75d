#include "campaign/slurm_values.hpp"

#include <gtest/gtest.h>

namespace lenswright {
namespace {

TEST(SlurmValues, TimesAreReadAsSlurmReadsThem) {
  EXPECT_EQ(slurm_seconds("90"), 5400);
  EXPECT_EQ(slurm_seconds("90:30"), 5430);
  EXPECT_EQ(slurm_seconds("06:00:00"), 21600);
  EXPECT_EQ(slurm_seconds("30:00:00"), 108000);
  EXPECT_EQ(slurm_seconds("1-06"), 108000);
  EXPECT_EQ(slurm_seconds("1-06:30"), 109800);
  EXPECT_EQ(slurm_seconds("1-06:30:05"), 109805);
}

TEST(SlurmValues, WhatIsNoTimeIsNone) {
  for (const char* text : {"", "0", "00:00:00", "9:99:99", "1:60", "1:2:3:4", "1-24:00", "-5", "1-", "-1:00",
                           "5m", "1:", ":30", "1:-5", " 5", "99999999999999999999", "1-1:1:1:1", "1:100"})
    EXPECT_FALSE(slurm_seconds(text)) << text;
}

TEST(SlurmValues, TimesAreWrittenInWholeMinutesRoundedUp) {
  EXPECT_EQ(slurm_time_text(21600), "06:00:00");
  EXPECT_EQ(slurm_time_text(1), "00:01:00");
  EXPECT_EQ(slurm_time_text(86401), "1-00:01:00");
  for (const std::int64_t minutes : {1, 59, 60, 1439, 1440, 10000})
    EXPECT_EQ(slurm_seconds(slurm_time_text(minutes * 60)), minutes * 60);
}

TEST(SlurmValues, AmountsOfMemoryGoBothWays) {
  EXPECT_EQ(slurm_bytes("4096"), std::uint64_t{4096} << 20);
  EXPECT_EQ(slurm_bytes("512K"), std::uint64_t{512} << 10);
  EXPECT_EQ(slurm_bytes("180g"), std::uint64_t{180} << 30);
  EXPECT_EQ(slurm_bytes("2T"), std::uint64_t{2} << 40);
  for (const char* text : {"", "G", "0", "0G", "-1G", "1.5G", "1GB", "99999999999T"})
    EXPECT_FALSE(slurm_bytes(text)) << text;
  EXPECT_EQ(slurm_memory_text(std::uint64_t{180} << 30), "180G");
  EXPECT_EQ(slurm_memory_text((std::uint64_t{1} << 30) + 1), "1025M");
  EXPECT_EQ(slurm_bytes(slurm_memory_text(std::uint64_t{270} << 20)), std::uint64_t{270} << 20);
}

}  // namespace
}  // namespace lenswright
