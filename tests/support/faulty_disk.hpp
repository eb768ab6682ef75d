// faulty_disk.hpp: passes everything on to another disk and counts, but the n-th operation goes wrong. Threads may share
// it as far as they may share that disk.
#pragma once

#include <cerrno>
#include <memory>
#include <mutex>
#include <utility>

#include "base/error.hpp"
#include "io/disk.hpp"

namespace lenswright::test {

enum class FaultKind {
  error,        // it throws IoError and does nothing (a write: half of it); the disk works again afterwards
  short_write,  // a write drops its second half and says nothing; other operations work
  death,        // as the writer's death: half a write, WriterDied, and nothing works from then on
};

struct Fault {
  std::size_t at = 0;  // one-based operation; 0: never
  FaultKind kind = FaultKind::error;
  int error_number = ENOSPC;
};

// Not a Failure, so that nothing that handles failures catches it.
struct WriterDied {};

class FaultyDisk final : public Disk {
 public:
  using Path = std::filesystem::path;
  explicit FaultyDisk(Disk& disk, Fault fault = {}) : disk_(disk), fault_(fault) {}

  std::size_t operations() const { return operations_; }
  bool struck() const { return fault_.at != 0 && operations_ >= fault_.at; }
  const std::string& struck_operation() const { return struck_operation_; }
  // False: they are counted, but the disk is not waited for: quicker, where no power is lost.
  bool syncs = true;
  bool can_exchange = true;  // false: as a file system that cannot

  std::optional<FileStatus> status(const Path& path) override {
    count(path, "look at");
    return disk_.status(path);
  }
  std::optional<FileStatus> entry_status(const Path& path) override {
    count(path, "look at");
    return disk_.entry_status(path);
  }
  std::vector<DirectoryEntry> list(const Path& folder) override {
    count(folder, "read the folder");
    return disk_.list(folder);
  }
  std::unique_ptr<ReadableFile> open(const Path& path) override {
    count(path, "open");
    return std::make_unique<Readable>(*this, path, disk_.open(path));
  }
  std::unique_ptr<WritableFile> create(const Path& path) override {
    count(path, "create");
    return std::make_unique<Writable>(*this, path, disk_.create(path));
  }
  void rename(const Path& from, const Path& to) override {
    count(from, "rename");
    disk_.rename(from, to);
  }
  bool rename_if_absent(const Path& from, const Path& to) override {
    count(from, "rename if absent");
    return disk_.rename_if_absent(from, to);
  }
  bool exchange(const Path& one, const Path& other) override {
    count(one, "exchange");
    return can_exchange && disk_.exchange(one, other);
  }
  bool link_if_absent(const Path& from, const Path& to) override {
    count(from, "link");
    return disk_.link_if_absent(from, to);
  }
  void remove(const Path& path) override {
    count(path, "remove");
    disk_.remove(path);
  }
  void touch(const Path& path) override {
    count(path, "touch");
    disk_.touch(path);
  }
  std::vector<Path> make_directories(const Path& folder) override {
    count(folder, "make the folder");
    return disk_.make_directories(folder);
  }
  void sync_directory(const Path& folder) override {
    count(folder, "sync the folder");
    if (syncs) disk_.sync_directory(folder);
  }
  DiskSpace space(const Path& path) override {
    count(path, "ask for free space");
    return disk_.space(path);
  }

 private:
  class Readable final : public ReadableFile {
   public:
    Readable(FaultyDisk& disk, Path path, std::unique_ptr<ReadableFile> file)
        : disk_(disk), path_(std::move(path)), file_(std::move(file)) {}
    std::uint64_t size() const override { return file_->size(); }
    void read_at(std::uint64_t offset, std::span<std::byte> buffer) const override {
      disk_.count(path_, "read");
      file_->read_at(offset, buffer);
    }

   private:
    FaultyDisk& disk_;
    Path path_;
    std::unique_ptr<ReadableFile> file_;
  };
  class Writable final : public WritableFile {
   public:
    Writable(FaultyDisk& disk, Path path, std::unique_ptr<WritableFile> file)
        : disk_(disk), path_(std::move(path)), file_(std::move(file)) {}
    void write(std::span<const std::byte> bytes) override {
      const std::lock_guard lock(disk_.mutex_);
      if (disk_.operations_ + 1 == disk_.fault_.at) {
        file_->write(bytes.first(bytes.size() / 2));
        disk_.count(path_, "write");
      } else {
        disk_.count(path_, "write");
        file_->write(bytes);
      }
    }
    void begin_sync() override {
      disk_.count(path_, "begin_sync");
      file_->begin_sync();
    }
    void sync() override {
      disk_.count(path_, "sync");
      if (disk_.syncs) return file_->sync();
      file_->begin_sync();  // the file has its bytes
    }
    void close() override {
      disk_.count(path_, "close");
      file_->close();
    }

   private:
    FaultyDisk& disk_;
    Path path_;
    std::unique_ptr<WritableFile> file_;
  };

  void count(const Path& path, const std::string& operation) {
    const std::lock_guard lock(mutex_);
    ++operations_;
    if (fault_.at == 0 || operations_ < fault_.at) return;
    if (operations_ == fault_.at) struck_operation_ = operation;
    if (fault_.kind == FaultKind::death) throw WriterDied();
    if (fault_.kind == FaultKind::error && operations_ == fault_.at)
      throw IoError(path, operation, fault_.error_number);
  }

  Disk& disk_;
  Fault fault_;
  std::recursive_mutex mutex_;  // of what follows
  std::size_t operations_ = 0;
  std::string struck_operation_;
};

}  // namespace lenswright::test
