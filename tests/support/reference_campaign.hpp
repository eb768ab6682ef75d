// reference_campaign.hpp: a campaign over the reference simulations in a folder of its own, its roots marked.
//
// One snapshot (96) of 64^3 particles per species in 205 Mpc/h, as in the real campaign: 34 models, two planes.
#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "campaign/load_campaign.hpp"
#include "campaign/product_path.hpp"
#include "ledger/root_marker.hpp"
#include "stages/stage_run.hpp"
#include "test_paths.hpp"

namespace lenswright::test {

inline std::string reference_campaign_yaml(const std::filesystem::path& simulations) {
  return "campaign: reference\nstate: state\ncosmology: {omega_m: 0.3089, h: 0.6774}\nbox: 205.0\n"
         "input: {dmo: " +
         (simulations / "dmo").string() + ", hydro: " + (simulations / "hydro").string() +
         ", particle_types: [0, 1, 4, 5]}\n"
         "snapshots: [96]\nplanes_per_snapshot: 2\nrealizations: 2\n"
         "models:\n  - dmo\n  - hydro\n"
         "  - replace: {log10_mass_edges: [12.0, 12.5, 13.0, 13.5, 15.0], open_bins: true, radius_factors: "
         "[0.5, "
         "1.0, 3.0, 5.0]}\n"
         "lensplanes: {root: LP, grid: 128, assignment: tsc, seed: 2020}\n"
         "lux: {root: LUX}\n"
         "raytracing: {root: RT, grid: 8, field_deg: 5.0, runs: 1, seed: 1992, sources: [2]}\n";
}

class ReferenceCampaign {
 public:
  explicit ReferenceCampaign(const std::filesystem::path& simulations = reference("sim")) {
    write_file(file(), reference_campaign_yaml(simulations));
    const Campaign campaign = load();
    for (const Stage stage : stages_of(campaign)) {
      std::filesystem::create_directories(stage_root(campaign, stage));
      mark_root(real_disk(), campaign, stage);
    }
  }
  std::filesystem::path folder() const { return folder_.path(); }
  std::filesystem::path file() const { return folder_ / "campaign.yaml"; }
  Campaign load(const std::vector<std::string>& overrides = {}) const {
    return load_campaign(file(), overrides);
  }

 private:
  TemporaryFolder folder_;
};

// Mass planes of these models (all: empty) and realizations.
inline std::vector<ProductId> mass_planes(const Campaign& campaign, const std::vector<int>& models = {},
                                          const std::vector<int>& realizations = {}) {
  const ProductSet expected(campaign);
  const auto asked = [](const std::vector<int>& list, int value) {
    return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
  };
  std::vector<ProductId> planes;
  for (std::size_t position = 0; position < expected.count(ProductKind::mass_plane); ++position) {
    const ProductId id = expected.at(ProductKind::mass_plane, position);
    if (asked(models, id.model) && asked(realizations, id.realization)) planes.push_back(id);
  }
  return planes;
}

// Runs the stage in this process, on the ranks of `comm`.
inline StageOutcome make_planes(const Campaign& campaign, std::vector<ProductId> products,
                                const std::function<void(StageRequest&)>& adjust = {},
                                MPI_Comm comm = MPI_COMM_WORLD, ProgressSink* progress = nullptr) {
  const Communicator ranks(comm);
  SilentProgress silent;
  const StageContext context{campaign, real_disk(), ranks, progress ? *progress : silent};
  StageRequest request;
  request.products = std::move(products);
  if (adjust) adjust(request);
  return run_lensplane(context, request);
}

// Every file below the lensplane root but the marker, by path.
inline std::map<std::string, std::string> lensplane_files(const Campaign& campaign) {
  std::map<std::string, std::string> files;
  const std::filesystem::path& root = stage_root(campaign, Stage::lensplanes);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
    if (entry.is_regular_file() && entry.path().filename() != kRootMarkerFile)
      files[entry.path().lexically_relative(root).string()] = read_file(entry.path());
  return files;
}

}  // namespace lenswright::test
