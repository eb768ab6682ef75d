// pass_time.hpp: how long a pass over a snapshot will take, from how fast this machine is now.
//
// Units:  seconds
// Not:    a promise: the file system's other users are not in it
#pragma once

#include <map>
#include <set>

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

// Whose particles a pass takes.
std::set<Simulation> simulations_in(const Campaign& campaign, const LensplanePass& pass);

class PassTimes {
 public:
  PassTimes(const Campaign& campaign, const std::map<int, LensplaneInputs>& inputs, int ranks,
            const LensplaneSpeed& speed)
      : campaign_(campaign), inputs_(inputs), ranks_(ranks), speed_(speed) {}
  // A pass that reads what it needs.
  double pass(const LensplanePass& pass) const { return seconds(pass, &pass); }
  // The first of several after one reading, which makes the whole planes of `all`, and any other.
  double first_pass(const LensplanePass& pass, const LensplanePass& all) const { return seconds(pass, &all); }
  double later_pass(const LensplanePass& pass) const { return seconds(pass, nullptr); }
  // Of all ranks, of these simulations.
  std::uint64_t particles(int snapshot_index, const std::set<Simulation>& simulations) const;

 private:
  double seconds(const LensplanePass& pass, const LensplanePass* read) const;
  const Campaign& campaign_;
  const std::map<int, LensplaneInputs>& inputs_;
  int ranks_;
  LensplaneSpeed speed_;
};

}  // namespace lenswright
