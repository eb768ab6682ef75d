#include "ledger/file_check.hpp"

#include <fmt/format.h>

#include <cmath>
#include <mutex>
#include <span>

#include "base/error.hpp"
#include "io/plane_file.hpp"

namespace lenswright {

namespace {

constexpr std::uint64_t kMarkerBytes = 4;
constexpr std::size_t kBlockValues = 5 * (1U << 16);  // whole pixels of both layouts, 2.5 MiB

int fields_of(FileLayout layout) {
  return layout == FileLayout::potential_plane ? kPotentialFields : kScalarFields;
}

std::string_view what_is(FileType type) {
  switch (type) {
    case FileType::regular:
      return "a file";
    case FileType::directory:
      return "a folder";
    case FileType::symlink:
      return "a symbolic link";
    case FileType::other:
      break;
  }
  return "neither file nor folder";
}

// The even grid other than `expected` that a file of this size could be of.
std::optional<int> other_grid(std::uint64_t size, int fields, int expected) {
  const std::uint64_t pixel = sizeof(double) * static_cast<std::uint64_t>(fields);
  if (size <= 2 * kMarkerBytes || (size - 2 * kMarkerBytes) % pixel != 0) return std::nullopt;
  const std::uint64_t pixels = (size - 2 * kMarkerBytes) / pixel;
  const auto side = static_cast<std::uint64_t>(std::llround(std::sqrt(static_cast<double>(pixels))));
  if (side * side != pixels || side % 2 != 0 || side > (1U << 20) || static_cast<int>(side) == expected)
    return std::nullopt;
  return static_cast<int>(side);
}

FileVerdict wrong_size(std::uint64_t size, std::uint64_t expected) {
  return {State::truncated, fmt::format("{} bytes long where {} are expected: {}", size, expected,
                                        size < expected ? "cut short" : "something was added")};
}

FileVerdict wrong_digest(const Digest& found, const Digest& recorded) {
  return {State::corrupt,
          fmt::format("its bytes have digest {}, but its receipt says {}", found.hex(), recorded.hex())};
}

}  // namespace

FileCheck::FileCheck(const Campaign& campaign, Disk& disk, Tier tier)
    : campaign_(campaign),
      disk_(disk),
      tier_(tier),
      mass_{mass_range(campaign)},
      map_{map_range()},
      potential_(potential_ranges(campaign)) {}

FileVerdict FileCheck::operator()(const std::filesystem::path& path, const FileStatus& status,
                                  const ProductFile& expected, const Digest* recorded) {
  if (status.type != FileType::regular)
    return {State::corrupt, fmt::format("{} where a regular file is expected", what_is(status.type))};
  try {
    return check(path, status.size, expected, recorded);
  } catch (const FormatError& error) {
    return {State::corrupt, error.what()};
  } catch (const IoError& error) {
    return {State::unknown, error.what()};
  }
}

FileVerdict FileCheck::check(const std::filesystem::path& path, std::uint64_t size,
                             const ProductFile& expected, const Digest* recorded) {
  switch (expected.layout) {
    case FileLayout::scalar_plane:
    case FileLayout::potential_plane:
      return check_plane(path, size, expected, recorded);
    case FileLayout::lux_config:
      return check_geometry(path, size, expected, recorded);
    case FileLayout::fits:
    case FileLayout::hdf5:
    case FileLayout::statistics:
      break;
  }
  // HDF5 and CFITSIO bear one thread at a time.
  static std::mutex one_at_a_time;
  const std::lock_guard guard(one_at_a_time);
  return check_map(path, size, expected, recorded);
}

FileVerdict FileCheck::check_plane(const std::filesystem::path& path, std::uint64_t size,
                                   const ProductFile& expected, const Digest* recorded) {
  const int fields = fields_of(expected.layout);
  const std::uint64_t expected_size = plane_file_size(expected.grid, fields);
  if (size != expected_size) {
    // Markers are read at every tier here: to tell another grid from a cut is what keeps good data from being
    // thrown away.
    if (const std::optional<int> grid = other_grid(size, fields, expected.grid)) {
      const PlaneMarkers markers = read_plane_markers(*disk_.open(path), path);
      if (markers.head == *grid && markers.tail == *grid)
        return {State::mismatched, fmt::format("sound in itself, but of grid {}, where the campaign says {}: "
                                               "most likely the campaign file is wrong",
                                               *grid, expected.grid)};
    }
    return wrong_size(size, expected_size);
  }
  if (tier_ == Tier::quick) return {};
  const std::unique_ptr<ReadableFile> file = disk_.open(path);
  if (file->size() != expected_size) return wrong_size(file->size(), expected_size);
  const PlaneMarkers markers = read_plane_markers(*file, path);
  if (markers.head != expected.grid || markers.tail != expected.grid)
    return {State::corrupt, fmt::format("right size, but its markers say {} at the head and {} at the end, "
                                        "where both must be {}",
                                        markers.head, markers.tail, expected.grid)};
  return tier_ == Tier::full ? check_plane_values(*file, expected, recorded) : FileVerdict{};
}

FileVerdict FileCheck::check_plane_values(const ReadableFile& file, const ProductFile& expected,
                                          const Digest* recorded) {
  const bool potential = expected.layout == FileLayout::potential_plane;
  const std::span<const ValueRange> ranges = potential        ? std::span<const ValueRange>(potential_)
                                             : expected.field ? std::span<const ValueRange>(map_)
                                                              : std::span<const ValueRange>(mass_);
  const auto side = static_cast<std::uint64_t>(expected.grid);
  const std::uint64_t values = side * side * ranges.size();
  block_.resize(kBlockValues);
  DigestStream digest;
  const auto add_marker = [&](std::uint64_t offset) {
    std::array<std::byte, kMarkerBytes> marker{};
    file.read_at(offset, marker);
    digest.add(marker);
  };
  add_marker(0);
  for (std::uint64_t done = 0; done < values;) {
    const std::span<double> block(block_.data(), std::min<std::uint64_t>(kBlockValues, values - done));
    file.read_at(kMarkerBytes + sizeof(double) * done, std::as_writable_bytes(block));
    digest.add(std::as_bytes(block));
    if (const std::optional<std::size_t> bad = first_outside(block, ranges)) {
      const std::uint64_t element = done + *bad, pixel = element / ranges.size();
      const ValueRange& range = ranges[element % ranges.size()];
      return {State::corrupt,
              fmt::format("{} of pixel ({}, {}) is {:g}, outside the sane range from {:g} to {:g}",
                          potential        ? fmt::format("field {}", element % ranges.size())
                          : expected.field ? std::string(map_field_name(*expected.field))
                                           : std::string("the mass"),
                          pixel / side, pixel % side, block[*bad], range.lowest, range.highest)};
    }
    done += block.size();
  }
  add_marker(file.size() - kMarkerBytes);
  if (recorded != nullptr && digest.digest() != *recorded) return wrong_digest(digest.digest(), *recorded);
  return {};
}

}  // namespace lenswright
