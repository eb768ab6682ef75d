// memory_budget, declared in stage_run.hpp.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
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

std::uint64_t megabytes_in(const char* variable) {
  const char* text = std::getenv(variable);
  const long long value = text ? std::atoll(text) : 0;
  return value > 0 ? static_cast<std::uint64_t>(value) << 20 : 0;
}

// What a Slurm job was given on this node; 0: no job, or all of the node.
std::uint64_t job_memory() {
  if (const std::uint64_t node = megabytes_in("SLURM_MEM_PER_NODE"); node > 0) return node;
  const char* text = std::getenv("SLURM_CPUS_ON_NODE");
  const long long cpus = text ? std::atoll(text) : 0;
  return cpus > 0 ? megabytes_in("SLURM_MEM_PER_CPU") * static_cast<std::uint64_t>(cpus) : 0;
}

// The launcher and the system's own buffers count in a job's limit, which kills: they get this part.
constexpr std::uint64_t kJobParts = 16;

std::uint64_t usable_memory() {
  const std::uint64_t machine = machine_memory() / 10 * 8;
  const std::uint64_t job = job_memory();
  return job > 0 ? std::min(job - job / kJobParts, machine_memory()) : machine;
}

}  // namespace

std::uint64_t memory_budget(const StageContext& context, const StageRequest& request) {
  const NodeRanks node(context.ranks);
  const std::uint64_t mine = request.memory_bytes > 0
                                 ? request.memory_bytes
                                 : usable_memory() / static_cast<std::uint64_t>(node.ranks().size());
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (const std::string& text : context.ranks.gather_all(std::to_string(mine)))
    least = std::min(least, static_cast<std::uint64_t>(std::stoull(text)));
  return least;
}

}  // namespace lenswright
