// lensplane_plan.hpp: the mass planes of one snapshot, divided into passes over its particles.
//
// A pass reads the particles once and puts them on all planes it holds. Planes are taken in the order of realization
// and slice; those of one (realization, slice) stay together if they fit, since replace models share a dmo plane.
#pragma once

#include <cstddef>
#include <vector>

#include "campaign/product_id.hpp"

namespace lenswright {

// The models asked for of one (realization, slice).
struct PlaneUnit {
  int realization = 0;
  int slice = 0;
  std::vector<int> models;  // ascending
  bool operator==(const PlaneUnit&) const = default;
};

struct LensplanePass {
  int snapshot_index = 0;
  std::vector<PlaneUnit> units;
  bool operator==(const LensplanePass&) const = default;
};

// Planes held while these models of one unit are made: one each, and dmo's where more than one replace model starts
// from it.
std::size_t resident_planes(const Campaign& campaign, const std::vector<int>& models);
std::size_t resident_planes(const Campaign& campaign, const LensplanePass& pass);

// `products`: mass planes of this snapshot, in any order. REQUIRES: most_planes >= 1.
std::vector<LensplanePass> plan_passes(const Campaign& campaign, int snapshot_index,
                                       const std::vector<ProductId>& products, std::size_t most_planes);

}  // namespace lenswright
