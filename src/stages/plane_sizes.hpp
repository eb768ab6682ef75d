// plane_sizes.hpp: the memory that mass planes take while they are made, known from the halos before any particle is
// read.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>

#include "geometry/transform.hpp"
#include "physics/halo_footprint.hpp"
#include "stages/lensplane_inputs.hpp"
#include "stages/lensplane_plan.hpp"

namespace lenswright {

PlaneGeometry plane_geometry(const Campaign& campaign);

class PlaneSizes {
 public:
  PlaneSizes(const Campaign& campaign, const TransformSet& transforms,
             const std::map<int, LensplaneInputs>& inputs)
      : campaign_(campaign), transforms_(transforms), inputs_(inputs) {}

  std::uint64_t whole() const;  // a plane with all its pixels
  std::uint64_t unit(int snapshot_index, const PlaneUnit& unit) const;
  std::uint64_t pass(const LensplanePass& pass) const;
  // The most that one of its planes keeps while it is written: a whole plane, and the tiles that change it.
  std::uint64_t largest_written(const LensplanePass& pass) const;

 private:
  std::uint64_t change(int snapshot_index, const PlaneUnit& unit, int model) const;
  const Campaign& campaign_;
  const TransformSet& transforms_;
  const std::map<int, LensplaneInputs>& inputs_;
  mutable std::map<std::tuple<int, int, int, int>, std::uint64_t>
      changes_;  // by snapshot index, realization, slice, model
};

}  // namespace lenswright
