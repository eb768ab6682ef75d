#include "stages/lensplane_plan.hpp"

#include <algorithm>
#include <cassert>
#include <map>
#include <utility>

namespace lenswright {

namespace {

// Models by realization and slice.
using ModelsOfUnits = std::map<std::pair<int, int>, std::vector<int>>;

std::vector<PlaneUnit> in_order(ModelsOfUnits models) {
  std::vector<PlaneUnit> units;
  for (auto& [place, asked] : models) {
    std::sort(asked.begin(), asked.end());
    asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
    units.push_back({place.first, place.second, std::move(asked)});
  }
  return units;
}

std::vector<PlaneUnit> units_of(const Campaign& campaign, const std::vector<ProductId>& products) {
  ModelsOfUnits models;
  for (const ProductId& id : products)
    models[{id.realization, campaign.slice_of_plane(id.index)}].push_back(id.model);
  return in_order(std::move(models));
}

}  // namespace

std::size_t plane_count(const LensplanePass& pass) {
  std::size_t planes = 0;
  for (const PlaneUnit& unit : pass.units) planes += unit.models.size();
  return planes;
}

LensplanePass joined(std::span<const LensplanePass> passes) {
  ModelsOfUnits models;
  for (const LensplanePass& pass : passes) {
    for (const PlaneUnit& unit : pass.units) {
      std::vector<int>& here = models[{unit.realization, unit.slice}];
      here.insert(here.end(), unit.models.begin(), unit.models.end());
    }
  }
  return {passes.front().snapshot_index, in_order(std::move(models))};
}

std::size_t whole_planes(const Campaign& campaign, const std::vector<int>& models) {
  bool dmo = false, hydro = false;
  for (const int model : models) {
    const ModelKind kind = campaign.models[static_cast<std::size_t>(model)].kind;
    (kind == ModelKind::hydro ? hydro : dmo) = true;
  }
  return (dmo ? 1 : 0) + (hydro ? 1 : 0);
}

std::vector<LensplanePass> plan_passes(const Campaign& campaign, int snapshot_index,
                                       const std::vector<ProductId>& products, const PassTest& fits) {
  std::vector<LensplanePass> passes;
  LensplanePass open{snapshot_index, {}};
  const auto close = [&] {
    if (!open.units.empty()) passes.push_back(std::exchange(open, {snapshot_index, {}}));
  };
  for (PlaneUnit& unit : units_of(campaign, products)) {
    open.units.push_back(unit);
    if (fits(open)) continue;
    open.units.pop_back();
    close();
    open.units.push_back(unit);
    if (fits(open)) continue;
    // Even alone the unit is too large: as many of its models as fit, pass by pass.
    open.units.front().models.clear();
    for (const int model : unit.models) {
      open.units.front().models.push_back(model);
      if (open.units.front().models.size() == 1 || fits(open)) continue;
      open.units.front().models.pop_back();
      close();
      open.units.push_back({unit.realization, unit.slice, {model}});
    }
  }
  close();
  return passes;
}

}  // namespace lenswright
