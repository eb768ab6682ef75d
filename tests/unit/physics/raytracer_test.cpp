#include "physics/raytracer.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace lenswright {
namespace {

constexpr int kPlaneGrid = 16;
constexpr double kWidth = 50.0;
// Not a multiple of the tile: tiles at two edges are cut.
const RayGrid kRays{70, 0.4};

std::vector<double> fields_of(unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<double> uniform(-1e-3, 1e-3);
  std::vector<double> fields(5 * kPlaneGrid * kPlaneGrid);
  for (double& value : fields) value = uniform(generator);
  return fields;
}

std::vector<RunTransform> frames_of(const std::vector<std::uint32_t>& runs) {
  std::vector<RunTransform> frames;
  for (const std::uint32_t run : runs) frames.push_back({run % 8, {3.0 * run, 50.0 - 7.0 * run}});
  return frames;
}

using RunMaps = std::vector<std::vector<Grid2d<double>>>;  // [run][source * maps + map]

// Three planes, sources behind the first and the last, kappa and omega; on `ranks` shares.
RunMaps trace(const std::vector<std::uint32_t>& runs, int ranks, int threads) {
  const std::vector<LensingMap> maps{LensingMap::kappa, LensingMap::omega};
  const std::vector<RunTransform> frames = frames_of(runs);
  std::vector<Raytracer> shares;
  for (int rank = 0; rank < ranks; ++rank)
    shares.emplace_back(kRays, runs.size(), maps, std::size_t{2}, Share{rank, ranks}, threads);
  for (int k = 1; k <= 3; ++k) {
    const std::vector<double> fields = fields_of(static_cast<unsigned>(k));
    PlaneStep step{20.0 * k, 0.9, std::nullopt, std::nullopt};
    if (k < 3) step.advance = carry_to(20.0 * (k - 1), 20.0 * k, 20.0 * (k + 1));
    if (k != 2) step.source = carry_to(20.0 * (k - 1), 20.0 * k, 20.0 * k + 10);
    for (Raytracer& share : shares) share.pass({fields, kPlaneGrid, kWidth}, step, frames, k == 1 ? 0U : 1U);
  }
  RunMaps result(runs.size());
  for (std::size_t run = 0; run < runs.size(); ++run)
    for (std::size_t slot = 0; slot < 4; ++slot) {
      std::vector<double> values;
      for (int rank = 0; rank < ranks; ++rank) {
        const std::span<const double> part =
            shares[static_cast<std::size_t>(rank)].values(run, slot / 2, slot % 2);
        for (const Raytracer& other : shares) EXPECT_EQ(other.rays_held(run, rank), part.size());
        values.insert(values.end(), part.begin(), part.end());
      }
      result[run].push_back(shares[0].tiling().untile(values));
    }
  return result;
}

TEST(RayTiling, EveryRayIsInOneTileInOrder) {
  const RayTiling tiling(kRays.side);
  EXPECT_EQ(tiling.tiles(), 81U);
  std::set<std::pair<int, int>> seen;
  std::size_t ray = 0;
  for (std::size_t tile = 0; tile < tiling.tiles(); ++tile) {
    EXPECT_EQ(tiling.first_ray(tile), ray);
    tiling.for_each_ray(tile, [&](int i, int j) {
      seen.emplace(i, j);
      ++ray;
    });
  }
  EXPECT_EQ(tiling.first_ray(tiling.tiles()), tiling.rays());
  EXPECT_EQ(seen.size(), tiling.rays());
  EXPECT_EQ(*seen.rbegin(), std::pair(69, 69));
}

TEST(Raytracer, AnglesStandSymmetricallyAroundTheAxis) {
  EXPECT_DOUBLE_EQ(ray_angle(kRays, 0), -0.4 / 2 + 0.4 / 70 / 2);
  for (int i = 0; i < 35; ++i) EXPECT_DOUBLE_EQ(ray_angle(kRays, i), -ray_angle(kRays, 69 - i));
}

TEST(Raytracer, MapsDoNotDependOnSharesOrThreads) {
  const std::vector<std::uint32_t> runs{1, 2, 3};
  const RunMaps alone = trace(runs, 1, 1);
  for (const int ranks : {2, 3, 4, 5, 28}) EXPECT_TRUE(trace(runs, ranks, 1) == alone) << ranks;
  for (const int threads : {2, 3}) EXPECT_TRUE(trace(runs, 2, threads) == alone) << threads;
}

TEST(Raytracer, ARunDoesNotDependOnTheOthers) {
  const RunMaps all = trace({1, 2, 3}, 2, 1);
  EXPECT_TRUE(trace({2}, 1, 1)[0] == all[1]);
  EXPECT_TRUE(trace({3, 2}, 3, 1)[1] == all[1]);
  EXPECT_FALSE(all[0] == all[1]);
}

TEST(Raytracer, RaysAreWhereTheirPixelsSay) {
  // A plane whose f2 grows along i and f4 along j, seen without a shift: kappa grows with each, in its own way.
  std::vector<double> fields(5 * kPlaneGrid * kPlaneGrid, 0.0);
  for (std::size_t i = 0; i < kPlaneGrid; ++i)
    for (std::size_t j = 0; j < kPlaneGrid; ++j) {
      fields[5 * (j + kPlaneGrid * i) + 2] = 1e-4 * static_cast<double>(i);
      fields[5 * (j + kPlaneGrid * i) + 4] = 3e-4 * static_cast<double>(j);
    }
  Raytracer tracer({70, 0.4}, 1, {LensingMap::kappa}, 1, {0, 1}, 1);
  const double chi = 40, chi_s = 80;
  const RunTransform middle{0, {25.0, 25.0}};
  tracer.pass({fields, kPlaneGrid, kWidth}, {chi, 1.0, std::nullopt, carry_to(0, chi, chi_s)}, {&middle, 1},
              0);
  const Grid2d<double> kappa = tracer.tiling().untile(tracer.values(0, 0, 0));
  const double pixel = kWidth / kPlaneGrid;
  for (const auto& [i, j] : {std::pair(0, 0), std::pair(3, 66), std::pair(69, 2), std::pair(40, 35)}) {
    const double u = (chi * ray_angle(kRays, i) + 25) / pixel, v = (chi * ray_angle(kRays, j) + 25) / pixel;
    const double expected = chi * (chi_s - chi) / chi_s * (1e-4 * u + 3e-4 * v) / 2;
    EXPECT_NEAR(kappa(i, j), expected, 1e-14) << i << ", " << j;  // rounding
  }
}

}  // namespace
}  // namespace lenswright
