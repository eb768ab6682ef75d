// plane_sizes.hpp: the memory that mass planes take while they are made, and the tiles that replacement changes of them,
// known from the halos before any particle is read.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "campaign/product_id.hpp"
#include "geometry/transform.hpp"
#include "physics/communicator.hpp"
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

  // Collective. Each rank finds the tiles of some of these mass planes, so that all have all at once; without, a rank
  // finds those that it needs by itself.
  void find_tiles(const std::vector<ProductId>& products, const Communicator& ranks);

  std::uint64_t whole() const;  // a plane with all its pixels
  // A pass's whole planes, what it changes of them, and both.
  std::uint64_t whole(const LensplanePass& pass) const;
  std::uint64_t changes(const LensplanePass& pass) const;
  std::uint64_t pass(const LensplanePass& pass) const { return whole(pass) + changes(pass); }

  // What a replace model changes of its dmo plane, seen through `transform`.
  TileSet tiles(int snapshot_index, const PlaneUnit& unit, int model,
                const SnapshotTransform& transform) const;

 private:
  using Key = std::tuple<int, int, int, int>;  // snapshot index, realization, slice, model
  struct Change {
    std::uint64_t bytes = 0;
    std::optional<TileSet> tiles;  // of the first, as many as take little memory
  };
  TileSet find(const Key& key, const SnapshotTransform& transform) const;
  std::uint64_t change(int snapshot_index, const PlaneUnit& unit, int model) const;
  const Campaign& campaign_;
  const TransformSet& transforms_;
  const std::map<int, LensplaneInputs>& inputs_;
  mutable std::map<Key, Change> changes_;
};

}  // namespace lenswright
