// copy_file.hpp: bytes of files, block by block: digests and copies.
//
// Throws: IoError
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "io/atomic_writer.hpp"
#include "io/checksum.hpp"
#include "io/disk.hpp"

namespace lenswright {

using TakeBlock = std::function<void(std::span<const std::byte>)>;
void for_each_block(const ReadableFile& file, const TakeBlock& take);
Digest digest_of_file(Disk& disk, const std::filesystem::path& path);

// A new file, durable but for its name: for folders that appear as a whole later. `to` must not exist.
Published copy_file(Disk& disk, const std::filesystem::path& from, const std::filesystem::path& to);
// Appears whole or not at all (AtomicWriter).
Published publish_copy(Disk& disk, const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace lenswright
