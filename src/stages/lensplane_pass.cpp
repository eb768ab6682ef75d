#include "stages/lensplane_pass.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/stop_request.hpp"
#include "campaign/product_path.hpp"
#include "io/transforms_file.hpp"
#include "stages/lensplane_transforms.hpp"
#include "stages/reading_rounds.hpp"

namespace lenswright {

namespace {

std::vector<ReplacementRule> rules_of(const Campaign& campaign, const LensplanePass& pass) {
  std::set<int> models;
  for (const PlaneUnit& unit : pass.units) models.insert(unit.models.begin(), unit.models.end());
  std::vector<ReplacementRule> rules;
  for (const int model : models)
    if (const auto& replacement = campaign.models[static_cast<std::size_t>(model)].replacement)
      rules.push_back(rule_of(*replacement));
  return rules;
}

// Whether each plane's models have all rules: then regions can be added up from others'.
bool all_have_all(const Campaign& campaign, const LensplanePass& pass, std::size_t rules) {
  return std::all_of(pass.units.begin(), pass.units.end(), [&](const PlaneUnit& unit) {
    return static_cast<std::size_t>(std::count_if(unit.models.begin(), unit.models.end(), [&](int model) {
             return campaign.models[static_cast<std::size_t>(model)].replacement.has_value();
           })) == rules;
  });
}

}  // namespace

MassKernel kernel_of(Assignment assignment) {
  switch (assignment) {
    case Assignment::ngp:
      return MassKernel::ngp;
    case Assignment::cic:
      return MassKernel::cic;
    case Assignment::tsc:
      break;
  }
  return MassKernel::tsc;
}

LensplanePassRun::LensplanePassRun(const LensplaneSetting& setting, const LensplaneInputs& inputs,
                                   const LensplanePass& pass, std::string title)
    : setting_(setting),
      context_(setting.context),
      inputs_(inputs),
      pass_(pass),
      title_(std::move(title)),
      regions_(nullptr) {
  together(context_.ranks, [&] {
    const Campaign& campaign = context_.campaign;
    const std::vector<ReplacementRule> rules = rules_of(campaign, pass);
    const bool unions = all_have_all(campaign, pass, rules.size());
    if (setting.store) {
      setting.store->turn_to(pass.snapshot_index);
      regions_ = setting.store->regions(rules, inputs.halos, campaign.box_mpc_h, unions);
    } else {
      regions_ = std::make_shared<const ReplacementRegions>(rules, inputs.halos, campaign.box_mpc_h, unions);
    }
    allocate();
  });
  setting.memory.settle();  // all is zero
}

int LensplanePassRun::plane_of(const PlaneUnit& unit) const {
  return pass_.snapshot_index * context_.campaign.planes_per_snapshot + unit.slice;
}

// Of what each replace model changes, in the order of units and their models.
std::vector<TileSet> LensplanePassRun::changed_tiles() const {
  const Campaign& campaign = context_.campaign;
  std::vector<TileSet> tiles;
  for (const PlaneUnit& unit : pass_.units)
    for (const int index : unit.models)
      if (campaign.models[static_cast<std::size_t>(index)].replacement)
        tiles.push_back(setting_.sizes.tiles(pass_.snapshot_index, unit, index,
                                             setting_.transforms.at(unit.realization, pass_.snapshot_index)));
  return tiles;
}

// All ranks of a group come to the same places.
void LensplanePassRun::allocate() {
  const Campaign& campaign = context_.campaign;
  const std::vector<TileSet> tiles = changed_tiles();
  const auto side = static_cast<std::size_t>(campaign.lensplanes.grid);
  const auto slices = static_cast<std::size_t>(campaign.planes_per_snapshot);
  const int bands = MassAssignment::bands(campaign.lensplanes.grid);
  const std::size_t edges = slices * static_cast<std::size_t>(bands);
  std::set<int> realizations;
  for (const PlaneUnit& unit : pass_.units) realizations.insert(unit.realization);
  std::size_t in_planes = realizations.size() * edges, in_tiles = 0;
  for (const PlaneUnit& unit : pass_.units) in_planes += whole_planes(campaign, unit.models) * side * side;
  for (const TileSet& set : tiles) in_tiles += TiledPlane::cell_count(set);
  const std::span<std::int64_t> cells = setting_.memory.zeros(in_planes, in_tiles);
  std::span<std::int64_t> for_planes = cells.first(in_planes), for_tiles = cells.last(in_tiles);
  const auto take = [](std::span<std::int64_t>& free, std::size_t count) {
    return std::exchange(free, free.subspan(count)).first(count);
  };

  const Communicator& group = setting_.groups.group();
  for (const int realization : realizations) {
    const std::span<std::int64_t> of_bands = take(for_planes, edges);
    if (group.size() > 1)
      locks_.try_emplace(realization, of_bands, bands, static_cast<double>(group.rank()) / group.size());
  }
  const std::size_t rules = regions_->rules().size();
  auto next_tiles = tiles.begin();
  for (const PlaneUnit& unit : pass_.units) {
    UnitPlanes planes;
    planes.unit = &unit;
    planes.of_rule.resize(rules);
    planes.ring_target.assign(rules, nullptr);
    for (const int index : unit.models) {
      const Model& model = campaign.models[static_cast<std::size_t>(index)];
      Output output{{ProductKind::mass_plane, index, unit.realization, plane_of(unit)}, {}, nullptr};
      std::span<std::int64_t>& whole = model.kind == ModelKind::hydro ? planes.hydro : planes.dmo;
      if (whole.empty()) whole = take(for_planes, side * side);
      output.whole = whole;
      if (model.replacement) {
        output.change =
            std::make_shared<TiledPlane>(*next_tiles, take(for_tiles, TiledPlane::cell_count(*next_tiles)));
        ++next_tiles;
        const auto& all = regions_->rules();
        planes.of_rule[static_cast<std::size_t>(
            std::find(all.begin(), all.end(), rule_of(*model.replacement)) - all.begin())] = output.change;
      }
      outputs_.push_back(std::move(output));
    }
    for (std::size_t rule = rules; rule-- > 0;) {
      const bool has_larger = rule + 1 < rules && regions_->holds_previous(rule + 1);
      TiledPlane* larger = has_larger ? planes.ring_target[rule + 1] : nullptr;
      planes.ring_target[rule] = planes.of_rule[rule] ? planes.of_rule[rule].get() : larger;
    }
    for (const std::size_t rule : regions_->overlap_rules())
      planes.ring_target.push_back(planes.of_rule[rule].get());
    units_[unit.realization].push_back(std::move(planes));
  }
}

void LensplanePassRun::start_from(DmoPlanes& planes) {
  const Communicator& ranks = context_.ranks;
  // One rank reads each plane: other groups' stay zero, and their sum is the plane.
  std::vector<UnitPlanes*> candidates;
  for (auto& [realization, units] : units_)
    for (UnitPlanes& unit : units)
      if (!unit.dmo.empty() && planes.find(realization, plane_of(*unit.unit))) candidates.push_back(&unit);
  if (candidates.empty()) return;
  std::string problems;
  std::vector<std::int64_t> good(candidates.size());
  together(ranks, [&] {
    for (std::size_t n = 0; n < candidates.size(); ++n) {
      if (n % static_cast<std::size_t>(ranks.size()) != static_cast<std::size_t>(ranks.rank())) continue;
      throw_if_stop_requested();
      const PlaneUnit& unit = *candidates[n]->unit;
      const auto problem = read_dmo_plane(context_, unit.realization, plane_of(unit),
                                          *planes.find(unit.realization, plane_of(unit)), setting_.quantum,
                                          candidates[n]->dmo);
      good[n] = problem ? 0 : 1;
      if (problem) problems += *problem + "\n";
    }
  });
  ranks.sum_all(std::span<std::int64_t>(good));
  std::size_t used = 0;
  for (std::size_t n = 0; n < candidates.size(); ++n) {
    candidates[n]->dmo_is_read = good[n] != 0;
    used += good[n] != 0 ? 1 : 0;
    if (good[n] == 0) planes.remove(candidates[n]->unit->realization, plane_of(*candidates[n]->unit));
  }
  for (const std::string& text : ranks.gather_all(problems)) {
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
      context_.progress.note(text.substr(at, text.find('\n', at) - at));
  }
  if (used > 0)
    context_.progress.note(
        fmt::format("{} published dmo plane{} read in place of putting dmo's particles down{}", used,
                    used == 1 ? "" : "s", title_));
}

bool LensplanePassRun::read_particles(SnapshotFingerprints& fingerprints, DmoPlanes& planes) {
  std::set<Simulation> simulations;
  for (const PlaneUnit& unit : pass_.units)
    for (const int model : unit.models)
      for (const Simulation simulation :
           simulations_of(context_.campaign.models[static_cast<std::size_t>(model)]))
        simulations.insert(simulation);
  std::vector<Simulation> kept, unread;
  for (const Simulation simulation : simulations)
    (setting_.store && setting_.store->find(simulation) ? kept : unread).push_back(simulation);
  if (!unread.empty()) read_simulations(unread, fingerprints);
  // All of them before ranks wait for each other.
  together(context_.ranks, [&] {
    for (const Simulation simulation : kept) put_down_kept(simulation, *setting_.store->find(simulation));
  });
  bool same = true;
  for (const auto& [realization, units] : units_) {
    for (const UnitPlanes& unit : units) {
      if (!unit.dmo_is_read) continue;
      const DmoPlane* plane = planes.find(realization, plane_of(*unit.unit));
      if (plane && plane->snapshot == read_.at(Simulation::dmo)) continue;
      planes.remove(realization, plane_of(*unit.unit));
      same = false;
    }
  }
  if (!same) return false;
  join_rings();
  return true;
}

void LensplanePassRun::put_down_kept(Simulation simulation, KeptSimulation& kept) {
  for (KeptBatch& batch : kept.batches) {
    throw_if_stop_requested();
    if (kept.regions != regions_) batch.members = regions_->find_members(batch.particles, setting_.threads);
    deposit(simulation, batch.particles, batch.members);
  }
  kept.regions = regions_;
  read_[simulation] = kept.fingerprint;
}

// One simulation after another, but no rank waits between them for the others.
void LensplanePassRun::read_simulations(const std::vector<Simulation>& simulations,
                                        SnapshotFingerprints& fingerprints) {
  const Campaign& campaign = context_.campaign;
  const Communicator& ranks = context_.ranks;
  std::vector<BatchFeed::Source> mine;
  std::vector<Reading> readings;
  std::string names;
  std::uint64_t particles = 0;
  std::size_t chunks = 0;
  for (const Simulation simulation : simulations) {
    const SnapshotHeader& header = inputs_.snapshots.at(simulation);
    const std::vector<SnapshotChunk> all = snapshot_chunks(header, particle_types_of(campaign, simulation));
    const std::vector<int> readers = readers_of(all, ranks.size());
    mine.push_back({&header, {}});
    for (std::size_t n = 0; n < all.size(); ++n) {
      particles += all[n].count;
      if (readers[n] == ranks.rank()) mine.back().chunks.push_back(all[n]);
    }
    chunks += all.size();
    readings.push_back(
        {simulation, snapshot_input(campaign, simulation, pass_.snapshot_index), {}, 0, {{}, regions_, {}}});
    names += (names.empty() ? "" : " and ") + readings.back().name;
  }
  PassProgress progress(context_.progress, "reading " + names + title_, particles, chunks);
  read_batches(std::move(mine), readings, progress);
  progress.end();

  for (Reading& reading : readings) {
    if (reading.coarse_mass >= std::int64_t{1} << (63 - BatchFeed::kCoarseBits)) {
      throw InputError(
          fmt::format("{}: its particles weigh more than 1.5 times what the campaign's omega_m {} and box {} "
                      "Mpc/h hold; check "
                      "`cosmology`, `box` and `input` in the campaign file",
                      reading.name, campaign.omega_m, campaign.box_mpc_h));
    }
    DigestSum all;
    for (const std::string& part : ranks.gather_all(reading.digest.digest().hex()))
      all.add(*Digest::from_hex(part));
    const auto [known, is_new] =
        fingerprints.try_emplace({reading.simulation, pass_.snapshot_index}, all.digest());
    if (!is_new && known->second != all.digest())
      throw InputError(fmt::format("{}: its particles changed while they were being read", reading.name));
    read_[reading.simulation] = all.digest();
    if (!setting_.store) continue;
    reading.kept.fingerprint = all.digest();
    setting_.store->keep(reading.simulation, std::move(reading.kept));
  }
}

void LensplanePassRun::read_batches(std::vector<BatchFeed::Source> sources, std::vector<Reading>& readings,
                                    PassProgress& progress) {
  const Communicator& ranks = context_.ranks;
  std::unique_ptr<BatchFeed> feed;
  bool is_last = false;
  std::string problem;
  Rounds rounds(ranks);
  for (bool unfinished = true; unfinished;) {
    Round round;
    try {
      if (!feed && problem.empty())
        feed = std::make_unique<BatchFeed>(std::move(sources), setting_.quantum, setting_.batch_particles,
                                           setting_.buffers);
      if (!is_last && problem.empty() && !stop_requested()) {
        BatchFeed::Batch& batch = feed->next();
        Reading& reading = readings[batch.source];
        is_last = batch.is_last;
        reading.digest.add(batch.fingerprint.digest());
        round.coarse_mass(reading.simulation) = batch.coarse_mass;
        round.particles() = static_cast<std::int64_t>(batch.particles.size());
        round.chunks() = static_cast<std::int64_t>(batch.chunks);
        std::vector<BatchMembers> members = regions_->find_members(batch.particles, setting_.threads);
        deposit(reading.simulation, batch.particles, members);
        if (setting_.store) reading.kept.batches.push_back({std::move(batch.particles), std::move(members)});
      }
    } catch (const std::bad_alloc&) {
      problem = "out of memory: give more ranks or nodes, or a smaller --memory";
    } catch (const std::exception& failure) {
      problem = *failure.what() != 0 ? failure.what() : "failed for a reason it does not tell";
    }
    round.failed() = problem.empty() ? 0 : 1;
    round.stopped() = stop_requested() ? 1 : 0;
    round.unfinished() = is_last ? 0 : 1;
    std::optional<Round> told = rounds.tell(round);
    if (!told) continue;
    progress.advance(static_cast<std::uint64_t>(told->particles()),
                     static_cast<std::uint64_t>(told->chunks()));
    for (Reading& reading : readings) reading.coarse_mass += told->coarse_mass(reading.simulation);
    unfinished = told->unfinished() > 0;
    const bool failed = told->failed() > 0, stopped = told->stopped() > 0;
    if (failed || stopped || !unfinished) rounds.finish();
    if (failed) ranks.agree(problem);
    if (stopped) stop_together(ranks);
  }
}

void LensplanePassRun::deposit(Simulation simulation, const ParticleBatch& batch,
                               const std::vector<BatchMembers>& members) {
  const auto slices = static_cast<std::size_t>(context_.campaign.planes_per_snapshot);
  const int sign = simulation == Simulation::dmo ? -1 : 1;
  for (const auto& [realization, units] : units_) {
    const SnapshotTransform& transform = setting_.transforms.at(realization, pass_.snapshot_index);
    const auto known_locks = locks_.find(realization);
    const BandLocks* locks = known_locks == locks_.end() ? nullptr : &known_locks->second;
    std::vector<std::int64_t*> whole(slices, nullptr);
    for (const UnitPlanes& unit : units) {
      if (simulation == Simulation::dmo && unit.dmo_is_read) continue;
      whole[static_cast<std::size_t>(unit.unit->slice)] =
          (simulation == Simulation::dmo ? unit.dmo : unit.hydro).data();
    }
    if (std::any_of(whole.begin(), whole.end(), [](const std::int64_t* plane) { return plane != nullptr; }))
      setting_.assignment.add(batch, transform, whole, locks);

    for (std::size_t word = 0; word < members.size(); ++word) {
      if (members[word].particles.empty()) continue;
      std::vector<TiledPlane*> targets(slices * kSetBits, nullptr);
      for (const UnitPlanes& unit : units) {
        const std::size_t first = word * kSetBits;
        const std::size_t count = std::min(kSetBits, unit.ring_target.size() - first);
        std::copy_n(unit.ring_target.begin() + static_cast<std::ptrdiff_t>(first), count,
                    targets.begin() + static_cast<std::ptrdiff_t>(unit.unit->slice) *
                                          static_cast<std::ptrdiff_t>(kSetBits));
      }
      setting_.assignment.add_members(batch, members[word], transform, sign, targets, locks);
    }
  }
}

// From rings to regions, and to unions of regions. Linear, so each group does it to its part of the sum, and each rank
// to its part of the tiles.
void LensplanePassRun::join_rings() {
  const Communicator& group = setting_.groups.group();
  setting_.groups.settle();
  for (auto& [realization, units] : units_) {
    for (UnitPlanes& unit : units) {
      const TiledPlane* smaller = nullptr;
      for (std::size_t rule = 0; rule < unit.of_rule.size(); ++rule) {
        if (!regions_->holds_previous(rule)) smaller = nullptr;
        TiledPlane* plane = unit.of_rule[rule].get();
        if (!plane) continue;
        if (smaller) plane->add(*smaller, group.rank(), group.size());
        smaller = plane;
      }
      for (const ReplacementRegions::Union& sum : regions_->unions())
        for (const std::size_t part : sum.parts)
          unit.of_rule[sum.rule]->add(*unit.of_rule[part], group.rank(), group.size());
    }
  }
  setting_.groups.settle();
}

ProductRecord LensplanePassRun::record_of(const Output& output) const {
  const Campaign& campaign = context_.campaign;
  const Model& model = campaign.models[static_cast<std::size_t>(output.id.model)];
  ProductRecord record;
  record.product = product_name(campaign, output.id);
  for (const Simulation simulation : simulations_of(model))
    record.inputs.push_back(
        {snapshot_input(campaign, simulation, pass_.snapshot_index), read_.at(simulation)});
  if (model.kind == ModelKind::replace)
    record.inputs.push_back({halos_input(campaign, pass_.snapshot_index), inputs_.halo_fingerprint});
  // Beside what was read, how its files can be known again without reading them.
  const std::size_t read = record.inputs.size();
  for (std::size_t input = 0; input < read; ++input) {
    const std::string name = files_input(record.inputs[input].name);
    if (const auto print = inputs_.prints.find(name); print != inputs_.prints.end())
      record.inputs.push_back({name, print->second});
  }
  record.inputs.push_back(
      {transform_input(campaign, output.id.realization, pass_.snapshot_index),
       transform_digest(setting_.transforms.at(output.id.realization, pass_.snapshot_index))});
  record.configuration = configuration_digest(campaign, output.id);
  return record;
}

std::size_t LensplanePassRun::publish(PlaneWriting& writing, bool goes_on) {
  const Communicator& ranks = context_.ranks;
  const auto owners = static_cast<std::size_t>(ranks.size());
  const std::size_t made = outputs_.size();
  context_.progress.begin("writing mass planes" + title_, made, "planes");
  // One plane of each owner is summed at a time; where nothing is to be summed, nobody waits for another.
  const std::size_t round = setting_.groups.count() > 1 ? owners : made;
  for (std::size_t first = 0; first < made; first += round) {
    const std::size_t end = std::min(first + round, made);
    for (std::size_t n = first; n < end; ++n) {
      Output& output = outputs_[n];
      // A whole plane that several outputs start from is summed for all groups, once.
      if (summed_.insert(output.whole.data()).second) setting_.groups.sum_all(output.whole);
      if (output.change) setting_.groups.sum_to(static_cast<int>(n % owners), output.change->cells());
    }
    together(ranks, [&] {
      for (std::size_t n = first + static_cast<std::size_t>(ranks.rank()); n < end; n += owners) {
        const Output& output = outputs_[n];
        const PlaneParts parts{output.whole, output.change, nullptr};
        const bool is_last = n + owners >= made;
        writing.start(context_, output.id,
                      goes_on && is_last ? detached(parts, context_.campaign.lensplanes.grid) : parts,
                      setting_.quantum, record_of(output));
        throw_if_stop_requested();
        context_.progress.advance(std::min(owners, end - n));
      }
      throw_if_stop_requested();
    });
  }
  context_.progress.end();
  units_.clear();
  outputs_.clear();
  return made;
}

}  // namespace lenswright
