// The check of FITS and HDF5 maps; declared in file_check.hpp.
#include <fmt/format.h>

#include <array>
#include <cstring>
#include <set>

#include "base/error.hpp"
#include "io/map_file.hpp"
#include "ledger/file_check.hpp"

namespace lenswright {

namespace {

constexpr std::string_view kFitsSignature = "SIMPLE  =";
constexpr std::string_view kHdf5Signature = "\x89HDF\r\n\x1a\n";
constexpr std::uint64_t kFitsBlock = 2880;
constexpr std::size_t kHeadBytes = 56;  // reaches behind the end-of-file address of every HDF5 superblock

// What the superblock says of the file's length (HDF5 File Format Specification, III.A); 8-byte offsets.
std::optional<std::uint64_t> hdf5_length(std::span<const std::byte> head) {
  const auto version = std::to_integer<unsigned>(head[8]);
  constexpr std::array<std::size_t, 4> kEndAddress{40, 44, 28, 28};
  if (version >= kEndAddress.size()) return std::nullopt;
  const auto offset_size = std::to_integer<unsigned>(version < 2 ? head[13] : head[9]);
  if (offset_size != sizeof(std::uint64_t)) return std::nullopt;
  std::uint64_t length = 0;
  std::memcpy(&length, head.data() + kEndAddress[version], sizeof(length));
  return length;
}

FileVerdict check_head(std::span<const std::byte> head, std::uint64_t size, FileLayout layout) {
  const bool fits = layout == FileLayout::fits;
  const std::string_view signature = fits ? kFitsSignature : kHdf5Signature;
  if (size < kHeadBytes || (fits && size % kFitsBlock != 0))
    return {State::truncated,
            fmt::format("{} bytes long, which no whole {} file is: cut short", size, fits ? "FITS" : "HDF5")};
  if (std::memcmp(head.data(), signature.data(), signature.size()) != 0)
    return {State::corrupt, fmt::format("it does not begin as a {} file does", fits ? "FITS" : "HDF5")};
  if (fits) return {};
  const std::optional<std::uint64_t> length = hdf5_length(head);
  if (!length) return {State::corrupt, "its HDF5 superblock is none that can be read"};
  if (*length != size)
    return {State::truncated, fmt::format("{} bytes long where its own header says {}: {}", size, *length,
                                          size < *length ? "cut short" : "something was added")};
  return {};
}

FileVerdict check_grid(const Grid2d<double>& values, std::string_view what, int grid) {
  if (values.side() != grid)
    return {State::mismatched,
            fmt::format("sound in itself, but {} is of grid {}, where the campaign says {}: "
                        "most likely the campaign file is wrong",
                        what, values.side(), grid)};
  const std::array<ValueRange, 1> range{map_range()};
  if (const std::optional<std::size_t> bad = first_outside(values.values(), range)) {
    const auto side = static_cast<std::size_t>(grid);
    return {State::corrupt,
            fmt::format("{} of pixel ({}, {}) is {:g}, outside the sane range from {:g} to {:g}", what,
                        *bad / side, *bad % side, values[*bad], range[0].lowest, range[0].highest)};
  }
  return {};
}

}  // namespace

FileVerdict FileCheck::check_map(const std::filesystem::path& path, std::uint64_t size,
                                 const ProductFile& expected, const Digest* recorded) {
  if (size == 0) return {State::truncated, "empty"};
  if (tier_ == Tier::quick) return {};
  const std::unique_ptr<ReadableFile> file = disk_.open(path);
  std::vector<std::byte> bytes(kHeadBytes);
  if (size >= kHeadBytes) file->read_at(0, bytes);
  if (FileVerdict verdict = check_head(bytes, size, expected.layout); verdict.state != State::complete)
    return verdict;
  if (tier_ != Tier::full) return {};
  bytes.resize(size);
  file->read_at(0, bytes);
  if (const Digest digest = digest_of(bytes); recorded != nullptr && digest != *recorded)
    return {State::corrupt,
            fmt::format("its bytes have digest {}, but its receipt says {}", digest.hex(), recorded->hex())};
  return check_map_values(path, bytes, expected);
}

FileVerdict FileCheck::check_map_values(const std::filesystem::path& path,
                                        const std::vector<std::byte>& bytes,
                                        const ProductFile& expected) const {
  if (expected.layout == FileLayout::fits) {
    const std::string what(expected.field ? map_field_name(*expected.field) : "the map");
    return check_grid(decode_fits_map(path.string(), bytes), what, expected.grid);
  }
  std::set<std::pair<std::string, int>> found;
  for (const auto& [map, values] : decode_hdf5_maps(path.string(), bytes)) {
    const std::string what = fmt::format("{} at source {}", map.field, map.source);
    if (FileVerdict verdict = check_grid(values, what, expected.grid); verdict.state != State::complete)
      return verdict;
    found.emplace(map.field, map.source);
  }
  for (const int source : campaign_.raytracing.sources)
    for (const MapField field : campaign_.raytracing.fields)
      if (!found.contains({std::string(map_field_name(field)), source}))
        return {State::mismatched,
                fmt::format("sound in itself, but without {} at source {}, which the campaign "
                            "asks for",
                            map_field_name(field), source)};
  return {};
}

}  // namespace lenswright
