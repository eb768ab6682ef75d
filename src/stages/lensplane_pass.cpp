#include "stages/lensplane_pass.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/error.hpp"
#include "base/stop_request.hpp"
#include "campaign/product_path.hpp"
#include "io/plane_file.hpp"
#include "stages/lensplane_memory.hpp"
#include "stages/lensplane_transforms.hpp"

namespace lenswright {

namespace {

constexpr std::size_t kRowsAtOnce = 64;
// Sums of particle masses are kept in units of 2^kCoarseBits quanta: too coarse to matter, too small to overflow.
constexpr int kCoarseBits = 10;

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

std::vector<ReplacementRule> rules_of(const Campaign& campaign, const LensplanePass& pass) {
  std::set<int> models;
  for (const PlaneUnit& unit : pass.units) models.insert(unit.models.begin(), unit.models.end());
  std::vector<ReplacementRule> rules;
  for (const int model : models)
    if (const auto& replacement = campaign.models[static_cast<std::size_t>(model)].replacement)
      rules.push_back(rule_of(*replacement));
  return rules;
}

void add_plane(QuantaPlane& to, const QuantaPlane& from, int threads) {
  std::int64_t* values = to.data();
  const std::int64_t* added = from.data();
  const auto count = static_cast<std::int64_t>(to.size());
#pragma omp parallel for num_threads(threads)
  for (std::int64_t element = 0; element < count; ++element) values[element] += added[element];
}

// What ranks tell each other after each batch.
struct Round {
  std::array<std::int64_t, 5> values{};
  std::int64_t& failed() { return values[0]; }
  std::int64_t& stopped() { return values[1]; }
  std::int64_t& particles() { return values[2]; }
  std::int64_t& coarse_mass() { return values[3]; }
  std::int64_t& unfinished() { return values[4]; }
};

std::string snapshot_name(const Campaign& campaign, Simulation simulation, int snapshot_index) {
  return fmt::format("{}/snapshot {}", simulation_name(simulation),
                     campaign.snapshots[static_cast<std::size_t>(snapshot_index)]);
}

}  // namespace

LensplanePassRun::LensplanePassRun(const LensplaneSetting& setting, const LensplaneInputs& inputs,
                                   const LensplanePass& pass)
    : setting_(setting),
      context_(setting.context),
      inputs_(inputs),
      pass_(pass),
      regions_(rules_of(setting.context.campaign, pass), inputs.halos, setting.context.campaign.box_mpc_h) {
  together(context_.ranks, [&] { allocate(); });
}

void LensplanePassRun::allocate() {
  const Campaign& campaign = context_.campaign;
  const std::size_t count = resident_planes(campaign, pass_);
  planes_.reserve(count);  // pointers into it stay good
  const auto new_plane = [&] { return &planes_.emplace_back(campaign.lensplanes.grid); };
  const std::size_t rules = regions_.rules().size();
  for (const PlaneUnit& unit : pass_.units) {
    UnitPlanes planes;
    planes.unit = &unit;
    planes.of_rule.assign(rules, nullptr);
    planes.ring_target.assign(rules, nullptr);
    std::size_t replace = 0;
    for (const int index : unit.models) {
      const Model& model = campaign.models[static_cast<std::size_t>(index)];
      QuantaPlane* plane = new_plane();
      outputs_.push_back({{ProductKind::mass_plane, index, unit.realization,
                           pass_.snapshot_index * campaign.planes_per_snapshot + unit.slice},
                          plane});
      if (model.kind == ModelKind::dmo) planes.dmo = plane;
      if (model.kind == ModelKind::hydro) planes.hydro = plane;
      if (!model.replacement) continue;
      ++replace;
      const auto& all = regions_.rules();
      const auto rule = std::find(all.begin(), all.end(), rule_of(*model.replacement));
      planes.of_rule[static_cast<std::size_t>(rule - all.begin())] = plane;
    }
    if (replace > 0 && !planes.dmo) {
      // dmo is not asked for: a lone replace model starts as dmo in its own plane, several from one beside them.
      planes.dmo_is_of_rule = replace == 1;
      planes.dmo = replace == 1 ? *std::find_if(planes.of_rule.begin(), planes.of_rule.end(),
                                                [](const QuantaPlane* plane) { return plane != nullptr; })
                                : new_plane();
    }
    for (std::size_t rule = rules; rule-- > 0;) {
      const bool has_larger = rule + 1 < rules && regions_.holds_previous(rule + 1);
      QuantaPlane* larger = has_larger ? planes.ring_target[rule + 1] : nullptr;
      planes.ring_target[rule] = planes.of_rule[rule] ? planes.of_rule[rule] : larger;
    }
    units_[unit.realization].push_back(std::move(planes));
  }
}

void LensplanePassRun::read_particles(Fingerprints& fingerprints) {
  std::set<Simulation> simulations;
  for (const PlaneUnit& unit : pass_.units)
    for (const int model : unit.models)
      for (const Simulation simulation :
           simulations_of(context_.campaign.models[static_cast<std::size_t>(model)]))
        simulations.insert(simulation);
  for (const Simulation simulation : simulations) read_simulation(simulation, fingerprints);
  join_rings();
}

void LensplanePassRun::read_simulation(Simulation simulation, Fingerprints& fingerprints) {
  const Campaign& campaign = context_.campaign;
  const Communicator& ranks = context_.ranks;
  const SnapshotHeader& header = inputs_.snapshots.at(simulation);
  const std::string name = snapshot_name(campaign, simulation, pass_.snapshot_index);

  // A run of neighbouring chunks per rank: few ranks open the same file.
  const std::vector<SnapshotChunk> chunks = snapshot_chunks(header, particle_types_of(campaign, simulation));
  const auto share = [&](int rank) {
    return chunks.size() * static_cast<std::size_t>(rank) / static_cast<std::size_t>(ranks.size());
  };
  std::size_t next = share(ranks.rank());
  const std::size_t end = share(ranks.rank() + 1);
  std::uint64_t total = 0;
  for (const SnapshotChunk& chunk : chunks) total += chunk.count;

  SnapshotReader reader(header);
  ParticleChunk chunk;
  ParticleBatch batch;
  MassAssignment assignment(kernel_of(campaign.lensplanes.assignment), campaign.lensplanes.grid,
                            campaign.box_mpc_h, campaign.planes_per_snapshot, setting_.threads);
  DigestSum digest;
  std::int64_t coarse_mass = 0;
  context_.progress.begin("reading " + name, total, "particles");
  for (bool unfinished = true; unfinished;) {
    Round round;
    std::string problem;
    try {
      batch.clear();
      while (next < end &&
             (batch.size() == 0 || batch.size() + chunks[next].count <= setting_.batch_particles)) {
        reader.read(chunks[next++], chunk);
        digest.add(chunk.fingerprint);
        batch.append(chunk.positions, chunk.masses, setting_.quantum);
      }
      for (const std::int64_t quanta : batch.quanta) round.coarse_mass() += quanta >> kCoarseBits;
      deposit(simulation, batch, assignment);
    } catch (const std::bad_alloc&) {
      problem = "out of memory: give more ranks or nodes, or a smaller --memory";
    } catch (const std::exception& failure) {
      problem = failure.what();
    }
    round.failed() = problem.empty() ? 0 : 1;
    round.stopped() = stop_requested() ? 1 : 0;
    round.particles() = static_cast<std::int64_t>(batch.size());
    round.unfinished() = next < end ? 1 : 0;
    ranks.sum_all(std::span<std::int64_t>(round.values));
    if (round.failed() > 0) ranks.agree(problem);
    if (round.stopped() > 0) stop_together(ranks);
    context_.progress.advance(static_cast<std::uint64_t>(round.particles()));
    coarse_mass += round.coarse_mass();
    unfinished = round.unfinished() > 0;
  }
  context_.progress.end();

  if (coarse_mass >= std::int64_t{1} << (63 - kCoarseBits)) {
    throw InputError(
        fmt::format("{}: its particles weigh more than 1.5 times what the campaign's omega_m {} and box {} "
                    "Mpc/h hold; check "
                    "`cosmology`, `box` and `input` in the campaign file",
                    name, campaign.omega_m, campaign.box_mpc_h));
  }
  DigestSum all;
  for (const std::string& part : ranks.gather_all(digest.digest().hex())) all.add(*Digest::from_hex(part));
  const auto [known, is_new] = fingerprints.try_emplace({simulation, pass_.snapshot_index}, all.digest());
  if (!is_new && known->second != all.digest())
    throw InputError(fmt::format("{}: its particles changed while they were being read", name));
  read_[simulation] = all.digest();
}

void LensplanePassRun::deposit(Simulation simulation, const ParticleBatch& batch,
                               MassAssignment& assignment) const {
  const auto slices = static_cast<std::size_t>(context_.campaign.planes_per_snapshot);
  const int sign = simulation == Simulation::dmo ? -1 : 1;
  const std::vector<BatchMembers> members = regions_.find_members(batch, setting_.threads);
  for (const auto& [realization, units] : units_) {
    const SnapshotTransform& transform = setting_.transforms.at(realization, pass_.snapshot_index);
    std::vector<QuantaPlane*> whole(slices, nullptr);
    for (const UnitPlanes& unit : units)
      whole[static_cast<std::size_t>(unit.unit->slice)] =
          simulation == Simulation::dmo ? unit.dmo : unit.hydro;
    if (std::any_of(whole.begin(), whole.end(), [](const QuantaPlane* plane) { return plane != nullptr; }))
      assignment.add(batch, transform, whole);

    for (std::size_t word = 0; word < members.size(); ++word) {
      if (members[word].particles.empty()) continue;
      std::vector<QuantaPlane*> targets(slices * kSetBits, nullptr);
      for (const UnitPlanes& unit : units) {
        const std::size_t first = word * kSetBits;
        const std::size_t count = std::min(kSetBits, unit.ring_target.size() - first);
        std::copy_n(unit.ring_target.begin() + static_cast<std::ptrdiff_t>(first), count,
                    targets.begin() + static_cast<std::ptrdiff_t>(unit.unit->slice) *
                                          static_cast<std::ptrdiff_t>(kSetBits));
      }
      assignment.add_members(batch, members[word], transform, sign, targets);
    }
  }
}

// From rings to regions, and from differences to planes. Linear, so each rank does it to its part of the sum.
void LensplanePassRun::join_rings() {
  for (auto& [realization, units] : units_) {
    for (UnitPlanes& unit : units) {
      const QuantaPlane* smaller = nullptr;
      for (std::size_t rule = 0; rule < unit.of_rule.size(); ++rule) {
        if (!regions_.holds_previous(rule)) smaller = nullptr;
        QuantaPlane* plane = unit.of_rule[rule];
        if (!plane) continue;
        if (smaller) add_plane(*plane, *smaller, setting_.threads);
        smaller = plane;
      }
      if (unit.dmo_is_of_rule) continue;
      for (QuantaPlane* plane : unit.of_rule)
        if (plane) add_plane(*plane, *unit.dmo, setting_.threads);
    }
  }
}

Published LensplanePassRun::write(const Output& output) const {
  const Campaign& campaign = context_.campaign;
  const int grid = campaign.lensplanes.grid;
  const std::span<const std::int64_t> quanta = output.plane->values();
  PlaneWriter writer(context_.disk, absolute_path(campaign, output.id), grid, kScalarFields);
  std::vector<double> rows(kRowsAtOnce * static_cast<std::size_t>(grid));
  for (std::size_t first = 0; first < quanta.size(); first += rows.size()) {
    const std::size_t count = std::min(rows.size(), quanta.size() - first);
    for (std::size_t element = 0; element < count; ++element) {
      if (quanta[first + element] < 0) {
        throw NumericError(fmt::format("{}: pixel {} has a negative mass of {} quanta",
                                       product_name(campaign, output.id), first + element,
                                       quanta[first + element]));
      }
      rows[element] = setting_.quantum.mass_of(quanta[first + element]);
    }
    writer.write_rows(std::span<const double>(rows.data(), count));
  }
  return writer.publish();
}

ProductRecord LensplanePassRun::record_of(const Output& output, const Published& published) const {
  const Campaign& campaign = context_.campaign;
  const Model& model = campaign.models[static_cast<std::size_t>(output.id.model)];
  const int snapshot = campaign.snapshots[static_cast<std::size_t>(pass_.snapshot_index)];
  ProductRecord record;
  record.product = product_name(campaign, output.id);
  record.files.push_back({relative_path(campaign, output.id), published.size, published.digest});
  for (const Simulation simulation : simulations_of(model))
    record.inputs.push_back(
        {snapshot_name(campaign, simulation, pass_.snapshot_index), read_.at(simulation)});
  if (model.kind == ModelKind::replace)
    record.inputs.push_back({fmt::format("dmo/halos {}", snapshot), inputs_.halo_fingerprint});
  record.inputs.push_back(
      {fmt::format("transform of realization {}, snapshot {}", output.id.realization, snapshot),
       transform_digest(setting_.transforms.at(output.id.realization, pass_.snapshot_index))});
  record.configuration = configuration_digest(campaign, output.id);
  return record;
}

std::size_t LensplanePassRun::publish(ReceiptBook& book) {
  const Communicator& ranks = context_.ranks;
  const auto owners = static_cast<std::size_t>(ranks.size());
  context_.progress.begin("writing mass planes", outputs_.size(), "planes");
  for (std::size_t first = 0; first < outputs_.size(); first += owners) {
    const std::size_t count = std::min(owners, outputs_.size() - first);
    for (std::size_t n = 0; n < count; ++n)
      ranks.sum_to(static_cast<int>(n), outputs_[first + n].plane->values());
    together(ranks, [&] {
      const auto mine = static_cast<std::size_t>(ranks.rank());
      if (mine >= count) return;
      const Output& output = outputs_[first + mine];
      book.add(record_of(output, write(output)));
    });
    for (std::size_t n = 0; n < count; ++n) {
      context_.progress.note(
          fmt::format("{} published ({})", product_name(context_.campaign, outputs_[first + n].id),
                      memory_text(plane_file_size(context_.campaign.lensplanes.grid, kScalarFields))));
    }
    context_.progress.advance(count);
  }
  context_.progress.end();
  return outputs_.size();
}

}  // namespace lenswright
