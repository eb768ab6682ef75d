#include "stages/stage_estimate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include "base/units.hpp"
#include "physics/node_memory.hpp"
#include "physics/poisson_fft.hpp"
#include "physics/raytracer.hpp"

namespace lenswright {

namespace {

constexpr double kDiskBytesPerSecond = 1e9;  // of a parallel file system, or a local solid-state disk
constexpr int kTrialGrid = 512;              // small enough for a trial within a tenth of a second
constexpr int kTrialRays = 256;              // per side

template <typename Work>
double seconds_of(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::string in_units(std::uint64_t bytes) {
  const double value = static_cast<double>(bytes);
  return value < 1e9 ? fmt::format("{:.0f} MB", value / 1e6) : fmt::format("{:.1f} GB", value / 1e9);
}

}  // namespace

std::string estimate_text(const StageContext& context, const StageRequest& request,
                          const StageEstimate& estimate) {
  const NodeRanks node(context.ranks);
  int ranks_per_node = 1;
  for (const std::string& size : context.ranks.gather_all(std::to_string(node.ranks().size())))
    ranks_per_node = std::max(ranks_per_node, std::stoi(size));
  std::string text = fmt::format("{}: {}\n", estimate.what, estimate.products);
  if (estimate.products == 0) return text;
  const auto bytes = [&](const char* key, std::uint64_t value) {
    text += fmt::format("{}: {}  ({})\n", key, value, in_units(value));
  };
  text += fmt::format("ranks: {}  ({} on a node)\n", context.ranks.size(), ranks_per_node);
  text += fmt::format("threads: {}  (per rank)\n", request.threads);
  bytes("memory_budget_per_rank", estimate.memory_budget);
  bytes("memory_per_rank", estimate.memory_per_rank);
  bytes("memory_per_node", estimate.memory_per_rank * static_cast<std::uint64_t>(ranks_per_node));
  text += fmt::format("passes: {}\n", estimate.passes);
  bytes("bytes_read", estimate.bytes_read);
  bytes("bytes_written", estimate.bytes_written);
  text += fmt::format("seconds: {:.0f}\n", std::ceil(estimate.seconds));
  return text;
}

double disk_seconds(std::uint64_t bytes) {
  return static_cast<double>(bytes) / kDiskBytesPerSecond;
}

double conversion_seconds(int grid) {
  const int trial = std::min(grid, kTrialGrid);
  PoissonSolver solver({trial, 100.0, 100.0, 0.3}, 1);
  std::fill(solver.mass().begin(), solver.mass().end(), 1.0);
  std::vector<double> fields(solver.mass().size() * 5);
  const auto convert = [&] {
    solver.solve();
    solver.field_rows(0, trial, fields);
  };
  convert();  // warms up: a task has more planes than one, and memory comes from the kernel with the first
  const double seconds = seconds_of(convert);
  // N^2 log N, as transforms take.
  const double sides = static_cast<double>(grid) / trial;
  return seconds * sides * sides * std::log2(grid) / std::log2(trial);
}

double trace_seconds_per_ray(int grid) {
  // Larger planes do not fit into the cache; a trial of one would take the memory that is asked about.
  constexpr double kFromMemory = 1.5;
  const int trial = std::min(grid, kTrialGrid);
  const std::vector<double> fields(5 * static_cast<std::size_t>(trial) * static_cast<std::size_t>(trial),
                                   1e-6);
  Raytracer tracer({kTrialRays, 5.0 * kRadiansPerDegree}, 1, {}, 0, {0, 1}, 1);
  const RunTransform frame{0, {50.0, 50.0}};
  const PlaneStep step{1000.0, 0.8, carry_to(900.0, 1000.0, 1100.0), std::nullopt};
  const LensPlane plane{fields, trial, 100.0};
  tracer.pass(plane, step, {&frame, 1}, 0);  // warms up
  const double seconds = seconds_of([&] { tracer.pass(plane, step, {&frame, 1}, 0); });
  return (grid > trial ? kFromMemory : 1.0) * seconds / (kTrialRays * kTrialRays);
}

double statistics_seconds(const KappaStatisticsSettings& settings) {
  KappaStatisticsSettings trial = settings;
  trial.grid = std::min(settings.grid, kTrialGrid);
  const KappaStatistics kernel(trial);
  KappaStatistics::Workspace workspace = kernel.workspace();
  std::vector<double> map(static_cast<std::size_t>(trial.grid) * static_cast<std::size_t>(trial.grid));
  for (std::size_t k = 0; k < map.size(); ++k) map[k] = 0.01 * static_cast<double>(k * k % 101);
  kernel.measure(map, {}, {}, workspace);  // warms up
  const double seconds = seconds_of([&] { kernel.measure(map, {}, {}, workspace); });
  const double sides = static_cast<double>(settings.grid) / trial.grid;
  return seconds * sides * sides * std::log2(settings.grid) / std::log2(trial.grid);
}

}  // namespace lenswright
