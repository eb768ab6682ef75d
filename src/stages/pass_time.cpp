#include "stages/pass_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <set>

#include "base/error.hpp"
#include "base/units.hpp"
#include "io/plane_file.hpp"
#include "stages/lensplane_reading.hpp"

namespace lenswright {

namespace {

using Clock = std::chrono::steady_clock;

// A modest file system's part of one rank. Writing overlaps little else, but is a small part of any pass.
constexpr double kBytesWritten = 200e6;
// Finding out which halos hold a particle takes about as long as putting it down this often.
constexpr double kFindingCost = 0.5;
// To put a particle inside halos down on the tiles of one more model, likewise; and to sort it, once.
constexpr double kModelCost = 0.4, kSortingCost = 0.6;
// Of matter within f R200 against M200: about f^0.7 for the profiles of halos and what lies around them.
constexpr double kProfileExponent = 0.7;

double seconds_since(Clock::time_point start) {
  return std::max(1e-6, std::chrono::duration<double>(Clock::now() - start).count());
}

std::uint64_t particles_in(const Campaign& campaign, const LensplaneInputs& inputs, Simulation simulation) {
  std::uint64_t particles = 0;
  for (const int type : particle_types_of(campaign, simulation))
    particles += inputs.snapshots.at(simulation).total[static_cast<std::size_t>(type)];
  return particles;
}

}  // namespace

std::set<Simulation> simulations_in(const Campaign& campaign, const LensplanePass& pass) {
  std::set<Simulation> simulations;
  for (const PlaneUnit& unit : pass.units)
    for (const int model : unit.models)
      for (const Simulation simulation : simulations_of(campaign.models[static_cast<std::size_t>(model)]))
        simulations.insert(simulation);
  return simulations;
}

LensplaneSpeed measure_speed(const StageContext& context, const LensplaneInputs& inputs, int threads) {
  const Campaign& campaign = context.campaign;
  LensplaneSpeed mine{0, 0, kBytesWritten};
  together(context.ranks, [&] {
    const auto& [simulation, header] = *inputs.snapshots.begin();
    const auto chunks = snapshot_chunks(header, particle_types_of(campaign, simulation));
    const SnapshotChunk& mine_to_read =
        chunks[chunks.size() * static_cast<std::size_t>(context.ranks.rank()) /
               static_cast<std::size_t>(context.ranks.size())];
    SnapshotReader reader(header);
    Clock::time_point start = Clock::now();
    reader.read(mine_to_read, [](auto, auto) {});
    mine.particles_read = static_cast<double>(mine_to_read.count) / seconds_since(start);

    // Spread evenly, as most of a snapshot is; twice, the first time to touch the memory.
    ParticleBatch batch;
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> place(0, campaign.box_mpc_h);
    std::vector<std::array<double, 3>> positions(kChunkParticles);
    for (auto& position : positions) position = {place(random), place(random), place(random)};
    batch.append(positions, std::vector<double>(positions.size(), 1.0),
                 MassQuantum(campaign.omega_m, campaign.box_mpc_h));
    QuantaPlane plane(campaign.lensplanes.grid);
    MassAssignment assignment(kernel_of(campaign.lensplanes.assignment), campaign.lensplanes.grid,
                              campaign.box_mpc_h, 1, threads);
    for (int time = 0; time < 2; ++time) {
      start = Clock::now();
      assignment.add(batch, SnapshotTransform{}, std::vector<std::int64_t*>{plane.data()});
    }
    mine.particles_put_down = static_cast<double>(batch.size()) / seconds_since(start);
  });
  // The same numbers everywhere, so that all ranks make the same plan.
  LensplaneSpeed slowest = mine;
  for (const std::string& text :
       context.ranks.gather_all(fmt::format("{} {}", mine.particles_read, mine.particles_put_down))) {
    std::size_t read = 0;
    slowest.particles_read = std::min(slowest.particles_read, std::stod(text, &read));
    slowest.particles_put_down = std::min(slowest.particles_put_down, std::stod(text.substr(read)));
  }
  return slowest;
}

std::uint64_t PassTimes::particles(int snapshot_index, const std::set<Simulation>& simulations) const {
  std::uint64_t particles = 0;
  for (const Simulation simulation : simulations)
    particles += particles_in(campaign_, inputs_.at(snapshot_index), simulation);
  return particles;
}

// read: whose whole planes are made on the way; none: what the pass needs is in memory.
double PassTimes::seconds(const LensplanePass& pass, const LensplanePass* read) const {
  const LensplaneInputs& inputs = inputs_.at(pass.snapshot_index);
  // Per simulation, on how many whole planes a particle goes.
  std::map<Simulation, std::set<int>> whole;
  if (read) {
    for (const PlaneUnit& unit : read->units)
      for (const int model : unit.models)
        whole[campaign_.models[static_cast<std::size_t>(model)].kind == ModelKind::hydro ? Simulation::hydro
                                                                                         : Simulation::dmo]
            .insert(unit.realization);
  }
  // How many models it is inside a halo for.
  double inside = 0, most_inside = 0;
  std::set<int> realizations;
  const double box_mass = kRhoCritical0 * campaign_.omega_m * std::pow(campaign_.box_mpc_h, 3);
  for (const PlaneUnit& unit : pass.units) {
    // A particle is put down once per mass bin, so a bin counts with its largest region.
    std::map<std::pair<double, double>, double> bins;
    realizations.insert(unit.realization);
    for (const int index : unit.models) {
      const Model& model = campaign_.models[static_cast<std::size_t>(index)];
      if (!model.replacement) continue;
      const ReplacementRule rule = rule_of(*model.replacement);
      double mass = 0;
      for (const HaloSphere& halo : inputs.halos)
        if (selects(rule, halo.m200c)) mass += halo.m200c;
      const double fraction = std::min(1.0, mass / box_mass * std::pow(rule.radius_factor, kProfileExponent));
      double& largest = bins[{rule.lower_msun_h, rule.upper_msun_h}];
      largest = std::max(largest, fraction);
      most_inside = std::max(most_inside, fraction);
    }
    // A particle lies in one slice.
    for (const auto& [bin, fraction] : bins) inside += fraction / campaign_.planes_per_snapshot;
  }
  double seconds = 0;
  for (const Simulation simulation : simulations_in(campaign_, read ? *read : pass)) {
    const double particles =
        static_cast<double>(particles_in(campaign_, inputs, simulation)) / static_cast<double>(ranks_);
    double work = static_cast<double>(whole[simulation].size()) + kModelCost * inside;
    if (inside > 0)
      work +=
          (read ? kFindingCost : 0) + kSortingCost * most_inside * static_cast<double>(realizations.size());
    // The next batch is read while one is put down.
    seconds += particles * std::max(read ? 1 / speed_.particles_read : 0, work / speed_.particles_put_down);
  }
  const double planes = std::ceil(static_cast<double>(plane_count(pass)) / static_cast<double>(ranks_));
  return seconds + planes * static_cast<double>(plane_file_size(campaign_.lensplanes.grid, kScalarFields)) /
                       speed_.bytes_written;
}

}  // namespace lenswright
