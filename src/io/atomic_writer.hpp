// atomic_writer.hpp: a file appears under its name whole and durable, or not at all, and never over another
// one.
//
// Sequence: temporary name in the same folder, write, fsync, length check, close, rename that refuses to
//           replace, fsync of the folder, and of those above that were made for it. The digest is computed on the way.
// A file of the same bytes that is already there is recognised (two writers of one product are harmless); one
// with other bytes is an IoError of EEXIST and stays as it is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/checksum.hpp"
#include "io/disk.hpp"

namespace lenswright {

struct Published {
  std::uint64_t size = 0;
  Digest digest;
  bool was_there = false;  // the same bytes had been published before
};

// When the bytes of a large file start on their way to disk.
enum class WriteBack { while_written, when_told };

class AtomicWriter {
 public:
  // Makes the folder if needed; creates the temporary file.
  AtomicWriter(Disk& disk, std::filesystem::path target, WriteBack write_back = WriteBack::while_written);
  ~AtomicWriter();  // unpublished: the temporary file is removed; folders stay
  AtomicWriter(const AtomicWriter&) = delete;
  AtomicWriter& operator=(const AtomicWriter&) = delete;
  void write(std::span<const std::byte> bytes);
  void begin_sync();  // as WritableFile's
  Published publish();
  // The same but for the last step, which one call may do for many files: until `folders` are synced, nobody is to be told
  // that the file is there.
  Published publish_unsynced(std::set<std::filesystem::path>& folders);

 private:
  void sync_changed() noexcept;
  Disk& disk_;
  std::filesystem::path target_;
  std::filesystem::path temporary_;
  std::vector<std::filesystem::path> changed_;  // folders that got a folder for it
  std::unique_ptr<WritableFile> file_;
  DigestStream digest_;
  WriteBack write_back_;
  std::uint64_t written_ = 0;
  std::uint64_t begun_ = 0;  // bytes on their way to disk
  bool published_ = false;
};

Published publish_bytes(Disk& disk, const std::filesystem::path& target, std::span<const std::byte> bytes);
Published publish_text(Disk& disk, const std::filesystem::path& target, std::string_view text);

// Temporary names carry their writer: ".lenspot03.dat.tmp-<host>-<pid>-<random>".
struct TemporaryName {
  std::string target;  // file name that it was for
  std::string host;
  long pid = 0;
};
std::string make_temporary_name(std::string_view target_name);
std::optional<TemporaryName> parse_temporary_name(std::string_view name);
// True if the writer cannot be alive: this host and no such process; or, on any host, a file untouched for
// more than seven days (of another host nothing else is known, and process ids come round again).
bool writer_is_dead(const TemporaryName& name, const FileStatus& status);

std::string host_name();

}  // namespace lenswright
