#include "sim/mock_matter.hpp"

#include <algorithm>
#include <cmath>

#include "base/units.hpp"
#include "sim/halo_profile.hpp"
#include "sim/random_stream.hpp"

namespace lenswright {

namespace {

using Position = std::array<double, 3>;

// No particle comes closer than this to the sphere's surface, so that neither float32 positions nor a float32
// centre move one across it.
constexpr double kSurfaceMargin = 1e-3;
constexpr double kGasReach = 1.4;      // in R200c; less than the space that halos keep between them
constexpr double kGasCore = 0.25;      // of the gas's reach
constexpr double kStarReach = 0.3;     // in R200c
constexpr double kStarScale = 0.1;     // Hernquist scale in units of the stars' reach
constexpr double kStarFraction = 0.1;  // of a halo's baryons
constexpr std::size_t kBlackHoleParticles = 100;  // halos of at least as many hold a black hole
constexpr double kBlackHoleShare = 1.0 / 64;      // of a gas particle's mass

// Rounded to `bits` significant bits.
double with_bits(double value, int bits) {
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  return std::ldexp(std::nearbyint(std::ldexp(fraction, bits)), exponent - bits);
}

Position at_radius(const Position& centre, double radius, double u, double v, double box) {
  const double cosine = 1 - 2 * u, sine = std::sqrt(std::max(0.0, 1 - cosine * cosine));
  return {wrap(centre[0] + radius * sine * std::cos(2 * kPi * v), box),
          wrap(centre[1] + radius * sine * std::sin(2 * kPi * v), box),
          wrap(centre[2] + radius * cosine, box)};
}

// The n-th of `count` particles of a profile: one per equal share of the mass, in a random direction.
template <typename Profile>
Position sample(const MockHalo& halo, std::size_t n, std::size_t count, std::uint64_t particle,
                RandomStream stream, std::uint64_t seed, double box, double reach, const Profile& profile) {
  const auto [u, v] = uniform_pair(seed, stream, particle, 0);
  const double share =
      (static_cast<double>(n) + uniform_pair(seed, stream, particle, 1)[0]) / static_cast<double>(count);
  return at_radius(halo.centre, reach * halo.r200c * profile(share), u, v, box);
}

Position zeldovich(std::uint64_t particle, const Displacements& displacements, double growth, double box,
                   int side) {
  const auto n = static_cast<std::uint64_t>(side);
  const std::array<std::uint64_t, 3> cell{particle / (n * n), particle / n % n, particle % n};
  Position x;
  for (std::size_t axis = 0; axis < 3; ++axis)
    x[axis] =
        wrap(static_cast<double>(cell[axis]) * box / side + growth * displacements[axis][particle], box);
  return x;
}

// Halos (not owned) by the coarse cells that their spheres may reach into: a particle asks those around its own.
class HaloSpheres {
 public:
  HaloSpheres(const std::vector<MockHalo>& halos, double box) : box_(box) {
    double largest = box / 64;
    for (const MockHalo& halo : halos) largest = std::max(largest, halo.r200c);
    side_ = std::max(1, static_cast<int>(box / (1.01 * largest)));
    cells_.resize(static_cast<std::size_t>(side_) * static_cast<std::size_t>(side_) *
                  static_cast<std::size_t>(side_));
    for (const MockHalo& halo : halos) cells_[cell(halo.centre, {0, 0, 0})].push_back(&halo);
  }

  // The particle's place, or one outside if it is within a halo: r^3 -> 2 R^3 - r^3 turns the sphere inside
  // out into the shell of the same volume around it. No other halo is as near (kSeparation in
  // mock_halos.cpp).
  Position outside(const Position& x) const {
    const int last = side_ < 3 ? side_ - 2 : 1;  // with few cells each is visited once
    for (int di = -1; di <= last; ++di)
      for (int dj = -1; dj <= last; ++dj)
        for (int dk = -1; dk <= last; ++dk)
          for (const MockHalo* halo : cells_[cell(x, {di, dj, dk})]) {
            Position d;
            for (std::size_t axis = 0; axis < 3; ++axis)
              d[axis] = nearest_image(x[axis] - halo->centre[axis], box_);
            const double r = std::sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
            const double surface = halo->r200c * (1 + kSurfaceMargin);
            if (r >= surface) continue;
            const double pushed = std::cbrt(2 * surface * surface * surface - r * r * r);
            if (r == 0) d = {1, 0, 0};
            const double scale = r == 0 ? pushed : pushed / r;
            Position moved;
            for (std::size_t axis = 0; axis < 3; ++axis)
              moved[axis] = wrap(halo->centre[axis] + scale * d[axis], box_);
            return moved;
          }
    return x;
  }

