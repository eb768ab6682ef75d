// The check of FITS and HDF5 maps, and of statistics; declared in file_check.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <set>

#include "base/error.hpp"
#include "io/map_file.hpp"
#include "io/statistics_file.hpp"
#include "ledger/file_check.hpp"

namespace lenswright {

namespace {

constexpr std::string_view kFitsSignature = "SIMPLE  =";
constexpr std::string_view kHdf5Signature = "\x89HDF\r\n\x1a\n";
constexpr std::uint64_t kFitsBlock = 2880;
constexpr std::size_t kHeadBytes = 56;  // reaches behind the end-of-file address of every HDF5 superblock
constexpr std::size_t kFitsHeadBytes = 8 * kFitsBlock;  // and behind the grid in every FITS header
// More than what an HDF5 file of ours holds beside the values: superblock, groups, attributes.
constexpr std::uint64_t kHdf5Overhead = 8192, kHdf5OverheadPerMap = 1024;

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

// The whole number on a FITS header card "NAXIS1  =                 1024 / ..."
std::optional<int> card_value(std::string_view card) {
  std::string_view text = card.substr(10, 20);
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end != text.data() ? std::optional(value) : std::nullopt;
}

// The side of the image by the headers at the file's beginning. A compressed image is a table behind an empty
// image: its ZNAXIS1 says the side, its NAXIS1 the bytes of a row.
std::optional<int> fits_grid(std::string_view head) {
  constexpr std::size_t kCard = 80;
  std::string_view wanted = "NAXIS1  =";
  for (; head.size() >= kCard; head.remove_prefix(kCard)) {
    if (head.starts_with("XTENSION=")) wanted = "ZNAXIS1 =";
    if (head.starts_with(wanted)) return card_value(head.substr(0, kCard));
  }
  return std::nullopt;
}

// Whether the file's beginning and size go with the expected grid, as far as they tell without decoding it: a
// FITS header says the grid; of HDF5 only the size is there to see, which maps of another grid would not fit.
bool looks_of_grid(std::span<const std::byte> head, std::uint64_t size, const ProductFile& expected,
                   std::uint64_t maps) {
  if (expected.layout == FileLayout::fits)
    return fits_grid({reinterpret_cast<const char*>(head.data()), head.size()}) == expected.grid;
  const auto side = static_cast<std::uint64_t>(expected.grid);
  const std::uint64_t values = maps * side * side * sizeof(double);
  return size >= values && size - values <= kHdf5Overhead + maps * kHdf5OverheadPerMap;
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
  std::vector<std::byte> bytes(
      std::max<std::uint64_t>(kHeadBytes, std::min<std::uint64_t>(size, kFitsHeadBytes)));
  if (size >= kHeadBytes) file->read_at(0, bytes);
  if (FileVerdict verdict = check_head(bytes, size, expected.layout); verdict.state != State::complete)
    return verdict;
  const std::uint64_t maps = campaign_.raytracing.sources.size() * campaign_.raytracing.fields.size();
  // What looks like another grid is read whole also at tier header, to tell good data from damage.
  if (tier_ != Tier::full && expected.layout == FileLayout::statistics) return {};
  if (tier_ != Tier::full && looks_of_grid(bytes, size, expected, maps)) return {};
  bytes.resize(size);
  file->read_at(0, bytes);
  if (const Digest digest = digest_of(bytes); recorded != nullptr && digest != *recorded)
    return {State::corrupt,
            fmt::format("its bytes have digest {}, but its receipt says {}", digest.hex(), recorded->hex())};
  return expected.layout == FileLayout::statistics ? check_statistics_values(path, bytes)
                                                   : check_map_values(path, bytes, expected);
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

FileVerdict FileCheck::check_statistics_values(const std::filesystem::path& path,
                                               const std::vector<std::byte>& bytes) const {
  const StatisticsFile found = decode_statistics(path.string(), bytes);
  const RaytracingSettings& raytracing = campaign_.raytracing;
  const auto other = [](const std::string& what, const std::string& has, const std::string& wants) {
    return FileVerdict{
        State::mismatched,
        fmt::format("sound in itself, but of {} {}, where the campaign says {}: most likely the "
                    "campaign file is wrong",
                    what, has, wants)};
  };
  if (found.grid != raytracing.grid)
    return other("maps of grid", std::to_string(found.grid), std::to_string(raytracing.grid));
  std::vector<int> sources;
  for (const SourceStatistics& source : found.sources) {
    sources.push_back(source.source);
    if (static_cast<int>(source.runs.size()) != raytracing.runs)
      return other("a number of runs of", std::to_string(source.runs.size()),
                   std::to_string(raytracing.runs));
  }
  if (sources != raytracing.sources)
    return other("source planes", fmt::format("{}", fmt::join(sources, ", ")),
                 fmt::format("{}", fmt::join(raytracing.sources, ", ")));
  return {};
}

}  // namespace lenswright
