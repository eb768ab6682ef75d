// pass_plan.hpp: how many runs are traced in one pass through the planes, within the memory of each rank.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lenswright {

struct TraceDemand {
  std::size_t runs = 0;           // of one (model, realization)
  std::size_t rays = 0;           // per run
  std::size_t maps = 0;           // per run: fields x sources
  bool maps_in_one_file = false;  // HDF5: all maps of a run are in memory at once when it is written
  std::uint64_t plane_bytes = 0;  // of one potential, in memory once per node
  int ranks = 1;
  int ranks_per_node = 1;  // on the emptiest node
};

struct PassPlan {
  std::size_t runs_per_pass = 1;
  std::size_t passes = 1;
  int plane_slots = 1;  // 2: the next plane is read while this one is traced
};

// The most that a rank uses at any time.
std::uint64_t trace_bytes_per_rank(const TraceDemand& demand, std::size_t runs_per_pass, int plane_slots);
// The fewest passes that fit, and then two plane slots if they fit too. Throws UsageError, naming the least that
// is needed, if not even one run at a time fits.
PassPlan plan_passes(const TraceDemand& demand, std::uint64_t memory_per_rank);

}  // namespace lenswright
