// Rays through lens planes in memory, against what the memory gives.
//
// 1024 x 1024 rays over 5 degrees meet ten planes, one in four of a light cone of forty to redshift 2.6; one thread.
// "trace": all four maps at the last plane. "all_sources": forty planes, maps at every one of them against those at the
// last one. The bounds are of the same machine in the same repetition, plane by plane at the same places:
//   stream    a ray's state in and out (18 doubles) at the rate of a stream triad
//   gathers   the two pieces of five-field pixel pairs around each ray read and added up, nothing else done with
//             them, with the best of several distances of asking for them ahead
// Counters, medians over repetitions; M: million ray-planes per second of processor time:
//   M_trace      all work on a ray: lookup, recursion, maps
//   M_bound      stream and gathers in the order in which rays are traced
//   M_random     stream and gathers in random order
//   of_bound, of_random   the first over each, pair by pair
// "task": the program's stage from potentials in files to maps in files, runs together in one task against each alone.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/units.hpp"
#include "bench_campaign.hpp"
#include "bench_stream.hpp"
#include "physics/raytracer.hpp"

namespace lenswright::bench {
namespace {

constexpr int kRepetitions = 3, kPlanes = 10, kAllPlanes = 40;
constexpr double kWidth = 205.0, kSpacing = 410.0, kFirst = 51.25;  // Mpc/h
const RayGrid kRays{1024, 5.0 * kRadiansPerDegree};
const std::vector<LensingMap> kMaps{LensingMap::kappa, LensingMap::gamma1, LensingMap::gamma2,
                                    LensingMap::omega};

// Planes of a cone of `planes`, as many as that, to the same distance.
double chi_of(int plane, int planes = kPlanes) {
  const double spacing = kSpacing * kPlanes / planes;
  return plane == 0 ? 0.0 : kFirst + spacing * (plane - 1);
}

PlaneStep step_of(int plane, bool source, int planes) {
  PlaneStep step{chi_of(plane, planes), 1.0 / (1.0 + 2.5 * plane / planes), std::nullopt, std::nullopt};
  const double before = chi_of(plane - 1, planes), after = chi_of(plane + 1, planes);
  step.advance =
      carry_to(before, step.chi, after);  // after the last plane, too: every plane is the same work
  if (source) step.source = carry_to(before, step.chi, (step.chi + after) / 2);
  return step;
}

std::vector<RunTransform> frames_of(int plane, std::size_t runs) {
  std::vector<RunTransform> frames;
  for (std::size_t run = 1; run <= runs; ++run)
    frames.push_back(draw_run_transform(1992, 0, static_cast<int>(run), 100 - plane, kWidth));
  return frames;
}

const BigArray<double>& fields_of(int grid) {
  static BigArray<double> fields;
  const std::size_t count = 5 * static_cast<std::size_t>(grid) * static_cast<std::size_t>(grid);
  if (fields.size() == count) return fields;
  fields = BigArray<double>();
  fields = BigArray<double>(count);
  prefer_huge_pages(fields.data(), count * sizeof(double));  // as the program's
  Draws draw;
  for (double& value : fields.values()) value = 1e-6 * (draw() - 0.5);
  return fields;
}

// Where the straight rays of one run meet a plane, in the order in which they are traced: pixel below.
std::vector<std::int64_t> pixels_of(int grid, int plane, const RunTransform& frame) {
  const RayTiling tiling(kRays.side);
  std::vector<std::int64_t> pixels;
  const auto pixel = [&](double x) {
    const double wrapped = x - kWidth * std::floor(x / kWidth);
    return std::min(static_cast<std::int64_t>(wrapped / kWidth * grid), std::int64_t{grid} - 2);
  };
  for (std::size_t tile = 0; tile < tiling.tiles(); ++tile)
    tiling.for_each_ray(tile, [&](int i, int j) {
      double x = ray_angle(kRays, i), y = ray_angle(kRays, j);
      if ((frame.symmetry & 4U) != 0) std::swap(x, y);
      if ((frame.symmetry & 1U) != 0) x = -x;
      if ((frame.symmetry & 2U) != 0) y = -y;
      pixels.push_back(
          5 * (pixel(chi_of(plane) * x + frame.shift[0]) * grid + pixel(chi_of(plane) * y + frame.shift[1])));
    });
  return pixels;
}

// Seconds to read the pixels around each ray.
double gather_seconds(const BigArray<double>& fields, int grid, const std::vector<std::int64_t>& pixels) {
  const double* const all = fields.data();
  const std::int64_t next_row = 5 * std::int64_t{grid};
  double best = std::numeric_limits<double>::infinity();
  for (const std::size_t ahead : {8U, 24U, 64U}) {
    const double seconds = seconds_of([&] {
      std::array<double, 10> sum{};
      for (std::size_t k = 0; k < pixels.size(); ++k) {
        const double* const later = all + pixels[std::min(k + ahead, pixels.size() - 1)];
        for (const std::int64_t row : {std::int64_t{0}, next_row}) {
          __builtin_prefetch(later + row);
          __builtin_prefetch(later + row + 9);
        }
        for (const std::int64_t row : {std::int64_t{0}, next_row})
          for (std::size_t f = 0; f < 10; ++f) sum[f] += all[pixels[k] + row + static_cast<std::int64_t>(f)];
      }
      benchmark::DoNotOptimize(sum);
    });
    best = std::min(best, seconds);
  }
  return best;
}

struct Gathers {
  double ordered = 0, random = 0;  // seconds per ray-plane
};

Gathers measure_gathers(int grid) {
  Gathers gathers;
  Draws draw;
  for (int plane = 1; plane <= kPlanes; ++plane) {
    std::vector<std::int64_t> pixels = pixels_of(grid, plane, frames_of(plane, 1)[0]);
    gathers.ordered += gather_seconds(fields_of(grid), grid, pixels);
    for (std::size_t k = pixels.size() - 1; k > 0; --k)
      std::swap(pixels[k], pixels[static_cast<std::size_t>(draw() * static_cast<double>(k + 1))]);
    gathers.random += gather_seconds(fields_of(grid), grid, pixels);
  }
  const double ray_planes = static_cast<double>(kPlanes) * kRays.side * kRays.side;
  return {gathers.ordered / ray_planes, gathers.random / ray_planes};
}

// Seconds per ray-plane. The tracer's memory has been written to before: the first time goes through the kernel.
double trace_seconds(Raytracer& tracer, int grid, std::size_t runs, bool all_sources, int planes = kPlanes) {
  const BigArray<double>& fields = fields_of(grid);
  double seconds = 0;
  for (int plane = 1; plane <= planes; ++plane) {
    const std::vector<RunTransform> frames = frames_of(plane, runs);
    const LensPlane lens{{fields.data(), fields.size()}, grid, kWidth};
    const PlaneStep step = step_of(plane, all_sources || plane == planes, planes);
    seconds += seconds_of(
        [&] { tracer.pass(lens, step, frames, all_sources ? static_cast<std::size_t>(plane - 1) : 0U); });
  }
  return seconds / (static_cast<double>(runs) * planes * kRays.side * kRays.side);
}

void trace(benchmark::State& state) {
  const int grid = static_cast<int>(state.range(0));
  const std::size_t runs = static_cast<std::size_t>(state.range(1));
  Raytracer tracer(kRays, runs, kMaps, 1, {0, 1}, 1);
  trace_seconds(tracer, grid, runs, false);
  const double state_bytes = 8.0 * (RayTile::kDoublesPerRay + RayTile::kQuantities);
  Stream stream;
  std::vector<double> rate, bound, random, of_bound, of_random;
  for (auto _ : state) {
    for (int repetition = 0; repetition < kRepetitions; ++repetition) {
      const double before = trace_seconds(tracer, grid, runs, false);
      const double streamed = state_bytes / stream.bytes_per_second();
      const Gathers gathers = measure_gathers(grid);
      const double seconds = (before + trace_seconds(tracer, grid, runs, false)) / 2;
      rate.push_back(1e-6 / seconds);
      bound.push_back(1e-6 / (streamed + gathers.ordered));
      random.push_back(1e-6 / (streamed + gathers.random));
      of_bound.push_back(rate.back() / bound.back());
      of_random.push_back(rate.back() / random.back());
    }
    state.SetIterationTime(1e-6 / median(rate) * static_cast<double>(runs * kPlanes) * kRays.side *
                           kRays.side);
  }
  state.counters["M_trace"] = median(rate);
  state.counters["M_bound"] = median(bound);
  state.counters["M_random"] = median(random);
  state.counters["of_bound"] = median(of_bound);
  state.counters["of_random"] = median(of_random);
}
BENCHMARK(trace)
    ->ArgsProduct({{512, 1024, 2048, 4096}, {1, 16}})
    ->ArgNames({"grid", "runs"})
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

// ratio: tracing with maps at every plane over tracing with maps at the last one, alternating.
void all_sources(benchmark::State& state) {
  const int grid = static_cast<int>(state.range(0));
  constexpr std::size_t kRuns = 1;  // 1.4 GB of maps
  Raytracer one(kRays, kRuns, kMaps, 1, {0, 1}, 1), all(kRays, kRuns, kMaps, kAllPlanes, {0, 1}, 1);
  trace_seconds(one, grid, kRuns, false, kAllPlanes);
  trace_seconds(all, grid, kRuns, true, kAllPlanes);
  std::vector<double> ratio, rate;
  for (auto _ : state) {
    for (int repetition = 0; repetition < kRepetitions; ++repetition) {
      const double before = trace_seconds(one, grid, kRuns, false, kAllPlanes);
      const double seconds = trace_seconds(all, grid, kRuns, true, kAllPlanes);
      ratio.push_back(2 * seconds / (before + trace_seconds(one, grid, kRuns, false, kAllPlanes)));
      rate.push_back(1e-6 / seconds);
    }
    state.SetIterationTime(1e-6 / median(rate) * static_cast<double>(kRuns * kAllPlanes) * kRays.side *
                           kRays.side);
  }
  state.counters["M_trace"] = median(rate);
  state.counters["ratio"] = median(ratio);
}
BENCHMARK(all_sources)
    ->Arg(2048)
    ->Arg(4096)
    ->ArgName("grid")
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

// ratio: processor time of one task of 16 runs over that of 16 tasks of one (one of them measured, 16 times counted).
void task(benchmark::State& state) {
  const int grid = static_cast<int>(state.range(0));
  constexpr int kTaskPlanes = 4, kRuns = 16;
  const BenchCampaign bench(grid, kTaskPlanes, kRuns);
  {
    const int step = 64;
    std::vector<double> rows(5 * static_cast<std::size_t>(grid * step));
    Draws draw;
    for (double& value : rows) value = 1e-6 * (draw() - 0.5);
    std::filesystem::create_directories(bench.file({ProductKind::geometry, 0, 0, 0}).parent_path());
    for (int plane = 1; plane <= kTaskPlanes; ++plane) {
      PlaneWriter writer(real_disk(), bench.file({ProductKind::potential, 0, 0, plane}), grid,
                         kPotentialFields);
      for (int first = 0; first < grid; first += step) writer.write_rows(rows);
      writer.publish();
    }
    bench.seconds_of_stage(Stage::lux, {{ProductKind::geometry, 0, 0, 0}});
  }
  std::vector<ProductId> runs;
  for (int run = 1; run <= kRuns; ++run) runs.push_back({ProductKind::run, 0, 0, run});
  std::vector<double> together, alone, ratio;
  for (auto _ : state) {
    for (int repetition = 0; repetition < kRepetitions; ++repetition) {
      alone.push_back(bench.seconds_of_stage(Stage::raytracing, {runs[0]}));
      together.push_back(bench.seconds_of_stage(Stage::raytracing, runs));
      ratio.push_back(together.back() / (kRuns * alone.back()));
    }
    state.SetIterationTime(median(together));
  }
  state.counters["one_run"] = median(alone);
  state.counters["sixteen_runs"] = median(together);
  state.counters["ratio"] = median(ratio);
}
BENCHMARK(task)->Arg(2048)->Arg(4096)->ArgName("grid")->UseManualTime()->Iterations(1)->Unit(
    benchmark::kMillisecond);

}  // namespace
}  // namespace lenswright::bench

int main(int argc, char** argv) {
  const lenswright::MpiSession mpi(argc, argv);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
