// Which replacement regions hold each particle, for all 32 rules of the real campaign at once; and what it costs to put
// the particles that are inside onto the planes of their rules.
//
// Counters, medians over repetitions, ratios pair by pair:
//   per_core_second    particles asked per second of processor time
//   inside             part of all particles that some region holds
//   to_all_pairs       against comparing each particle with each selected halo
//   query_to_deposit   time of the query over that of one deposit (TSC, 4096^2) of the same particles
//   members_to_deposit time of depositing the members of all rules over that of the same deposit
//   of_bandwidth       reading the positions once, over what a stream triad moves in the same time
#include <benchmark/benchmark.h>

#include <limits>

#include "bench_particles.hpp"
#include "bench_stream.hpp"

namespace lenswright::bench {
namespace {

constexpr std::size_t kParticles = std::size_t{1} << 21;
constexpr std::size_t kPairParticles = 256;  // compared with every halo
constexpr double kMass = 6e7;
constexpr int kRepetitions = 5;
constexpr int kGrid = 4096;

std::vector<ReplacementRule> campaign_rules() {
  constexpr double kOpen = std::numeric_limits<double>::infinity();
  const std::vector<double> edges{1e12, std::pow(10, 12.5), 1e13, std::pow(10, 13.5), 1e15};
  std::vector<ReplacementRule> rules;
  for (std::size_t k = 0; k + 1 < edges.size(); ++k)
    for (const double upper : {edges[k + 1], kOpen})
      for (const double factor : {0.5, 1.0, 3.0, 5.0}) rules.push_back({edges[k], upper, factor});
  return rules;
}

// One particle against every halo and rule, as the rule is written: what any index has to beat.
std::size_t all_pairs(const std::vector<HaloSphere>& halos, const std::vector<ReplacementRule>& rules,
                      const std::array<double, 3>& point) {
  std::size_t held = 0;
  for (const HaloSphere& halo : halos) {
    double square = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      double d = point[k] - halo.centre[k];
      d = d > 0.5 * kBox ? d - kBox : d < -0.5 * kBox ? d + kBox : d;
      square += d * d;
    }
    if (square > 25 * halo.r200c * halo.r200c) continue;
    for (const ReplacementRule& rule : rules) {
      const double reach = rule.radius_factor * halo.r200c;
      held += rule.lower_msun_h <= halo.m200c && halo.m200c < rule.upper_msun_h && square <= reach * reach;
    }
  }
  return held;
}

void query(benchmark::State& state, Order order, std::size_t halo_count) {
  const std::vector<HaloSphere> halos = random_halos(halo_count, 11);
  const std::vector<ReplacementRule> rules = campaign_rules();
  Positions positions;
  if (order == Order::random) {
    positions = make_positions(order, kParticles);
  } else {
    positions = clustered_positions(kParticles, halos, 13);
    std::mt19937_64 engine(7);
    if (order == Order::shuffled) std::shuffle(positions.begin(), positions.end(), engine);
  }
  const ParticleBatch batch = make_batch(positions, kMass);
  const SnapshotTransform transform = bench_transform();
  static const double stream = Stream().bytes_per_second();

  const ReplacementRegions regions(rules, halos, kBox);
  MassAssignment assignment(MassKernel::tsc, kGrid, kBox, 1, 1);
  QuantaPlane plane(kGrid);
  // All rules share one plane here: the same work, without 32 planes of memory.
  const std::vector<std::int64_t*> whole{plane.data()}, of_set(kSetBits, plane.data());
  assignment.add(batch, transform, whole);
  assignment.add_members(batch, regions.find_members(batch, 1).front(), transform, -1, of_set);

  std::vector<double> seconds, to_all_pairs, to_deposit, members_to_deposit;
  std::size_t inside = 0;
  for (auto _ : state) {
    std::vector<BatchMembers> members;
    seconds.push_back(seconds_of([&] { members = regions.find_members(batch, 1); }));
    const double deposit = seconds_of([&] { assignment.add(batch, transform, whole); });
    const double of_members = seconds_of([&] {
      for (const BatchMembers& word : members) assignment.add_members(batch, word, transform, -1, of_set);
    });
    std::size_t held = 0;
    const double pairs = seconds_of([&] {
      for (std::size_t p = 0; p < kPairParticles; ++p)
        held += all_pairs(halos, rules, positions[p * (kParticles / kPairParticles)]);
    });
    benchmark::DoNotOptimize(held);
    inside = members.front().particles.size();
    to_all_pairs.push_back(pairs / kPairParticles * kParticles / seconds.back());
    to_deposit.push_back(seconds.back() / deposit);
    members_to_deposit.push_back(of_members / deposit);
    state.SetIterationTime(seconds.back());
  }
  const auto count = static_cast<double>(kParticles);
  state.counters["per_core_second"] = count / median(seconds);
  state.counters["inside"] = static_cast<double>(inside) / count;
  state.counters["to_all_pairs"] = median(to_all_pairs);
  state.counters["query_to_deposit"] = median(to_deposit);
  state.counters["members_to_deposit"] = median(members_to_deposit);
  state.counters["of_bandwidth"] = count * 3 * sizeof(double) / stream / median(seconds);
}

void build(benchmark::State& state, std::size_t halo_count) {
  const std::vector<HaloSphere> halos = random_halos(halo_count, 11);
  const std::vector<ReplacementRule> rules = campaign_rules();
  std::size_t bytes = 0;
  for (auto _ : state) {
    const ReplacementRegions regions(rules, halos, kBox);
    bytes = regions.memory_bytes();
    benchmark::DoNotOptimize(bytes);
  }
  state.counters["bytes_per_halo"] = static_cast<double>(bytes) / static_cast<double>(halo_count);
}

}  // namespace
}  // namespace lenswright::bench

int main(int argc, char** argv) {
  using namespace lenswright::bench;
  for (const std::size_t halos : {3000, 30000}) {
    for (const Order order : {Order::random, Order::clustered, Order::shuffled}) {
      const std::string name = "query/halos:" + std::to_string(halos) + "/" + order_name(order);
      benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) { query(state, order, halos); })
          ->Iterations(kRepetitions)
          ->UseManualTime()
          ->Unit(benchmark::kMillisecond);
    }
    const std::string name = "build/halos:" + std::to_string(halos);
    benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
      build(state, halos);
    })->Unit(benchmark::kMillisecond);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
