// seen_files.hpp: which files a scan has found sound, markers and all, and how the file system described them then:
// <state>/seen-files. One that is described the same need not be opened again at tier header.
//
// Print:   64 bits from path, size, times of change of content and of state, inode, and what tier header expects of the
//          file: whoever writes to it, replaces it, or edits its grid in the campaign file, has it opened again. Seeds
//          and all else that a file's record is held against are no matter here: records are compared at every look.
// Hazard:  a disk that changes bytes by itself changes no times. That is for tier full, which always reads.
// A cache: absent or damaged it knows nothing, which costs time and nothing else.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "campaign/product_path.hpp"
#include "io/disk.hpp"

namespace lenswright {

using FilePrint = std::uint64_t;  // never 0

class SeenFiles {
 public:
  explicit SeenFiles(const Campaign& campaign);  // knows nothing; `campaign` says what is expected
  static SeenFiles load(Disk& disk, const Campaign& campaign);

  // folder: the combination's, with its stage and the stage's root; below: the path below it.
  FilePrint print(std::string_view folder, std::string_view below, const FileStatus& status,
                  const ProductFile& expected) const;
  bool contains(FilePrint print) const;
  // Whether the file has rested long enough for its times to show any later change.
  bool at_rest(const FileStatus& status) const;

  // What a scan has found sound; `whole`: it looked at everything, so that nothing else is known any more.
  void take(std::vector<FilePrint> found, bool whole);
  bool changed() const { return changed_; }
  void save(Disk& disk, const Campaign& campaign) const;  // throws IoError

 private:
  void fill(const std::vector<FilePrint>& prints);

  // Of a light cone, and of an HDF5 file: what their heads are held against.
  std::uint64_t planes_, snapshots_, maps_;
  std::int64_t rest_before_ns_ = 0;
  std::vector<FilePrint> slots_;  // open addressing; 0: free
  std::size_t count_ = 0;
  bool changed_ = false;
};

}  // namespace lenswright
