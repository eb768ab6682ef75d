#include "stages/lensplane_reading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "base/stop_request.hpp"
#include "stages/pass_time.hpp"
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

// Whether in every pass each plane's models have all rules: then regions can be added up from others'.
bool all_have_all(const Campaign& campaign, std::span<const LensplanePass> passes, std::size_t rules) {
  return std::all_of(passes.begin(), passes.end(), [&](const LensplanePass& pass) {
    return std::all_of(pass.units.begin(), pass.units.end(), [&](const PlaneUnit& unit) {
      return static_cast<std::size_t>(std::count_if(unit.models.begin(), unit.models.end(), [&](int model) {
               return campaign.models[static_cast<std::size_t>(model)].replacement.has_value();
             })) == rules;
    });
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

LensplaneReading::LensplaneReading(const LensplaneSetting& setting, const LensplaneInputs& inputs,
                                   std::span<const LensplanePass> passes, std::string title)
    : setting_(setting),
      context_(setting.context),
      inputs_(inputs),
      all_(joined(passes)),
      title_(std::move(title)) {
  together(context_.ranks, [&] {
    const Campaign& campaign = context_.campaign;
    const std::vector<ReplacementRule> rules = rules_of(campaign, all_);
    regions_ = std::make_unique<const ReplacementRegions>(rules, inputs.halos, campaign.box_mpc_h,
                                                          all_have_all(campaign, passes, rules.size()));
    allocate();
  });
  setting.whole_memory.settle();  // all is zero
}

int LensplaneReading::plane_of(int slice) const {
  return all_.snapshot_index * context_.campaign.planes_per_snapshot + slice;
}

const BandLocks* LensplaneReading::locks(int realization) const {
  const auto known = locks_.find(realization);
  return known == locks_.end() ? nullptr : &known->second;
}

const SnapshotTransform& LensplaneReading::transform(int realization) const {
  return setting_.transforms.at(realization, all_.snapshot_index);
}

// All ranks of a group come to the same places.
void LensplaneReading::allocate() {
  const Campaign& campaign = context_.campaign;
  const auto side = static_cast<std::size_t>(campaign.lensplanes.grid);
  const int bands = MassAssignment::bands(campaign.lensplanes.grid);
  const std::size_t edges =
      static_cast<std::size_t>(campaign.planes_per_snapshot) * static_cast<std::size_t>(bands);
  std::set<int> realizations;
  std::size_t planes = 0;
  for (const PlaneUnit& unit : all_.units) {
    realizations.insert(unit.realization);
    planes += whole_planes(campaign, unit.models);
  }
  std::span<std::int64_t> free =
      setting_.whole_memory.zeros(realizations.size() * edges + planes * side * side, 0);
  const auto take = [&](std::size_t count) { return std::exchange(free, free.subspan(count)).first(count); };
  const Communicator& group = setting_.groups.group();
  for (const int realization : realizations) {
    const std::span<std::int64_t> of_bands = take(edges);
    if (group.size() > 1)
      locks_.try_emplace(realization, of_bands, bands, static_cast<double>(group.rank()) / group.size());
  }
  for (const PlaneUnit& unit : all_.units) {
    WholePlanes& here = whole_[{unit.realization, unit.slice}];
    for (const int model : unit.models) {
      const bool is_hydro = campaign.models[static_cast<std::size_t>(model)].kind == ModelKind::hydro;
      std::span<std::int64_t>& whole = is_hydro ? here.hydro : here.dmo;
      if (whole.empty()) whole = take(side * side);
    }
  }
}

void LensplaneReading::start_from(DmoPlanes& planes) {
  const Communicator& ranks = context_.ranks;
  // One rank reads each plane: other groups' stay zero, and their sum is the plane.
  struct Candidate {
    int realization, plane;
    WholePlanes* whole;
  };
  std::vector<Candidate> candidates;
  for (auto& [place, whole] : whole_)
    if (const int plane = plane_of(place.second); !whole.dmo.empty() && planes.find(place.first, plane))
      candidates.push_back({place.first, plane, &whole});
  if (candidates.empty()) return;
  std::string problems;
  std::vector<std::int64_t> good(candidates.size());
  together(ranks, [&] {
    for (std::size_t n = 0; n < candidates.size(); ++n) {
      if (n % static_cast<std::size_t>(ranks.size()) != static_cast<std::size_t>(ranks.rank())) continue;
      throw_if_stop_requested();
      const auto& [realization, plane, whole] = candidates[n];
      const auto problem = read_dmo_plane(context_, realization, plane, *planes.find(realization, plane),
                                          setting_.quantum, whole->dmo);
      good[n] = problem ? 0 : 1;
      if (problem) problems += *problem + "\n";
    }
  });
  ranks.sum_all(std::span<std::int64_t>(good));
  std::size_t used = 0;
  for (std::size_t n = 0; n < candidates.size(); ++n) {
    candidates[n].whole->dmo_is_read = good[n] != 0;
    used += good[n] != 0 ? 1 : 0;
    if (good[n] == 0) planes.remove(candidates[n].realization, candidates[n].plane);
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

// One simulation after another, but no rank waits between them for the others.
bool LensplaneReading::read_particles(SnapshotFingerprints& fingerprints, DmoPlanes& planes,
                                      const TakeMembers& take) {
  const Campaign& campaign = context_.campaign;
  const Communicator& ranks = context_.ranks;
  std::vector<BatchFeed::Source> mine;
  std::vector<Reading> readings;
  std::string names;
  std::uint64_t particles = 0;
  std::size_t chunks = 0;
  for (const Simulation simulation : simulations_in(campaign, all_)) {
    const SnapshotHeader& header = inputs_.snapshots.at(simulation);
    const std::vector<SnapshotChunk> all = snapshot_chunks(header, particle_types_of(campaign, simulation));
    const std::vector<int> readers = readers_of(all, ranks.size());
    mine.push_back({&header, {}});
    for (std::size_t n = 0; n < all.size(); ++n) {
      particles += all[n].count;
      if (readers[n] == ranks.rank()) mine.back().chunks.push_back(all[n]);
    }
    chunks += all.size();
    readings.push_back({simulation, snapshot_input(campaign, simulation, all_.snapshot_index), {}, 0});
    names += (names.empty() ? "" : " and ") + readings.back().name;
  }
  PassProgress progress(context_.progress, "reading " + names + title_, particles, chunks);
  read_batches(std::move(mine), readings, progress, take);
  progress.end();

  for (const Reading& reading : readings) {
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
        fingerprints.try_emplace({reading.simulation, all_.snapshot_index}, all.digest());
    if (!is_new && known->second != all.digest())
      throw InputError(fmt::format("{}: its particles changed while they were being read", reading.name));
    read_[reading.simulation] = all.digest();
  }

  bool same = true;
  for (const auto& [place, whole] : whole_) {
    if (!whole.dmo_is_read) continue;
    const DmoPlane* plane = planes.find(place.first, plane_of(place.second));
    if (plane && plane->snapshot == read_.at(Simulation::dmo)) continue;
    planes.remove(place.first, plane_of(place.second));
    same = false;
  }
  return same;
}

void LensplaneReading::read_batches(std::vector<BatchFeed::Source> sources, std::vector<Reading>& readings,
                                    PassProgress& progress, const TakeMembers& take) {
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
        const BatchFeed::Batch& batch = feed->next();
        Reading& reading = readings[batch.source];
        is_last = batch.is_last;
        reading.digest.add(batch.fingerprint.digest());
        round.coarse_mass(reading.simulation) = batch.coarse_mass;
        round.particles() = static_cast<std::int64_t>(batch.particles.size());
        round.chunks() = static_cast<std::int64_t>(batch.chunks);
        put_down(reading.simulation, batch.particles);
        take(reading.simulation, batch.particles, regions_->find_members(batch.particles, setting_.threads));
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

void LensplaneReading::put_down(Simulation simulation, const ParticleBatch& batch) {
  const auto slices = static_cast<std::size_t>(context_.campaign.planes_per_snapshot);
  std::map<int, std::vector<std::int64_t*>> targets;  // by realization, per slice
  for (const auto& [place, whole] : whole_) {
    const std::span<std::int64_t> plane = simulation == Simulation::dmo ? whole.dmo : whole.hydro;
    if (plane.empty() || (simulation == Simulation::dmo && whole.dmo_is_read)) continue;
    std::vector<std::int64_t*>& here = targets.try_emplace(place.first, slices).first->second;
    here[static_cast<std::size_t>(place.second)] = plane.data();
  }
  for (const auto& [realization, planes] : targets)
    setting_.assignment.add(batch, transform(realization), planes, locks(realization));
}

void LensplaneReading::sum_over_groups(std::span<std::int64_t> whole) {
  if (summed_.insert(whole.data()).second) setting_.groups.sum_all(whole);
}

}  // namespace lenswright
