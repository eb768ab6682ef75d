#include "run/volume_need.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "run_campaign.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

using testing::HasSubstr;

class VolumeNeeds : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  Campaign campaign_ = test::small_campaign(folder_.path());
  void SetUp() override {
    for (const Stage stage : stages_of(campaign_))
      std::filesystem::create_directories(stage_root(campaign_, stage));
  }
};

TEST_F(VolumeNeeds, RootsOnOneFileSystemAreAddedUp) {
  Plan plan;
  plan.tasks.push_back(
      {Stage::lensplanes, {0, {{ProductKind::mass_plane, 0, 0, 0}, {ProductKind::mass_plane, 0, 0, 1}}}, {}});
  plan.tasks.push_back({Stage::raytracing, {0, {{ProductKind::run, 0, 0, 1}}}, {}});
  const auto needs = volume_needs(real_disk(), campaign_, plan);
  ASSERT_EQ(needs.size(), 1u);
  EXPECT_THAT(needs[0].stages, testing::ElementsAre(Stage::lensplanes, Stage::raytracing));
  EXPECT_EQ(needs[0].bytes, 2u * (8 + 8 * 8 * 8) + (8 + 8 * 4 * 4));
  EXPECT_EQ(needs[0].inodes, 2u + 1u + 1u) << "two planes, one map and its run's folder";
}

TEST_F(VolumeNeeds, NothingToWriteNeedsNoFileSystem) {
  EXPECT_TRUE(volume_needs(real_disk(), campaign_, {}).empty());
}

TEST(VolumeNeedFuse, TooFewBytesOrInodesAreRefusedWithNumbers) {
  VolumeNeed need{{Stage::lux}, "/data/LUX", 1000, 10, {999, 100, true}};
  EXPECT_FALSE(need.enough());
  need.free = {1000, 9, true};
  EXPECT_FALSE(need.enough());
  need.free = {1000, 0, false};
  EXPECT_TRUE(need.enough()) << "a file system that counts no inodes has enough";
  need.free = {1000, 10, true};
  EXPECT_TRUE(need.enough());
  EXPECT_NO_THROW(require_space({need}));

  VolumeNeed small{{Stage::lux}, "/data/LUX", std::uint64_t{3} << 30, 10, {std::uint64_t{1} << 30, 7, true}};
  try {
    require_space({need, small});
    FAIL() << "not refused";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::AllOf(HasSubstr("/data/LUX"), HasSubstr("3.000 GiB in 10 files"),
                                             HasSubstr("1.000 GiB free and 7 inodes")));
  }
}

}  // namespace
}  // namespace lenswright
