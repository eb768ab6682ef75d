#include "run/damaged_files.hpp"

#include <gtest/gtest.h>

#include "base/grid2d.hpp"
#include "campaign/product_path.hpp"
#include "io/plane_file.hpp"
#include "ledger/root_marker.hpp"
#include "run_campaign.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;

class DamagedFilesTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  Campaign campaign_ = test::small_campaign(folder_.path());
  ReceiptIndex receipts_;
  const ProductId plane_{ProductKind::mass_plane, 0, 0, 0};
  const ProductId run_{ProductKind::run, 0, 0, 1};

  void SetUp() override {
    campaign_.raytracing.fields = {MapField::kappa, MapField::omega};
    for (const Stage stage : stages_of(campaign_)) {
      fs::create_directories(stage_root(campaign_, stage));
      mark_root(real_disk(), campaign_, stage);
    }
    for (const ProductId& product : {plane_, run_})
      for (const ProductFile& file : product_files(campaign_, product))
        write_scalar_plane(real_disk(), path_of(product, file), Grid2d<double>(file.grid, 1.0));
  }
  fs::path path_of(const ProductId& product, const ProductFile& file) const {
    return stage_root(campaign_, stage_of(product.kind)) / file.path;
  }
  fs::path path_of(const ProductId& product, std::size_t file) const {
    return path_of(product, product_files(campaign_, product)[file]);
  }
  PlannedTask task_for(const ProductId& product) const {
    return {stage_of(product.kind), {0, {product}}, {}};
  }
  // What a scan finds now becomes the plan's list.
  Plan plan_now(const ProductId& product) const {
    Plan plan;
    plan.tasks = {task_for(product)};
    plan.moves = check_product_files(campaign_, real_disk(), product, Tier::header, receipts_);
    return plan;
  }
  std::size_t move(const Plan& plan) {
    return DamagedFiles(real_disk(), campaign_, receipts_, Tier::header, plan).move_aside(plan.tasks.front());
  }
  std::size_t files_in_trash(Stage stage) const {
    std::size_t files = 0;
    const fs::path trash = stage_root(campaign_, stage) / kTrashFolder;
    if (!fs::exists(trash)) return 0;
    for (const auto& entry : fs::recursive_directory_iterator(trash))
      files += entry.is_regular_file() ? 1 : 0;
    return files;
  }
};

TEST_F(DamagedFilesTest, TruncatedPlaneMovesToTheTrashWithItsBytes) {
  fs::resize_file(path_of(plane_, 0), 100);
  EXPECT_EQ(move(plan_now(plane_)), 1u);
  EXPECT_FALSE(fs::exists(path_of(plane_, 0)));
  EXPECT_EQ(files_in_trash(Stage::lensplanes), 1u);
}

TEST_F(DamagedFilesTest, WhatBecameWholeSinceThePlanStays) {
  const std::string whole = test::read_file(path_of(plane_, 0));
  fs::resize_file(path_of(plane_, 0), 100);
  const Plan plan = plan_now(plane_);
  test::write_file(path_of(plane_, 0), whole);
  EXPECT_EQ(move(plan), 0u);
  EXPECT_EQ(test::read_file(path_of(plane_, 0)), whole);
  EXPECT_EQ(files_in_trash(Stage::lensplanes), 0u);
}

TEST_F(DamagedFilesTest, SoundMapBesideADamagedOneStays) {
  fs::resize_file(path_of(run_, 1), 20);
  EXPECT_EQ(move(plan_now(run_)), 1u);
  EXPECT_TRUE(fs::exists(path_of(run_, 0)));
  EXPECT_FALSE(fs::exists(path_of(run_, 1)));
}

TEST_F(DamagedFilesTest, DamageThatThePlanDoesNotNameStays) {
  Plan plan = plan_now(plane_);
  plan.moves.clear();
  fs::resize_file(path_of(plane_, 0), 100);
  EXPECT_EQ(move(plan), 0u);
  EXPECT_TRUE(fs::exists(path_of(plane_, 0)));
}

}  // namespace
}  // namespace lenswright
