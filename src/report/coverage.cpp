#include "report/coverage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "report/summary.hpp"

namespace lenswright {

namespace {

void count(CoverageCell& cell, State state) {
  ++cell.expected;
  switch (state) {
    case State::complete:
      ++cell.complete;
      return;
    case State::missing:
      ++cell.missing;
      return;
    case State::truncated:
    case State::corrupt:
      ++cell.damaged;
      return;
    case State::mismatched:
    case State::stale:
      ++cell.unusable;
      return;
    case State::released:  // nothing is expected of it
      --cell.expected;
      return;
    case State::unknown:
    case State::orphan:
      ++cell.unknown;
      return;
  }
}

std::vector<int> chosen(const std::vector<int>& wanted, int count) {
  if (!wanted.empty()) return wanted;
  std::vector<int> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

std::size_t place(const std::vector<int>& values, int value) {
  return static_cast<std::size_t>(std::find(values.begin(), values.end(), value) - values.begin());
}

}  // namespace

CellState cell_state(const CoverageCell& cell) {
  if (cell.expected == 0) return CellState::nothing_expected;
  if (cell.unknown > 0) return CellState::unknown;
  if (cell.damaged > 0) return CellState::damaged;
  if (cell.unusable > 0) return CellState::unusable;
  if (cell.complete == cell.expected) return CellState::complete;
  return cell.complete == 0 ? CellState::none : CellState::partly;
}

std::string_view cell_state_name(CellState state) {
  switch (state) {
    case CellState::nothing_expected:
      return "nothing expected";
    case CellState::complete:
      return "complete";
    case CellState::partly:
      return "partly missing";
    case CellState::none:
      return "all missing";
    case CellState::unusable:
      return "mismatched or stale";
    case CellState::damaged:
      return "damaged";
    case CellState::unknown:
      return "unknown";
  }
  return "?";
}

std::int64_t StageCoverage::in(CellState state) const {
  std::int64_t sum = 0;
  for (const auto& row : cells)
    sum += std::count_if(row.begin(), row.end(),
                         [&](const CoverageCell& cell) { return cell_state(cell) == state; });
  return sum;
}

std::int64_t Coverage::planes_lost() const {
  std::int64_t sum = 0;
  for (const auto& row : lost_planes) sum = std::accumulate(row.begin(), row.end(), sum);
  return sum;
}

std::string model_label(const Model& model) {
  if (!model.replacement) return model.name;
  const HaloReplacement& replacement = *model.replacement;
  return fmt::format("{}-{}, R {:.1f}", mass_label(replacement.log10_lower),
                     mass_label(replacement.log10_upper), replacement.radius_factor);
}

Coverage coverage_of(const Campaign& campaign, const Selection& selection, const ScanResult& scan) {
  Coverage coverage;
  const std::vector<int> models = chosen(selection.models, static_cast<int>(campaign.models.size()));
  coverage.realizations = chosen(selection.realizations, campaign.realizations);
  for (const int model : models) {
    coverage.models.push_back(campaign.models.at(static_cast<std::size_t>(model)).name);
    coverage.labels.push_back(model_label(campaign.models.at(static_cast<std::size_t>(model))));
  }
  coverage.snapshots = campaign.snapshots;
  coverage.lost_planes.assign(campaign.snapshots.size(), std::vector<std::int64_t>(models.size(), 0));
  coverage.planes_per_cell = std::int64_t{campaign.planes_per_snapshot} * std::ssize(coverage.realizations);
  const ProductSet& set = scan.products();
  for (const StageKind& stage : stage_kinds(campaign, selection)) {
    StageCoverage map{stage.name, stage.unit, {}};
    map.cells.assign(models.size(), std::vector<CoverageCell>(coverage.realizations.size()));
    for (std::size_t position = 0; position < set.count(stage.kind); ++position) {
      const ProductId id = set.at(stage.kind, position);
      if (!selection.contains(campaign, id)) continue;
      const State state = scan.state(id);
      const std::size_t row = place(models, id.model);
      count(map.cells[row][place(coverage.realizations, id.realization)], state);
      if (stage.kind == ProductKind::mass_plane && state != State::complete)
        ++coverage.lost_planes[static_cast<std::size_t>(snapshot_index_of(campaign, id))][row];
    }
    coverage.stages.push_back(std::move(map));
  }
  return coverage;
}

}  // namespace lenswright
