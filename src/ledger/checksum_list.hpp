// checksum_list.hpp: a list of digests that standard tools accept, for those who copy the products.
//
// Lines:  "<digest>  <path>", for `xxhsum -c` (xxh128) or `sha256sum -c` (sha256)
// Listed: products that are complete at tier header. A file whose receipt tells its size is taken at its receipt's
//         word for xxh128; others, and all for sha256, are read. What is read is held against its receipt.
// Throws: IoError, InputError, StopRequested
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "ledger/receipt_index.hpp"
#include "ledger/scan.hpp"

namespace lenswright {

enum class ChecksumFormat { xxh128, sha256 };

struct ChecksumListing {
  std::uint64_t listed = 0;        // files
  std::uint64_t read = 0;          // of them, whose bytes were read
  std::uint64_t unproven = 0;      // of them, without a receipt: listed as they are now
  std::uint64_t left_out = 0;      // products that are not complete
  std::vector<std::string> wrong;  // files whose bytes are not those their receipt tells of: left out
};

// Paths are given below `base`, which holds the roots of all selected stages.
ChecksumListing list_checksums(const Campaign& campaign, Disk& disk, const Selection& selection,
                               ChecksumFormat format, const std::filesystem::path& base,
                               const std::function<void(const std::string& line)>& take,
                               ProgressSink& progress);

// The same of what a scan has found, without looking at any product again: xxh128 of files whose receipts tell digest and
// size; what has no receipt counts as left out.
ChecksumListing list_known_checksums(const Campaign& campaign, const ScanResult& found,
                                     const ReceiptIndex& receipts, const Selection& selection,
                                     const std::filesystem::path& base,
                                     const std::function<void(const std::string& line)>& take,
                                     ProgressSink& progress);

// The deepest folder that holds the roots of the selected stages.
std::filesystem::path common_folder(const Campaign& campaign, const Selection& selection);

}  // namespace lenswright
