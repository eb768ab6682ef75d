// simulation_snapshot.hpp: one snapshot of one run with its halos, as a value in memory.
//
// Units:  comoving Mpc/h, Msun/h
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace lenswright {

struct ParticleSet {
  std::vector<std::array<double, 3>> positions;  // in [0, box)
  std::vector<double> masses;                    // empty: all have the type's mass_table entry
  std::vector<std::int64_t> ids;
};

struct GroupEntry {
  std::array<double, 3> centre{};
  double m200c = 0;
  double r200c = 0;
  std::array<std::int64_t, 6> length{};  // particles per type; the types begin with these, group after group
  std::array<double, 6> mass{};
};

struct SimulationSnapshot {
  double box_mpc_h = 0, redshift = 0, omega_m = 0, omega_b = 0, h = 0;
  std::array<double, 6> mass_table{};  // 0: per-particle masses
  std::array<ParticleSet, 6> types;
  std::vector<GroupEntry> groups;  // heaviest first
};

}  // namespace lenswright
