#include "ledger/root_marker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "small_tree.hpp"

namespace lenswright {
namespace {

using test::SmallTree;
using testing::HasSubstr;

TEST(RootMarker, MarkedRootIsOurs) {
  const SmallTree tree(SmallTree::Filled::empty);
  std::filesystem::create_directories(tree.campaign().lux.root);
  mark_root(real_disk(), tree.campaign(), Stage::lux);
  const RootCheck check = check_root(real_disk(), tree.campaign(), Stage::lux);
  EXPECT_EQ(check.state, RootState::ours);
  EXPECT_EQ(check.because, "");
  EXPECT_NO_THROW(require_root(real_disk(), tree.campaign(), Stage::lux));
}

TEST(RootMarker, MarkingTwiceLeavesTheFirstMarker) {
  const SmallTree tree(SmallTree::Filled::empty);
  std::filesystem::create_directories(tree.campaign().lux.root);
  mark_root(real_disk(), tree.campaign(), Stage::lux);
  const auto before = real_disk().status(tree.campaign().lux.root / kRootMarkerFile);
  mark_root(real_disk(), tree.campaign(), Stage::lux);
  EXPECT_EQ(real_disk().status(tree.campaign().lux.root / kRootMarkerFile)->inode, before->inode);
}

TEST(RootMarker, AbsentRootNamesInit) {
  const SmallTree tree(SmallTree::Filled::empty);
  const RootCheck check = check_root(real_disk(), tree.campaign(), Stage::lensplanes);
  EXPECT_EQ(check.state, RootState::absent);
  EXPECT_THAT(check.because, HasSubstr("recovery init"));
  EXPECT_THROW(require_root(real_disk(), tree.campaign(), Stage::lensplanes), InputError);
}

TEST(RootMarker, EmptyFolderMayBeAnUnmountedDisk) {
  const SmallTree tree(SmallTree::Filled::empty);
  std::filesystem::create_directories(tree.campaign().lensplanes.root);
  const RootCheck check = check_root(real_disk(), tree.campaign(), Stage::lensplanes);
  EXPECT_EQ(check.state, RootState::unmarked);
  EXPECT_THAT(check.because, HasSubstr("not mounted"));
  EXPECT_THAT(check.because, HasSubstr("recovery init"));
}

TEST(RootMarker, OtherCampaignsRootIsForeignAndStaysSo) {
  const SmallTree tree;
  const SmallTree other(SmallTree::Filled::empty,
                        {"campaign=another", "lux.root=" + tree.campaign().lux.root.string()});
  const RootCheck check = check_root(real_disk(), other.campaign(), Stage::lux);
  EXPECT_EQ(check.state, RootState::foreign);
  EXPECT_THAT(check.because, HasSubstr("small-tree"));
  EXPECT_THROW(mark_root(real_disk(), other.campaign(), Stage::lux), IoError);
  EXPECT_EQ(check_root(real_disk(), tree.campaign(), Stage::lux).state, RootState::ours);
}

TEST(RootMarker, OtherStagesRootIsForeign) {
  const SmallTree tree;
  const SmallTree crossed(SmallTree::Filled::empty, {"lux.root=" + tree.campaign().lensplanes.root.string()});
  EXPECT_EQ(check_root(real_disk(), crossed.campaign(), Stage::lux).state, RootState::foreign);
}

TEST(RootMarker, DamagedMarkerIsUnreadable) {
  const SmallTree tree;
  const std::filesystem::path marker = tree.campaign().lux.root / kRootMarkerFile;
  const std::string text = test::read_file(marker);
  for (const std::string& damaged : {std::string(), text.substr(0, text.size() / 2), std::string("[1]"),
                                     std::string(R"({"schema": 99, "campaign": "x", "stage": "lux"})")}) {
    test::write_file(marker, damaged);
    const RootCheck check = check_root(real_disk(), tree.campaign(), Stage::lux);
    EXPECT_EQ(check.state, RootState::unreadable) << damaged;
    EXPECT_THAT(check.because, testing::AllOf(HasSubstr(marker.string()), HasSubstr("recovery init")))
        << damaged;
  }
}

TEST(RootMarker, FileInTheRootsPlaceIsUnreadable) {
  const SmallTree tree(SmallTree::Filled::empty);
  test::write_file(tree.campaign().lux.root, "no folder");
  EXPECT_EQ(check_root(real_disk(), tree.campaign(), Stage::lux).state, RootState::unreadable);
}

}  // namespace
}  // namespace lenswright
