#include "io/lux_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <span>

#include "base/error.hpp"

namespace lenswright {

namespace {

static_assert(std::endian::native == std::endian::little, "products are little-endian");

template <typename T>
void append(std::string& bytes, std::span<const T> values) {
  const auto raw = std::as_bytes(values);
  std::transform(raw.begin(), raw.end(), std::back_inserter(bytes),
                 [](std::byte byte) { return static_cast<char>(byte); });
}

// Takes values off the front of a text whose length has been checked.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}
  template <typename T>
  std::vector<T> take(std::size_t count) {
    std::vector<T> values(count);
    const auto target = std::as_writable_bytes(std::span(values));
    assert(target.size() <= bytes_.size());
    std::transform(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(target.size()),
                   target.begin(), [](char character) { return static_cast<std::byte>(character); });
    bytes_.remove_prefix(target.size());
    return values;
  }

 private:
  std::string_view bytes_;
};

constexpr std::uint64_t kCountsBytes = 2 * sizeof(std::int32_t);
constexpr std::int32_t kLargestCount = 1'000'000;

}  // namespace

std::uint64_t lux_config_size(int planes, int snapshots) {
  const std::uint64_t p = static_cast<std::uint64_t>(planes);
  const std::uint64_t s = static_cast<std::uint64_t>(snapshots);
  return kCountsBytes + sizeof(double) * (2 * (p + 1) + p + 2 * s + 3 * s) + sizeof(std::int32_t) * s + 3 * s;
}

LuxConfig lux_config_of(const LightCone& cone) {
  LuxConfig config;
  config.planes = cone.planes;
  config.snapshots = cone.snapshots;
  config.a = cone.a;
  config.chi = cone.chi;
  config.chi_out = cone.chi_out;
  const std::size_t snapshots = static_cast<std::size_t>(cone.snapshots);
  config.box_depth.assign(snapshots, cone.box_mpc_h);
  config.box_width.assign(snapshots, cone.box_mpc_h);
  config.proj_dirs.assign(snapshots, 0);
  config.displacements.assign(3 * snapshots, 0.0);
  config.flips.assign(3 * snapshots, 0);
  return config;
}

std::string encode_lux_config(const LuxConfig& config) {
  std::string bytes;
  append<std::int32_t>(bytes, std::span(&config.planes, 1));
  append<std::int32_t>(bytes, std::span(&config.snapshots, 1));
  append<double>(bytes, config.a);
  append<double>(bytes, config.chi);
  append<double>(bytes, config.chi_out);
  append<double>(bytes, config.box_depth);
  append<double>(bytes, config.box_width);
  append<std::int32_t>(bytes, config.proj_dirs);
  append<double>(bytes, config.displacements);
  append<std::uint8_t>(bytes, config.flips);
  assert(bytes.size() == lux_config_size(config.planes, config.snapshots));
  return bytes;
}

LuxConfig read_lux_config(Disk& disk, const std::filesystem::path& path) {
  const std::string bytes = read_text(disk, path);
  if (bytes.size() < kCountsBytes)
    throw FormatError(path, bytes.size(), "the counts Np and Ns (8 bytes)",
                      fmt::format("{} bytes", bytes.size()));
  Cursor cursor(bytes);
  LuxConfig config;
  config.planes = cursor.take<std::int32_t>(1).front();
  config.snapshots = cursor.take<std::int32_t>(1).front();
  const auto plausible = [](std::int32_t count) { return count >= 1 && count <= kLargestCount; };
  if (!plausible(config.planes) || !plausible(config.snapshots))
    throw FormatError(path, 0, fmt::format("Np and Ns from 1 to {}", kLargestCount),
                      fmt::format("Np = {}, Ns = {}", config.planes, config.snapshots));
  const std::uint64_t size = lux_config_size(config.planes, config.snapshots);
  if (bytes.size() != size)
    throw FormatError(path, std::min<std::uint64_t>(size, bytes.size()),
                      fmt::format("{} bytes for Np = {}, Ns = {}", size, config.planes, config.snapshots),
                      fmt::format("{} bytes", bytes.size()));
  const std::size_t planes = static_cast<std::size_t>(config.planes);
  const std::size_t snapshots = static_cast<std::size_t>(config.snapshots);
  config.a = cursor.take<double>(planes + 1);
  config.chi = cursor.take<double>(planes + 1);
  config.chi_out = cursor.take<double>(planes);
  config.box_depth = cursor.take<double>(snapshots);
  config.box_width = cursor.take<double>(snapshots);
  config.proj_dirs = cursor.take<std::int32_t>(snapshots);
  config.displacements = cursor.take<double>(3 * snapshots);
  config.flips = cursor.take<std::uint8_t>(3 * snapshots);
  return config;
}

}  // namespace lenswright
