#include "physics/mass_assignment.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <numeric>
#include <random>

#include "base/error.hpp"

namespace lenswright {
namespace {

constexpr double kBox = 205.0;

struct Cloud {
  std::vector<std::array<double, 3>> positions;
  std::vector<double> masses;
  ParticleBatch batch;
};

unsigned fresh_seed() {
  const unsigned seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  return seed;
}

// Uniform, with some particles exactly on edges, nodes and halfway between nodes.
Cloud random_cloud(std::mt19937_64& random, std::size_t count, int grid) {
  std::uniform_real_distribution<double> place(0, kBox), mass(1e7, 1e10);
  std::uniform_int_distribution<int> special(0, 9), node(0, 2 * grid);
  Cloud cloud;
  for (std::size_t p = 0; p < count; ++p) {
    std::array<double, 3> x{};
    for (double& value : x) {
      switch (special(random)) {
        case 0:
          value = 0.0;
          break;
        case 1:
          value = kBox;
          break;
        case 2:
          value = std::nextafter(kBox, 0.0);
          break;
        case 3:
          value = std::min(kBox, node(random) * 0.5 * kBox / grid);
          break;
        default:
          value = place(random);
      }
    }
    cloud.positions.push_back(x);
    cloud.masses.push_back(mass(random));
  }
  cloud.batch.append(cloud.positions, cloud.masses, MassQuantum(0.3089, kBox));
  return cloud;
}

SnapshotTransform random_transform(std::mt19937_64& random) {
  std::uniform_real_distribution<double> shift(0, kBox);
  SnapshotTransform transform;
  transform.proj_dir = static_cast<int>(random() % 3);
  transform.flip = random() % 2 == 0;
  // sometimes none, so that positions stay on edges and nodes
  if (random() % 3 != 0) transform.displacement = {shift(random), shift(random), shift(random)};
  return transform;
}

int wrapped(double node, int grid) {
  const int n = static_cast<int>(node) % grid;
  return n < 0 ? n + grid : n;
}

// One axis, straight from the definition: nodes and weights, the nearest first.
std::vector<std::pair<double, double>> axis_weights(MassKernel kernel, double u) {
  const double nearest = std::floor(u + 0.5), d = u - nearest;
  if (kernel == MassKernel::ngp) return {{nearest, 1.0}};
  if (kernel == MassKernel::tsc)
    return {{nearest, 0.75 - d * d},
            {nearest - 1, 0.5 * ((0.5 - d) * (0.5 - d))},
            {nearest + 1, 0.5 * ((0.5 + d) * (0.5 + d))}};
  const double lower = std::floor(u), f = u - lower;
  const std::pair<double, double> below{lower, 1 - f}, above{lower + 1, f};
  return nearest == lower ? std::vector{below, above} : std::vector{above, below};
}

void deposit_plainly(MassKernel kernel, int grid, const SnapshotTransform& transform, int slices,
                     const std::array<double, 3>& position, std::int64_t quanta,
                     const std::vector<std::int64_t*>& planes) {
  const ProjectedPosition seen = project(transform, position, kBox);
  std::int64_t* const plane = planes[static_cast<std::size_t>(slice_of_depth(seen.depth, slices, kBox))];
  if (!plane) return;
  const auto pixel = [&](double i, double j) -> std::int64_t& {
    return plane[static_cast<std::ptrdiff_t>(wrapped(i, grid)) * grid + wrapped(j, grid)];
  };
  const auto rows = axis_weights(kernel, (seen.x * grid) / kBox);
  const auto columns = axis_weights(kernel, (seen.y * grid) / kBox);
  std::int64_t rest = quanta;
  for (const auto& [i, wi] : rows) {
    for (const auto& [j, wj] : columns) {
      const std::int64_t share = std::llrint(static_cast<double>(quanta) * (wi * wj));
      pixel(i, j) += share;
      rest -= share;
    }
  }
  pixel(rows[0].first, columns[0].first) += rest;
}

std::vector<std::int64_t*> pixels(std::vector<QuantaPlane>& planes) {
  std::vector<std::int64_t*> all;
  for (QuantaPlane& plane : planes) all.push_back(plane.data());
  return all;
}

TEST(MassAssignment, EqualsAPlainLoopForAnyGridSlicesKernelAndThreads) {
  const unsigned seed = fresh_seed();
  std::mt19937_64 random(seed);
  for (const MassKernel kernel : {MassKernel::ngp, MassKernel::cic, MassKernel::tsc}) {
    for (const int grid : {1, 2, 3, 4, 5, 64, 100, 257, 1031}) {
      const int slices = 1 + static_cast<int>(random() % 3);
      const Cloud cloud = random_cloud(random, 3000, grid);
      const SnapshotTransform transform = random_transform(random);
      std::vector<QuantaPlane> expected(static_cast<std::size_t>(slices), QuantaPlane(grid));
      for (std::size_t p = 0; p < cloud.positions.size(); ++p)
        deposit_plainly(kernel, grid, transform, slices, cloud.positions[p], cloud.batch.quanta[p],
                        pixels(expected));
      for (const int threads : {1, 2, 3}) {
        std::vector<QuantaPlane> planes(static_cast<std::size_t>(slices), QuantaPlane(grid));
        MassAssignment(kernel, grid, kBox, slices, threads).add(cloud.batch, transform, pixels(planes));
        EXPECT_TRUE(planes == expected) << "seed " << seed << ", grid " << grid << ", threads " << threads;
      }
    }
  }
}

TEST(MassAssignment, MassIsConservedToTheQuantum) {
  const unsigned seed = fresh_seed();
  std::mt19937_64 random(seed);
  const Cloud cloud = random_cloud(random, 20000, 64);
  const auto mass = std::accumulate(cloud.batch.quanta.begin(), cloud.batch.quanta.end(), std::int64_t{0});
  for (const MassKernel kernel : {MassKernel::ngp, MassKernel::cic, MassKernel::tsc}) {
    std::vector<QuantaPlane> planes(2, QuantaPlane(64));
    MassAssignment(kernel, 64, kBox, 2, 2).add(cloud.batch, random_transform(random), pixels(planes));
    std::int64_t sum = 0;
    for (const QuantaPlane& plane : planes)
      sum = std::accumulate(plane.values().begin(), plane.values().end(), sum);
    EXPECT_EQ(sum, mass) << "seed " << seed;
  }
}

// W(s) of the triangular-shaped cloud by distance, over all nodes of the plane.
double tsc_weight(double distance) {
  const double s = std::abs(distance);
  if (s < 0.5) return 0.75 - s * s;
  return s < 1.5 ? 0.5 * (1.5 - s) * (1.5 - s) : 0.0;
}

TEST(MassAssignment, TscSharesAreTheWeightsByDistance) {
  // Shares are rounded to quanta; the nearest node takes what nine roundings leave. Weights differ by rounding.
  constexpr double kQuantaTolerance = 6.0;
  constexpr double kMass = 1e10;
  const unsigned seed = fresh_seed();
  std::mt19937_64 random(seed);
  constexpr int kGrid = 16;
  for (int repeat = 0; repeat < 50; ++repeat) {
    Cloud cloud;
    std::uniform_real_distribution<double> place(0, kBox);
    cloud.positions.push_back({place(random), place(random), place(random)});
    cloud.masses.push_back(kMass);
    cloud.batch.append(cloud.positions, cloud.masses, MassQuantum(0.3089, kBox));
    std::vector<QuantaPlane> planes(1, QuantaPlane(kGrid));
    SnapshotTransform transform;
    transform.proj_dir = 2;
    MassAssignment(MassKernel::tsc, kGrid, kBox, 1, 1).add(cloud.batch, transform, pixels(planes));
    for (int i = 0; i < kGrid; ++i) {
      for (int j = 0; j < kGrid; ++j) {
        const double di = std::remainder(cloud.positions[0][0] * kGrid / kBox - i, kGrid);
        const double dj = std::remainder(cloud.positions[0][1] * kGrid / kBox - j, kGrid);
        const double expected = static_cast<double>(cloud.batch.quanta[0]) * tsc_weight(di) * tsc_weight(dj);
        EXPECT_NEAR(static_cast<double>(planes[0](i, j)), expected, kQuantaTolerance) << "seed " << seed;
      }
    }
  }
}

TEST(ParticleBatch, HoldsWhatIsAppendedInPiecesOfAnyLength) {
  const unsigned seed = fresh_seed();
  std::mt19937_64 random(seed);
  const MassQuantum quantum(0.3089, kBox);
  const Cloud cloud = random_cloud(random, 2000, 64);
  ParticleBatch batch;
  for (const bool again : {false, true}) {
    batch.clear();
    for (std::size_t first = 0; first < cloud.positions.size();) {
      const std::size_t count = std::min<std::size_t>(random() % 8, cloud.positions.size() - first);
      // Neighbours of one mass now and then.
      const std::vector<double> masses(count, cloud.masses[first]);
      batch.append(std::span(cloud.positions).subspan(first, count),
                   again ? std::span<const double>(masses) : std::span(cloud.masses).subspan(first, count),
                   quantum);
      ASSERT_EQ(batch.size(), first + count) << "seed " << seed;
      for (std::size_t p = first; p < first + count; ++p) {
        for (std::size_t k = 0; k < 3; ++k)
          ASSERT_EQ(batch.axis[k][p], cloud.positions[p][k]) << "seed " << seed;
        ASSERT_EQ(batch.quanta[p], quantum.quanta_of(again ? masses[0] : cloud.masses[p])) << "seed " << seed;
      }
      first += count;
    }
  }
  for (const double mass : {-1.0, std::numeric_limits<double>::quiet_NaN(), 1e30})
    EXPECT_THROW(batch.append(std::vector<std::array<double, 3>>{{1, 1, 1}, {1, 1, 1}},
                              std::vector<double>{1e9, mass}, quantum),
                 NumericError);
}

TEST(MassAssignment, UnwantedSlicesAreLeftOut) {
  std::mt19937_64 random(1);
  const Cloud cloud = random_cloud(random, 5000, 64);
  const SnapshotTransform transform = random_transform(random);
  std::vector<QuantaPlane> both(2, QuantaPlane(64));
  QuantaPlane late(64);
  MassAssignment assignment(MassKernel::tsc, 64, kBox, 2, 2);
  assignment.add(cloud.batch, transform, pixels(both));
  assignment.add(cloud.batch, transform, std::vector<std::int64_t*>{nullptr, late.data()});
  EXPECT_TRUE(late == both[1]);
}

TEST(MassAssignment, MembersGoToThePlanesOfTheirSets) {
  const unsigned seed = fresh_seed();
  std::mt19937_64 random(seed);
  constexpr int kGrid = 300;  // several bands
  const Cloud cloud = random_cloud(random, 20000, kGrid);
  const SnapshotTransform transform = random_transform(random);
  BatchMembers members;
  const std::vector<int> bits{0, 5, 63};
  for (std::uint32_t p = 0; p < cloud.batch.size(); ++p) {
    std::uint64_t set = 0;
    for (const int bit : bits) set |= (random() % 4 == 0 ? std::uint64_t{1} : 0) << bit;
    if (set == 0) continue;
    members.particles.push_back(p);
    members.sets.push_back(set | std::uint64_t{1} << 7);  // nobody wants 7
  }
  members.overlaps = std::uint64_t{1} << 5;
  std::vector<QuantaPlane> planes(6, QuantaPlane(kGrid)), expected(6, QuantaPlane(kGrid));
  std::vector<std::int64_t*> targets(2 * kSetBits, nullptr);
  for (std::size_t k = 0; k < bits.size(); ++k)
    for (std::size_t slice = 0; slice < 2; ++slice)
      targets[slice * kSetBits + static_cast<std::size_t>(bits[k])] = planes[2 * k + slice].data();
  MassAssignment assignment(MassKernel::tsc, kGrid, kBox, 2, 2);
  assignment.add_members(cloud.batch, members, transform, -1, targets);
  for (std::size_t k = 0; k < bits.size(); ++k)
    for (std::size_t m = 0; m < members.particles.size(); ++m)
      if (members.sets[m] >> bits[k] & 1)
        deposit_plainly(MassKernel::tsc, kGrid, transform, 2, cloud.positions[members.particles[m]],
                        cloud.batch.quanta[members.particles[m]],
                        {expected[2 * k].data(), expected[2 * k + 1].data()});
  for (const std::size_t plane : {0, 1, 4, 5})  // bit 5 has the other sign
    for (std::int64_t& quanta : expected[plane].values()) quanta = -quanta;
  EXPECT_TRUE(planes == expected) << "seed " << seed;

  // Taken out of their batch, and away from the planes again.
  ParticleBatch alone;
  alone.append(cloud.batch, members.particles);
  ASSERT_EQ(alone.size(), members.particles.size());
  members.particles.clear();
  assignment.add_members(alone, members, transform, 1, targets);
  EXPECT_TRUE(planes == std::vector<QuantaPlane>(6, QuantaPlane(kGrid))) << "seed " << seed;
}

}  // namespace
}  // namespace lenswright
