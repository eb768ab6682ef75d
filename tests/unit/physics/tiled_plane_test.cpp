// Planes held in tiles against whole ones, and the tiles that halos reach against where their particles fall.
#include "physics/tiled_plane.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <random>

#include "base/error.hpp"
#include "physics/halo_footprint.hpp"
#include "physics/mass_assignment.hpp"

namespace lenswright {
namespace {

constexpr double kBox = 50.0;

unsigned fresh_seed() {
  const unsigned seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  return seed;
}

TileSet all_tiles(int grid) {
  TileSet tiles(grid);
  for (int row = 0; row < tiles.per_side(); ++row)
    for (int column = 0; column < tiles.per_side(); ++column) tiles.insert(row, column);
  return tiles;
}

QuantaPlane whole(const TiledPlane& plane) {
  QuantaPlane pixels(plane.grid());
  plane.add_rows_to(0, pixels.values());
  return pixels;
}

SnapshotTransform random_transform(std::mt19937_64& random) {
  std::uniform_real_distribution<double> shift(0, kBox);
  SnapshotTransform transform;
  transform.proj_dir = static_cast<int>(random() % 3);
  transform.flip = random() % 2 == 0;
  if (random() % 3 != 0) transform.displacement = {shift(random), shift(random), shift(random)};
  return transform;
}

// Particles around halos of any size, at the box's edges too; with a rule that selects all of them.
struct Scene {
  std::vector<HaloSphere> halos;
  ParticleBatch batch;
};

Scene random_scene(std::mt19937_64& random, double largest_radius) {
  std::uniform_real_distribution<double> place(0, kBox), part(0, 1), around(-1.05, 1.05);
  Scene scene;
  for (int h = 0; h < 5; ++h) {
    HaloSphere halo{{place(random), place(random), place(random)}, 1e13, largest_radius * part(random)};
    if (random() % 3 == 0) halo.centre[random() % 3] = random() % 2 ? 0.0 : kBox;
    if (random() % 5 == 0) halo.r200c = 0;
    scene.halos.push_back(halo);
  }
  std::vector<std::array<double, 3>> positions;
  for (int p = 0; p < 4000; ++p) {
    const HaloSphere& halo = scene.halos[random() % scene.halos.size()];
    std::array<double, 3> x = halo.centre;
    if (p % 16 == 0) {
      x[random() % 3] += halo.r200c;  // on the sphere
    } else if (p % 16 > 1) {
      for (double& value : x) value += halo.r200c * around(random);
    }
    for (double& value : x) value = std::min(kBox, value - kBox * std::floor(value / kBox));
    positions.push_back(x);
  }
  scene.batch.append(positions, std::vector<double>(positions.size(), 1e9), MassQuantum(0.3, kBox));
  return scene;
}

TEST(TiledPlane, WithAllTilesItIsAWholePlaneForAnyGridAndKernel) {
  const unsigned seed = fresh_seed();
  std::mt19937_64 random(seed);
  for (const MassKernel kernel : {MassKernel::ngp, MassKernel::cic, MassKernel::tsc}) {
    for (const int grid : {1, 2, 3, 15, 16, 17, 18, 31, 32, 33, 34, 49, 100, 300}) {
      const Scene scene = random_scene(random, 12.0);
      const SnapshotTransform transform = random_transform(random);
      BatchMembers members;
      for (std::uint32_t p = 0; p < scene.batch.size(); ++p) {
        members.particles.push_back(p);
        members.sets.push_back(std::uint64_t{1} << p % 3);
      }
      members.overlaps = 2;
      TiledPlane tiled(all_tiles(grid));
      QuantaPlane expected(grid);
      std::vector<TiledPlane*> to_tiled(kSetBits, nullptr);
      std::vector<std::int64_t*> to_whole(kSetBits, nullptr);
      for (std::size_t bit = 0; bit < 3; ++bit) {
        to_tiled[bit] = &tiled;
        to_whole[bit] = expected.data();
      }
      MassAssignment assignment(kernel, grid, kBox, 1, 2);
      assignment.add_members(scene.batch, members, transform, -1, to_tiled);
      assignment.add_members(scene.batch, members, transform, -1, to_whole);
      EXPECT_TRUE(whole(tiled) == expected) << "seed " << seed << ", grid " << grid;
    }
  }
}

TEST(TiledPlane, ALargerPlaneTakesASmallerOneIn) {
  const unsigned seed = fresh_seed();
  std::mt19937_64 random(seed);
  TileSet few(70), more(70);
  for (int row = 0; row < few.per_side(); ++row) {
    for (int column = 0; column < few.per_side(); ++column) {
      if (random() % 2 == 0) more.insert(row, column);
      if (more.contains(row, column) && random() % 2 == 0) few.insert(row, column);
    }
  }
  TiledPlane smaller(few), larger(more);
  EXPECT_EQ(smaller.cells().size(), few.count() * TiledPlane::kTileCells);
  for (std::int64_t& cell : smaller.cells()) cell = static_cast<std::int64_t>(random() % 1000);
  for (std::int64_t& cell : larger.cells()) cell = -static_cast<std::int64_t>(random() % 1000);
  QuantaPlane expected = whole(larger);
  smaller.add_rows_to(0, expected.values());
  larger.add(smaller);
  EXPECT_TRUE(whole(larger) == expected) << "seed " << seed;
  // Rows may be asked for in any pieces.
  QuantaPlane in_pieces(70);
  for (int first = 0; first < 70; first += 7)
    larger.add_rows_to(first, in_pieces.values().subspan(static_cast<std::size_t>(first) * 70, 7 * 70));
  EXPECT_TRUE(in_pieces == expected);
}

TEST(HaloFootprint, HoldsEveryShareOfEveryParticleInside) {
  const unsigned seed = fresh_seed();
  std::mt19937_64 random(seed);
  const ReplacementRule rule{1e12, 1e14, 1.0};
  for (const double largest : {0.05, 1.0, 6.0, 40.0}) {  // below a pixel to beyond the box
    for (const int grid : {20, 64, 257}) {
      for (int repeat = 0; repeat < 8; ++repeat) {
        const Scene scene = random_scene(random, largest);
        const SnapshotTransform transform = random_transform(random);
        const ReplacementRegions regions({rule}, scene.halos, kBox);
        const std::vector<BatchMembers> members = regions.find_members(scene.batch, 1);
        std::vector<TiledPlane> tiled;
        std::vector<QuantaPlane> expected(2, QuantaPlane(grid));
        std::vector<TiledPlane*> to_tiled(2 * kSetBits, nullptr);
        std::vector<std::int64_t*> to_whole(2 * kSetBits, nullptr);
        for (int slice = 0; slice < 2; ++slice)
          tiled.emplace_back(halo_footprint(scene.halos, rule, transform, slice, {grid, 2, kBox}));
        for (std::size_t slice = 0; slice < 2; ++slice) {
          to_tiled[slice * kSetBits] = &tiled[slice];
          to_whole[slice * kSetBits] = expected[slice].data();
        }
        for (const MassKernel kernel : {MassKernel::ngp, MassKernel::cic, MassKernel::tsc}) {
          MassAssignment assignment(kernel, grid, kBox, 2, 1);
          ASSERT_NO_THROW(assignment.add_members(scene.batch, members.at(0), transform, 1, to_tiled))
              << "seed " << seed << ", grid " << grid << ", radii up to " << largest;
          assignment.add_members(scene.batch, members.at(0), transform, 1, to_whole);
        }
        for (std::size_t slice = 0; slice < 2; ++slice)
          EXPECT_TRUE(whole(tiled[slice]) == expected[slice]) << "seed " << seed << ", grid " << grid;
      }
    }
  }
}

TEST(HaloFootprint, FewTilesAreHeldForFewSmallHalosAndNoneForNone) {
  const ReplacementRule rule{1e12, 1e14, 1.0};
  const std::vector<HaloSphere> halos{{{10, 10, 10}, 1e13, 0.5}, {{30, 30, 40}, 1e11, 5.0}};
  const PlaneGeometry geometry{1024, 2, kBox};  // a tile is 0.78 Mpc/h wide
  SnapshotTransform transform;
  transform.proj_dir = 2;
  const TileSet early = halo_footprint(halos, rule, transform, 0, geometry);
  EXPECT_GE(early.count(), 1u);
  EXPECT_LE(early.count(), 9u);
  EXPECT_EQ(halo_footprint(halos, rule, transform, 1, geometry).count(), 0u);
  // A larger region of the same bin holds the smaller one's tiles.
  ReplacementRule larger = rule;
  larger.radius_factor = 3;
  const TileSet wide = halo_footprint(halos, larger, transform, 0, geometry);
  for (int row = 0; row < early.per_side(); ++row)
    for (int column = 0; column < early.per_side(); ++column)
      EXPECT_LE(early.contains(row, column), wide.contains(row, column));
}

TEST(HaloFootprint, AParticleOutsideOfAllTilesIsAnErrorNotALoss) {
  ParticleBatch batch;
  batch.append(std::vector<std::array<double, 3>>{{25, 25, 25}}, std::vector<double>{1e9},
               MassQuantum(0.3, kBox));
  TiledPlane plane(TileSet(64));
  std::vector<TiledPlane*> planes(kSetBits, nullptr);
  planes[0] = &plane;
  EXPECT_THROW(MassAssignment(MassKernel::tsc, 64, kBox, 1, 1)
                   .add_members(batch, BatchMembers{{0}, {1}}, SnapshotTransform{}, 1, planes),
               NumericError);
}

}  // namespace
}  // namespace lenswright
