#include "io/rename_no_replace.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/error.hpp"

namespace lenswright {

namespace {

IoError rename_error(const std::filesystem::path& from, const std::filesystem::path& to, int number) {
  return IoError(from, "rename to " + to.string(), number);
}

}  // namespace

std::optional<bool> rename_by_flag(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  const int number = errno;
  if (number == EEXIST) return false;
  if (number == EINVAL || number == ENOSYS || number == EOPNOTSUPP) return std::nullopt;
  throw rename_error(from, to, number);
}

std::optional<bool> rename_by_link(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (link(from.c_str(), to.c_str()) == 0) {
    // The file has its name now. An old name that cannot be taken away is litter, not a failure.
    static_cast<void>(unlink(from.c_str()));
    return true;
  }
  const int number = errno;
  if (number == EEXIST) return false;
  // EPERM: a folder, or a file system without hard links.
  if (number == EPERM || number == ENOSYS || number == EOPNOTSUPP || number == EMLINK) return std::nullopt;
  throw rename_error(from, to, number);
}

std::optional<bool> rename_by_look(const std::filesystem::path& from, const std::filesystem::path& to) {
  struct stat ignored {};
  if (lstat(to.c_str(), &ignored) == 0) return false;
  if (errno != ENOENT) throw rename_error(from, to, errno);
  if (::rename(from.c_str(), to.c_str()) != 0) throw rename_error(from, to, errno);
  return true;
}

}  // namespace lenswright
