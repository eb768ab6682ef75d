// simulation_files.hpp: where a simulation's snapshot and catalogue files are: snapdir_NNN/snap_NNN.K.hdf5,
// groups_NNN/ fof_subhalo_tab_NNN.K.hdf5, or unsplit snapdir_NNN/snap_NNN.hdf5, snap_NNN.hdf5 and so on.
//
// Throws: InputError naming the folder and what is missing from it.
#pragma once

#include <filesystem>
#include <vector>

namespace lenswright {

// In order of K; completeness against the header's file count is the reader's to check.
std::vector<std::filesystem::path> snapshot_files(const std::filesystem::path& simulation, int snapshot);
std::vector<std::filesystem::path> catalogue_files(const std::filesystem::path& simulation, int snapshot);

}  // namespace lenswright
