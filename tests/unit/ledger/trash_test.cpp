#include "ledger/trash.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "ledger/sealed_json.hpp"
#include "small_tree.hpp"

namespace lenswright {
namespace {

using test::SmallTree;
namespace fs = std::filesystem;

std::vector<fs::path> records(const Campaign& campaign) {
  std::vector<fs::path> paths;
  if (fs::exists(campaign.state / "trash"))
    for (const auto& entry : fs::directory_iterator(campaign.state / "trash")) paths.push_back(entry.path());
  return paths;
}

TEST(Trash, MovedFileKeepsItsBytesAndLeavesARecord) {
  const SmallTree tree;
  const fs::path file = tree.campaign().lensplanes.root / "dmo/LP_01/lenspot03.dat";
  const std::string bytes = test::read_file(file);
  const fs::path now = move_to_trash(real_disk(), tree.campaign(), Stage::lensplanes,
                                     "dmo/LP_01/lenspot03.dat", "12 bytes long");
  EXPECT_FALSE(fs::exists(file));
  EXPECT_EQ(test::read_file(now), bytes);
  EXPECT_TRUE(now.string().starts_with((tree.campaign().lensplanes.root / ".trash/").string()));
  EXPECT_TRUE(now.string().ends_with("/dmo/LP_01/lenspot03.dat"));
  const auto written = records(tree.campaign());
  ASSERT_EQ(written.size(), 1U);
  const nlohmann::json record = unseal_json(written[0], test::read_file(written[0]));
  EXPECT_EQ(record.at("path"), "dmo/LP_01/lenspot03.dat");
  EXPECT_EQ(record.at("why"), "12 bytes long");
  EXPECT_EQ(record.at("stage"), "lensplanes");
  EXPECT_NE(record.at("who").get<std::string>().find("uid"), std::string::npos);
  EXPECT_EQ(tree.campaign().lensplanes.root / ".trash" / record.at("entry").get<std::string>() /
                record.at("path").get<std::string>(),
            now);
}

TEST(Trash, TwoMovesOfOneNameKeepBoth) {
  const SmallTree tree;
  const ProductId run{ProductKind::run, 0, 0, 2};
  const std::string path = relative_path(tree.campaign(), run);
  const fs::path one = move_to_trash(real_disk(), tree.campaign(), Stage::raytracing, path, "first");
  tree.write(run);
  const fs::path two = move_to_trash(real_disk(), tree.campaign(), Stage::raytracing, path, "second");
  EXPECT_NE(one, two);
  EXPECT_TRUE(fs::exists(one / "kappa04.dat"));
  EXPECT_TRUE(fs::exists(two / "kappa04.dat"));
}

TEST(Trash, PathsThatLeaveTheRootAreRefused) {
  const SmallTree tree;
  const fs::path outside = tree / "outside.dat";
  test::write_file(outside, "mine");
  fs::create_directories(tree / "elsewhere");
  test::write_file(tree / "elsewhere/lenspot00.dat", "mine too");
  fs::create_directory_symlink(tree / "elsewhere", tree.campaign().lensplanes.root / "dmo/LP_09");
  for (const std::string& path :
       {std::string("../outside.dat"), std::string("dmo/../../outside.dat"), outside.string(), std::string(),
        std::string("."), std::string(kRootMarkerFile), std::string(kTrashFolder) + "/x",
        std::string("dmo/LP_09/lenspot00.dat"), std::string("dmo//LP_01/./lenspot00.dat"),
        std::string("dmo/LP_01/lenspot00.dat/below")})
    EXPECT_THROW(move_to_trash(real_disk(), tree.campaign(), Stage::lensplanes, path, "test"), InputError)
        << path;
  EXPECT_EQ(test::read_file(outside), "mine");
  EXPECT_EQ(test::read_file(tree / "elsewhere/lenspot00.dat"), "mine too");
  EXPECT_TRUE(records(tree.campaign()).empty());
}

TEST(Trash, SymbolicLinkIsMovedItselfNotWhatItPointsTo) {
  const SmallTree tree;
  const fs::path link = tree.campaign().lensplanes.root / "dmo/LP_00/lenspot00.dat";
  fs::remove(link);
  fs::create_symlink(tree / "nowhere", link);
  const fs::path now =
      move_to_trash(real_disk(), tree.campaign(), Stage::lensplanes, "dmo/LP_00/lenspot00.dat", "a link");
  EXPECT_TRUE(fs::is_symlink(now));
  EXPECT_FALSE(fs::is_symlink(link));
}

TEST(Trash, TrashThatLeadsElsewhereIsRefused) {
  const SmallTree tree;
  fs::create_directories(tree / "elsewhere");
  fs::create_directory_symlink(tree / "elsewhere", tree.campaign().lux.root / kTrashFolder);
  EXPECT_THROW(move_to_trash(real_disk(), tree.campaign(), Stage::lux, "dmo/LP_00/config.dat", "test"),
               InputError);
  EXPECT_TRUE(fs::is_empty(tree / "elsewhere"));
}

TEST(Trash, RootOfAnotherCampaignIsLeftAlone) {
  const SmallTree tree;
  const SmallTree other(SmallTree::Filled::empty,
                        {"campaign=another", "lux.root=" + tree.campaign().lux.root.string()});
  EXPECT_THROW(move_to_trash(real_disk(), other.campaign(), Stage::lux, "dmo/LP_00/config.dat", "test"),
               InputError);
  EXPECT_TRUE(fs::exists(tree.campaign().lux.root / "dmo/LP_00/config.dat"));
}

}  // namespace
}  // namespace lenswright
