// disk.hpp: the file system as everything here sees it, so that tests can put a failing one in its place.
//
// Throws: IoError (path, operation, errno) unless said otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lenswright {

enum class FileType { regular, directory, symlink, other };

struct FileStatus {
  FileType type = FileType::regular;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
  std::int64_t changed_ns = 0;  // of name, rights or content; nobody can set it back
};

struct DirectoryEntry {
  std::string name;
  FileStatus status;  // symlinks are not followed
};

struct DiskSpace {
  std::uint64_t bytes_free = 0;   // for this user
  std::uint64_t inodes_free = 0;  // 0 where the file system does not count them: see inodes_counted
  bool inodes_counted = true;
};

class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  virtual std::uint64_t size() const = 0;
  // Fills the whole buffer, or throws (a file shorter than asked is an IoError of EIO "read to byte N").
  virtual void read_at(std::uint64_t offset, std::span<std::byte> buffer) const = 0;
};

class WritableFile {
 public:
  virtual ~WritableFile() = default;
  // All, or throws; the last bytes may reach the file only with what is called next.
  virtual void write(std::span<const std::byte> bytes) = 0;
  // Starts to bring to disk what was written, and does not wait: to sync a large file then takes less long.
  virtual void begin_sync() {}
  virtual void sync() = 0;
  virtual void close() = 0;  // reports errors that the destructor would swallow
};

class Disk {
 public:
  virtual ~Disk() = default;
  // None: does not exist. Symlinks are followed.
  virtual std::optional<FileStatus> status(const std::filesystem::path& path) = 0;
  // The same of the entry itself: a symbolic link shows as one.
  virtual std::optional<FileStatus> entry_status(const std::filesystem::path& path) = 0;
  virtual std::vector<DirectoryEntry> list(const std::filesystem::path& folder) = 0;  // sorted by name
  virtual std::unique_ptr<ReadableFile> open(const std::filesystem::path& path) = 0;
  virtual std::unique_ptr<WritableFile> create(const std::filesystem::path& path) = 0;  // must not exist yet
  virtual void rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  // False, and nothing done, if `to` exists.
  virtual bool rename_if_absent(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  // Both names change places in one step. False, and nothing done, where the file system cannot do that.
  virtual bool exchange(const std::filesystem::path& one, const std::filesystem::path& other) = 0;
  // A second name for a file of the same file system. False, and nothing done, if `to` exists.
  virtual bool link_if_absent(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  virtual void remove(const std::filesystem::path& path) = 0;
  // The time of change becomes now, by the file system's own clock.
  virtual void touch(const std::filesystem::path& path) = 0;
  void create_directories(const std::filesystem::path& folder) {
    for (const std::filesystem::path& changed : make_directories(folder)) sync_directory(changed);
  }
  // The same, but syncing is left to the caller: the folders that got a new entry.
  virtual std::vector<std::filesystem::path> make_directories(const std::filesystem::path& folder) = 0;
  virtual void sync_directory(const std::filesystem::path& folder) = 0;
  virtual DiskSpace space(const std::filesystem::path& path) = 0;
  // Whether several threads may use it at the same time.
  virtual bool shared_by_threads() const { return false; }
};

Disk& real_disk();

// A whole small file (receipts, plans, markers).
std::string read_text(Disk& disk, const std::filesystem::path& path);

}  // namespace lenswright
