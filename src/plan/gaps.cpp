#include "plan/gaps.hpp"

#include "plan/feasibility.hpp"
#include "plan/gap_pattern.hpp"

namespace lenswright {

namespace {

std::string sentence_at(const std::vector<std::string>& sentences, int snapshot_index) {
  const auto index = static_cast<std::size_t>(snapshot_index);
  return index < sentences.size() ? sentences[index] : std::string();
}

StageCounts& counts_of(Gaps& gaps, ProductKind kind) {
  switch (kind) {
    case ProductKind::mass_plane:
      return gaps.lensplanes;
    case ProductKind::potential:
      return gaps.lux;
    case ProductKind::geometry:
      return gaps.geometry;
    case ProductKind::run:
      return gaps.raytracing;
    case ProductKind::statistics:
      break;
  }
  return gaps.statistics;
}

// Products arrive combination by combination, so the entry to add to is the last one, or new.
void add_to_combination(std::vector<CombinationGap>& combinations, const ProductId& id) {
  if (combinations.empty() || combinations.back().model != id.model ||
      combinations.back().realization != id.realization)
    combinations.push_back({id.model, id.realization, 0});
  ++combinations.back().missing;
}

void add_to_snapshot(SnapshotGap& gap, const ProductId& id) {
  ++gap.missing_planes;
  if (gap.models.empty() || gap.models.back() != id.model) gap.models.push_back(id.model);
}

// One list of combinations from two that are in order: what both name is added up.
std::vector<CombinationGap> merged(const std::vector<CombinationGap>& a,
                                   const std::vector<CombinationGap>& b) {
  const auto before = [](const CombinationGap& x, const CombinationGap& y) {
    return x.model != y.model ? x.model < y.model : x.realization < y.realization;
  };
  std::vector<CombinationGap> result;
  auto x = a.begin(), y = b.begin();
  while (x != a.end() || y != b.end()) {
    if (y == b.end() || (x != a.end() && before(*x, *y))) {
      result.push_back(*x++);
    } else if (x == a.end() || before(*y, *x)) {
      result.push_back(*y++);
    } else {
      result.push_back(*x++);
      result.back().missing += (y++)->missing;
    }
  }
  return result;
}

}  // namespace

bool to_be_made(State state) {
  return state == State::missing || state == State::truncated || state == State::corrupt;
}

std::string InputAvailability::missing_for(const Model& model, int snapshot_index) const {
  for (const Simulation simulation : simulations_of(model))
    if (std::string sentence = sentence_at(simulation == Simulation::dmo ? dmo : hydro, snapshot_index);
        !sentence.empty())
      return sentence;
  return model.kind == ModelKind::replace ? sentence_at(halos, snapshot_index) : std::string();
}

bool Gaps::complete() const {
  for (const StageCounts* counts : {&lensplanes, &lux, &geometry, &raytracing, &statistics})
    if (counts->in(State::complete) != counts->needed()) return false;
  return true;
}

bool Gaps::can_tell() const {
  for (const StageCounts* counts : {&lensplanes, &lux, &geometry, &raytracing, &statistics})
    if (counts->in(State::unknown) != 0) return false;
  return true;
}

Gaps find_gaps(const Campaign& campaign, const ScanResult& scan, const Selection& selection,
               const InputAvailability& inputs) {
  Gaps gaps;
  const Feasibility feasibility(
      campaign, scan, inputs, [](const ProductId&) { return true; }, false);
  std::vector<SnapshotGap> by_snapshot(campaign.snapshots.size());
  std::vector<CombinationGap> potentials, geometries;
  for (const ProductKind kind : kProductKinds) {
    StageCounts& counts = counts_of(gaps, kind);
    for (std::size_t position = 0; position < scan.products().count(kind); ++position) {
      const ProductId id = scan.products().at(kind, position);
      if (!selection.contains(campaign, id)) continue;
      const State state = scan.state(id);
      ++counts.expected;
      ++counts.by_state[static_cast<std::size_t>(state)];
      if (!to_be_made(state)) continue;
      if (!feasibility.can_make(id)) ++counts.blocked;
      switch (kind) {
        case ProductKind::mass_plane:
          add_to_snapshot(by_snapshot[static_cast<std::size_t>(snapshot_index_of(campaign, id))], id);
          break;
        case ProductKind::potential:
          add_to_combination(potentials, id);
          break;
        case ProductKind::geometry:
          add_to_combination(geometries, id);
          break;
        case ProductKind::run:
          add_to_combination(gaps.raytracing_combinations, id);
          break;
        case ProductKind::statistics:
          add_to_combination(gaps.statistics_combinations, id);
          break;
      }
    }
  }
  gaps.lux_combinations = merged(potentials, geometries);
  for (std::size_t s = 0; s < by_snapshot.size(); ++s) {
    if (by_snapshot[s].missing_planes == 0) continue;
    by_snapshot[s].snapshot_index = static_cast<int>(s);
    gaps.snapshots.push_back(std::move(by_snapshot[s]));
  }
  gaps.pattern = gap_pattern(campaign, scan, selection);
  return gaps;
}

}  // namespace lenswright
