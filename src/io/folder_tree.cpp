#include "io/folder_tree.hpp"

#include <cerrno>
#include <span>

#include "base/error.hpp"
#include "io/atomic_writer.hpp"

namespace lenswright {

namespace {

void collect(Disk& disk, const std::filesystem::path& folder, const std::string& prefix,
             std::vector<TreeFile>& files) {
  for (DirectoryEntry& entry : disk.list(folder)) {
    std::string path = prefix + entry.name;
    if (entry.status.type == FileType::directory)
      collect(disk, folder / entry.name, path + "/", files);
    else
      files.push_back({std::move(path), entry.status});
  }
}

// Another process may remove the same tree.
void remove_if_there(Disk& disk, const std::filesystem::path& path) {
  try {
    disk.remove(path);
  } catch (const IoError& error) {
    if (error.error_number() != ENOENT) throw;
  }
}

}  // namespace

std::vector<TreeFile> files_below(Disk& disk, const std::filesystem::path& folder) {
  std::vector<TreeFile> files;
  const std::optional<FileStatus> status = disk.entry_status(folder);
  if (!status) return files;
  if (status->type == FileType::directory)
    collect(disk, folder, "", files);
  else
    files.push_back({"", *status});
  return files;
}

void remove_tree(Disk& disk, const std::filesystem::path& path) {
  const std::optional<FileStatus> status = disk.entry_status(path);
  if (!status) return;
  if (status->type == FileType::directory)
    for (const DirectoryEntry& entry : disk.list(path)) remove_tree(disk, path / entry.name);
  remove_if_there(disk, path);
}

void replace_text(Disk& disk, const std::filesystem::path& path, std::string_view text) {
  const std::filesystem::path folder = path.parent_path();
  disk.create_directories(folder);
  const std::filesystem::path temporary = folder / make_temporary_name(path.filename().string());
  try {
    const std::unique_ptr<WritableFile> file = disk.create(temporary);
    file->write(std::as_bytes(std::span(text)));
    file->sync();
    file->close();
    if (const std::optional<FileStatus> written = disk.status(temporary);
        !written || written->size != text.size())
      throw IoError(temporary, "write all of it", EIO);
    disk.rename(temporary, path);
  } catch (const Failure&) {
    try {
      disk.remove(temporary);
    } catch (const Failure&) {
      // Left behind, it is recognised by its name as litter of a dead writer.
    }
    throw;
  }
  disk.sync_directory(folder);
}

}  // namespace lenswright
