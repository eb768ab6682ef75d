#include "ledger/checksum_list.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/error.hpp"
#include "base/stop_request.hpp"
#include "campaign/product_path.hpp"
#include "io/copy_file.hpp"
#include "io/sha256.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

struct ReadDigests {
  Digest xxh128;
  std::string sha256;
};

ReadDigests read_digests(Disk& disk, const fs::path& path, ChecksumFormat format) {
  DigestStream xxh128;
  Sha256 sha256;
  for_each_block(*disk.open(path), [&](std::span<const std::byte> block) {
    xxh128.add(block);
    if (format == ChecksumFormat::sha256) sha256.add(block);
  });
  return {xxh128.digest(), format == ChecksumFormat::sha256 ? sha256.hex() : std::string()};
}

const ReceiptFile* file_of(const ProductRecord* record, const std::string& path) {
  if (record == nullptr) return nullptr;
  for (const ReceiptFile& file : record->files)
    if (file.path == path) return &file;
  return nullptr;
}

}  // namespace

fs::path common_folder(const Campaign& campaign, const Selection& selection) {
  std::optional<fs::path> common;
  for (const Stage stage : stages_of(campaign)) {
    if (!selection.contains(stage)) continue;
    const fs::path root = stage_root(campaign, stage).lexically_normal();
    if (!common) {
      common = root;
      continue;
    }
    fs::path both;
    for (auto a = common->begin(), b = root.begin(); a != common->end() && b != root.end() && *a == *b;
         ++a, ++b)
      both /= *a;
    common = both;
  }
  return common.value_or(fs::path("/"));
}

ChecksumListing list_checksums(const Campaign& campaign, Disk& disk, const Selection& selection,
                               ChecksumFormat format, const fs::path& base,
                               const std::function<void(const std::string& line)>& take,
                               ProgressSink& progress) {
  const ReceiptIndex receipts = ReceiptIndex::load(disk, campaign);
  const ScanResult found = scan(campaign, disk, Tier::header, selection, receipts, progress);
  ChecksumListing listing;
  const ProductSet& set = found.products();
  std::uint64_t products = 0;
  for (const ProductKind kind : kProductKinds) products += set.count(kind);
  progress.begin("listing checksums", products, "products");
  for (const ProductKind kind : kProductKinds) {
    for (std::size_t position = 0; position < set.count(kind); ++position) {
      progress.advance(1);
      const ProductId id = set.at(kind, position);
      if (!selection.contains(campaign, id)) continue;
      throw_if_stop_requested();
      if (found.state(id) != State::complete) {
        ++listing.left_out;
        continue;
      }
      const auto record = receipts.find(product_name(campaign, id));
      for (const ProductFile& file : product_files(campaign, id)) {
        const fs::path path = stage_root(campaign, stage_of(kind)) / file.path;
        const std::string name = path.lexically_relative(base).generic_string();
        const ReceiptFile* known = file_of(record.get(), file.path);
        const std::optional<FileStatus> status = disk.status(path);
        std::string digest;
        if (format == ChecksumFormat::xxh128 && known != nullptr && status && status->size == known->size) {
          digest = known->digest.hex();
        } else {
          const ReadDigests now = read_digests(disk, path, format);
          ++listing.read;
          if (known != nullptr && known->digest != now.xxh128) {
            listing.wrong.push_back(fmt::format("{}: its bytes have digest {}, but its receipt says {}", name,
                                                now.xxh128.hex(), known->digest.hex()));
            continue;
          }
          digest = format == ChecksumFormat::sha256 ? now.sha256 : now.xxh128.hex();
        }
        listing.unproven += known == nullptr ? 1 : 0;
        ++listing.listed;
        take(fmt::format("{}  {}\n", digest, name));
      }
    }
  }
  progress.end();
  return listing;
}

ChecksumListing list_known_checksums(const Campaign& campaign, const ScanResult& found,
                                     const ReceiptIndex& receipts, const Selection& selection,
                                     const fs::path& base,
                                     const std::function<void(const std::string& line)>& take,
                                     ProgressSink& progress) {
  ChecksumListing listing;
  const ProductSet& set = found.products();
  std::uint64_t products = 0;
  for (const ProductKind kind : kProductKinds) products += set.count(kind);
  progress.begin("listing checksums", products, "products");
  for (const ProductKind kind : kProductKinds) {
    const fs::path root = stage_root(campaign, stage_of(kind));
    if (set.count(kind) == 0) continue;
    const std::string below = root.lexically_relative(base).generic_string();
    const std::string prefix = below == "." || below.empty() ? std::string() : below + "/";
    for (std::size_t position = 0; position < set.count(kind); ++position) {
      progress.advance(1);
      const ProductId id = set.at(kind, position);
      if (!selection.contains(campaign, id)) continue;
      throw_if_stop_requested();
      const auto record =
          found.state(id) == State::complete ? receipts.find(product_name(campaign, id)) : nullptr;
      if (record == nullptr || record->files.empty()) {
        ++listing.left_out;
        continue;
      }
      for (const ReceiptFile& file : record->files) {
        ++listing.listed;
        take(fmt::format("{}  {}{}\n", file.digest.hex(), prefix, file.path));
      }
    }
  }
  progress.end();
  return listing;
}

}  // namespace lenswright
