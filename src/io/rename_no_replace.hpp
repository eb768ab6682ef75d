// rename_no_replace.hpp: three ways to give a file its name without replacing one that is there.
//
// Which of them works depends on the file system: renameat2 on local disks, Lustre and GPFS; hard links on
// NFS; looking first, with a moment in which another writer can slip in, where there is neither.
// Throws: IoError (path, operation, errno)
#pragma once

#include <filesystem>
#include <optional>

namespace lenswright {

// All three: true if renamed, false and nothing done if `to` exists, none if the file system cannot do it
// this way.
std::optional<bool> rename_by_flag(const std::filesystem::path& from, const std::filesystem::path& to);
std::optional<bool> rename_by_link(const std::filesystem::path& from, const std::filesystem::path& to);
std::optional<bool> rename_by_look(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace lenswright