 private:
  std::size_t cell(const Position& x, const std::array<int, 3>& step) const {
    std::size_t index = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const int c = std::min(side_ - 1, static_cast<int>(x[axis] / box_ * side_)) + step[axis];
      index = index * static_cast<std::size_t>(side_) + static_cast<std::size_t>((c + side_) % side_);
    }
    return index;
  }

  double box_;
  int side_ = 1;
  std::vector<std::vector<const MockHalo*>> cells_;
};

void add(ParticleSet& set, const Position& position, std::uint64_t id) {
  set.positions.push_back(position);
  set.ids.push_back(static_cast<std::int64_t>(id));
}

// M200c and R200c as they follow from a halo's own particles: the largest radius whose sphere is 200 times as
// dense as the critical density.
void measure(GroupEntry& group, std::vector<std::array<double, 2>>& radius_and_mass, double z,
             double omega_m) {
  std::sort(radius_and_mass.begin(), radius_and_mass.end());
  double mass = 0;
  for (const auto& [radius, particle] : radius_and_mass) {
    mass += particle;
    const double r200c = r200c_mpc_h(mass, z, omega_m);
    if (r200c >= radius) {
      group.m200c = mass;
      group.r200c = r200c;
    }
  }
}

// A halo's baryons: stars from the members nearest to the peak, gas from the others, and the black hole.
void add_baryons(SimulationSnapshot& hydro, GroupEntry& group, const MockHalo& halo,
                 const ParticleMasses& masses, std::uint64_t particles, std::uint64_t seed) {
  const double box = hydro.box_mpc_h;
  ParticleSet &gas = hydro.types[0], &stars = hydro.types[4], &black_holes = hydro.types[5];
  const std::size_t count = halo.members.size();
  const auto star_count = static_cast<std::size_t>(std::lround(kStarFraction * static_cast<double>(count)));
  const std::size_t gas_count = count - star_count;
  for (std::size_t n = 0; n < star_count; ++n) {
    const std::uint64_t particle = halo.members[n];
    add(stars,
        sample(halo, n, star_count, particle, RandomStream::halo_stars, seed, box, kStarReach,
               [](double u) { return hernquist_radius(u, kStarScale); }),
        particles + particle + 1);
    stars.masses.push_back(masses.gas);
  }
  const std::size_t first_gas = gas.masses.size();
  for (std::size_t n = 0; n < gas_count; ++n) {
    const std::uint64_t particle = halo.members[star_count + n];
    add(gas,
        sample(halo, n, gas_count, particle, RandomStream::halo_gas, seed, box, kGasReach,
               [](double u) { return cored_gas_radius(u, kGasCore); }),
        particles + particle + 1);
    gas.masses.push_back(masses.gas);
  }
  if (count >= kBlackHoleParticles) {
    const double mass = masses.gas * kBlackHoleShare;
    add(black_holes, halo.centre, 2 * particles + halo.members.front() + 1);
    black_holes.masses.push_back(mass);
    gas.masses[first_gas] -= mass;
    group.length[5] = 1;
    group.mass[5] = mass;
  }
  group.length[0] = static_cast<std::int64_t>(gas_count);
  group.length[4] = static_cast<std::int64_t>(star_count);
  group.mass[0] = masses.gas * static_cast<double>(gas_count) - group.mass[5];
  group.mass[4] = masses.gas * static_cast<double>(star_count);
}

// Distances and masses of the last `length` particles of each type: the group's own.
std::vector<std::array<double, 2>> group_particles(const SimulationSnapshot& run, const GroupEntry& group) {
  std::vector<std::array<double, 2>> result;
  for (std::size_t type = 0; type < run.types.size(); ++type) {
    const ParticleSet& set = run.types[type];
    for (std::size_t n = set.positions.size() - static_cast<std::size_t>(group.length[type]);
         n < set.positions.size(); ++n) {
      double square = 0;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        const double d = nearest_image(set.positions[n][axis] - group.centre[axis], run.box_mpc_h);
        square += d * d;
      }
      result.push_back({std::sqrt(square), set.masses.empty() ? run.mass_table[type] : set.masses[n]});
    }
  }
  return result;
}

}  // namespace

