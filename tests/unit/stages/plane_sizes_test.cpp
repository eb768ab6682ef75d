#include "stages/plane_sizes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <random>

#include "reference_campaign.hpp"

namespace lenswright {
namespace {

std::vector<HaloSphere> random_halos(const Campaign& campaign, std::mt19937_64& random) {
  std::uniform_real_distribution<double> place(0, campaign.box_mpc_h), log_mass(11.5, 15.0), radius(0.1, 2.0);
  std::vector<HaloSphere> halos;
  for (int h = 0; h < 50; ++h)
    halos.push_back(
        {{place(random), place(random), place(random)}, std::pow(10.0, log_mass(random)), radius(random)});
  return halos;
}

bool same(TileSet one, TileSet other) {
  return std::equal(one.words().begin(), one.words().end(), other.words().begin(), other.words().end());
}

TEST(PlaneSizes, TilesFoundTogetherAreThoseOfEachHaloFootprint) {
  const unsigned seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937_64 random(seed);
  const Campaign campaign = test::ReferenceCampaign().load();
  const std::vector<ProductId> products = test::mass_planes(campaign);
  const TransformSet transforms = draw_transforms(seed, campaign.realizations, campaign.snapshots,
                                                  campaign.planes_per_snapshot, campaign.box_mpc_h);
  std::map<int, LensplaneInputs> inputs;
  for (const ProductId& id : products) inputs[snapshot_index_of(campaign, id)];
  for (auto& [index, snapshot] : inputs) snapshot.halos = random_halos(campaign, random);

  PlaneSizes together(campaign, transforms, inputs);
  together.find_tiles(products, Communicator(MPI_COMM_SELF));
  const PlaneSizes alone(campaign, transforms, inputs);
  const SnapshotTransform other{2, {1, 2, 3}, true};
  std::size_t some = 0;
  for (const ProductId& id : products) {
    const auto& replacement = campaign.models[static_cast<std::size_t>(id.model)].replacement;
    if (!replacement) continue;
    const int index = snapshot_index_of(campaign, id);
    const PlaneUnit unit{id.realization, campaign.slice_of_plane(id.index), {id.model}};
    const auto footprint = [&](const SnapshotTransform& transform) {
      return halo_footprint(inputs.at(index).halos, rule_of(*replacement), transform, unit.slice,
                            plane_geometry(campaign));
    };
    const SnapshotTransform& transform = transforms.at(unit.realization, index);
    const TileSet tiles = footprint(transform);
    some += tiles.count() > 0 ? 1 : 0;
    EXPECT_TRUE(same(together.tiles(index, unit, id.model, transform), tiles)) << product_name(campaign, id);
    EXPECT_TRUE(same(alone.tiles(index, unit, id.model, transform), tiles)) << product_name(campaign, id);
    // Of a transform that nobody foresaw nothing is remembered.
    EXPECT_TRUE(same(together.tiles(index, unit, id.model, other), footprint(other)));
    const LensplanePass pass{index, {unit}};
    EXPECT_EQ(together.pass(pass), alone.pass(pass));
    EXPECT_GE(together.pass(pass),
              together.whole() + tiles.count() * TiledPlane::kTileCells * sizeof(std::int64_t));
  }
  EXPECT_GT(some, 0u);
}

}  // namespace
}  // namespace lenswright
