// memory_budget, declared in stage_run.hpp.
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

#include "physics/node_memory.hpp"
#include "stages/stage_run.hpp"

namespace lenswright {

namespace {

// What this process may use of the machine: all of it, or what the job's control group allows.
std::uint64_t machine_memory() {
  std::uint64_t bytes =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  for (const char* limit : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::uint64_t allowed = 0;
    if (std::ifstream file(limit); file >> allowed && allowed > 0) bytes = std::min(bytes, allowed);
  }
  return bytes;
}

}  // namespace

std::uint64_t memory_budget(const StageContext& context, const StageRequest& request) {
  const NodeRanks node(context.ranks);
  const std::uint64_t mine =
      request.memory_bytes > 0 ? request.memory_bytes
                               : machine_memory() / 10 * 8 / static_cast<std::uint64_t>(node.ranks().size());
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (const std::string& text : context.ranks.gather_all(std::to_string(mine)))
    least = std::min(least, static_cast<std::uint64_t>(std::stoull(text)));
  return least;
}

}  // namespace lenswright
