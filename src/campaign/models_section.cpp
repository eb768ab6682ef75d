#include "campaign/models_section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lenswright {

namespace {

// Decades of Msun/h that halos can have; within the exact table of mass_msun_h.
constexpr Interval kLog10Mass{0, 20, true, true};
constexpr Interval kRadiusFactor{0, 1000, false, true};

std::vector<Model> read_replace(const ConfigNode& node, Problems& problems) {
  Section section(&node, "replace", problems);
  std::vector<double> edges;
  if (const ConfigNode* list = section.value("log10_mass_edges", Need::required)) {
    for (const ConfigNode& item : read_list(*list, "replace.log10_mass_edges", problems)) {
      const auto edge = read_number(item, "a mass edge", kLog10Mass, problems);
      if (!edge) continue;
      if (!edges.empty() && *edge <= edges.back()) {
        problems.add(item.place,
                     fmt::format("replace.log10_mass_edges: {} comes after {}; allowed: increasing "
                                 "numbers",
                                 *edge, edges.back()));
      }
      edges.push_back(*edge);
    }
    if (list->items.size() == 1) {
      problems.add(list->place,
                   "replace.log10_mass_edges has one edge; allowed: two or more, which bound the mass bins");
    }
  }
  bool open_bins = false;
  section.truth("open_bins", open_bins, Need::optional);
  std::vector<double> factors;
  if (const ConfigNode* list = section.value("radius_factors", Need::required)) {
    for (const ConfigNode& item : read_list(*list, "replace.radius_factors", problems)) {
      if (const auto factor = read_number(item, "a radius factor", kRadiusFactor, problems)) {
        factors.push_back(*factor);
      }
    }
  }
  section.close();
  return replace_models(edges, open_bins, factors);
}

std::vector<Model> read_entry(const ConfigNode& node, Problems& problems) {
  if (node.kind == ConfigNode::Kind::mapping) {
    Section entry(&node, "models", problems);
    const ConfigNode* replace = entry.value("replace", Need::required);
    entry.close();
    return replace == nullptr ? std::vector<Model>{} : read_replace(*replace, problems);
  }
  const auto choice = read_choice(node, "a model", {"dmo", "hydro"}, problems);
  if (!choice) return {};
  return {*choice == 0 ? dmo_model() : hydro_model()};
}

}  // namespace

std::vector<Model> read_models(const ConfigNode& node, Problems& problems) {
  std::vector<Model> models;
  for (const ConfigNode& item : read_list(node, "models", problems)) {
    for (Model& model : read_entry(item, problems)) {
      const auto same_name = [&model](const Model& other) { return other.name == model.name; };
      const auto earlier = std::find_if(models.begin(), models.end(), same_name);
      if (earlier == models.end()) {
        models.push_back(std::move(model));
        continue;
      }
      problems.add(item.place,
                   *earlier == model
                       ? fmt::format("model {} is given twice; allowed: once each", model.name)
                       : fmt::format("two models would share the folder {}; allowed: mass edges that "
                                     "differ in their first three digits",
                                     model.name));
    }
  }
  return models;
}

}  // namespace lenswright
