// Mass planes of one universe are the same bytes however its snapshots are cut into files, and whether models are made
// together or one at a time.
#include <gtest/gtest.h>

#include <set>

#include "reference_campaign.hpp"

namespace lenswright::test {
namespace {

namespace fs = std::filesystem;

// All 34 models over a mock universe that was written as so many files per snapshot.
class MockCampaign {
 public:
  explicit MockCampaign(int files) {
    std::string yaml = reference_campaign_yaml(folder_.path() / "universe");
    const std::string box = "box: 205.0";
    yaml.replace(yaml.find(box), box.size(), "box: 60.0");
    write_file(file(), yaml);
    const CommandOutcome made =
        run_command(program("mock_universe").string() + " --config " + file().string() +
                    " --particles 48 --files " + std::to_string(files));
    EXPECT_EQ(made.status, 0) << made.output;
    for (const Stage stage : stages_of(load())) {
      fs::create_directories(stage_root(load(), stage));
      mark_root(real_disk(), load(), stage);
    }
  }
  Campaign load() const { return load_campaign(file(), {}); }
  fs::path universe() const { return folder_ / "universe"; }

  // The planes of one realization, in memory; the folder is left without them.
  std::map<std::string, std::string> make(const std::vector<int>& models) const {
    const Campaign campaign = load();
    make_planes(campaign, mass_planes(campaign, models, {0}));
    std::map<std::string, std::string> planes = lensplane_files(campaign);
    planes.erase(std::string(kTransformsFile));
    for (const auto& [path, bytes] : planes) fs::remove(stage_root(campaign, Stage::lensplanes) / path);
    return planes;
  }

 private:
  fs::path file() const { return folder_ / "campaign.yaml"; }
  TemporaryFolder folder_;
};

std::size_t snapshot_files(const fs::path& simulation) {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(simulation))
    count += entry.path().filename().string().starts_with("snap_") ? 1 : 0;
  return count;
}

TEST(LensplaneIdentity, OneFileAndSevenFilesGiveTheSamePlanes) {
  const MockCampaign one(1), seven(7);
  ASSERT_EQ(snapshot_files(one.universe() / "hydro"), 1u);
  ASSERT_EQ(snapshot_files(seven.universe() / "hydro"), 7u);
  const auto gold = one.make({}), silver = seven.make({});
  ASSERT_EQ(gold.size(), 68u);
  ASSERT_EQ(silver.size(), gold.size());
  for (const auto& [path, bytes] : gold) EXPECT_TRUE(silver.at(path) == bytes) << path;
}

TEST(LensplaneIdentity, EachOfThe34ModelsAloneIsAsWithAllOthers) {
  const MockCampaign mock(3);
  const auto together = mock.make({});
  ASSERT_EQ(together.size(), 68u);
  // Many regions hold halos: the planes are not all dmo's. (Bins without a halo have four equal models per slice.)
  std::set<std::string> different;
  for (const auto& [path, bytes] : together) different.insert(bytes);
  EXPECT_GT(different.size(), 40u);
  for (int model = 0; model < 34; ++model) {
    const auto alone = mock.make({model});
    ASSERT_EQ(alone.size(), 2u);
    for (const auto& [path, bytes] : alone) EXPECT_TRUE(together.at(path) == bytes) << path;
  }
}

}  // namespace
}  // namespace lenswright::test
