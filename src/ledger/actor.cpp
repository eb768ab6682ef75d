#include "ledger/actor.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "base/error.hpp"
#include "io/atomic_writer.hpp"

namespace lenswright {

namespace {

constexpr std::string_view kCompactPattern = "ddddddddTdddddd.dddZ";

double seconds_of(const std::string& time) {
  std::tm parts{};
  double seconds = 0;
  char end = 0;
  if (std::sscanf(time.c_str(), "%4d-%2d-%2dT%2d:%2d:%lf%c", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
                  &parts.tm_hour, &parts.tm_min, &seconds, &end) != 7 ||
      end != 'Z')
    throw InputError(fmt::format("\"{}\" is not a time as in 2026-01-31T12:34:56.789Z", time));
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  return static_cast<double>(timegm(&parts)) + seconds;
}

}  // namespace

std::string acting_user() {
  const char* name = std::getenv("USER");
  return fmt::format("{} (uid {}) on {}", name != nullptr ? name : "unnamed", ::getuid(), host_name());
}

std::string compact_time(std::string time) {
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return time;
}

std::string time_at_head(std::string_view name) {
  if (name.size() < kCompactPattern.size()) return {};
  const bool fits =
      std::equal(kCompactPattern.begin(), kCompactPattern.end(), name.begin(),
                 [](char wanted, char c) { return wanted == 'd' ? c >= '0' && c <= '9' : c == wanted; });
  if (!fits) return {};
  const std::string t(name.substr(0, kCompactPattern.size()));
  return fmt::format("{}-{}-{}T{}:{}:{}", t.substr(0, 4), t.substr(4, 2), t.substr(6, 2), t.substr(9, 2),
                     t.substr(11, 2), t.substr(13));
}

double hours_between(const std::string& time, const std::string& now) {
  constexpr double kSecondsPerHour = 3600;
  return (seconds_of(now) - seconds_of(time)) / kSecondsPerHour;
}

}  // namespace lenswright
