#include "stages/job_usage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "base/process_usage.hpp"
#include "io/atomic_writer.hpp"

namespace lenswright {

JobUsage job_usage(const Communicator& ranks) {
  const ProcessUsage mine = process_usage();
  JobUsage usage;
  std::map<std::string, int> on_node;
  for (const std::string& text :
       ranks.gather_all(fmt::format("{} {:.6f} {:.6f} {}", mine.peak_memory_bytes, mine.cpu_seconds,
                                    mine.wall_seconds, host_name()))) {
    std::istringstream words(text);
    std::uint64_t peak = 0;
    double cpu_seconds = 0, wall_seconds = 0;
    std::string host;
    words >> peak >> cpu_seconds >> wall_seconds >> host;
    usage.peak_memory_bytes = std::max(usage.peak_memory_bytes, peak);
    usage.cpu_seconds += cpu_seconds;
    usage.wall_seconds = std::max(usage.wall_seconds, wall_seconds);
    usage.ranks_per_node = std::max(usage.ranks_per_node, ++on_node[host]);
  }
  return usage;
}

}  // namespace lenswright
