#include "report/output_file.hpp"

#include <cerrno>
#include <fstream>

#include "base/error.hpp"
#include "io/atomic_writer.hpp"

namespace lenswright {

namespace fs = std::filesystem;

void write_output(Disk& disk, const fs::path& path, std::span<const std::byte> bytes) {
  const auto status = disk.status(path);
  if (status && status->type == FileType::directory) throw IoError(path, "write", EISDIR);
  if (status && status->type != FileType::regular) {
    // A device or pipe: to rename a file over it would destroy it.
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) throw IoError(path, "write", errno);
    return;
  }
  // Of a link, what it leads to is replaced.
  const fs::path target = status ? fs::canonical(path) : path;
  const fs::path temporary = target.parent_path() / make_temporary_name(target.filename().string());
  const auto file = disk.create(temporary);
  try {
    file->write(bytes);
    file->sync();
    file->close();
    disk.rename(temporary, target);
  } catch (const Failure&) {
    disk.remove(temporary);
    throw;
  }
}

void write_output(Disk& disk, const fs::path& path, std::string_view text) {
  write_output(disk, path, std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace lenswright
