// map_file.hpp: the bytes of convergence, shear and rotation maps beside the plain .dat: FITS and HDF5.
//
// Neither holds a date, a path, or anything else that depends on the run: equal maps give equal bytes.
// FITS: one float64 image, NAXIS1 = j (fast), NAXIS2 = i; WCS in degrees (RA---TAN, DEC--TAN).
//       CHECKSUM and DATASUM as in the FITS standard, so that damage is found without a receipt.
// HDF5: layout of the public kappaTNG release, groups z{ss} with datasets kappa, gamma1, gamma2, omega, in
//       rows i and columns j.
// Units:  maps are dimensionless; field of view in degrees
// Throws: FormatError
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/grid2d.hpp"

namespace lenswright {

struct MapDescription {
  std::string campaign;
  std::string model;
  int realization = 0;  // zero-based
  int run = 0;          // one-based
  double field_deg = 0;
  std::uint64_t seed = 0;
  std::string configuration_digest;
};

struct NamedMap {
  std::string field;  // "kappa", "gamma1", "gamma2", "omega"
  int source = 0;     // one-based source plane
  double z_source = 0;
  const Grid2d<double>* values = nullptr;
};

std::vector<std::byte> encode_fits_map(const MapDescription& description, const NamedMap& map,
                                       bool compressed);
std::vector<std::byte> encode_hdf5_maps(const MapDescription& description, const std::vector<NamedMap>& maps);
// Back again, for checking. `path` stands in messages; the values are beside each NamedMap, not in it.
Grid2d<double> decode_fits_map(const std::string& path, const std::vector<std::byte>& bytes);
std::vector<std::pair<NamedMap, Grid2d<double>>> decode_hdf5_maps(const std::string& path,
                                                                  const std::vector<std::byte>& bytes);

}  // namespace lenswright
