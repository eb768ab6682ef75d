#include "ledger/seen_files.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstring>
#include <memory>
#include <span>

#include "base/error.hpp"
#include "io/atomic_writer.hpp"

namespace lenswright {

namespace {

// Raised whenever tier header looks at something else.
constexpr std::string_view kHead = "lenswright seen files 2\n";
// Times of change tick no finer than this on any file system in use.
constexpr std::chrono::seconds kTick{2};

std::filesystem::path seen_file(const Campaign& campaign) {
  return campaign.state / "seen-files";
}

// head, count, prints, digest of all before
struct Image {
  std::string bytes;
  void add(const void* data, std::size_t size) { bytes.append(static_cast<const char*>(data), size); }
};

}  // namespace

SeenFiles::SeenFiles(const Campaign& campaign)
    : planes_(static_cast<std::uint64_t>(campaign.planes())),
      snapshots_(campaign.snapshots.size()),
      maps_(campaign.raytracing.sources.size() * campaign.raytracing.fields.size()) {
  const auto now = std::chrono::system_clock::now() - kTick;
  rest_before_ns_ = std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
}

SeenFiles SeenFiles::load(Disk& disk, const Campaign& campaign) {
  SeenFiles seen(campaign);
  try {
    if (!disk.status(seen_file(campaign))) return seen;
    const std::string bytes = read_text(disk, seen_file(campaign));
    std::uint64_t count = 0;
    const std::size_t fixed = kHead.size() + sizeof(count), seal = sizeof(Digest);
    if (bytes.size() < fixed + seal || !bytes.starts_with(kHead)) return seen;
    std::memcpy(&count, bytes.data() + kHead.size(), sizeof(count));
    Digest written;
    std::memcpy(&written, bytes.data() + bytes.size() - seal, seal);
    const std::size_t size = bytes.size() - fixed - seal;
    if (count * sizeof(FilePrint) != size ||
        digest_of(std::string_view(bytes).substr(0, bytes.size() - seal)) != written)
      return seen;
    std::vector<FilePrint> prints(count);
    std::memcpy(prints.data(), bytes.data() + fixed, size);
    seen.fill(prints);
  } catch (const IoError&) {
    // Opened again, every one.
  }
  return seen;
}

FilePrint SeenFiles::print(std::string_view folder, std::string_view below, const FileStatus& status,
                           const ProductFile& expected) const {
  const Digest place = digest_of(folder), name = digest_of(below);
  const bool light_cone = expected.layout == FileLayout::lux_config,
             hdf5 = expected.layout == FileLayout::hdf5;
  const std::array<std::uint64_t, 14> facts{place.high,
                                            place.low,
                                            name.high,
                                            name.low,
                                            status.size,
                                            static_cast<std::uint64_t>(status.modified_ns),
                                            static_cast<std::uint64_t>(status.changed_ns),
                                            status.inode,
                                            static_cast<std::uint64_t>(expected.layout),
                                            static_cast<std::uint64_t>(expected.grid),
                                            expected.size.value_or(0),
                                            light_cone ? planes_ : 0,
                                            light_cone ? snapshots_ : 0,
                                            hdf5 ? maps_ : 0};
  const FilePrint print = digest_of(std::as_bytes(std::span(facts))).low;
  return print == 0 ? 1 : print;
}

bool SeenFiles::contains(FilePrint print) const {
  if (slots_.empty()) return false;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = print & mask;; slot = (slot + 1) & mask) {
    if (slots_[slot] == print) return true;
    if (slots_[slot] == 0) return false;
  }
}

bool SeenFiles::at_rest(const FileStatus& status) const {
  return std::max(status.modified_ns, status.changed_ns) < rest_before_ns_;
}

void SeenFiles::fill(const std::vector<FilePrint>& prints) {
  slots_.assign(std::bit_ceil(2 * prints.size() + 2), 0);
  count_ = 0;
  const std::size_t mask = slots_.size() - 1;
  for (const FilePrint print : prints) {
    if (print == 0) continue;
    std::size_t slot = print & mask;
    while (slots_[slot] != 0 && slots_[slot] != print) slot = (slot + 1) & mask;
    if (slots_[slot] == print) continue;
    slots_[slot] = print;
    ++count_;
  }
}

void SeenFiles::take(std::vector<FilePrint> found, bool whole) {
  const bool news =
      std::any_of(found.begin(), found.end(), [&](FilePrint print) { return !contains(print); });
  if (!news && (!whole || found.size() == count_)) return;
  changed_ = true;
  if (!whole)
    std::copy_if(slots_.begin(), slots_.end(), std::back_inserter(found),
                 [](FilePrint print) { return print != 0; });
  fill(found);
}

void SeenFiles::save(Disk& disk, const Campaign& campaign) const {
  Image image;
  image.bytes.reserve(kHead.size() + sizeof(FilePrint) * (count_ + 3));
  image.add(kHead.data(), kHead.size());
  const std::uint64_t count = count_;
  image.add(&count, sizeof(count));
  for (const FilePrint print : slots_)
    if (print != 0) image.add(&print, sizeof(print));
  const Digest digest = digest_of(image.bytes);
  image.add(&digest, sizeof(digest));
  const std::filesystem::path path = seen_file(campaign),
                              temporary = path.parent_path() / make_temporary_name(path.filename().string());
  // Not made durable: torn by a power loss it does not carry its digest.
  const std::unique_ptr<WritableFile> file = disk.create(temporary);
  try {
    file->write(std::as_bytes(std::span(image.bytes)));
    file->close();
    disk.rename(temporary, path);
  } catch (const IoError&) {
    disk.remove(temporary);
    throw;
  }
}

}  // namespace lenswright
