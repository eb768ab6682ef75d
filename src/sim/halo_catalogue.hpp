// halo_catalogue.hpp: FoF halos with M200c and R200c, from FoF/SUBFIND catalogues or from match files.
//
// Units:  Mpc/h, Msun/h (double)
// Throws: InputError naming file and dataset
// Files without a group (an empty or absent Group) are normal. Halos with M200c = 0 or R200c = 0 are kept: no
// bin selects the former, and of the latter only a particle at the very centre is inside.
#pragma once

#include <array>
#include <filesystem>
#include <vector>

#include "io/checksum.hpp"

namespace lenswright {

struct Halo {
  std::array<double, 3> centre;
  double m200c;
  double r200c;
};

struct HaloCatalogue {
  std::vector<Halo> halos;
  Digest fingerprint;  // of the values read
};

HaloCatalogue read_halo_catalogue(const std::filesystem::path& simulation, int snapshot, double box_mpc_h);
// <folder>/matches_snapNNN.hdf5: only halos with a hydro counterpart
HaloCatalogue read_halo_matches(const std::filesystem::path& folder, int snapshot, double box_mpc_h);

}  // namespace lenswright
