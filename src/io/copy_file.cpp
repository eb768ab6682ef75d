#include "io/copy_file.hpp"

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/error.hpp"

namespace lenswright {

namespace {

constexpr std::uint64_t kBlock = std::uint64_t{4} << 20;

}  // namespace

void for_each_block(const ReadableFile& file, const TakeBlock& take) {
  std::vector<std::byte> block(static_cast<std::size_t>(std::min(file.size(), kBlock)));
  for (std::uint64_t offset = 0; offset < file.size(); offset += block.size()) {
    const auto part = std::span(block).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), file.size() - offset)));
    file.read_at(offset, part);
    take(part);
  }
}

Digest digest_of_file(Disk& disk, const std::filesystem::path& path) {
  DigestStream digest;
  for_each_block(*disk.open(path), [&](std::span<const std::byte> block) { digest.add(block); });
  return digest.digest();
}

Published copy_file(Disk& disk, const std::filesystem::path& from, const std::filesystem::path& to) {
  const std::unique_ptr<ReadableFile> source = disk.open(from);
  const std::unique_ptr<WritableFile> copy = disk.create(to);
  DigestStream digest;
  for_each_block(*source, [&](std::span<const std::byte> block) {
    copy->write(block);
    copy->begin_sync();
    digest.add(block);
  });
  copy->sync();
  copy->close();
  const std::optional<FileStatus> written = disk.status(to);
  if (!written || written->size != source->size()) throw IoError(to, "write all of it", EIO);
  return {source->size(), digest.digest(), false};
}

Published publish_copy(Disk& disk, const std::filesystem::path& from, const std::filesystem::path& to) {
  const std::unique_ptr<ReadableFile> source = disk.open(from);
  AtomicWriter writer(disk, to);
  for_each_block(*source, [&](std::span<const std::byte> block) { writer.write(block); });
  return writer.publish();
}

}  // namespace lenswright
