// process_usage.hpp: what this process has taken of its machine so far.
//
// Units: bytes; seconds
#pragma once

#include <cstdint>

namespace lenswright {

struct ProcessUsage {
  std::uint64_t peak_memory_bytes = 0;  // largest resident set, memory shared with other ranks included
  double cpu_seconds = 0;               // user and system, all threads
  double wall_seconds = 0;              // since the process began; 0: the system does not tell
};

ProcessUsage process_usage();

}  // namespace lenswright
