#include "io/atomic_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace lenswright {

namespace {

constexpr std::uint64_t kCompareBlock = std::uint64_t{1} << 20;
constexpr int kAttempts = 3;
// A large file goes to disk in pieces of this size while the rest of it is being made: to sync it then is to wait for
// the last.
constexpr std::uint64_t kBytesToDisk = std::uint64_t{2} << 20;

bool holds_bytes(Disk& disk, const std::filesystem::path& path, std::uint64_t size, const Digest& digest) {
  const std::unique_ptr<ReadableFile> file = disk.open(path);
  if (file->size() != size) return false;
  DigestStream found;
  std::vector<std::byte> block(static_cast<std::size_t>(std::min(size, kCompareBlock)));
  for (std::uint64_t offset = 0; offset < size; offset += block.size()) {
    const auto part = std::span(block).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), size - offset)));
    file->read_at(offset, part);
    found.add(part);
  }
  return found.digest() == digest;
}

}  // namespace

AtomicWriter::AtomicWriter(Disk& disk, std::filesystem::path target, WriteBack write_back)
    : disk_(disk),
      target_(std::move(target)),
      temporary_(target_.parent_path() / make_temporary_name(target_.filename().string())),
      write_back_(write_back) {
  changed_ = disk_.make_directories(target_.parent_path());
  try {
    file_ = disk_.create(temporary_);
  } catch (...) {
    sync_changed();
    throw;
  }
}

// Folders that were made stay, and another writer's file in them may be published: it relies on them.
void AtomicWriter::sync_changed() noexcept {
  try {
    for (const std::filesystem::path& folder : changed_) disk_.sync_directory(folder);
  } catch (...) {
    // Why nothing is published is told already.
  }
}

AtomicWriter::~AtomicWriter() {
  if (published_) return;
  sync_changed();
  try {
    file_.reset();
    disk_.remove(temporary_);
  } catch (...) {
    // Left behind, it is recognised by its name as litter of a dead writer.
  }
}

void AtomicWriter::write(std::span<const std::byte> bytes) {
  file_->write(bytes);
  digest_.add(bytes);
  written_ += bytes.size();
  if (write_back_ == WriteBack::while_written && written_ - begun_ >= kBytesToDisk) begin_sync();
}

void AtomicWriter::begin_sync() {
  file_->begin_sync();
  begun_ = written_;
}

Published AtomicWriter::publish() {
  std::set<std::filesystem::path> folders;
  const Published published = publish_unsynced(folders);
  for (const std::filesystem::path& folder : folders) disk_.sync_directory(folder);
  return published;
}

Published AtomicWriter::publish_unsynced(std::set<std::filesystem::path>& folders) {
  assert(!published_ && "published twice");
  file_->sync();
  const std::optional<FileStatus> status = disk_.status(temporary_);
  if (!status || status->size != written_)
    throw IoError(temporary_,
                  fmt::format("write {} bytes (it holds {})", written_, status ? status->size : 0), EIO);
  file_->close();
  const Digest digest = digest_.digest();
  bool was_there = false;
  for (int attempt = 1; !disk_.rename_if_absent(temporary_, target_); ++attempt) {
    // Moved aside in this moment: the name is free again. A dangling link never gets free.
    if (!disk_.status(target_) && attempt < kAttempts) continue;
    if (!holds_bytes(disk_, target_, written_, digest))
      throw IoError(target_,
                    "publish: a file with other bytes is there and stays as it is; move it aside first",
                    EEXIST);
    disk_.remove(temporary_);
    was_there = true;
    break;
  }
  published_ = true;
  folders.insert(changed_.begin(), changed_.end());
  folders.insert(target_.parent_path());
  return {written_, digest, was_there};
}

Published publish_bytes(Disk& disk, const std::filesystem::path& target, std::span<const std::byte> bytes) {
  AtomicWriter writer(disk, target);
  writer.write(bytes);
  return writer.publish();
}

Published publish_text(Disk& disk, const std::filesystem::path& target, std::string_view text) {
  return publish_bytes(disk, target, std::as_bytes(std::span(text)));
}

}  // namespace lenswright
