// Particles per core-second from positions in the box, through the transform, to integer mass planes.
//
// Each repetition times a plain loop over the same particles right before: it has 2-D positions ready and adds
// doubles, and no other work. Counters, medians over repetitions:
//   per_core_second   particles of the deposit per second of processor time
//   plain             the same of the plain loop, on the same particles in the same order
//   to_plain          the first over the second, pair by pair: above 1 the deposit is faster
//   to_random         against the deposit of the same particles' number in random order, pair by pair
//   of_bandwidth      bytes that a deposit moves at least (particles once in, planes once in and out) over what a stream
//                     triad moves in the same time
#include <benchmark/benchmark.h>

#include <map>
#include <memory>

#include "bench_particles.hpp"
#include "bench_stream.hpp"
#include "physics/mass_kernel.hpp"

namespace lenswright::bench {
namespace {

constexpr double kMass = 6e7;
constexpr int kRepetitions = 7;

double stream_rate() {
  static const double rate = Stream().bytes_per_second();
  return rate;
}

// What the plain loop is given: positions on the grid's axes, and which plane.
struct FlatParticles {
  std::vector<double> u, v, mass;   // in box lengths; Msun/h
  std::vector<std::uint8_t> slice;  // of two
};

struct Scene {
  ParticleBatch batch;
  FlatParticles flat;
};

const Scene& scene_of(Order order, std::size_t count) {
  static std::map<std::pair<Order, std::size_t>, std::unique_ptr<Scene>> scenes;
  std::unique_ptr<Scene>& scene = scenes[{order, count}];
  if (scene) return *scene;
  scene = std::make_unique<Scene>();
  const Positions positions = make_positions(order, count);
  scene->batch = make_batch(positions, kMass);
  for (const auto& position : positions) {
    const ProjectedPosition seen = project(bench_transform(), position, kBox);
    scene->flat.u.push_back(seen.x / kBox);
    scene->flat.v.push_back(seen.y / kBox);
    scene->flat.slice.push_back(static_cast<std::uint8_t>(slice_of_depth(seen.depth, 2, kBox)));
  }
  scene->flat.mass.assign(count, kMass);
  return *scene;
}

template <typename Kernel>
void plain_scatter(const FlatParticles& particles, int side, int slices, double* planes) {
  const double scale = side;
  const std::size_t cells_of_slice =
      slices == 1 ? 0 : static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
  for (std::size_t p = 0; p < particles.u.size(); ++p) {
    const Kernel row(particles.u[p] * scale, side), column(particles.v[p] * scale, side);
    double* plane = planes + particles.slice[p] * cells_of_slice;
    for (int a = 0; a < Kernel::size; ++a) {
      int i = row.first + a;
      i = i < 0 ? i + side : i >= side ? i - side : i;
      double* cells = plane + static_cast<std::size_t>(i) * static_cast<std::size_t>(side);
      for (int b = 0; b < Kernel::size; ++b) {
        int j = column.first + b;
        j = j < 0 ? j + side : j >= side ? j - side : j;
        cells[j] += particles.mass[p] * (row.weight[a] * column.weight[b]);
      }
    }
  }
}

void plain_scatter(MassKernel kernel, const FlatParticles& particles, int side, int slices, double* planes) {
  switch (kernel) {
    case MassKernel::ngp:
      return plain_scatter<NearestGridPoint>(particles, side, slices, planes);
    case MassKernel::cic:
      return plain_scatter<CloudInCell>(particles, side, slices, planes);
    case MassKernel::tsc:
      return plain_scatter<TriangularCloud>(particles, side, slices, planes);
  }
}

struct Planes {
  Planes(int side, int slices) : plane(static_cast<std::size_t>(slices), QuantaPlane(side)) {
    for (QuantaPlane& one : plane) wanted.push_back(one.data());
  }
  std::int64_t sum() const {
    std::int64_t all = 0;
    for (const QuantaPlane& one : plane)
      for (const std::int64_t quanta : one.values()) all += quanta;
    return all;
  }
  std::vector<QuantaPlane> plane;
  std::vector<std::int64_t*> wanted;
};

void deposit(benchmark::State& state, MassKernel kernel, Order order, int side, int slices) {
  const std::size_t particles = MassAssignment::good_batch(side);  // as the program does
  const Scene& scene = scene_of(order, particles);
  const Scene& random = scene_of(Order::random, particles);
  const SnapshotTransform transform = bench_transform();
  MassAssignment assignment(kernel, side, kBox, slices, 1);
  Planes planes(side, slices), others(side, slices);
  std::vector<double> plain_planes(planes.plane.size() * planes.plane.front().size());
  // Once unmeasured: memory is touched, buffers have grown.
  plain_scatter(kernel, scene.flat, side, slices, plain_planes.data());
  assignment.add(scene.batch, transform, planes.wanted);
  assignment.add(random.batch, transform, others.wanted);

  std::vector<double> seconds, plain, to_plain, to_random;
  std::int64_t times = 1;
  for (auto _ : state) {
    plain.push_back(
        seconds_of([&] { plain_scatter(kernel, scene.flat, side, slices, plain_planes.data()); }));
    seconds.push_back(seconds_of([&] { assignment.add(scene.batch, transform, planes.wanted); }));
    double other = seconds.back();
    if (order != Order::random) {
      // The same work lies before it, so that both find the caches in the same state.
      plain_scatter(kernel, random.flat, side, slices, plain_planes.data());
      other = seconds_of([&] { assignment.add(random.batch, transform, others.wanted); });
    }
    to_plain.push_back(plain.back() / seconds.back());
    to_random.push_back(other / seconds.back());
    ++times;
    state.SetIterationTime(seconds.back());
  }
  benchmark::DoNotOptimize(plain_planes.data());
  std::int64_t expected = 0;
  for (const std::int64_t quanta : scene.batch.quanta) expected += quanta;
  if (planes.sum() != expected * times) state.SkipWithError("mass was lost");

  const auto count = static_cast<double>(particles);
  const double least_bytes =
      count * (3 * sizeof(double) + sizeof(std::int64_t)) + 2.0 * sizeof(std::int64_t) * side * side * slices;
  state.counters["per_core_second"] = count / median(seconds);
  state.counters["plain"] = count / median(plain);
  state.counters["to_plain"] = median(to_plain);
  state.counters["to_random"] = median(to_random);
  state.counters["of_bandwidth"] = least_bytes / stream_rate() / median(seconds);
}

void add_benchmark(const std::string& scheme, MassKernel kernel, Order order, int side, int slices) {
  const std::string name = "deposit/" + scheme + "/" + std::to_string(side) + "/" + order_name(order) +
                           "/slices:" + std::to_string(slices);
  benchmark::RegisterBenchmark(name.c_str(),
                               [=](benchmark::State& state) { deposit(state, kernel, order, side, slices); })
      ->Iterations(kRepetitions)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}

}  // namespace
}  // namespace lenswright::bench

int main(int argc, char** argv) {
  using namespace lenswright;
  using namespace lenswright::bench;
  for (const int side : {1024, 4096}) {
    for (const Order order : {Order::random, Order::rows, Order::clustered, Order::shuffled})
      for (const int slices : {1, 2}) add_benchmark("tsc", MassKernel::tsc, order, side, slices);
    add_benchmark("cic", MassKernel::cic, Order::random, side, 1);
    add_benchmark("cic", MassKernel::cic, Order::clustered, side, 1);
    add_benchmark("ngp", MassKernel::ngp, Order::random, side, 1);
    add_benchmark("ngp", MassKernel::ngp, Order::clustered, side, 1);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::AddCustomContext("stream_triad_bytes_per_core_second", std::to_string(stream_rate()));
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
