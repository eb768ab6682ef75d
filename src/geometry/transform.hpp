// transform.hpp: the random shift, flip and projection axis of each (realization, snapshot).
//
// Units:  comoving Mpc/h
// Source: drawn exactly as numpy.random.RandomState(seed) draws them (docs/formats.md, "Transforms")
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace lenswright {

struct SnapshotTransform {
  int proj_dir = 0;                             // depth axis: 0, 1, 2
  std::array<double, 3> displacement{0, 0, 0};  // Mpc/h
  bool flip = false;                            // all three axes
  bool operator==(const SnapshotTransform&) const = default;
};

// A particle seen in the light cone's frame.
struct ProjectedPosition {
  double x;      // slow axis i, [0, box)
  double y;      // fast axis j, [0, box)
  double depth;  // [0, box)
};
ProjectedPosition project(const SnapshotTransform& transform, const std::array<double, 3>& position,
                          double box);
// One axis: shift, flip, wrap into [0, box).
double transform_axis(double x, double displacement, bool flip, double box);
// Slice of P: min(P - 1, floor(depth * P / box)).
int slice_of_depth(double depth, int planes_per_snapshot, double box);

struct TransformSet {
  int realizations = 0;  // R
  int planes_per_snapshot = 0;
  std::int64_t seed = 0;
  double box_mpc_h = 0;
  std::vector<std::int64_t> snapshot_order;   // S snapshot numbers
  std::vector<SnapshotTransform> transforms;  // R x S, snapshot fastest

  const SnapshotTransform& at(int realization, int snapshot_index) const {
    return transforms[static_cast<std::size_t>(realization) * snapshot_order.size() +
                      static_cast<std::size_t>(snapshot_index)];
  }
  bool operator==(const TransformSet&) const = default;
};
TransformSet draw_transforms(std::uint32_t seed, int realizations, const std::vector<int>& snapshots,
                             int planes_per_snapshot, double box_mpc_h);

}  // namespace lenswright
