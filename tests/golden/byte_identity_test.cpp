// The quickstart's campaign has the same bytes whatever the number of ranks and threads, and whatever subset
// was asked for.
#include <gtest/gtest.h>

#include "demo_campaign.hpp"

namespace lenswright::test {
namespace {

namespace fs = std::filesystem;

class ByteIdentity : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    const DemoCampaign one = variant("ranks1");
    const CommandOutcome universe = one.run("mock_universe --particles 64");
    ASSERT_EQ(universe.status, 0) << universe.output;
    ASSERT_EQ(one.run("recovery init --yes").status, 0);
    one.run_stages(1, 1);
    gold_ = std::make_unique<ProductFiles>(one.products());
  }
  static void TearDownTestSuite() {
    gold_.reset();
    folder_.reset();
  }

  // All variants read one universe.
  static DemoCampaign variant(const std::string& name) {
    fs::create_directories(folder_->path() / name);
    fs::create_directories(folder_->path() / "universe");
    fs::create_directory_symlink(folder_->path() / "universe", folder_->path() / name / "universe");
    return DemoCampaign(folder_->path() / name, demo_yaml());
  }

  static std::unique_ptr<TemporaryFolder> folder_;
  static std::unique_ptr<ProductFiles> gold_;
};
std::unique_ptr<TemporaryFolder> ByteIdentity::folder_;
std::unique_ptr<ProductFiles> ByteIdentity::gold_;

TEST_F(ByteIdentity, RanksAndThreadsDoNotShow) {
  struct Layout {
    int ranks, threads;
  };
  for (const Layout layout : {Layout{2, 1}, Layout{4, 1}, Layout{2, 2}}) {
    const std::string name = "ranks" + std::to_string(layout.ranks) + "x" + std::to_string(layout.threads);
    const DemoCampaign campaign = variant(name);
    ASSERT_EQ(campaign.run("recovery init --yes").status, 0);
    campaign.run_stages(layout.ranks, layout.threads);
    const ProductFiles products = campaign.products();
    EXPECT_EQ(products.size(), gold_->size());
    EXPECT_EQ(differing(*gold_, products), std::vector<std::string>{}) << name;
  }
}

TEST_F(ByteIdentity, AProductMadeAloneEqualsThatOfTheFullSet) {
  const DemoCampaign campaign = variant("alone");
  ASSERT_EQ(campaign.run("recovery init --yes").status, 0);
  const std::string model = "hydro";
  const std::string only = " --model " + model + " --realization 1";
  for (const char* command : {"mpirun -n 2 lensplane --snapshot 85", "mpirun -n 1 lensplane",
                              "mpirun -n 2 lux_convert", "mpirun -n 2 raytrace --run 3"}) {
    const CommandOutcome outcome = campaign.run(command + only);
    ASSERT_EQ(outcome.status, 0) << command << "\n" << outcome.output;
  }
  const ProductFiles products = campaign.products();
  EXPECT_TRUE(products.contains("RT/hydro/LP_01/run003/kappa08.dat"));
  EXPECT_FALSE(products.contains("RT/hydro/LP_01/run001/kappa08.dat"));
  for (const auto& [name, facts] : products) {
    ASSERT_TRUE(gold_->contains(name)) << name;
    EXPECT_TRUE(gold_->at(name).bytes == facts.bytes) << name;
  }
}

TEST_F(ByteIdentity, EveryReplacePlaneDiffersFromDmo) {
  int compared = 0;
  for (const auto& [name, facts] : *gold_) {
    if (!name.starts_with("LP/hydro_replace_")) continue;
    const std::string dmo = "LP/dmo" + name.substr(name.find("/LP_"));
    EXPECT_TRUE(gold_->at(dmo).bytes != facts.bytes) << name;
    ++compared;
  }
  EXPECT_EQ(compared, 4 * 2 * 8);
}

}  // namespace
}  // namespace lenswright::test
