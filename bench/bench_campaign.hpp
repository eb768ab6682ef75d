// bench_campaign.hpp: a campaign of one light cone in a folder of its own, and its stages run in this process.
//
// Box 205 Mpc/h, one plane per snapshot; nothing that a plane holds matters to the time that its stages take, so
// planes are drawn at random.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "campaign/load_campaign.hpp"
#include "campaign/product_path.hpp"
#include "io/plane_file.hpp"
#include "ledger/root_marker.hpp"
#include "stages/stage_run.hpp"

namespace lenswright::bench {

// Of all threads of this process.
inline double process_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Uniform in [0, 1); the same sequence everywhere.
class Draws {
 public:
  double operator()() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<double>(state_ >> 11) / 9007199254740992.0;
  }

 private:
  std::uint64_t state_ = 1;
};

class BenchCampaign {
 public:
  BenchCampaign(int grid, int planes, int runs)
      : folder_(std::filesystem::temp_directory_path() / fmt::format("lenswright-bench-{}", getpid())) {
    std::filesystem::create_directories(folder_);
    std::string snapshots = "96";
    for (int plane = 1; plane < planes; ++plane) snapshots += fmt::format(", {}", 96 - 2 * plane);
    std::ofstream(folder_ / "campaign.yaml") << fmt::format(
        "campaign: bench\nstate: state\ncosmology: {{omega_m: 0.3089, h: 0.6774}}\nbox: 205.0\n"
        "input: {{dmo: sims}}\nsnapshots: [{}]\nplanes_per_snapshot: 1\nrealizations: 1\nmodels: [dmo]\n"
        "lensplanes: {{root: LP, grid: {}, seed: 1}}\nlux: {{root: LUX}}\n"
        "raytracing: {{root: RT, grid: 1024, field_deg: 5.0, runs: {}, seed: 1992, sources: [{}], fields: "
        "[kappa]}}\n",
        snapshots, grid, runs, planes);
    campaign_ = std::make_unique<const Campaign>(load_campaign(folder_ / "campaign.yaml", {}));
    for (const Stage stage : stages_of(*campaign_)) {
      std::filesystem::create_directories(stage_root(*campaign_, stage));
      mark_root(real_disk(), *campaign_, stage);
    }
  }
  ~BenchCampaign() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  BenchCampaign(const BenchCampaign&) = delete;
  BenchCampaign& operator=(const BenchCampaign&) = delete;

  const Campaign& campaign() const { return *campaign_; }
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path file(const ProductId& id) const { return absolute_path(*campaign_, id); }

  // What is made is removed first: the work is always done. Seconds of processor time.
  double seconds_of_stage(Stage stage, const std::vector<ProductId>& products) const {
    for (const ProductId& id : products) std::filesystem::remove_all(file(id));
    const Communicator ranks(MPI_COMM_SELF);
    SilentProgress silent;
    const StageContext context{*campaign_, real_disk(), ranks, silent};
    StageRequest request;
    request.stage = stage;
    request.products = products;
    const double begin = process_seconds();
    stage == Stage::lux ? run_lux_convert(context, request) : run_raytrace(context, request);
    return process_seconds() - begin;
  }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<const Campaign> campaign_;
};

}  // namespace lenswright::bench
