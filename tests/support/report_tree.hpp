// report_tree.hpp: a small tree with statistics of its maps, receipts, an earlier recovery, and damage: something for every
// section of a report to tell.
#pragma once

#include <fmt/format.h>

#include <cmath>

#include "base/version.hpp"
#include "campaign/product_path.hpp"
#include "io/statistics_file.hpp"
#include "ledger/attempt.hpp"
#include "plan/plan.hpp"
#include "recovery_program.hpp"

namespace lenswright::test {

inline std::vector<std::string> report_tree_overrides() {
  return {"statistics={root: STATS, ell_bins: 6}", "raytracing.runs=8", "raytracing.grid=16",
          "goals.kappa_maps_per_model=32"};
}

inline std::string report_tree_options() {
  std::string options;
  for (const std::string& text : report_tree_overrides()) options += fmt::format(" --set '{}'", text);
  return options;
}

inline std::vector<double> edges(double lowest, double highest, std::size_t bins) {
  std::vector<double> values;
  for (std::size_t k = 0; k <= bins; ++k)
    values.push_back(lowest + (highest - lowest) * static_cast<double>(k) / static_cast<double>(bins));
  return values;
}

// Of smooth, made-up numbers that differ a little from map to map; run 5 of `odd` has a variance of its own.
inline StatisticsFile made_up_statistics(const Campaign& campaign, int model, int realization, bool odd) {
  StatisticsFile file;
  file.model = campaign.models[static_cast<std::size_t>(model)].name;
  file.realization = realization;
  file.grid = campaign.raytracing.grid;
  file.field_deg = campaign.raytracing.field_deg;
  StatisticsBins& bins = file.bins;
  bins.smoothing_arcmin = campaign.statistics->smoothing_arcmin;
  bins.smoothed_pixels.assign(bins.smoothing_arcmin.size(), 100.0);
  for (int k = 0; k < campaign.statistics->ell_bins; ++k) {
    bins.ell_lower.push_back(100 * std::pow(2.0, k));
    bins.ell_upper.push_back(200 * std::pow(2.0, k));
    bins.ell_mean.push_back(150 * std::pow(2.0, k));
    bins.ell_modes.push_back(10);
  }
  bins.snr_edges = edges(-6, 12, 36);
  bins.pdf_kappa_edges = edges(-0.1, 0.4, 100);
  bins.pdf_sigma_edges = edges(-5, 15, 80);
  for (const int number : campaign.raytracing.sources) {
    SourceStatistics source;
    source.source = number;
    for (int run = 1; run <= campaign.raytracing.runs; ++run) {
      const double own = 1 + 0.01 * ((7 * run + 3 * realization) % 11 - 5);
      const double baryons = 1 - 0.05 * model;
      MapStatistics map;
      map[Statistic::mean] = {1e-5 * (own - 1)};
      map[Statistic::variance] = {4e-4 * own * (odd && run == 5 ? 9 : 1)};
      map[Statistic::skewness] = {1.5 * own};
      map[Statistic::kurtosis] = {6 * own};
      map[Statistic::lowest] = {-0.05};
      map[Statistic::highest] = {0.3};
      for (std::size_t k = 0; k <= 101; ++k)
        map[Statistic::pdf_kappa].push_back(
            std::floor(1000 * own * std::exp(-0.5 * std::pow((static_cast<double>(k) - 20) / 8, 2))));
      for (std::size_t k = 0; k <= 81; ++k)
        map[Statistic::pdf_sigma].push_back(
            std::floor(1000 * std::exp(-0.5 * std::pow((static_cast<double>(k) - 25) / 5, 2))));
      for (const double ell : bins.ell_mean)
        map[Statistic::c_ell].push_back(1e-9 * own * std::pow(ell / 1000, -1.2) * (ell > 1000 ? baryons : 1));
      for (std::size_t scale = 0; scale < bins.smoothing_arcmin.size(); ++scale) {
        map[Statistic::smoothed_mean].push_back(0);
        map[Statistic::smoothed_sigma].push_back(0.01);
        for (std::size_t k = 0; k <= 37; ++k) {
          const double height = (static_cast<double>(k) - 14) / 4;
          map[Statistic::peaks].push_back(std::floor(200 * own * std::exp(-0.5 * height * height)));
          map[Statistic::minima].push_back(std::floor(150 * own * std::exp(-0.5 * height * height)));
        }
      }
      source.runs.push_back(run);
      source.maps.push_back(map);
    }
    std::vector<const MapStatistics*> maps;
    for (const MapStatistics& map : source.maps) maps.push_back(&map);
    source.over_runs = ensemble_of(maps);
    file.sources.push_back(std::move(source));
  }
  return file;
}

class ReportTree {
 public:
  ReportTree() : tree_(SmallTree::Filled::whole, report_tree_overrides()) {
    const Campaign& campaign = tree_.campaign();
    put_input_names(tree_);
    for (const ProductId& id : tree_.all()) {
      if (id.kind != ProductKind::statistics) continue;
      const std::vector<std::byte> bytes =
          encode_statistics(made_up_statistics(campaign, id.model, id.realization, id.model == 1));
      write_file(tree_.file(id), std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    }
    for (const Stage stage : stages_of(campaign)) {
      Receipt receipt = tree_.receipt(stage);
      receipt.code_version = code_version();
      receipt.compiler = compiler();
      receipt.notes = {{"slurm_job", "17"}, {"cpu_seconds", "7200"}};
      write_receipt(real_disk(), campaign, receipt);
    }
    recovered_before();
  }
  const SmallTree& tree() const { return tree_; }
  CommandOutcome run(const std::string& arguments) const {
    return recovery(tree_, arguments + report_tree_options());
  }
  // A plane and what is made from it, a torn potential, a folder that nobody may know.
  void damage() const {
    tree_.remove({ProductKind::mass_plane, 2, 1, 1});
    tree_.remove({ProductKind::mass_plane, 2, 0, 5});
    cut(tree_.file({ProductKind::potential, 1, 0, 3}), 100);
    tree_.remove({ProductKind::run, 2, 1, 3});
    tree_.remove({ProductKind::statistics, 2, 1, 0});
    write_file(tree_.campaign().lux.root / "dmo/LP_00/<b>odd & end", "x");
  }

 private:
  // What submit leaves: a plan of two planes of hydro's middle snapshot, and the record of the program that made them.
  void recovered_before() const {
    const Campaign& campaign = tree_.campaign();
    const std::string name = "20260131T123000000Z-4711";
    const std::filesystem::path folder = campaign.state / "plans" / name;
    Plan plan;
    plan.tasks.push_back({Stage::lensplanes,
                          {1, {{ProductKind::mass_plane, 1, 0, 2}, {ProductKind::mass_plane, 1, 1, 3}}},
                          {}});
    std::filesystem::create_directories(folder);
    write_file(folder / "plan.json", encode_plan(campaign, plan));
    Attempt attempt;
    attempt.campaign = campaign.name;
    attempt.task_file = (folder / "lensplanes.tasks.json").string();
    attempt.task = 1;
    attempt.units = {"snapshot 80"};
    attempt.configuration = Digest{}.hex();
    attempt.host = "n1";
    attempt.started = "2026-01-31T12:31:00.000Z";
    attempt.finished = "2026-01-31T13:31:00.000Z";
    attempt.job.job = "4712";
    attempt.usage.cpu_seconds = 14400;
    attempt.asked = attempt.made = 2;
    write_attempt(real_disk(), campaign, attempt);
  }
  SmallTree tree_;
};

}  // namespace lenswright::test