ParticleMasses particle_masses(const MockCosmology& cosmology, double box_mpc_h, int side) {
  const double particles = static_cast<double>(side) * side * side;
  // Rounded as the snapshot stores them; with the 24 bits of 1e10's odd part a double still holds them exactly.
  const double mean = kRhoCritical0 * cosmology.omega_m * box_mpc_h * box_mpc_h * box_mpc_h / particles;
  ParticleMasses masses;
  masses.total = with_bits(mean / kMsunPerSnapshotMass, 28) * kMsunPerSnapshotMass;
  masses.gas = with_bits(mean / kMsunPerSnapshotMass * cosmology.omega_b / cosmology.omega_m, 16) *
               kMsunPerSnapshotMass;
  masses.dark_matter = masses.total - masses.gas;
  return masses;
}

MockMatter make_mock_matter(const MockCosmology& cosmology, double z, double box_mpc_h, int side,
                            const std::vector<MockHalo>& halos, const Displacements& displacements,
                            double growth, std::uint64_t seed) {
  const ParticleMasses masses = particle_masses(cosmology, box_mpc_h, side);
  const std::uint64_t particles = displacements[0].size();
  MockMatter matter;
  for (SimulationSnapshot* run : {&matter.dmo, &matter.hydro}) {
    run->box_mpc_h = box_mpc_h;
    run->redshift = z;
    run->omega_m = cosmology.omega_m;
    run->omega_b = cosmology.omega_b;
    run->h = cosmology.h;
  }
  matter.dmo.mass_table[1] = masses.total;
  matter.hydro.mass_table[1] = masses.dark_matter;

  std::vector<bool> in_halo(particles, false);
  for (const MockHalo& halo : halos) {
    const double concentration = nfw_concentration(halo.m200c, z);
    const std::size_t count = halo.members.size();
    for (std::size_t n = 0; n < count; ++n) {
      const std::uint64_t particle = halo.members[n];
      in_halo[particle] = true;
      const Position x = sample(halo, n, count, particle, RandomStream::halo_dark_matter, seed, box_mpc_h,
                                1 - kSurfaceMargin, [&](double u) { return nfw_radius(u, concentration); });
      for (SimulationSnapshot* run : {&matter.dmo, &matter.hydro}) add(run->types[1], x, particle + 1);
    }
    GroupEntry group;
    group.centre = halo.centre;
    group.m200c = halo.m200c;
    group.r200c = halo.r200c;
    group.length[1] = static_cast<std::int64_t>(count);
    group.mass[1] = masses.total * static_cast<double>(count);
    matter.dmo.groups.push_back(group);
    group.mass[1] = masses.dark_matter * static_cast<double>(count);
    add_baryons(matter.hydro, group, halo, masses, particles, seed);
    auto own = group_particles(matter.hydro, group);
    measure(group, own, z, cosmology.omega_m);
    matter.hydro.groups.push_back(group);
  }
  const HaloSpheres spheres(halos, box_mpc_h);
  for (std::uint64_t particle = 0; particle < particles; ++particle) {
    if (in_halo[particle]) continue;
    const Position x = spheres.outside(zeldovich(particle, displacements, growth, box_mpc_h, side));
    for (SimulationSnapshot* run : {&matter.dmo, &matter.hydro}) add(run->types[1], x, particle + 1);
    add(matter.hydro.types[0], x, particles + particle + 1);
    matter.hydro.types[0].masses.push_back(masses.gas);
  }
  return matter;
}

}  // namespace lenswright
