// lensplane_work.hpp: how the mass planes of a run are divided into readings of snapshots and passes, within the memory
// and the time of a pass that were asked for.
//
// Either each pass reads the particles that it needs; or one reading makes the whole planes of many realizations, and its
// passes make the planes of replace models, realization by realization, of the particles inside halos, which are kept:
// whichever reads less often, then whichever takes less memory.
#pragma once

#include <cstdint>
#include <map>
#include <numeric>
#include <vector>

#include "stages/lensplane_inputs.hpp"
#include "stages/lensplane_memory.hpp"
#include "stages/lensplane_plan.hpp"
#include "stages/plane_sizes.hpp"
#include "stages/stage_run.hpp"

namespace lenswright {

// Passes for which particles are read once.
using ReadTogether = std::vector<LensplanePass>;

// How the work is divided, and what it takes; the same on all ranks.
struct LensplaneWork {
  LensplaneMemory memory;
  std::vector<ReadTogether> readings;
  std::uint64_t peak_bytes = 0;  // of a rank
  bool kept = false;             // particles inside regions stay in memory between the passes of a reading
  std::vector<double> seconds;   // per pass; empty: nobody asked
  double particles = 0;          // read, over all passes and ranks

  std::size_t passes() const {
    return std::accumulate(readings.begin(), readings.end(), std::size_t{0},
                           [](std::size_t sum, const ReadTogether& passes) { return sum + passes.size(); });
  }
};

// Collective. `inputs` by snapshot index; budget: bytes of a rank. Throws InputError if it is too small for one plane.
LensplaneWork plan_work(const StageContext& context, const StageRequest& request,
                        const std::vector<ProductId>& products, const std::map<int, LensplaneInputs>& inputs,
                        const PlaneSizes& sizes, std::uint64_t budget);

// The largest number that any rank has.
std::uint64_t largest_of_all(const Communicator& ranks, std::uint64_t mine);

}  // namespace lenswright
