#include "campaign/product_graph.hpp"

#include <cstddef>

namespace lenswright {

namespace {

// All runs of the product's combination.
std::vector<ProductId> runs_of(const Campaign& campaign, const ProductId& id) {
  std::vector<ProductId> runs;
  runs.reserve(static_cast<std::size_t>(campaign.raytracing.runs));
  for (int run = 1; run <= campaign.raytracing.runs; ++run) {
    runs.push_back({ProductKind::run, id.model, id.realization, run});
  }
  return runs;
}

}  // namespace

std::vector<ProductId> inputs_of(const Campaign& campaign, const ProductId& id) {
  switch (id.kind) {
    case ProductKind::mass_plane:
    case ProductKind::geometry:
      return {};
    case ProductKind::statistics:
      return runs_of(campaign, id);
    case ProductKind::potential:
      return {{ProductKind::mass_plane, id.model, id.realization, id.index - 1}};
    case ProductKind::run:
      break;
  }
  std::vector<ProductId> inputs;
  inputs.reserve(static_cast<std::size_t>(campaign.last_source()) + 1);
  inputs.push_back({ProductKind::geometry, id.model, id.realization, 0});
  for (int plane = 1; plane <= campaign.last_source(); ++plane) {
    inputs.push_back({ProductKind::potential, id.model, id.realization, plane});
  }
  return inputs;
}

std::vector<ProductId> consumers_of(const Campaign& campaign, const ProductId& id) {
  switch (id.kind) {
    case ProductKind::mass_plane:
      return {{ProductKind::potential, id.model, id.realization, id.index + 1}};
    case ProductKind::run:
      if (!campaign.statistics) return {};
      return {{ProductKind::statistics, id.model, id.realization, 0}};
    case ProductKind::statistics:
      return {};
    case ProductKind::potential:
      // Light from the last source plane never crosses the planes behind it.
      if (id.index > campaign.last_source()) return {};
      break;
    case ProductKind::geometry:
      break;
  }
  return runs_of(campaign, id);
}

std::string_view simulation_name(Simulation simulation) {
  return simulation == Simulation::dmo ? "dmo" : "hydro";
}

std::vector<Simulation> simulations_of(const Model& model) {
  switch (model.kind) {
    case ModelKind::dmo:
      return {Simulation::dmo};
    case ModelKind::hydro:
      return {Simulation::hydro};
    case ModelKind::replace:
      break;
  }
  return {Simulation::dmo, Simulation::hydro};
}

}  // namespace lenswright
