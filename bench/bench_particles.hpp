// bench_particles.hpp: particles in the orders that snapshots have them, and worse ones.
//
// Units:  Mpc/h, Msun/h
// Clusters are isothermal spheres (density falling as 1 / r^2) with numbers of members drawn from a power law.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "geometry/transform.hpp"
#include "physics/halo_replacement.hpp"
#include "physics/mass_assignment.hpp"

namespace lenswright::bench {

inline constexpr double kBox = 205.0;
inline constexpr double kOmegaM = 0.3089;

enum class Order { random, rows, clustered, shuffled };
inline const char* order_name(Order order) {
  switch (order) {
    case Order::random:
      return "random";
    case Order::rows:
      return "row_sorted";
    case Order::clustered:
      return "clustered";
    case Order::shuffled:
      break;
  }
  return "clustered_shuffled";
}

using Positions = std::vector<std::array<double, 3>>;

// Every axis is moved and reflected, and none of the three is where it was.
inline SnapshotTransform bench_transform() {
  return {1, {141.4, 59.9, 17.3}, true};
}

inline double wrapped(double x) {
  const double y = x - kBox * std::floor(x / kBox);
  return y < kBox ? y : 0.0;
}

// Spheres of mass and radius as halos have them (R200c at z = 0), most of them small.
inline std::vector<HaloSphere> random_halos(std::size_t count, std::uint64_t seed) {
  constexpr double kCritical = 27.7536627e10;  // Msun/h / (Mpc/h)^3
  std::mt19937_64 engine(seed);
  std::uniform_real_distribution<double> place(0, kBox), part(0, 1);
  std::vector<HaloSphere> halos;
  for (std::size_t h = 0; h < count; ++h) {
    const double mass = std::min(1e12 / part(engine), 9e14);  // as many per decade as 1 / mass
    const double radius = std::cbrt(mass / (200 * kCritical * 4 / 3 * std::numbers::pi));
    halos.push_back({{place(engine), place(engine), place(engine)}, mass, radius});
  }
  return halos;
}

// Half of all particles in spheres of twice R200c around halos, sphere by sphere; the others anywhere, after them.
inline Positions clustered_positions(std::size_t count, const std::vector<HaloSphere>& halos,
                                     std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::uniform_real_distribution<double> place(0, kBox), part(0, 1), both(-1, 1);
  const double total = std::accumulate(halos.begin(), halos.end(), 0.0,
                                       [](double sum, const HaloSphere& halo) { return sum + halo.m200c; });
  Positions positions;
  positions.reserve(count);
  for (const HaloSphere& halo : halos) {
    const auto members = static_cast<std::size_t>(halo.m200c / total * static_cast<double>(count) / 2);
    for (std::size_t m = 0; m < members; ++m) {
      const double r = 2 * halo.r200c * part(engine), cosine = both(engine);
      const double sine = std::sqrt(1 - cosine * cosine), angle = 2 * std::numbers::pi * part(engine);
      positions.push_back({wrapped(halo.centre[0] + r * sine * std::cos(angle)),
                           wrapped(halo.centre[1] + r * sine * std::sin(angle)),
                           wrapped(halo.centre[2] + r * cosine)});
    }
  }
  while (positions.size() < count) positions.push_back({place(engine), place(engine), place(engine)});
  return positions;
}

inline Positions make_positions(Order order, std::size_t count) {
  std::mt19937_64 engine(7);
  if (order == Order::clustered || order == Order::shuffled) {
    Positions positions = clustered_positions(count, random_halos(3000, 11), 13);
    if (order == Order::shuffled) std::shuffle(positions.begin(), positions.end(), engine);
    return positions;
  }
  std::uniform_real_distribution<double> place(0, kBox);
  Positions positions(count);
  for (auto& position : positions)
    for (double& x : position) x = place(engine);
  if (order == Order::rows) {
    const SnapshotTransform transform = bench_transform();
    const auto row = [&](const std::array<double, 3>& x) { return project(transform, x, kBox).x; };
    std::sort(positions.begin(), positions.end(),
              [&](const auto& a, const auto& b) { return row(a) < row(b); });
  }
  return positions;
}

// All of one mass: that of a particle of the real campaign's dark-matter run.
inline ParticleBatch make_batch(const Positions& positions, double mass_msun_h) {
  ParticleBatch batch;
  batch.touch(positions.size());  // as the program does before it reads
  batch.append(positions, std::vector<double>(positions.size(), mass_msun_h), MassQuantum(kOmegaM, kBox));
  return batch;
}

}  // namespace lenswright::bench
