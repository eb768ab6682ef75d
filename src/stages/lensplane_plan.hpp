// lensplane_plan.hpp: the mass planes of one snapshot, divided into passes over its particles.
//
// A pass reads the particles once and puts them on all planes it holds. Planes are taken in the order of realization
// and slice; those of one (realization, slice) stay together if they fit, since replace models share a dmo plane.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
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

std::size_t plane_count(const LensplanePass& pass);  // that it makes
// Passes over one snapshot, as one that makes all that they make.
LensplanePass joined(std::span<const LensplanePass> passes);
// Whole planes held while these models of one unit are made: dmo's and hydro's own, and dmo's where a replace model
// starts from it. What replacement changes of it is held apart, in tiles.
std::size_t whole_planes(const Campaign& campaign, const std::vector<int>& models);

// `products`: mass planes of this snapshot, in any order. `fits` says whether a pass is small enough; one of a single
// plane is taken without asking.
using PassTest = std::function<bool(const LensplanePass&)>;
std::vector<LensplanePass> plan_passes(const Campaign& campaign, int snapshot_index,
                                       const std::vector<ProductId>& products, const PassTest& fits);

}  // namespace lenswright
