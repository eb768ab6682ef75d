// recovery init: makes what is not there, takes in what is after asking, refuses what looks wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recovery_program.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;
using test::recovery;
using testing::AllOf;
using testing::HasSubstr;

class RecoveryInit : public testing::Test {
 protected:
  test::SmallTree empty_{test::SmallTree::Filled::empty};
  test::SmallTree whole_;
  void remove_markers() {
    for (const Stage stage : stages_of(whole_.campaign()))
      fs::remove(stage_root(whole_.campaign(), stage) / kRootMarkerFile);
  }
};

TEST_F(RecoveryInit, FreshCampaignGetsRootsMarkersAndState) {
  const auto outcome = recovery(empty_, "init");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  for (const Stage stage : stages_of(empty_.campaign()))
    EXPECT_EQ(check_root(real_disk(), empty_.campaign(), stage).state, RootState::ours);
  EXPECT_TRUE(fs::is_directory(empty_ / "state"));
  EXPECT_EQ(recovery(empty_, "init").status, 0) << "a second time does nothing";
}

TEST_F(RecoveryInit, ExistingTreeIsShownAndTakenInOnlyWithYes) {
  remove_markers();
  test::cut(whole_.file({ProductKind::mass_plane, 0, 0, 0}), 9);
  test::write_file(whole_ / "LP/notes.txt", "mine");
  const auto asked = recovery(whole_, "init");
  EXPECT_EQ(asked.status, 2) << "nobody to ask";
  EXPECT_THAT(asked.output, AllOf(HasSubstr("36 files of the expected size, 1 of another size, 1 orphans"),
                                  HasSubstr("notes.txt"), HasSubstr("--yes")));
  EXPECT_FALSE(fs::exists(whole_ / "LP" / std::string(kRootMarkerFile)));
  EXPECT_FALSE(fs::exists(whole_ / "state"));

  const auto outcome = recovery(whole_, "init --yes");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_EQ(test::read_file(whole_ / "LP/notes.txt"), "mine");
  EXPECT_EQ(fs::file_size(whole_.file({ProductKind::mass_plane, 0, 0, 0})), 9u) << "nothing is mended here";
  EXPECT_EQ(recovery(whole_, "diagnose").status, 1);
}

TEST_F(RecoveryInit, EmptyRootOfKnownProductsIsAnUnmountedDisk) {
  write_receipt(real_disk(), whole_.campaign(), whole_.receipt(Stage::lux));
  fs::remove_all(whole_ / "LUX");
  for (const bool mount_point : {false, true}) {
    if (mount_point) fs::create_directory(whole_ / "LUX");
    const auto refused = recovery(whole_, "init --yes");
    EXPECT_EQ(refused.status, 2);
    EXPECT_THAT(refused.output, AllOf(HasSubstr("42 products"), HasSubstr("not mounted")));
    EXPECT_FALSE(fs::exists(whole_ / "LUX" / std::string(kRootMarkerFile)));
  }
  EXPECT_EQ(recovery(whole_, "init --yes --accept-empty").status, 0);
  EXPECT_EQ(check_root(real_disk(), whole_.campaign(), Stage::lux).state, RootState::ours);
}

TEST_F(RecoveryInit, RootOfAnotherCampaignIsRefused) {
  const auto outcome = recovery(whole_, "init --yes --set campaign=other");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.output, HasSubstr("small-tree"));
}

TEST_F(RecoveryInit, WholeDiskAndHomeAreNoRoots) {
  EXPECT_EQ(recovery(empty_, "init --yes --set lux.root=/").status, 2);
  const fs::path home = empty_ / "home";
  fs::create_directory(home);
  const auto outcome = test::run_command(
      fmt::format("cd '{}' && HOME='{}' '{}' init --yes --config campaign.yaml --set lux.root=home",
                  (empty_ / "").string(), home.string(), test::program("recovery").string()));
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.output, HasSubstr("home folder"));
  EXPECT_TRUE(fs::is_empty(home));
}

}  // namespace
}  // namespace lenswright
