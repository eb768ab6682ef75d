#include "campaign/campaign_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <system_error>

namespace lenswright {

namespace {

constexpr int kMostPlanes = 99;  // two digits in lenspotpp.dat

// Where a path really leads, links followed as far as it exists.
std::filesystem::path real_path(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::weakly_canonical(path, error);
  return error ? path : real;
}

bool is_same_or_inside(const std::filesystem::path& inner, const std::filesystem::path& outer) {
  const std::filesystem::path a = real_path(inner);
  const std::filesystem::path b = real_path(outer);
  return std::mismatch(a.begin(), a.end(), b.begin(), b.end()).second == b.end();
}

void check_planes(const Campaign& campaign, const ConfigNode& tree, Problems& problems) {
  const int planes = campaign.planes();
  if (planes == 0) return;
  if (planes > kMostPlanes) {
    problems.add(
        tree.nearest("planes_per_snapshot").place,
        fmt::format("{} snapshots with {} planes each make {} planes; allowed: up to {} (two digits in "
                    "the file names)",
                    campaign.snapshots.size(), campaign.planes_per_snapshot, planes, kMostPlanes));
  }
  if (campaign.plane_redshifts && campaign.plane_redshifts->size() != static_cast<std::size_t>(planes)) {
    problems.add(tree.nearest("plane_redshifts").place,
                 fmt::format("plane_redshifts has {} numbers; allowed: {}, one per plane, nearest first",
                             campaign.plane_redshifts->size(), planes));
  }
  const std::vector<int>& sources = campaign.raytracing.sources;
  if (!sources.empty() && sources.back() > planes) {
    problems.add(tree.nearest("raytracing.sources").place,
                 fmt::format("raytracing.sources holds {}; allowed: 1 to {}, the planes of the campaign",
                             sources.back(), planes));
  }
}

void check_statistics(const Campaign& campaign, const ConfigNode& tree, Problems& problems) {
  if (!campaign.statistics) return;
  const std::vector<MapField>& fields = campaign.raytracing.fields;
  if (std::find(fields.begin(), fields.end(), MapField::kappa) != fields.end()) return;
  problems.add(
      tree.nearest("statistics").place,
      "statistics are made of convergence maps, which raytracing.fields leaves out; allowed: add kappa "
      "to raytracing.fields, or leave the section out");
}

void check_inputs(const Campaign& campaign, const ConfigNode& tree, Problems& problems) {
  if (!campaign.input.hydro.empty()) return;
  const auto needs_hydro = std::find_if(campaign.models.begin(), campaign.models.end(),
                                        [](const Model& model) { return model.kind != ModelKind::dmo; });
  if (needs_hydro == campaign.models.end() || tree.nearest("input.hydro").kind == ConfigNode::Kind::scalar)
    return;
  problems.add(tree.nearest("input").place,
               fmt::format("input.hydro is missing; model {} is made from the hydro run", needs_hydro->name));
}

struct NamedPath {
  std::string key;
  std::filesystem::path path;
};

// A root is a tree of products and nothing else: whatever lies in it besides would be an orphan.
void check_roots(const Campaign& campaign, const ConfigNode& tree, Problems& problems) {
  std::vector<NamedPath> roots;
  for (const Stage stage : stages_of(campaign)) {
    roots.push_back({fmt::format("{}.root", stage_name(stage)), stage_root(campaign, stage)});
  }
  std::vector<NamedPath> others = roots;
  others.push_back({"state", campaign.state});
  others.push_back({"input.dmo", campaign.input.dmo});
  others.push_back({"input.hydro", campaign.input.hydro});
  if (campaign.input.matches) others.push_back({"input.matches", *campaign.input.matches});

  for (std::size_t outer = 0; outer < roots.size(); ++outer) {
    if (roots[outer].path.empty()) continue;
    for (std::size_t inner = 0; inner < others.size(); ++inner) {
      if (inner == outer || others[inner].path.empty()) continue;
      if (!is_same_or_inside(others[inner].path, roots[outer].path)) continue;
      const bool same = is_same_or_inside(roots[outer].path, others[inner].path);
      if (same && inner < outer) continue;  // said once
      const std::string& place =
          inner < roots.size() && same ? roots[std::max(inner, outer)].key : others[inner].key;
      problems.add(
          tree.nearest(place).place,
          same ? fmt::format("{} and {} are the same folder, {}; allowed: a folder of its own for each",
                             roots[outer].key, others[inner].key, roots[outer].path.string())
               : fmt::format("{} lies inside {}, {}; allowed: a folder of its own for each",
                             others[inner].key, roots[outer].key, roots[outer].path.string()));
    }
  }
}

}  // namespace

void check_campaign(const Campaign& campaign, const ConfigNode& tree, Problems& problems) {
  check_planes(campaign, tree, problems);
  check_inputs(campaign, tree, problems);
  check_statistics(campaign, tree, problems);
  check_roots(campaign, tree, problems);
}

}  // namespace lenswright
