#include "stages/lensplane_plan.hpp"

#include <algorithm>
#include <cassert>
#include <map>
#include <utility>

namespace lenswright {

namespace {

std::vector<PlaneUnit> units_of(const Campaign& campaign, const std::vector<ProductId>& products) {
  std::map<std::pair<int, int>, std::vector<int>> models;
  for (const ProductId& id : products)
    models[{id.realization, campaign.slice_of_plane(id.index)}].push_back(id.model);
  std::vector<PlaneUnit> units;
  for (auto& [place, asked] : models) {
    std::sort(asked.begin(), asked.end());
    asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
    units.push_back({place.first, place.second, std::move(asked)});
  }
  return units;
}

}  // namespace

std::size_t resident_planes(const Campaign& campaign, const std::vector<int>& models) {
  bool has_dmo = false;
  std::size_t replace = 0, others = 0;
  for (const int model : models) {
    switch (campaign.models[static_cast<std::size_t>(model)].kind) {
      case ModelKind::dmo:
        has_dmo = true;
        break;
      case ModelKind::hydro:
        ++others;
        break;
      case ModelKind::replace:
        ++replace;
        break;
    }
  }
  return others + replace + (has_dmo || replace > 1 ? 1 : 0);
}

std::size_t resident_planes(const Campaign& campaign, const LensplanePass& pass) {
  std::size_t planes = 0;
  for (const PlaneUnit& unit : pass.units) planes += resident_planes(campaign, unit.models);
  return planes;
}

std::vector<LensplanePass> plan_passes(const Campaign& campaign, int snapshot_index,
                                       const std::vector<ProductId>& products, std::size_t most_planes) {
  assert(most_planes >= 1);
  std::vector<LensplanePass> passes;
  std::size_t free = 0;
  const auto begin_pass = [&] {
    passes.push_back({snapshot_index, {}});
    free = most_planes;
  };
  for (PlaneUnit& unit : units_of(campaign, products)) {
    const std::size_t planes = resident_planes(campaign, unit.models);
    if (planes > free) begin_pass();
    if (planes <= free) {
      free -= planes;
      passes.back().units.push_back(std::move(unit));
      continue;
    }
    // Even alone the unit is too large: as many of its models as fit, pass by pass.
    std::vector<int> part;
    for (const int model : unit.models) {
      part.push_back(model);
      if (part.size() > 1 && resident_planes(campaign, part) > most_planes) {
        part.pop_back();
        passes.back().units.push_back({unit.realization, unit.slice, std::exchange(part, {model})});
        begin_pass();
      }
    }
    free -= resident_planes(campaign, part);
    passes.back().units.push_back({unit.realization, unit.slice, std::move(part)});
  }
  return passes;
}

}  // namespace lenswright
