// raytracer.hpp: many runs traced through the planes at once, each rank its share of their rays.
//
// Units:  radians, comoving Mpc/h
// Work:   (run, tile) pairs, run slowest, in equal contiguous shares per rank; threads share a rank's pairs
// Memory: bytes_per_ray() for each ray of the share: its state, and its value in every map asked for
// Bytes:  a ray's values depend on no other ray, rank or thread
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "base/big_array.hpp"
#include "base/grid2d.hpp"
#include "physics/ray_step.hpp"

namespace lenswright {

struct RayGrid {
  int side = 0;          // rays per side
  double field_rad = 0;  // side of the field
};
// beta = ((i + 1/2 - side/2) field/side, the same with j), radians
double ray_angle(const RayGrid& grid, int i);

// Square tiles of the ray grid, row by row; the rays of a tile row by row. Rays of a tile meet the same few
// memory pages of a plane, whatever symmetry the plane is seen in. A tile is one chunk of a plane's lookup, and its
// state one piece of memory: all states are read and written as one stream.
class RayTiling {
 public:
  static constexpr int kTileSide = 8;
  explicit RayTiling(int side) : side_(side), per_side_((side + kTileSide - 1) / kTileSide) {}
  std::size_t rays() const { return static_cast<std::size_t>(side_) * static_cast<std::size_t>(side_); }
  std::size_t tiles() const {
    return static_cast<std::size_t>(per_side_) * static_cast<std::size_t>(per_side_);
  }
  std::size_t first_ray(std::size_t tile) const;  // in tile order; tile == tiles(): rays()
  std::size_t rays_of(std::size_t tile) const {
    const int t = static_cast<int>(tile);
    return static_cast<std::size_t>(cut(t / per_side_) * cut(t % per_side_));
  }
  // Calls visit(i, j) for each ray of the tile, in order.
  template <typename Visit>
  void for_each_ray(std::size_t tile, const Visit& visit) const {
    const int t = static_cast<int>(tile), i0 = t / per_side_ * kTileSide, j0 = t % per_side_ * kTileSide;
    for (int i = i0; i < i0 + kTileSide && i < side_; ++i)
      for (int j = j0; j < j0 + kTileSide && j < side_; ++j) visit(i, j);
  }
  // Values in tile order, as a map.
  Grid2d<double> untile(std::span<const double> values) const;

 private:
  int cut(int k) const { return std::min(kTileSide, side_ - k * kTileSide); }  // the last ones may be smaller
  int side_, per_side_;
};

struct Share {
  int rank = 0;
  int ranks = 1;
};

class Raytracer {
 public:
  // maps: those wanted at each of `sources` source planes.
  Raytracer(const RayGrid& grid, std::size_t runs, std::vector<LensingMap> maps, std::size_t sources,
            const Share& share, int threads);

  // Takes all rays of this share through one plane. frames: one per run. If step.source, its maps are kept as
  // those of source number `source`.
  void pass(const LensPlane& plane, const PlaneStep& step, std::span<const RunTransform> frames,
            std::size_t source);

  const RayTiling& tiling() const { return tiling_; }
  // How many of a run's rays the share of `rank` holds: a contiguous piece in tile order, in order of rank.
  std::size_t rays_held(std::size_t run, int rank) const;
  // Values of this rank's rays of the run, in tile order. map: position in `maps`.
  std::span<const double> values(std::size_t run, std::size_t source, std::size_t map) const;

  static constexpr std::size_t bytes_per_ray(std::size_t maps_times_sources) {
    return sizeof(double) * (RayTile::kDoublesPerRay + maps_times_sources);
  }

 private:
  std::size_t first_pair(int rank) const;
  std::size_t first_ray(std::size_t pair) const;  // counted over all runs
  // One pair after another: what a division each would find costs as much as a ray.
  struct Place {
    std::size_t run, tile;
    std::size_t rays;   // of the tile
    std::size_t first;  // of its rays, counted within this share
  };
  Place place_of(std::size_t pair) const;
  Place after(const Place& place) const;
  RayTile tile_at(const Place& place);
  // Of the pairs of this share.
  std::size_t first_of_thread(int thread) const;

  RayGrid grid_;
  RayTiling tiling_;
  std::size_t runs_, sources_;
  std::vector<LensingMap> maps_;
  Share share_;
  int threads_;
  std::size_t begin_, end_;  // pairs of this share
  std::size_t rays_;         // of this share
  bool swapped_ = false;     // which of the two sets of the state is the present one
  BigArray<double> state_;   // tile by tile
  BigArray<double> values_;  // source by source, map by map, ray by ray
};

}  // namespace lenswright
