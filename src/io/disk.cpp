#include "io/disk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "io/rename_no_replace.hpp"

namespace lenswright {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
// A file of this size that is on disk leaves the system's cache at once: whoever reads it is another program, later, often
// on another machine, and the next file takes its pages. To find new ones for gigabytes of planes cost more than to
// compute them.
constexpr std::uint64_t kBytesNotKept = std::uint64_t{4} << 20;
// A file that is handed over in whole pages, each at its place, takes the system a third less time than one that is not:
// planes begin with four bytes.
constexpr std::size_t kPage = 4096;

FileStatus status_of(const struct stat& raw) {
  FileStatus status;
  status.type = S_ISREG(raw.st_mode)   ? FileType::regular
                : S_ISDIR(raw.st_mode) ? FileType::directory
                : S_ISLNK(raw.st_mode) ? FileType::symlink
                                       : FileType::other;
  status.size = static_cast<std::uint64_t>(raw.st_size);
  status.modified_ns = static_cast<std::int64_t>(raw.st_mtim.tv_sec) * kNanosecondsPerSecond +
                       static_cast<std::int64_t>(raw.st_mtim.tv_nsec);
  status.changed_ns = static_cast<std::int64_t>(raw.st_ctim.tv_sec) * kNanosecondsPerSecond +
                      static_cast<std::int64_t>(raw.st_ctim.tv_nsec);
  status.inode = raw.st_ino;
  status.device = raw.st_dev;
  return status;
}

// "" is the current folder.
fs::path or_here(const fs::path& folder) {
  return folder.empty() ? fs::path(".") : folder;
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

int open_retrying(const fs::path& path, int flags, mode_t mode = 0) {
  while (true) {
    const int number = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    if (number >= 0 || errno != EINTR) return number;
  }
}

class RealReadableFile final : public ReadableFile {
 public:
  explicit RealReadableFile(const fs::path& path) : path_(path), file_(open_retrying(path, O_RDONLY)) {
    if (file_.get() < 0) throw IoError(path_, "open", errno);
    struct stat raw {};
    if (fstat(file_.get(), &raw) != 0) throw IoError(path_, "look at", errno);
    if (S_ISDIR(raw.st_mode)) throw IoError(path_, "open", EISDIR);
    size_ = static_cast<std::uint64_t>(raw.st_size);
  }
  std::uint64_t size() const override { return size_; }
  void read_at(std::uint64_t offset, std::span<std::byte> buffer) const override {
    const std::uint64_t end = offset + buffer.size();
    while (!buffer.empty()) {
      const ssize_t got = pread(file_.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) throw IoError(path_, "read to byte " + std::to_string(end), got < 0 ? errno : EIO);
      buffer = buffer.subspan(static_cast<std::size_t>(got));
      offset += static_cast<std::uint64_t>(got);
    }
  }

 private:
  fs::path path_;
  Descriptor file_;
  std::uint64_t size_ = 0;
};

class RealWritableFile final : public WritableFile {
 public:
  explicit RealWritableFile(const fs::path& path)
      : path_(path), file_(open_retrying(path, O_WRONLY | O_CREAT | O_EXCL, 0666)) {
    if (file_.get() < 0) throw IoError(path_, "create", errno);
  }
  void write(std::span<const std::byte> bytes) override {
    // Up to the last whole page it goes to the system, which then takes long runs of pages at once; the rest waits.
    const std::size_t all = rest_.size() + bytes.size();
    const auto later = static_cast<std::size_t>((written_ + all) % kPage);
    const bool ends_page = all > later;
    if (ends_page) put(bytes.first(bytes.size() - later));
    const std::span<const std::byte> kept = ends_page ? bytes.last(later) : bytes;
    rest_.insert(rest_.end(), kept.begin(), kept.end());
  }
  // What goes wrong on the way shows when the file is synced.
  void begin_sync() override {
    put({});
    static_cast<void>(sync_file_range(file_.get(), static_cast<off_t>(begun_),
                                      static_cast<off_t>(written_ - begun_), SYNC_FILE_RANGE_WRITE));
    begun_ = written_;
  }
  void sync() override {
    put({});
    while (fsync(file_.get()) != 0)
      if (errno != EINTR) throw IoError(path_, "sync", errno);
    // Advice that a file system may ignore.
    if (written_ >= kBytesNotKept) posix_fadvise(file_.get(), 0, 0, POSIX_FADV_DONTNEED);
  }
  void close() override {
    put({});
    const int number = file_.release();
    // After EINTR the descriptor is gone on Linux, and closing it again could hit another file.
    if (number >= 0 && ::close(number) != 0 && errno != EINTR) throw IoError(path_, "close", errno);
  }

 private:
  // The rest, and `bytes` after it.
  void put(std::span<const std::byte> bytes) {
    std::array<iovec, 2> parts{iovec{rest_.data(), rest_.size()},
                               iovec{const_cast<std::byte*>(bytes.data()), bytes.size()}};
    for (auto part = parts.begin(); part != parts.end();) {
      if (part->iov_len == 0) {
        ++part;
        continue;
      }
      const ssize_t taken = writev(file_.get(), &*part, static_cast<int>(parts.end() - part));
      if (taken < 0 && errno == EINTR) continue;
      if (taken <= 0) throw IoError(path_, "write", taken < 0 ? errno : EIO);
      written_ += static_cast<std::uint64_t>(taken);
      for (auto left = static_cast<std::size_t>(taken); left > 0;) {
        const std::size_t of_part = std::min(left, part->iov_len);
        part->iov_base = static_cast<std::byte*>(part->iov_base) + of_part;
        part->iov_len -= of_part;
        left -= of_part;
        if (part->iov_len == 0) ++part;
      }
    }
    rest_.clear();
  }
  fs::path path_;
  Descriptor file_;
  std::vector<std::byte> rest_;  // less than a page
  std::uint64_t written_ = 0;    // bytes that the system has
  std::uint64_t begun_ = 0;      // bytes on their way to disk
};

class RealDisk final : public Disk {
 public:
  std::optional<FileStatus> status(const fs::path& path) override {
    struct stat raw {};
    if (stat(path.c_str(), &raw) == 0) return status_of(raw);
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw IoError(path, "look at", errno);
  }

  std::optional<FileStatus> entry_status(const fs::path& path) override {
    struct stat raw {};
    if (lstat(path.c_str(), &raw) == 0) return status_of(raw);
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw IoError(path, "look at", errno);
  }

  std::vector<DirectoryEntry> list(const fs::path& folder) override {
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(opendir(or_here(folder).c_str()), closedir);
    if (!stream) throw IoError(folder, "read the folder", errno);
    std::vector<DirectoryEntry> entries;
    while (true) {
      errno = 0;
      const dirent* const entry = readdir(stream.get());
      if (!entry) {
        if (errno != 0) throw IoError(folder, "read the folder", errno);
        break;
      }
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      struct stat raw {};
      if (fstatat(dirfd(stream.get()), name.c_str(), &raw, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) continue;  // gone since readdir: a temporary file that was renamed
        throw IoError(folder / name, "look at", errno);
      }
      entries.push_back({name, status_of(raw)});
    }
    std::sort(entries.begin(), entries.end(),
              [](const DirectoryEntry& a, const DirectoryEntry& b) { return a.name < b.name; });
    return entries;
  }

  std::unique_ptr<ReadableFile> open(const fs::path& path) override {
    return std::make_unique<RealReadableFile>(path);
  }
  std::unique_ptr<WritableFile> create(const fs::path& path) override {
    return std::make_unique<RealWritableFile>(path);
  }

  void rename(const fs::path& from, const fs::path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) throw IoError(from, "rename to " + to.string(), errno);
  }
  bool rename_if_absent(const fs::path& from, const fs::path& to) override {
    if (const std::optional<bool> done = rename_by_flag(from, to)) return *done;
    if (const std::optional<bool> done = rename_by_link(from, to)) return *done;
    return rename_by_look(from, to).value();
  }
  bool exchange(const fs::path& one, const fs::path& other) override {
    if (renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) == 0) return true;
    if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) return false;
    throw IoError(one, "exchange with " + other.string(), errno);
  }
  bool link_if_absent(const fs::path& from, const fs::path& to) override {
    if (link(from.c_str(), to.c_str()) == 0) return true;
    if (errno == EEXIST) return false;
    throw IoError(from, "link to " + to.string(), errno);
  }
  void remove(const fs::path& path) override {
    if (std::remove(path.c_str()) != 0) throw IoError(path, "remove", errno);
  }
  void touch(const fs::path& path) override {
    if (utimensat(AT_FDCWD, path.c_str(), nullptr, 0) != 0) throw IoError(path, "touch", errno);
  }

  std::vector<fs::path> make_directories(const fs::path& folder) override {
    if (folder.empty()) return {};
    if (const std::optional<FileStatus> there = status(folder)) {
      if (there->type != FileType::directory) throw IoError(folder, "make the folder", ENOTDIR);
      return {};
    }
    const fs::path parent = folder.parent_path();
    std::vector<fs::path> changed;
    if (parent != folder) changed = make_directories(parent);
    if (folder.filename().empty()) return changed;  // "a/b/" is "a/b"
    if (mkdir(folder.c_str(), 0777) != 0) {
      if (errno != EEXIST) throw IoError(folder, "make the folder", errno);
      const std::optional<FileStatus> there = status(folder);  // another writer was faster
      if (!there || there->type != FileType::directory) throw IoError(folder, "make the folder", EEXIST);
      return changed;
    }
    changed.push_back(parent);
    return changed;
  }

  void sync_directory(const fs::path& folder) override {
    const Descriptor handle(open_retrying(or_here(folder), O_RDONLY | O_DIRECTORY));
    if (handle.get() < 0) throw IoError(folder, "sync the folder", errno);
    while (fsync(handle.get()) != 0) {
      if (errno == EINTR) continue;
      if (errno == EINVAL || errno == EROFS) return;  // the file system has no such operation
      throw IoError(folder, "sync the folder", errno);
    }
  }

  bool shared_by_threads() const override { return true; }

  DiskSpace space(const fs::path& path) override {
    fs::path existing = or_here(path);
    struct statvfs raw {};
    while (statvfs(existing.c_str(), &raw) != 0) {
      if (errno == EINTR) continue;
      if (errno != ENOENT || existing.parent_path() == existing)
        throw IoError(path, "ask for free space", errno);
      existing = or_here(existing.parent_path());
    }
    DiskSpace space;
    space.bytes_free = static_cast<std::uint64_t>(raw.f_bavail) * raw.f_frsize;
    space.inodes_counted = raw.f_files != 0;
    space.inodes_free = space.inodes_counted ? raw.f_favail : 0;
    return space;
  }
};

}  // namespace

Disk& real_disk() {
  static RealDisk disk;
  return disk;
}

std::string read_text(Disk& disk, const fs::path& path) {
  const std::unique_ptr<ReadableFile> file = disk.open(path);
  std::string text(file->size(), '\0');
  file->read_at(0, std::as_writable_bytes(std::span(text)));
  return text;
}

}  // namespace lenswright
