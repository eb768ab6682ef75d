// Members of replacement regions against brute force: every particle against every halo.
#include "physics/halo_replacement.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <random>

namespace lenswright {
namespace {

constexpr double kBox = 50.0;

double image(double difference) {
  return difference > kBox / 2 ? difference - kBox : difference < -kBox / 2 ? difference + kBox : difference;
}

bool is_inside(const ReplacementRule& rule, const std::vector<HaloSphere>& halos,
               const std::array<double, 3>& point) {
  for (const HaloSphere& halo : halos) {
    if (!(rule.lower_msun_h <= halo.m200c && halo.m200c < rule.upper_msun_h)) continue;
    const double x = image(point[0] - halo.centre[0]), y = image(point[1] - halo.centre[1]),
                 z = image(point[2] - halo.centre[2]);
    const double radius = rule.radius_factor * halo.r200c;
    if (x * x + y * y + z * z <= radius * radius) return true;
  }
  return false;
}

std::vector<ReplacementRule> rules_of(const std::vector<double>& edges, const std::vector<double>& factors) {
  constexpr double kOpen = std::numeric_limits<double>::infinity();
  std::vector<ReplacementRule> rules;
  for (std::size_t k = 0; k + 1 < edges.size(); ++k)
    for (const double upper : {edges[k + 1], kOpen})
      for (const double factor : factors) rules.push_back({edges[k], upper, factor});
  return rules;
}

struct Scene {
  std::vector<HaloSphere> halos;
  std::vector<std::array<double, 3>> points;
};

// Halos all over, at edges and corners, on top of each other, of no radius; particles around and exactly on them.
Scene random_scene(std::mt19937_64& random, std::size_t halos, double largest_radius, std::size_t points) {
  std::uniform_real_distribution<double> place(0, kBox), log_mass(11.5, 15.2), part(0, 1), around(-1, 1);
  Scene scene;
  for (std::size_t h = 0; h < halos; ++h) {
    HaloSphere halo{{place(random), place(random), place(random)}, std::pow(10.0, log_mass(random)), 0.0};
    if (random() % 4 == 0) halo.centre[random() % 3] = random() % 2 ? 0.0 : kBox;
    if (random() % 8 == 0) halo.m200c = 1e13;  // exactly on an edge of the mass bins
    if (random() % 8 == 0 && h > 0) halo.centre = scene.halos.back().centre;
    if (random() % 6 != 0) halo.r200c = largest_radius * std::pow(part(random), 3);
    scene.halos.push_back(halo);
  }
  for (std::size_t p = 0; p < points; ++p) {
    std::array<double, 3> point{place(random), place(random), place(random)};
    if (halos > 0 && random() % 2 == 0) {
      const HaloSphere& halo = scene.halos[random() % halos];
      for (std::size_t k = 0; k < 3; ++k) {
        double x = halo.centre[k] + 2 * halo.r200c * around(random);
        x -= kBox * std::floor(x / kBox);
        point[k] = std::min(x, kBox);
      }
      if (random() % 10 == 0) point = halo.centre;
    }
    if (random() % 20 == 0) point[random() % 3] = random() % 2 ? 0.0 : kBox;
    scene.points.push_back(point);
  }
  return scene;
}

// What the rings of a particle come to: how often each rule's plane holds it.
std::vector<int> held_by(const ReplacementRegions& regions, const std::vector<bool>& bits) {
  std::vector<int> held(regions.rules().size());
  for (std::size_t k = 0; k < held.size(); ++k) held[k] = bits[k] ? 1 : 0;
  for (std::size_t n = 0; n < regions.overlap_rules().size(); ++n)
    held[regions.overlap_rules()[n]] -= bits[held.size() + n] ? 1 : 0;
  for (std::size_t k = 1; k < held.size(); ++k)
    if (regions.holds_previous(k)) held[k] += held[k - 1];
  for (const ReplacementRegions::Union& sum : regions.unions())
    for (const std::size_t part : sum.parts) held[sum.rule] += held[part];
  return held;
}

void expect_brute_force(const std::vector<ReplacementRule>& rules, const Scene& scene,
                        const std::string& which) {
  ParticleBatch batch;
  batch.append(scene.points, std::vector<double>(scene.points.size(), 1e9), MassQuantum(0.3, kBox));
  for (const bool with_unions : {false, true}) {
    const ReplacementRegions regions(rules, scene.halos, kBox, with_unions);
    ASSERT_EQ(regions.rules().size(), rules.size());
    ASSERT_TRUE(with_unions || (regions.unions().empty() && regions.overlap_rules().empty()));
    for (const int threads : {1, 3}) {
      const std::vector<BatchMembers> members = regions.find_members(batch, threads);
      ASSERT_EQ(members.size(), (rules.size() + kSetBits - 1) / kSetBits);
      std::vector<std::vector<bool>> bits(scene.points.size(), std::vector<bool>(members.size() * kSetBits));
      for (std::size_t word = 0; word < members.size(); ++word) {
        for (std::size_t m = 0; m < members[word].particles.size(); ++m)
          for (std::size_t bit = 0; bit < kSetBits; ++bit)
            if (members[word].sets[m] >> bit & 1)
              bits[members[word].particles[m]].at(word * kSetBits + bit) = true;
        for (std::size_t bit = 0; bit < kSetBits; ++bit) {
          const std::size_t number = word * kSetBits + bit;
          const bool is_overlap =
              number >= rules.size() && number < rules.size() + regions.overlap_rules().size();
          ASSERT_EQ((members[word].overlaps >> bit & 1) != 0, is_overlap) << which;
        }
      }
      std::size_t wrong = 0;
      for (std::size_t p = 0; p < scene.points.size(); ++p) {
        const std::vector<int> held = held_by(regions, bits[p]);
        for (std::size_t k = 0; k < rules.size(); ++k)
          if (held[k] != (is_inside(regions.rules()[k], scene.halos, scene.points[p]) ? 1 : 0)) ++wrong;
      }
      EXPECT_EQ(wrong, 0u) << which << ", threads " << threads << ", unions " << with_unions;
    }
  }
}

TEST(ReplacementRegions, EqualBruteForceOnRandomHalos) {
  const unsigned seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937_64 random(seed);
  const auto rules = rules_of({1e12, std::sqrt(10.0) * 1e12, 1e13, std::sqrt(10.0) * 1e13, 1e15},
                              {5.0, 0.5, 3.0, 1.0});  // in any order
  for (const std::size_t halos : {1, 2, 30, 300}) {
    for (const double largest :
         {0.01, 1.0, 12.0}) {  // far below a cell, a few cells, beyond the box with factor 5
      expect_brute_force(rules, random_scene(random, halos, largest, 2000),
                         "seed " + std::to_string(seed) + ", " + std::to_string(halos) + " halos of up to " +
                             std::to_string(largest));
    }
  }
}

TEST(ReplacementRegions, MoreRulesThanOneWordHolds) {
  const unsigned seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937_64 random(seed);
  std::vector<double> edges, factors;
  for (int k = 0; k < 9; ++k) edges.push_back(1e11 * std::pow(4.0, k));
  for (int k = 0; k < 11; ++k) factors.push_back(0.3 + 0.4 * k);
  const auto rules = rules_of(edges, factors);
  ASSERT_EQ(rules.size(), 176u);  // three words; bins straddle their borders
  expect_brute_force(rules, random_scene(random, 100, 3.0, 1000), "seed " + std::to_string(seed));
}

// Of bins [1, 2), [2, 3) and both open: [1, oo) is [1, 2) and [2, oo); that is [2, 3) where no halo weighs more.
TEST(ReplacementRegions, OpenBinsAreUnionsOfOthersIfTheirHalosAre) {
  const auto rules = rules_of({1e12, 2e12, 3e12}, {1.0, 2.0});
  const HaloSphere light{{10, 10, 10}, 1.5e12, 1.0}, heavy{{13, 10, 10}, 2.5e12, 1.0},
      giant{{40, 10, 10}, 4e12, 1.0};
  // By mass bin, then factor: [1, 2): 0, 1; [1, oo): 2, 3; [2, 3): 4, 5; [2, oo): 6, 7.
  using Parts = std::map<std::size_t, std::vector<std::size_t>>;
  const auto parts_of = [&](const std::vector<HaloSphere>& halos) {
    const ReplacementRegions regions(rules, halos, kBox, true);
    Parts parts;
    for (const ReplacementRegions::Union& sum : regions.unions()) parts[sum.rule] = sum.parts;
    return parts;
  };
  EXPECT_EQ(parts_of({light, heavy}), (Parts{{2, {0, 4}}, {3, {1, 5}}, {6, {4}}, {7, {5}}}));
  EXPECT_EQ(parts_of({light, heavy, giant}), (Parts{{2, {0, 6}}, {3, {1, 7}}}));
  EXPECT_EQ(parts_of({light}), (Parts{{2, {0}}, {3, {1}}}));
  EXPECT_EQ(parts_of({}), Parts{});
  EXPECT_TRUE(ReplacementRegions(rules, {light, heavy}, kBox).unions().empty());

  const ReplacementRegions regions(rules, {light, heavy, giant}, kBox, true);
  EXPECT_EQ(regions.overlap_rules(), (std::vector<std::size_t>{2, 3}));
  ParticleBatch batch;  // in the light one, between both, in the heavy one, nowhere
  batch.append(std::vector<std::array<double, 3>>{{10, 10, 10}, {11.5, 10, 10}, {13, 10, 10}, {25, 25, 25}},
               std::vector<double>(4, 1e9), MassQuantum(0.3, kBox));
  const BatchMembers members = regions.find_members(batch, 1).at(0);
  EXPECT_EQ(members.particles, (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_EQ(members.sets,
            (std::vector<std::uint64_t>{1U << 0, 1U << 1 | 1U << 5 | 1U << 7 | 1U << 9, 1U << 4 | 1U << 6}));
  EXPECT_EQ(members.overlaps, 1U << 8 | 1U << 9);
}

TEST(ReplacementRegions, BinsOfDifferentFactorsAreNoUnions) {
  const HaloSphere halo{{10, 10, 10}, 1.5e12, 1.0};
  EXPECT_TRUE(
      ReplacementRegions({{1e12, 2e12, 1.0}, {1e12, 3e12, 2.0}}, {halo}, kBox, true).unions().empty());
}

// Bits of overlaps take no word of their own, which would be memory per particle.
TEST(ReplacementRegions, UnionsThatNeedAnotherWordAreNotMade) {
  std::vector<double> factors;
  for (int k = 0; k < 16; ++k) factors.push_back(1.0 + 0.1 * k);
  const auto rules = rules_of({1e12, 2e12, 3e12}, factors);
  ASSERT_EQ(rules.size(), kSetBits);
  const HaloSphere light{{10, 10, 10}, 1.5e12, 1.0}, heavy{{13, 10, 10}, 2.5e12, 1.0},
      giant{{40, 10, 10}, 4e12, 1.0};
  EXPECT_TRUE(ReplacementRegions(rules, {light, heavy, giant}, kBox, true).unions().empty());
  EXPECT_EQ(ReplacementRegions(rules, {light, heavy}, kBox, true).unions().size(), factors.size());
}

TEST(ReplacementRegions, WithoutHalosNobodyIsInside) {
  std::mt19937_64 random(1);
  const auto rules = rules_of({1e12, 1e13}, {1.0});
  expect_brute_force(rules, random_scene(random, 0, 1.0, 100), "no halos");
  Scene scene = random_scene(random, 1, 1.0, 100);
  scene.halos[0].m200c = 0;  // no bin selects it
  expect_brute_force(rules, scene, "no mass");
}

TEST(ReplacementRegions, AHaloWithoutRadiusHoldsOnlyItsCentre) {
  const ReplacementRegions regions({{1e12, 1e13, 5.0}}, {{{kBox, 0.0, 10.0}, 1e12, 0.0}}, kBox);
  ParticleBatch batch;
  batch.append(
      std::vector<std::array<double, 3>>{{0.0, kBox, 10.0}, {0.0, 0.0, 10.000001}, {kBox, 0.0, 10.0}},
      std::vector<double>(3, 1e9), MassQuantum(0.3, kBox));
  EXPECT_EQ(regions.find_members(batch, 1).at(0).particles, (std::vector<std::uint32_t>{0, 2}));
}

}  // namespace
}  // namespace lenswright
