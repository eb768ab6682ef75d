// stage_estimate.hpp: what lux_convert, raytrace and kappa_stats would take, as --estimate prints it.
//
// Units: bytes; seconds of wall time, from a trial of a fraction of a second on this machine and an assumed rate of the
//        disk: right within a factor of two, where nothing else runs on the cores
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "physics/kappa_statistics.hpp"
#include "stages/stage_run.hpp"

namespace lenswright {

struct StageEstimate {
  std::string what;  // "products", "runs"
  std::size_t products = 0;
  std::uint64_t memory_budget = 0;    // per rank
  std::uint64_t memory_per_rank = 0;  // the most that one uses at any time
  std::size_t passes = 1;             // over the inputs
  std::uint64_t bytes_read = 0, bytes_written = 0;
  double seconds = 0;
};

// Collective. Lines "key: value  (in words)", keys as those of lensplane --estimate.
std::string estimate_text(const StageContext& context, const StageRequest& request,
                          const StageEstimate& estimate);

// Seconds to read or write so many bytes.
double disk_seconds(std::uint64_t bytes);
// Seconds of one core for one plane of this grid, transformed and interleaved.
double conversion_seconds(int grid);
// Seconds of one core for one ray and one plane of this grid.
double trace_seconds_per_ray(int grid);
// Seconds of one core for one convergence map, without shear.
double statistics_seconds(const KappaStatisticsSettings& settings);

}  // namespace lenswright
