// volume_need.hpp: what a plan will write on each file system, against what is free there.
//
// What moves aside stays on its file system, so it frees nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "io/disk.hpp"
#include "plan/plan.hpp"

namespace lenswright {

struct VolumeNeed {
  std::vector<Stage> stages;   // whose roots lie there
  std::filesystem::path root;  // the first of them
  std::uint64_t bytes = 0;     // to write
  std::uint64_t inodes = 0;    // files and run folders to make
  DiskSpace free;
  bool enough() const;
};
// "lensplanes, lux (/data/LP): to write 1.5 GiB in 216 files, free 3.0 TiB and 1000000 inodes"
std::string describe(const VolumeNeed& need);

// One per file system that the plan writes to. FITS and HDF5 sizes are upper estimates.
std::vector<VolumeNeed> volume_needs(Disk& disk, const Campaign& campaign, const Plan& plan);
// Throws InputError with the numbers of each file system that is too small.
void require_space(const std::vector<VolumeNeed>& needs);

}  // namespace lenswright
