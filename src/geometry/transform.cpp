#include "geometry/transform.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace lenswright {

namespace {

// NumPy's legacy draws on top of MT19937. std::mt19937 seeds itself as init_genrand does and is specified to
// the bit, unlike the standard distributions.
class LegacyGenerator {
 public:
  explicit LegacyGenerator(std::uint32_t seed) : engine_(seed) {}
  // Uniform in [0, largest]: masked, rejected above.
  std::uint32_t bounded(std::uint32_t largest, std::uint32_t mask) {
    while (true) {
      const std::uint32_t value = word() & mask;
      if (value <= largest) return value;
    }
  }
  // Uniform in [0, 1) with 53 bits.
  double uniform() {
    const std::uint32_t a = word() >> 5;
    const std::uint32_t b = word() >> 6;
    return (a * 67108864.0 + b) / 9007199254740992.0;
  }

 private:
  std::uint32_t word() { return static_cast<std::uint32_t>(engine_()); }
  std::mt19937 engine_;
};

}  // namespace

double transform_axis(double x, double displacement, bool flip, double box) {
  double y = x + displacement;
  if (flip) y = box - y;
  y -= box * std::floor(y / box);
  return y >= box ? 0.0 : y;
}

ProjectedPosition project(const SnapshotTransform& transform, const std::array<double, 3>& position,
                          double box) {
  std::array<double, 3> moved{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    moved[axis] = transform_axis(position[axis], transform.displacement[axis], transform.flip, box);
  const auto depth = static_cast<std::size_t>(transform.proj_dir);
  const std::size_t first = depth == 0 ? 1 : 0;
  const std::size_t second = depth == 2 ? 1 : 2;
  return {moved[first], moved[second], moved[depth]};
}

int slice_of_depth(double depth, int planes_per_snapshot, double box) {
  return std::min(planes_per_snapshot - 1, static_cast<int>(std::floor(depth * planes_per_snapshot / box)));
}

TransformSet draw_transforms(std::uint32_t seed, int realizations, const std::vector<int>& snapshots,
                             int planes_per_snapshot, double box_mpc_h) {
  TransformSet set;
  set.realizations = realizations;
  set.planes_per_snapshot = planes_per_snapshot;
  set.seed = seed;
  set.box_mpc_h = box_mpc_h;
  set.snapshot_order.assign(snapshots.begin(), snapshots.end());
  set.transforms.resize(static_cast<std::size_t>(realizations) * snapshots.size());
  // One stream, property by property: all axes, then all shifts, then all flips.
  LegacyGenerator generator(seed);
  for (SnapshotTransform& transform : set.transforms)
    transform.proj_dir = static_cast<int>(generator.bounded(2, 3));
  for (SnapshotTransform& transform : set.transforms)
    for (double& shift : transform.displacement) shift = box_mpc_h * generator.uniform();
  for (SnapshotTransform& transform : set.transforms) transform.flip = generator.bounded(1, 1) == 0;
  return set;
}

}  // namespace lenswright
