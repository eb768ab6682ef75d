// What lensplane holds in memory for all 34 models, as the kernel counts it, against what it was allowed.
#include <gtest/gtest.h>

#include "measured_program.hpp"
#include "reference_campaign.hpp"

namespace lenswright::test {
namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;

Ended run_with(const ReferenceCampaign& reference, std::uint64_t mebibytes) {
  return run_measured(
      {program("lensplane").string(), "--config", reference.file().string(), "--set", "lensplanes.grid=512",
       "--realization", "0", "--memory", std::to_string(mebibytes) + "M"},
      reference.folder() / "log");
}

std::map<std::string, Digest> plane_digests(const Campaign& campaign) {
  std::map<std::string, Digest> digests;
  for (const ProductId& id : mass_planes(campaign, {}, {0})) {
    const std::string bytes = read_file(absolute_path(campaign, id));
    digests[product_name(campaign, id)] = digest_of(std::as_bytes(std::span(bytes)));
  }
  return digests;
}

// Budgets between the least that works and what all 34 models take at once.
TEST(LensplaneAllModels, StayWithinAnyBudgetWithTheSameBytes) {
  std::map<std::string, Digest> gold;
  std::uint64_t smallest_peak = std::numeric_limits<std::uint64_t>::max(), largest_peak = 0;
  for (const std::uint64_t mebibytes : {160, 200, 260, 400, 1000}) {
    const ReferenceCampaign reference;
    const Ended ended = run_with(reference, mebibytes);
    ASSERT_EQ(ended.status, 0) << mebibytes << " MiB: " << ended.output;
    EXPECT_LE(ended.peak_bytes, mebibytes * kMebibyte) << mebibytes << " MiB";
    smallest_peak = std::min(smallest_peak, ended.peak_bytes);
    largest_peak = std::max(largest_peak, ended.peak_bytes);
    const auto planes = plane_digests(reference.load({"lensplanes.grid=512"}));
    ASSERT_EQ(planes.size(), 68u);
    if (gold.empty()) gold = planes;
    EXPECT_TRUE(planes == gold) << mebibytes << " MiB";
  }
  // The budgets mattered.
  EXPECT_LT(smallest_peak, largest_peak);
}

}  // namespace
}  // namespace lenswright::test
