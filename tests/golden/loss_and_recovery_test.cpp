// Gold: an uninterrupted campaign. Silver: a campaign that lost products at random and got them back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "demo_campaign.hpp"

namespace lenswright::test {
namespace {

namespace fs = std::filesystem;

std::uint32_t random_seed() {
  const char* given = std::getenv("LENSWRIGHT_TEST_SEED");
  return given ? static_cast<std::uint32_t>(std::stoul(given)) : std::random_device{}();
}

// Deletes, truncates or flips a bit in `count` products of one stage; returns what was hit.
std::set<std::string> damage(const DemoCampaign& campaign, const ProductFiles& products,
                             const std::string& root, int count, std::mt19937& random) {
  std::vector<std::string> names;
  for (const auto& [name, facts] : products)
    if (name.starts_with(root) && (name.ends_with(".dat") || root == "ST/")) names.push_back(name);
  std::shuffle(names.begin(), names.end(), random);
  std::set<std::string> hit(names.begin(), names.begin() + count);
  int kind = 0;
  for (const std::string& name : hit) {
    const fs::path path = campaign.folder() / name;
    std::string bytes = products.at(name).bytes;
    switch (kind++ % 3) {
      case 0:
        fs::remove(path);
        break;
      case 1:
        fs::resize_file(path, random() % bytes.size());
        break;
      default:
        bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
        write_file(path, bytes);
    }
  }
  return hit;
}

std::string with_statistics() {
  return small_campaign_yaml() + "statistics: {root: ST, smoothing_arcmin: [10, 20], ell_bins: 6}\n";
}

void expect_untouched(const ProductFiles& gold, const ProductFiles& silver,
                      const std::set<std::string>& lost) {
  EXPECT_EQ(differing(gold, silver), std::vector<std::string>{});
  for (const auto& [name, facts] : gold) {
    if (lost.contains(name)) continue;
    ASSERT_TRUE(silver.contains(name));
    EXPECT_EQ(silver.at(name).inode, facts.inode) << name;
    EXPECT_EQ(silver.at(name).modified_ns, facts.modified_ns) << name;
  }
}

TEST(LossAndRecovery, ExactlyWhatWasLostComesBackByteForByte) {
  const std::uint32_t seed = random_seed();
  RecordProperty("seed", static_cast<int>(seed));
  SCOPED_TRACE("LENSWRIGHT_TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);

  const TemporaryFolder folder;
  const DemoCampaign campaign(folder.path(), with_statistics());
  ASSERT_EQ(campaign.run("mock_universe --particles 32").status, 0);
  ASSERT_EQ(campaign.run("recovery init --yes").status, 0);
  campaign.run_stages(2, 1);
  const ProductFiles gold = campaign.products();

  std::set<std::string> lost;
  for (const char* root : {"LP/", "LUX/", "RT/", "ST/"}) lost.merge(damage(campaign, gold, root, 6, random));

  const CommandOutcome diagnosis = campaign.run("recovery diagnose --tier full");
  EXPECT_EQ(diagnosis.status, 1) << diagnosis.output;
  const CommandOutcome submission = campaign.run("recovery submit --tier full --yes --ranks 2");
  EXPECT_EQ(submission.status, 0) << submission.output;
  const CommandOutcome verification = campaign.run("recovery verify --tier full");
  EXPECT_EQ(verification.status, 0) << verification.output;

  expect_untouched(gold, campaign.products(), lost);
}

// Two combinations lost runs and their statistics, one its statistics alone, one a run alone, whose statistics are
// complete and stay what they are.
TEST(LossAndRecovery, StatisticsAreMadeAfterTheRunsTheyLack) {
  const TemporaryFolder folder;
  const DemoCampaign campaign(folder.path(), with_statistics());
  ASSERT_EQ(campaign.run("mock_universe --particles 16").status, 0);
  ASSERT_EQ(campaign.run("recovery init --yes").status, 0);
  campaign.run_stages(2, 1);
  const ProductFiles gold = campaign.products();
  ASSERT_TRUE(gold.contains("ST/hydro/LP_01/kappa_stats.h5"));

  std::set<std::string> lost{"ST/dmo/LP_00/kappa_stats.h5"};
  for (const auto& [name, facts] : gold)
    for (const char* combination : {"hydro/LP_01/", "dmo/LP_01/"})
      if (name.starts_with("RT/" + std::string(combination)) ||
          name.starts_with("ST/" + std::string(combination)))
        lost.insert(name);
  for (const auto& [name, facts] : gold)
    if (name.starts_with("RT/hydro/LP_00/run002/")) lost.insert(name);
  for (const std::string& name : lost) fs::remove(campaign.folder() / name);

  const CommandOutcome dry = campaign.run("recovery submit --executor local --dry-run");
  EXPECT_THAT(dry.output, testing::HasSubstr("statistics"));
  const CommandOutcome submission = campaign.run("recovery submit --executor local --yes --ranks 2");
  EXPECT_EQ(submission.status, 0) << submission.output;
  EXPECT_EQ(campaign.run("recovery verify --tier full").status, 0);
  expect_untouched(gold, campaign.products(), lost);
}

}  // namespace
}  // namespace lenswright::test
