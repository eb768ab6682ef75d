#include "campaign/product_id.hpp"

#include <cassert>

namespace lenswright {

namespace {

// Planes of mass count from 0, potentials and runs from 1; geometry and statistics have the one index 0.
int first_index(ProductKind kind) {
  return kind == ProductKind::potential || kind == ProductKind::run ? 1 : 0;
}

}  // namespace

Stage stage_of(ProductKind kind) {
  switch (kind) {
    case ProductKind::mass_plane:
      return Stage::lensplanes;
    case ProductKind::potential:
    case ProductKind::geometry:
      return Stage::lux;
    case ProductKind::run:
      return Stage::raytracing;
    case ProductKind::statistics:
      break;
  }
  return Stage::statistics;
}

std::vector<ProductKind> kinds_of(Stage stage) {
  switch (stage) {
    case Stage::lensplanes:
      return {ProductKind::mass_plane};
    case Stage::lux:
      return {ProductKind::potential, ProductKind::geometry};
    case Stage::raytracing:
      return {ProductKind::run};
    case Stage::statistics:
      break;
  }
  return {ProductKind::statistics};
}

ProductSet::ProductSet(const Campaign& campaign)
    : models_(static_cast<int>(campaign.models.size())),
      realizations_(campaign.realizations),
      planes_(campaign.planes()),
      runs_(campaign.raytracing.runs),
      statistics_(campaign.statistics ? 1 : 0) {}

int ProductSet::per_combination(ProductKind kind) const {
  switch (kind) {
    case ProductKind::mass_plane:
    case ProductKind::potential:
      return planes_;
    case ProductKind::geometry:
      return 1;
    case ProductKind::run:
      return runs_;
    case ProductKind::statistics:
      break;
  }
  return statistics_;
}

std::size_t ProductSet::count(ProductKind kind) const {
  return static_cast<std::size_t>(models_) * static_cast<std::size_t>(realizations_) *
         static_cast<std::size_t>(per_combination(kind));
}

std::size_t ProductSet::position(const ProductId& id) const {
  assert(contains(id) && "a product outside the campaign has no position");
  const auto combination = static_cast<std::size_t>(id.model) * static_cast<std::size_t>(realizations_) +
                           static_cast<std::size_t>(id.realization);
  return combination * static_cast<std::size_t>(per_combination(id.kind)) +
         static_cast<std::size_t>(id.index - first_index(id.kind));
}

ProductId ProductSet::at(ProductKind kind, std::size_t position) const {
  assert(position < count(kind) && "a position outside the campaign's products");
  const auto each = static_cast<std::size_t>(per_combination(kind));
  const std::size_t combination = position / each;
  const auto realizations = static_cast<std::size_t>(realizations_);
  return {kind, static_cast<int>(combination / realizations), static_cast<int>(combination % realizations),
          static_cast<int>(position % each) + first_index(kind)};
}

bool ProductSet::contains(const ProductId& id) const {
  const int first = first_index(id.kind);
  return id.model >= 0 && id.model < models_ && id.realization >= 0 && id.realization < realizations_ &&
         id.index >= first && id.index < first + per_combination(id.kind);
}

int snapshot_index_of(const Campaign& campaign, const ProductId& id) {
  assert((id.kind == ProductKind::mass_plane || id.kind == ProductKind::potential) &&
         "only planes and potentials belong to one snapshot");
  return campaign.snapshot_index_of_plane(id.index - first_index(id.kind));
}

}  // namespace lenswright
