// product_id.hpp: what identifies one product, and the dense numbering of all that a campaign expects.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "campaign/campaign.hpp"

namespace lenswright {

enum class ProductKind : std::uint8_t { mass_plane, potential, geometry, run, statistics };
inline constexpr ProductKind kProductKinds[] = {ProductKind::mass_plane, ProductKind::potential,
                                                ProductKind::geometry, ProductKind::run,
                                                ProductKind::statistics};
inline constexpr std::size_t kProductKindCount = 5;

Stage stage_of(ProductKind kind);  // potential and geometry: lux
std::vector<ProductKind> kinds_of(Stage stage);

struct ProductId {
  ProductKind kind;
  int model;        // index into campaign.models
  int realization;  // zero-based
  int index;        // mass_plane: plane 0...; potential: plane 1...; geometry, statistics: 0; run: 1...
  auto operator<=>(const ProductId&) const = default;
};

// Dense numbering of the expected products of one kind: model slowest, then realization, then index.
class ProductSet {
 public:
  explicit ProductSet(const Campaign& campaign);
  std::size_t count(ProductKind kind) const;
  int per_combination(ProductKind kind) const;  // products per (model, realization)
  std::size_t position(const ProductId& id) const;
  ProductId at(ProductKind kind, std::size_t position) const;
  bool contains(const ProductId& id) const;

 private:
  int models_, realizations_, planes_, runs_;
  int statistics_;  // 1, or 0 in a campaign without
};

// The snapshot index (position in the campaign's list) that a mass plane or potential belongs to.
int snapshot_index_of(const Campaign& campaign,
                      const ProductId& id);  // REQUIRES: kind is mass_plane or potential

}  // namespace lenswright
