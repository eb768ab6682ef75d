// halo_catalogue.hpp: FoF halos with M200c and R200c, from FoF/SUBFIND catalogues or from match files.
//
// Units:  Mpc/h, Msun/h (double)
// Throws: InputError naming file and dataset
// Files without a group (an empty or absent Group) are normal. Halos with M200c = 0 or R200c = 0 are kept: no
// bin selects the former, and of the latter only a particle at the very centre is inside.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <vector>

#include "io/checksum.hpp"
#include "sim/snapshot_reader.hpp"

namespace lenswright {

struct Halo {
  std::array<double, 3> centre;
  double m200c;
  double r200c;
};

struct HaloCatalogue {
  std::vector<Halo> halos;
  Digest fingerprint;                     // of the values read, in file order
  std::optional<double> redshift = {};    // none: match files don't say
  std::filesystem::path first_file = {};  // for messages
};

HaloCatalogue read_halo_catalogue(const std::filesystem::path& simulation, int snapshot, double box_mpc_h);
// <folder>/matches_snapNNN.hdf5: only halos with a hydro counterpart
HaloCatalogue read_halo_matches(const std::filesystem::path& folder, int snapshot, double box_mpc_h);

// InputError if the catalogue knows its redshift and it is not the snapshot's (relative 1e-6 of 1 + z).
void check_same_output(const HaloCatalogue& catalogue, const SnapshotHeader& snapshot);

}  // namespace lenswright
