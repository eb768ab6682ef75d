#include "base/process_usage.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <sstream>
#include <string>

namespace lenswright {

namespace {

// From field 22 of /proc/self/stat (clock ticks after boot); the second one, a name in parentheses, may hold anything.
double seconds_since_start() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  double ticks = 0;
  timespec now{};
  if (!(fields >> ticks) || clock_gettime(CLOCK_BOOTTIME, &now) != 0) return 0;
  const double age = static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec) -
                     ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
  return age > 0 ? age : 0;
}

}  // namespace

ProcessUsage process_usage() {
  constexpr std::uint64_t kKilobyte = 1024;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return {};
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return {static_cast<std::uint64_t>(usage.ru_maxrss) * kKilobyte,
          seconds(usage.ru_utime) + seconds(usage.ru_stime), seconds_since_start()};
}

}  // namespace lenswright
