// file_check.hpp: whether one file of a product is there and sound, at a tier; a bad file is a verdict with a
// sentence, never an exception.
//
// complete, truncated, corrupt, mismatched, or unknown (the operating system would not let it be read).
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "campaign/product_path.hpp"
#include "io/checksum.hpp"
#include "io/disk.hpp"
#include "io/lux_config.hpp"
#include "ledger/scan.hpp"
#include "ledger/state.hpp"
#include "ledger/value_range.hpp"

namespace lenswright {

struct FileVerdict {
  State state = State::complete;
  std::string because;  // empty if complete
};

class FileCheck {
 public:
  FileCheck(const Campaign& campaign, Disk& disk, Tier tier);
  // status: as a directory read gives it, symbolic links not followed. recorded: the digest of its receipt,
  // or null.
  FileVerdict operator()(const std::filesystem::path& path, const FileStatus& status,
                         const ProductFile& expected, const Digest* recorded);

 private:
  FileVerdict check(const std::filesystem::path& path, std::uint64_t size, const ProductFile& expected,
                    const Digest* recorded);
  FileVerdict check_plane(const std::filesystem::path& path, std::uint64_t size, const ProductFile& expected,
                          const Digest* recorded);
  FileVerdict check_plane_values(const ReadableFile& file, const ProductFile& expected,
                                 const Digest* recorded);
  FileVerdict check_geometry(const std::filesystem::path& path, std::uint64_t size,
                             const ProductFile& expected, const Digest* recorded);
  FileVerdict check_map(const std::filesystem::path& path, std::uint64_t size, const ProductFile& expected,
                        const Digest* recorded);
  FileVerdict check_map_values(const std::filesystem::path& path, const std::vector<std::byte>& bytes,
                               const ProductFile& expected) const;
  FileVerdict check_statistics_values(const std::filesystem::path& path,
                                      const std::vector<std::byte>& bytes) const;

  const Campaign& campaign_;
  Disk& disk_;
  Tier tier_;
  std::array<ValueRange, 1> mass_, map_;
  std::array<ValueRange, 5> potential_;
  std::optional<LuxConfig> geometry_;  // the campaign's, made when first needed
  std::vector<double> block_;
};

}  // namespace lenswright
