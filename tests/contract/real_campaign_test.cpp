// The whole L205n2500TNG campaign with its real losses: 34 models, 13,600 planes and potentials, 34,000 runs.
//
// The files are links to one sparse file of each layout, of the right size and with the right markers.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <system_error>

#include "campaign/load_campaign.hpp"
#include "campaign/product_path.hpp"
#include "io/lux_config.hpp"
#include "io/transforms_file.hpp"
#include "ledger/root_marker.hpp"
#include "ledger/scan.hpp"
#include "plan/array_spec.hpp"
#include "plan/plan.hpp"
#include "real_losses.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;

void must(bool done, const fs::path& path) {
  if (!done) throw std::system_error(errno, std::generic_category(), path.string());
}

void write_sparse_plane(const fs::path& path, int grid, std::uint64_t size) {
  test::write_file(path, std::string(reinterpret_cast<const char*>(&grid), sizeof(grid)));
  fs::resize_file(path, size);
  const int file = ::open(path.c_str(), O_WRONLY);
  must(file >= 0, path);
  must(::pwrite(file, &grid, sizeof(grid), static_cast<off_t>(size - sizeof(grid))) == sizeof(grid), path);
  must(::close(file) == 0, path);
}

// The tree as it was found after the losses.
class LossyTree {
 public:
  LossyTree()
      : campaign_(load_campaign(
            test::source("configs/production.yaml"),
            {"state=" + (folder_ / "state").string(), "lensplanes.root=" + (folder_ / "LP").string(),
             "lux.root=" + (folder_ / "LUX").string(), "raytracing.root=" + (folder_ / "RT").string()})),
        lost_(test::real_losses(campaign_)) {
    for (const Stage stage : stages_of(campaign_)) {
      fs::create_directories(stage_root(campaign_, stage));
      mark_root(real_disk(), campaign_, stage);
    }
    write_transforms(real_disk(), campaign_.lensplanes.root / kTransformsFile,
                     draw_transforms(campaign_.lensplanes.seed, campaign_.realizations, campaign_.snapshots,
                                     campaign_.planes_per_snapshot, campaign_.box_mpc_h));
    const ProductSet products(campaign_);
    for (const ProductKind kind : kProductKinds)
      for (std::size_t i = 0; i < products.count(kind); ++i)
        if (const ProductId id = products.at(kind, i); !lost_.contains(id)) link(id);
  }
  const Campaign& campaign() const { return campaign_; }
  const std::set<ProductId>& lost() const { return lost_; }

 private:
  void link(const ProductId& id) const {
    for (const ProductFile& file : product_files(campaign_, id)) {
      const fs::path master = folder_ / ("master" + std::to_string(static_cast<int>(id.kind)));
      if (!fs::exists(master)) write_master(master, file);
      const fs::path path = stage_root(campaign_, stage_of(id.kind)) / file.path;
      if (::link(master.c_str(), path.c_str()) == 0) continue;
      fs::create_directories(path.parent_path());
      must(::link(master.c_str(), path.c_str()) == 0, path);
    }
  }
  void write_master(const fs::path& master, const ProductFile& file) const {
    if (file.layout != FileLayout::lux_config) {
      write_sparse_plane(master, file.grid, file.size.value());
      return;
    }
    const LightCone cone =
        make_light_cone(campaign_.omega_m, campaign_.box_mpc_h, static_cast<int>(campaign_.snapshots.size()),
                        campaign_.planes_per_snapshot, campaign_.plane_redshifts);
    test::write_file(master, encode_lux_config(lux_config_of(cone)));
  }

  test::TemporaryFolder folder_;
  Campaign campaign_;
  std::set<ProductId> lost_;
};

// One test, since the tree of 53,000 files is made for each.
TEST(RealCampaign, LossesAreFoundReadAndPlannedExactly) {
  const LossyTree tree;
  const Campaign& campaign = tree.campaign();
  SilentProgress silent;
  const ScanResult result = scan(campaign, real_disk(), Tier::header, {}, {}, silent);

  // Findings: the lost products and nothing else.
  EXPECT_EQ(result.findings.size(), 216U + 216U + 7900U);
  for (const Finding& finding : result.findings) {
    ASSERT_TRUE(finding.product) << finding.path << ": " << finding.because;
    EXPECT_EQ(finding.state, State::missing) << finding.path << ": " << finding.because;
    EXPECT_TRUE(tree.lost().contains(*finding.product)) << finding.path;
  }
  EXPECT_TRUE(result.dead_temporary_files.empty());

  const Gaps gaps = find_gaps(campaign, result, {}, {});
  EXPECT_EQ(gaps.lensplanes.expected, 13600);
  EXPECT_EQ(gaps.lensplanes.in(State::complete), 13384);
  EXPECT_EQ(gaps.lensplanes.in(State::missing), 216);
  EXPECT_EQ(gaps.lux.expected, 13600);
  EXPECT_EQ(gaps.lux.in(State::complete), 13384);
  EXPECT_EQ(gaps.geometry.expected, 340);
  EXPECT_EQ(gaps.geometry.in(State::complete), 340);
  EXPECT_EQ(gaps.raytracing.expected, 34000);
  EXPECT_EQ(gaps.raytracing.in(State::missing), 7900);
  EXPECT_EQ(gaps.lensplanes.blocked + gaps.lux.blocked + gaps.raytracing.blocked, 0);
  EXPECT_EQ(gaps.pattern, "all 20 gaps are tails of a model's write order: a killed loop");
  EXPECT_EQ(gaps.snapshots.size(), 16U);
  EXPECT_EQ(gaps.lux_combinations.size(), 79U);
  EXPECT_EQ(gaps.raytracing_combinations.size(), 79U);
  std::vector<int> indices;
  std::set<int> models;
  for (const SnapshotGap& gap : gaps.snapshots) {
    indices.push_back(gap.snapshot_index);
    models.insert(gap.models.begin(), gap.models.end());
  }
  EXPECT_EQ(array_spec(indices), "0-4,6,8-12,14-17,19");
  EXPECT_EQ(models.size(), 13U);

  const Plan plan = make_plan(campaign, result, {}, {}, {});
  EXPECT_EQ(plan.count(Stage::lensplanes), 16U);
  EXPECT_EQ(plan.products(Stage::lensplanes), 216U);
  EXPECT_EQ(plan.count(Stage::lux), 79U);
  EXPECT_EQ(plan.products(Stage::lux), 216U);
  EXPECT_EQ(plan.count(Stage::raytracing), 79U);
  EXPECT_EQ(plan.products(Stage::raytracing), 7900U);
  EXPECT_TRUE(plan.moves.empty());
  EXPECT_TRUE(plan.blocked.empty());
  EXPECT_TRUE(plan.left_mismatched.empty());
  std::set<ProductId> planned;
  for (const PlannedTask& task : plan.tasks)
    planned.insert(task.task.products.begin(), task.task.products.end());
  EXPECT_EQ(planned, tree.lost());
}

}  // namespace
}  // namespace lenswright
