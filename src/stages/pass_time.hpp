// pass_time.hpp: how long a pass over a snapshot will take, from how fast this machine is now.
//
// Units:  seconds
// Not:    a promise: the file system's other users are not in it
#pragma once

#include <map>

#include "geometry/transform.hpp"
#include "stages/lensplane_inputs.hpp"
#include "stages/lensplane_plan.hpp"

namespace lenswright {

// Per rank and second.
struct LensplaneSpeed {
  double particles_read = 0;
  double particles_put_down = 0;  // on a whole plane
  double bytes_written = 0;
};

// Collective: all ranks at work at the same time, the slowest counts. Reads a chunk and puts one on a plane of the
// campaign's grid.
LensplaneSpeed measure_speed(const StageContext& context, const LensplaneInputs& inputs, int threads);

class PassTimes {
 public:
  PassTimes(const Campaign& campaign, const std::map<int, LensplaneInputs>& inputs, int ranks,
            const LensplaneSpeed& speed)
      : campaign_(campaign), inputs_(inputs), ranks_(ranks), speed_(speed) {}
  double pass(const LensplanePass& pass) const;
  std::uint64_t particles(const LensplanePass& pass) const;  // of all ranks

 private:
  const Campaign& campaign_;
  const std::map<int, LensplaneInputs>& inputs_;
  int ranks_;
  LensplaneSpeed speed_;
};

}  // namespace lenswright
