// light_cone_campaign.hpp: a campaign over eight small lens planes in a folder of its own, its roots marked, and
// the stages behind the mass planes run in this process.
//
// One model, box 205 Mpc/h, snapshots 96, 90, 85, 80 of two planes (64 x 64 pixels), 32 x 32 rays over 5 degrees,
// sources 4 and 8, all four maps: the set-up of tests/reference/raytrace_64.
#pragma once

#include <mpi.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "campaign/load_campaign.hpp"
#include "campaign/product_path.hpp"
#include "io/plane_file.hpp"
#include "ledger/root_marker.hpp"
#include "stages/stage_run.hpp"
#include "test_paths.hpp"

namespace lenswright::test {

inline std::string light_cone_yaml() {
  return R"(campaign: light-cone
state: state
cosmology: {omega_m: 0.3089, h: 0.6774}
box: 205.0
input: {dmo: sims/dmo, hydro: sims/hydro}
snapshots: [96, 90, 85, 80]
planes_per_snapshot: 2
realizations: 1
models: [dmo]
lensplanes: {root: LP, grid: 64, assignment: tsc, seed: 2020}
lux: {root: LUX}
raytracing: {root: RT, grid: 32, field_deg: 5.0, runs: 1, seed: 1992, randomize: false, sources: [4, 8], fields: [kappa, gamma1, gamma2, omega], formats: [dat]}
)";
}

// The values of a plane, map or potential file, without its markers.
inline std::vector<double> plane_values(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  std::vector<double> values((bytes.size() - 8) / 8);
  std::memcpy(values.data(), bytes.data() + 4, 8 * values.size());
  return values;
}

class LightConeCampaign {
 public:
  // `comm`: the ranks that use the campaign together; the first one makes the folder.
  explicit LightConeCampaign(std::vector<std::string> overrides = {}, MPI_Comm comm = MPI_COMM_SELF)
      : ranks_(comm) {
    std::string folder;
    if (ranks_.first()) {
      folder_ = std::make_unique<TemporaryFolder>();
      folder = folder_->path().string();
      write_file(folder_->path() / "campaign.yaml", light_cone_yaml());
    }
    ranks_.broadcast(0, folder);
    path_ = folder;
    configure(std::move(overrides));
    if (ranks_.first()) {
      for (const Stage stage : stages_of(*campaign_)) {
        std::filesystem::create_directories(stage_root(*campaign_, stage));
        mark_root(real_disk(), *campaign_, stage);
      }
    }
    ranks_.barrier();
  }
  ~LightConeCampaign() { ranks_.barrier(); }
  LightConeCampaign(const LightConeCampaign&) = delete;
  LightConeCampaign& operator=(const LightConeCampaign&) = delete;

  // Another configuration of the same folder.
  void configure(std::vector<std::string> overrides) {
    campaign_ = std::make_unique<const Campaign>(load_campaign(path_ / "campaign.yaml", overrides));
  }
  const Campaign& campaign() const { return *campaign_; }
  const std::filesystem::path& path() const { return path_; }
  const Communicator& ranks() const { return ranks_; }

  // The mass planes of tests/reference/raytrace_64.
  void take_reference_planes() const { take("raytrace_64/lp", Stage::lensplanes); }
  // Its potentials and config.dat.
  void take_reference_potentials() const { take("raytrace_64/lux", Stage::lux); }
  void write_mass_plane(int plane, const Grid2d<double>& mass) const {
    if (ranks_.first()) write_scalar_plane(real_disk(), file({ProductKind::mass_plane, 0, 0, plane}), mass);
    ranks_.barrier();
  }

  std::filesystem::path file(const ProductId& id) const { return absolute_path(*campaign_, id); }
  std::filesystem::path map(int run, const std::string& name) const {
    return file({ProductKind::run, 0, 0, run}) / name;
  }
  std::vector<ProductId> products(Stage stage) const {
    std::vector<ProductId> products;
    const ProductSet all(*campaign_);
    for (const ProductKind kind : kinds_of(stage))
      for (std::size_t k = 0; k < all.count(kind); ++k) products.push_back(all.at(kind, k));
    return products;
  }

  StageRequest request(Stage stage) const {
    StageRequest request;
    request.stage = stage;
    request.products = products(stage);
    return request;
  }
  StageOutcome run(const StageRequest& request, Disk& disk = real_disk()) const {
    SilentProgress silent;
    const StageContext context{*campaign_, disk, ranks_, silent};
    if (request.stage == Stage::statistics) return run_kappa_stats(context, request);
    return request.stage == Stage::lux ? run_lux_convert(context, request) : run_raytrace(context, request);
  }
  StageOutcome convert() const { return run(request(Stage::lux)); }
  StageOutcome trace() const { return run(request(Stage::raytracing)); }

  // Every file below the stage's root but marker and trash, by path.
  std::map<std::string, std::string> files(Stage stage) const {
    std::map<std::string, std::string> files;
    const std::filesystem::path& root = stage_root(*campaign_, stage);
    for (auto entry = std::filesystem::recursive_directory_iterator(root);
         entry != std::filesystem::recursive_directory_iterator(); ++entry) {
      if (entry->path().filename() == kTrashFolder) entry.disable_recursion_pending();
      if (entry->is_regular_file() && entry->path().filename() != kRootMarkerFile)
        files[entry->path().lexically_relative(root).string()] = read_file(entry->path());
    }
    return files;
  }

 private:
  void take(const std::string& from, Stage stage) const {
    if (ranks_.first()) std::filesystem::create_directories(stage_root(*campaign_, stage) / "dmo");
    if (ranks_.first())
      std::filesystem::copy(reference(from),
                            stage_root(*campaign_, stage) / combination_folder(*campaign_, 0, 0),
                            std::filesystem::copy_options::recursive);
    ranks_.barrier();
  }

  Communicator ranks_;
  std::unique_ptr<TemporaryFolder> folder_;
  std::filesystem::path path_;
  std::unique_ptr<const Campaign> campaign_;
};

}  // namespace lenswright::test
