// folder_tree.hpp: all that lies below a folder. Symbolic links are seen and removed themselves, never followed.
//
// Throws: IoError
#pragma once

#include <string>
#include <vector>

#include "io/disk.hpp"

namespace lenswright {

struct TreeFile {
  std::string path;  // below the folder, with '/'
  FileStatus status;
};

// Everything but folders, sorted folder by folder; empty if there is no such folder. `path` itself if it is
// none.
std::vector<TreeFile> files_below(Disk& disk, const std::filesystem::path& folder);
// The file, or the folder with all that it holds. Nothing there is no error.
void remove_tree(Disk& disk, const std::filesystem::path& path);
// A small file gets a new content in one step: written beside it, made durable, renamed over it.
void replace_text(Disk& disk, const std::filesystem::path& path, std::string_view text);

}  // namespace lenswright
