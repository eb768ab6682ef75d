// The check of config.dat; declared in file_check.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "ledger/file_check.hpp"

namespace lenswright {

namespace {

struct Counts {
  std::int32_t planes = 0;
  std::int32_t snapshots = 0;
};

Counts read_counts(const ReadableFile& file) {
  Counts counts;
  file.read_at(0, std::as_writable_bytes(std::span(&counts.planes, 1)));
  file.read_at(sizeof(counts.planes), std::as_writable_bytes(std::span(&counts.snapshots, 1)));
  return counts;
}

// Counts that a light cone can have, and the file's size follows from.
bool consistent(const Counts& counts, std::uint64_t size) {
  constexpr std::int32_t kMost = 100000;
  return counts.planes > 0 && counts.planes <= kMost && counts.snapshots > 0 && counts.snapshots <= kMost &&
         lux_config_size(counts.planes, counts.snapshots) == size;
}

// The geometry of some light cone, if not of the campaign's: its distances are those of its own box, its
// scale factors fall outwards.
bool sound_in_itself(const LuxConfig& config) {
  if (config.box_width.empty() || config.planes % config.snapshots != 0 || !(config.box_width[0] > 0) ||
      config.a.empty() || config.a[0] != 1.0)
    return false;
  std::vector<double> redshifts;
  for (std::size_t p = 1; p < config.a.size(); ++p) {
    if (!(config.a[p] > 0 && config.a[p] < config.a[p - 1])) return false;
    redshifts.push_back(1.0 / config.a[p] - 1.0);
  }
  constexpr double kAnyOmegaM = 0.3;  // distances do not depend on it
  LuxConfig own = lux_config_of(make_light_cone(kAnyOmegaM, config.box_width[0], config.snapshots,
                                                config.planes / config.snapshots, redshifts));
  own.a = config.a;
  return own == config;
}

std::string first_difference(const LuxConfig& found, const LuxConfig& expected) {
  const auto in = [](std::string_view name, const auto& a, const auto& b) -> std::string {
    const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    if (x == a.end() || y == b.end()) return {};
    return fmt::format("{}[{}] is {} instead of {}", name, x - a.begin(), *x, *y);
  };
  for (const std::string& text :
       {in("chi", found.chi, expected.chi), in("chi_out", found.chi_out, expected.chi_out),
        in("Ll", found.box_depth, expected.box_depth), in("Lt", found.box_width, expected.box_width),
        in("a", found.a, expected.a), in("proj_dirs", found.proj_dirs, expected.proj_dirs),
        in("disp", found.displacements, expected.displacements), in("flip", found.flips, expected.flips)})
    if (!text.empty()) return text;
  return "it differs";
}

}  // namespace

FileVerdict FileCheck::check_geometry(const std::filesystem::path& path, std::uint64_t size,
                                      const ProductFile& expected, const Digest* recorded) {
  const Counts ours{campaign_.planes(), static_cast<std::int32_t>(campaign_.snapshots.size())};
  const std::uint64_t expected_size = expected.size.value_or(lux_config_size(ours.planes, ours.snapshots));
  if (size == expected_size && tier_ == Tier::quick) return {};

  const std::unique_ptr<ReadableFile> file = disk_.open(path);
  const Counts found = file->size() >= 8 ? read_counts(*file) : Counts{};
  if (found.planes != ours.planes || found.snapshots != ours.snapshots) {
    if (consistent(found, size))
      return {
          State::mismatched,
          fmt::format("sound in itself, but of {} planes and {} snapshots, where the campaign has {} and {}: "
                      "most likely the campaign file is wrong",
                      found.planes, found.snapshots, ours.planes, ours.snapshots)};
    if (size == expected_size)
      return {State::corrupt, fmt::format("right size, but it says {} planes and {} snapshots, where the "
                                          "campaign has {} and {}",
                                          found.planes, found.snapshots, ours.planes, ours.snapshots)};
  }
  if (size != expected_size)
    return {State::truncated, fmt::format("{} bytes long where {} are expected: {}", size, expected_size,
                                          size < expected_size ? "cut short" : "something was added")};
  if (tier_ != Tier::full) return {};

  std::vector<std::byte> bytes(size);
  file->read_at(0, bytes);
  if (const Digest digest = digest_of(bytes); recorded != nullptr && digest != *recorded)
    return {State::corrupt,
            fmt::format("its bytes have digest {}, but its receipt says {}", digest.hex(), recorded->hex())};
  if (!geometry_)
    geometry_ = lux_config_of(make_light_cone(campaign_.omega_m, campaign_.box_mpc_h, ours.snapshots,
                                              campaign_.planes_per_snapshot, campaign_.plane_redshifts));
  const LuxConfig config = read_lux_config(disk_, path);
  if (config == *geometry_) return {};
  const std::string difference = first_difference(config, *geometry_);
  if (recorded != nullptr || sound_in_itself(config))
    return {State::mismatched,
            fmt::format("sound in itself, but not the campaign's light cone: {}: most likely "
                        "the campaign file is wrong",
                        difference)};
  return {State::corrupt, fmt::format("no light cone's geometry: {}", difference)};
}

}  // namespace lenswright
