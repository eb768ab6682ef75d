#include "campaign/slurm_values.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <vector>

namespace lenswright {

namespace {

constexpr std::int64_t kMinute = 60, kHour = 3600, kDay = 86400;
constexpr std::int64_t kLongestDays = 36500;
constexpr std::uint64_t kMegabyte = std::uint64_t{1} << 20;
constexpr std::uint64_t kGigabyte = std::uint64_t{1} << 30;

template <typename Number>
std::optional<Number> number_from(std::string_view digits) {
  Number number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.starts_with('-'))
    return std::nullopt;
  return number;
}

// Numbers between colons, at most three; the first may have any number of digits, the others two at most.
std::optional<std::vector<std::int64_t>> clock_parts(std::string_view text, std::int64_t first_below) {
  std::vector<std::int64_t> parts;
  for (;;) {
    const std::size_t colon = text.find(':');
    const std::string_view digits = text.substr(0, colon);
    const auto number = number_from<std::int64_t>(digits);
    const bool first = parts.empty();
    if (!number || (!first && digits.size() > 2) || *number >= (first ? first_below : 60))
      return std::nullopt;
    parts.push_back(*number);
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
  }
  if (parts.size() > 3) return std::nullopt;
  return parts;
}

}  // namespace

std::optional<std::int64_t> slurm_seconds(std::string_view text) {
  std::int64_t seconds = 0;
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    const auto days = number_from<std::int64_t>(text.substr(0, dash));
    auto clock = clock_parts(text.substr(dash + 1), 24);
    if (!days || *days > kLongestDays || !clock) return std::nullopt;
    clock->resize(3, 0);
    seconds = *days * kDay + (*clock)[0] * kHour + (*clock)[1] * kMinute + (*clock)[2];
  } else {
    const auto clock = clock_parts(text, kLongestDays * (kDay / kMinute));
    if (!clock) return std::nullopt;
    if (clock->size() == 3)
      seconds = (*clock)[0] * kHour + (*clock)[1] * kMinute + (*clock)[2];
    else
      seconds = (*clock)[0] * kMinute + (clock->size() == 2 ? (*clock)[1] : 0);
  }
  return seconds > 0 ? std::optional(seconds) : std::nullopt;
}

std::string slurm_time_text(std::int64_t seconds) {
  const std::int64_t minutes = (seconds + kMinute - 1) / kMinute;
  const std::int64_t days = minutes / (kDay / kMinute);
  const std::int64_t hours = minutes / 60 % 24;
  return days > 0 ? fmt::format("{}-{:02}:{:02}:00", days, hours, minutes % 60)
                  : fmt::format("{:02}:{:02}:00", hours, minutes % 60);
}

std::optional<std::uint64_t> slurm_bytes(std::string_view text) {
  constexpr std::string_view kUnits = "KMGT";
  std::uint64_t unit = kMegabyte;
  if (!text.empty()) {
    const char letter = text.back() >= 'a' ? static_cast<char>(text.back() - 'a' + 'A') : text.back();
    if (const std::size_t found = kUnits.find(letter); found != std::string_view::npos) {
      unit = std::uint64_t{1} << (10 * (found + 1));
      text.remove_suffix(1);
    }
  }
  const auto number = number_from<std::uint64_t>(text);
  if (!number || *number == 0 || *number > std::numeric_limits<std::uint64_t>::max() / 2 / unit)
    return std::nullopt;
  return *number * unit;
}

std::string slurm_memory_text(std::uint64_t bytes) {
  if (bytes > 0 && bytes % kGigabyte == 0) return fmt::format("{}G", bytes / kGigabyte);
  return fmt::format("{}M", (bytes + kMegabyte - 1) / kMegabyte);
}

}  // namespace lenswright
