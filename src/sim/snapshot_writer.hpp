// snapshot_writer.hpp: a snapshot and its catalogue as files in the IllustrisTNG layout.
//
// Out:    <simulation>/snapdir_NNN/snap_NNN.K.hdf5 and groups_NNN/fof_subhalo_tab_NNN.K.hdf5; files of uneven
//         length, the last catalogue file of several without a group, bytes that depend on the content alone
// Units:  files: ckpc/h, 1e10 Msun/h; masses, centres and radii of groups float32, as IllustrisTNG has them
// Throws: IoError: from the disk; EEXIST if a file of other bytes has the name
// Not:    velocities and other fields that mass planes have no use for
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "io/disk.hpp"
#include "sim/simulation_snapshot.hpp"

namespace lenswright {

struct SnapshotFileOptions {
  int files = 1;
  bool float32_positions = false;
  std::map<std::string, double> parameters;  // attributes of /Parameters: how the snapshot was made
};

void write_snapshot_files(Disk& disk, const std::filesystem::path& simulation, int number,
                          const SimulationSnapshot& snapshot, const SnapshotFileOptions& options);

std::filesystem::path snapshot_file(const std::filesystem::path& simulation, int number, int file);
std::filesystem::path catalogue_file(const std::filesystem::path& simulation, int number, int file);

// Rows [first_row(k), first_row(k + 1)) go to file k of `files`.
std::uint64_t first_row(std::uint64_t rows, int file, int files);

}  // namespace lenswright
