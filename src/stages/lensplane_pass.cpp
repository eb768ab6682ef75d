#include "stages/lensplane_pass.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/stop_request.hpp"
#include "campaign/product_path.hpp"
#include "io/transforms_file.hpp"
#include "stages/lensplane_transforms.hpp"

namespace lenswright {

LensplanePassRun::LensplanePassRun(const LensplaneSetting& setting, LensplaneReading& reading,
                                   const LensplanePass& pass, std::string title)
    : setting_(setting), context_(setting.context), reading_(reading), pass_(pass), title_(std::move(title)) {
  together(context_.ranks, [&] { allocate(); });
  setting.tile_memory.settle();  // all is zero
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
        tiles.push_back(
            setting_.sizes.tiles(pass_.snapshot_index, unit, index, reading_.transform(unit.realization)));
  return tiles;
}

// All ranks of a group come to the same places.
void LensplanePassRun::allocate() {
  const Campaign& campaign = context_.campaign;
  const std::vector<TileSet> tiles = changed_tiles();
  std::size_t in_tiles = 0;
  for (const TileSet& set : tiles) in_tiles += TiledPlane::cell_count(set);
  std::span<std::int64_t> free = setting_.tile_memory.zeros(0, in_tiles);
  const auto take = [&](std::size_t count) { return std::exchange(free, free.subspan(count)).first(count); };

  const ReplacementRegions& regions = reading_.regions();
  const std::size_t rules = regions.rules().size();
  auto next_tiles = tiles.begin();
  for (const PlaneUnit& unit : pass_.units) {
    UnitChanges planes;
    planes.unit = &unit;
    planes.of_rule.resize(rules);
    planes.ring_target.assign(rules, nullptr);
    const LensplaneReading::WholePlanes& whole = reading_.planes(unit.realization, unit.slice);
    for (const int index : unit.models) {
      const Model& model = campaign.models[static_cast<std::size_t>(index)];
      Output output{{ProductKind::mass_plane, index, unit.realization, plane_of(unit)},
                    model.kind == ModelKind::hydro ? whole.hydro : whole.dmo,
                    nullptr};
      if (model.replacement) {
        output.change = std::make_shared<TiledPlane>(*next_tiles, take(TiledPlane::cell_count(*next_tiles)));
        ++next_tiles;
        const auto& all = regions.rules();
        planes.of_rule[static_cast<std::size_t>(
            std::find(all.begin(), all.end(), rule_of(*model.replacement)) - all.begin())] = output.change;
      }
      outputs_.push_back(std::move(output));
    }
    for (std::size_t rule = rules; rule-- > 0;) {
      const bool has_larger = rule + 1 < rules && regions.holds_previous(rule + 1);
      TiledPlane* larger = has_larger ? planes.ring_target[rule + 1] : nullptr;
      planes.ring_target[rule] = planes.of_rule[rule] ? planes.of_rule[rule].get() : larger;
    }
    for (const std::size_t rule : regions.overlap_rules())
      planes.ring_target.push_back(planes.of_rule[rule].get());
    units_[unit.realization].push_back(std::move(planes));
  }
}

void LensplanePassRun::put_down(Simulation simulation, const ParticleBatch& batch,
                                const BatchMembers& members, std::size_t word) {
  if (members.sets.empty()) return;
  const auto slices = static_cast<std::size_t>(context_.campaign.planes_per_snapshot);
  const int sign = simulation == Simulation::dmo ? -1 : 1;
  for (const auto& [realization, units] : units_) {
    std::vector<TiledPlane*> targets(slices * kSetBits, nullptr);
    for (const UnitChanges& unit : units) {
      const std::size_t first = word * kSetBits;
      const std::size_t count = std::min(kSetBits, unit.ring_target.size() - first);
      std::copy_n(unit.ring_target.begin() + static_cast<std::ptrdiff_t>(first), count,
                  targets.begin() +
                      static_cast<std::ptrdiff_t>(unit.unit->slice) * static_cast<std::ptrdiff_t>(kSetBits));
    }
    setting_.assignment.add_members(batch, members, reading_.transform(realization), sign, targets,
                                    reading_.locks(realization));
  }
}

// From rings to regions, and to unions of regions. Linear, so each group does it to its part of the sum, and each rank
// to its part of the tiles.
void LensplanePassRun::join_rings() {
  const ReplacementRegions& regions = reading_.regions();
  const Communicator& group = setting_.groups.group();
  setting_.groups.settle();
  for (auto& [realization, units] : units_) {
    for (UnitChanges& unit : units) {
      const TiledPlane* smaller = nullptr;
      for (std::size_t rule = 0; rule < unit.of_rule.size(); ++rule) {
        if (!regions.holds_previous(rule)) smaller = nullptr;
        TiledPlane* plane = unit.of_rule[rule].get();
        if (!plane) continue;
        if (smaller) plane->add(*smaller, group.rank(), group.size());
        smaller = plane;
      }
      for (const ReplacementRegions::Union& sum : regions.unions())
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
        {snapshot_input(campaign, simulation, pass_.snapshot_index), reading_.fingerprint(simulation)});
  if (model.kind == ModelKind::replace)
    record.inputs.push_back(
        {halos_input(campaign, pass_.snapshot_index), reading_.inputs().halo_fingerprint});
  // Beside what was read, how its files can be known again without reading them.
  const std::size_t read = record.inputs.size();
  for (std::size_t input = 0; input < read; ++input) {
    const std::string name = files_input(record.inputs[input].name);
    if (const auto print = reading_.inputs().prints.find(name); print != reading_.inputs().prints.end())
      record.inputs.push_back({name, print->second});
  }
  record.inputs.push_back({transform_input(campaign, output.id.realization, pass_.snapshot_index),
                           transform_digest(reading_.transform(output.id.realization))});
  record.configuration = configuration_digest(campaign, output.id);
  return record;
}

std::size_t LensplanePassRun::publish(PlaneWriting& writing) {
  const Communicator& ranks = context_.ranks;
  const auto owners = static_cast<std::size_t>(ranks.size());
  const std::size_t made = outputs_.size();
  join_rings();
  context_.progress.begin("writing mass planes" + title_, made, "planes");
  // One plane of each owner is summed at a time; where nothing is to be summed, nobody waits for another.
  const std::size_t round = setting_.groups.count() > 1 ? owners : made;
  for (std::size_t first = 0; first < made; first += round) {
    const std::size_t end = std::min(first + round, made);
    for (std::size_t n = first; n < end; ++n) {
      Output& output = outputs_[n];
      // A whole plane that several outputs start from is summed for all groups, once.
      reading_.sum_over_groups(output.whole);
      if (output.change) setting_.groups.sum_to(static_cast<int>(n % owners), output.change->cells());
    }
    together(ranks, [&] {
      for (std::size_t n = first + static_cast<std::size_t>(ranks.rank()); n < end; n += owners) {
        const Output& output = outputs_[n];
        writing.write(output.id, {output.whole, output.change.get()}, setting_.quantum, record_of(output));
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
