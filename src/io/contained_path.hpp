// contained_path.hpp: names that come from a file (configuration, receipts, trash and backup records, archives,
// other people's trees) turned into paths that cannot leave their root.
//
// Refused: empty and absolute names, empty parts, "." and "..", control characters, bytes that are not UTF-8,
//          parts too long for a file system, and any way that leads through a symbolic link or a file.
// Throws:  InputError with the sentence why, IoError
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "io/disk.hpp"

namespace lenswright {

// Why `relative` is no plain name below a root; empty if it is one. Looks at the text alone.
std::string why_not_contained(std::string_view relative);

// root / relative. What does not exist yet is contained; the last part may be anything but is not looked at.
std::filesystem::path contained_path(Disk& disk, const std::filesystem::path& root,
                                     std::string_view relative);

}  // namespace lenswright
