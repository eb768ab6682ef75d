// Statistics of convergence maps of 1024 x 1024 rays, per second of one core, against what no such measurement can do
// without: the transforms. Processor seconds per map; medians over repetitions:
//   maps_per_second  1 / seconds: kappa alone, three smoothing scales
//   with_shear       the same with E and B modes
//   bare             four transforms of FFTW over the whole map (one forward, one back per scale), scalar codelets
//   to_bare          seconds / bare, pair by pair
#include <benchmark/benchmark.h>

#include <algorithm>

#include "base/units.hpp"
#include "bench_stream.hpp"
#include "physics/kappa_statistics.hpp"

namespace lenswright::bench {
namespace {

constexpr int kGrid = 1024, kRepetitions = 9;

KappaStatisticsSettings settings() {
  KappaStatisticsSettings result;
  result.grid = kGrid;
  result.side_rad = 5.0 * kRadiansPerDegree;
  for (const double arcmin : {1.0, 2.0, 5.0})
    result.smoothing_rad.push_back(arcmin / 60.0 * kRadiansPerDegree);
  result.ell_bins = 24;
  result.heights = {-6, 12, 36};
  result.pdf_kappa = {-0.1, 0.4, 100};
  result.pdf_sigma = {-5, 15, 80};
  return result;
}

// Numbers of the size and correlation of convergence, from a walk with a fixed rule.
std::vector<double> made_up_map() {
  std::vector<double> map(static_cast<std::size_t>(kGrid) * kGrid);
  std::uint64_t state = 1;
  double value = 0;
  for (double& pixel : map) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    value = 0.9 * value + 0.01 * (static_cast<double>(state >> 40) / (1 << 24) - 0.5);
    pixel = value;
  }
  return map;
}

void statistics(benchmark::State& state) {
  const KappaStatistics kernel(settings());
  KappaStatistics::Workspace workspace = kernel.workspace();
  const FlatSky sky(kGrid, settings().side_rad);
  const std::vector<double> kappa = made_up_map();
  std::vector<double> map = kappa;
  std::vector<FlatSky::Complex> spectrum(sky.modes());
  kernel.measure(kappa, {}, {}, workspace);
  for (auto _ : state) {
    std::vector<double> alone, sheared, bare, ratio;
    for (int n = 0; n < kRepetitions; ++n) {
      alone.push_back(
          seconds_of([&] { benchmark::DoNotOptimize(kernel.measure(kappa, {}, {}, workspace)); }));
      bare.push_back(seconds_of([&] {
        sky.forward(kappa, spectrum);
        for (int scale = 0; scale < 3; ++scale) {
          sky.back(spectrum, map);
          map[0] *= 1e-7;
        }
      }));
      sheared.push_back(
          seconds_of([&] { benchmark::DoNotOptimize(kernel.measure(kappa, kappa, kappa, workspace)); }));
      ratio.push_back(alone.back() / bare.back());
    }
    state.counters["maps_per_second"] = 1.0 / median(alone);
    state.counters["with_shear"] = 1.0 / median(sheared);
    state.counters["bare_ms"] = 1e3 * median(bare);
    state.counters["to_bare"] = median(ratio);
  }
}
BENCHMARK(statistics)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace lenswright::bench

BENCHMARK_MAIN();
