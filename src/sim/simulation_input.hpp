// simulation_input.hpp: the checks that snapshots and catalogues share.
//
// Units:  positions as stored (ckpc/h)
// Throws: InputError naming file and dataset
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/units.hpp"

namespace lenswright {

// What HDF5 cannot open or find is a damaged or missing input: one kind of failure for the callers.
template <typename Read>
auto reading_input(Read&& read) {
  try {
    return read();
  } catch (const FormatError& error) {
    throw InputError(error.what());
  } catch (const IoError& error) {
    throw InputError(error.what());
  }
}

// The header's count of files against those found; names a missing one.
void check_file_count(const std::vector<std::filesystem::path>& files, std::int64_t expected);

// BoxSize of the header (ckpc/h) against the campaign (Mpc/h).
void check_box(const std::filesystem::path& file, double box_ckpc_h, double campaign_box_mpc_h);

// Coordinates of rows [first, first + n / 3), as stored, in [0, box]. A code that writes float32 may round a
// position up to the float32 next to the box: that value stands for the box itself; nothing else beyond it
// is.
void check_positions(const std::filesystem::path& file, const std::string& dataset, std::uint64_t first,
                     std::span<const double> ckpc_h, double box_mpc_h);

// ckpc/h to Mpc/h, at most box.
inline double position_mpc_h(double ckpc_h, double box_mpc_h) {
  return std::min(ckpc_h / kKpcPerMpc, box_mpc_h);
}

}  // namespace lenswright
