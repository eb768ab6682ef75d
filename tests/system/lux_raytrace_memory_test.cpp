// What lux_convert and raytrace hold in memory, as the kernel counts it, against what they were allowed.
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

#include "light_cone_campaign.hpp"
#include "measured_program.hpp"
#include "physics/poisson_fft.hpp"

namespace lenswright::test {
namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;

// Eight planes of some tens of megabytes; runs and maps that together take more than a plane.
const std::vector<std::string> kSetUp{"lensplanes.grid=1024", "raytracing.grid=256", "raytracing.runs=12",
                                      "raytracing.randomize=true", "raytracing.formats=[dat, fits, hdf5]"};

Ended run_with(const LightConeCampaign& cone, const char* name, const std::vector<std::string>& options) {
  std::vector<std::string> words{program(name).string(), "--config",
                                 (cone.path() / "campaign.yaml").string()};
  for (const std::string& key : kSetUp) words.insert(words.end(), {"--set", key});
  words.insert(words.end(), options.begin(), options.end());
  return run_measured(words, cone.path() / "log");
}

std::vector<std::string> memory(std::uint64_t mebibytes) {
  return {"--memory", std::to_string(mebibytes) + "M"};
}

std::uint64_t estimated(const std::string& estimate, const std::string& key) {
  std::istringstream lines(estimate);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(key + ": ")) return std::stoull(line.substr(key.size() + 2));
  ADD_FAILURE() << "no " << key << " in: " << estimate;
  return 0;
}

// Peak and estimate within the factor of two that the estimate promises, and neither above the budget.
void expect_within(const Ended& ended, const Ended& estimate, std::uint64_t mebibytes) {
  ASSERT_EQ(ended.status, 0) << mebibytes << " MiB: " << ended.output;
  ASSERT_EQ(estimate.status, 0) << estimate.output;
  const std::uint64_t promised = estimated(estimate.output, "memory_per_rank");
  EXPECT_LE(promised, mebibytes * kMebibyte);
  EXPECT_LE(ended.peak_bytes, promised) << mebibytes << " MiB";
  EXPECT_GE(2 * ended.peak_bytes, promised) << mebibytes << " MiB";
}

void write_mass_planes(const LightConeCampaign& cone) {
  const Campaign& campaign = cone.campaign();
  const int grid = campaign.lensplanes.grid;
  const double mean =
      mean_pixel_mass({grid, campaign.box_mpc_h, campaign.slab_thickness_mpc_h(), campaign.omega_m});
  std::uint64_t state = 1;
  for (int index = 0; index < 8; ++index) {
    Grid2d<double> plane(grid);
    for (double& value : plane.values()) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      value = mean * (0.5 + static_cast<double>(state >> 33) / 2147483648.0);
    }
    cone.write_mass_plane(index, plane);
  }
}

// One file at a time: the kernel counts to a program what the test held before it became the program.
std::map<std::string, Digest> map_digests(const LightConeCampaign& cone) {
  std::map<std::string, Digest> digests;
  for (const ProductId& run : cone.products(Stage::raytracing))
    for (const ProductFile& file : product_files(cone.campaign(), run)) {
      const std::string bytes = read_file(stage_root(cone.campaign(), Stage::raytracing) / file.path);
      digests[file.path] = digest_of(bytes);
    }
  return digests;
}

TEST(LuxRaytraceMemory, StaysWithinAnyBudgetWithTheSameBytes) {
  const LightConeCampaign cone(kSetUp);
  write_mass_planes(cone);
  constexpr std::uint64_t kConversion = 110;
  const Ended conversion_estimate = run_with(cone, "lux_convert", {"--estimate"});
  const Ended refused = run_with(cone, "lux_convert", memory(60));
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.output.find("--memory"), std::string::npos) << refused.output;
  const Ended conversion = run_with(cone, "lux_convert", memory(kConversion));
  expect_within(conversion, conversion_estimate, kConversion);

  std::map<std::string, Digest> gold;
  std::uint64_t smallest_peak = std::numeric_limits<std::uint64_t>::max(), largest_peak = 0;
  for (const std::uint64_t mebibytes : {150, 200, 400}) {
    std::vector<std::string> look = memory(mebibytes);
    look.push_back("--estimate");
    const Ended estimate = run_with(cone, "raytrace", look);
    const Ended ended = run_with(cone, "raytrace", memory(mebibytes));
    expect_within(ended, estimate, mebibytes);
    smallest_peak = std::min(smallest_peak, ended.peak_bytes);
    largest_peak = std::max(largest_peak, ended.peak_bytes);
    const std::map<std::string, Digest> maps = map_digests(cone);
    EXPECT_EQ(maps.size(), 12U * (8 + 8 + 1));
    if (gold.empty()) gold = maps;
    EXPECT_TRUE(maps == gold) << mebibytes << " MiB";
    std::filesystem::remove_all(stage_root(cone.campaign(), Stage::raytracing) / "dmo");
  }
  // The budgets mattered.
  EXPECT_LT(smallest_peak, largest_peak);
}

}  // namespace
}  // namespace lenswright::test
