// halo_footprint.hpp: which tiles of a mass plane the particles inside a rule's halos can reach.
//
// In:     halos in the box's own coordinates; the transform and slice of the plane
// Out:    every tile that holds the first node of a share of such a particle, and few others
// Units:  Mpc/h, Msun/h
// A larger radius factor of the same mass bin gives a superset.
#pragma once

#include <vector>

#include "geometry/transform.hpp"
#include "physics/halo_replacement.hpp"
#include "physics/tiled_plane.hpp"

namespace lenswright {

struct PlaneGeometry {
  int grid = 0;
  int slices = 1;  // planes per snapshot
  double box_mpc_h = 0;
};

TileSet halo_footprint(const std::vector<HaloSphere>& halos, const ReplacementRule& rule,
                       const SnapshotTransform& transform, int slice, const PlaneGeometry& geometry);

}  // namespace lenswright
