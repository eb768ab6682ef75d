#include "report/summary.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "campaign/product_path.hpp"
#include "plan/array_spec.hpp"
#include "report/coverage.hpp"

namespace lenswright {

namespace {

struct StageEntry {
  ProductKind kind;
  const char* name;
  const char* unit;
  StageCounts Gaps::*counts;
};
constexpr StageEntry kStageEntries[] = {
    {ProductKind::mass_plane, "lensplanes", "planes", &Gaps::lensplanes},
    {ProductKind::potential, "lux", "potentials", &Gaps::lux},
    {ProductKind::geometry, "geometry", "files", &Gaps::geometry},
    {ProductKind::run, "raytracing", "runs", &Gaps::raytracing},
    {ProductKind::statistics, "statistics", "files", &Gaps::statistics},
};

// Selected, and a stage that the campaign has.
bool shows(const Campaign& campaign, const Selection& selection, ProductKind kind) {
  return selection.contains(stage_of(kind)) && (kind != ProductKind::statistics || campaign.statistics);
}

std::vector<CombinationSummary> combinations_of(const Campaign& campaign,
                                                const std::vector<CombinationGap>& gaps) {
  std::vector<CombinationSummary> combinations;
  for (const CombinationGap& gap : gaps) {
    combinations.push_back(
        {campaign.models.at(static_cast<std::size_t>(gap.model)).name, gap.realization, gap.missing});
  }
  return combinations;
}

std::vector<BlockedSummary> blocked_by_reason(const Campaign& campaign,
                                              const std::vector<BlockedProduct>& blocked) {
  std::vector<BlockedSummary> reasons;
  std::map<std::pair<Stage, std::string>, std::size_t> position;
  for (const BlockedProduct& product : blocked) {
    const Stage stage = stage_of(product.product.kind);
    const auto [entry, is_new] = position.try_emplace({stage, product.because}, reasons.size());
    if (is_new) reasons.push_back({stage, product.because, 0, product_name(campaign, product.product)});
    ++reasons[entry->second].products;
  }
  return reasons;
}

std::int64_t kappa_maps_per_run(const Campaign& campaign) {
  const auto& fields = campaign.raytracing.fields;
  const bool kept = std::find(fields.begin(), fields.end(), MapField::kappa) != fields.end();
  return kept ? static_cast<std::int64_t>(campaign.raytracing.sources.size()) : 0;
}

std::vector<ModelSummary> models_of(const Campaign& campaign, const Selection& selection,
                                    const ScanResult& scan) {
  std::vector<ModelSummary> rows(campaign.models.size());
  std::vector<bool> selected(campaign.models.size(), false);
  const std::int64_t maps_per_run = kappa_maps_per_run(campaign);
  for (const StageEntry& entry : kStageEntries) {
    if (!shows(campaign, selection, entry.kind)) continue;
    for (ModelSummary& row : rows) row.cells.emplace_back();
    for (std::size_t position = 0; position < scan.products().count(entry.kind); ++position) {
      const ProductId id = scan.products().at(entry.kind, position);
      if (!selection.contains(campaign, id)) continue;
      const std::size_t model = static_cast<std::size_t>(id.model);
      selected[model] = true;
      ModelSummary::Cell& cell = rows[model].cells.back();
      const State state = scan.state(id);
      if (state == State::released) continue;
      ++cell.expected;
      if (state == State::unknown) ++cell.unknown;
      if (state != State::complete) continue;
      ++cell.complete;
      if (entry.kind == ProductKind::run) rows[model].kappa_maps += maps_per_run;
    }
  }
  std::vector<ModelSummary> kept;
  for (std::size_t model = 0; model < rows.size(); ++model) {
    if (!selected[model]) continue;
    rows[model].model = campaign.models[model].name;
    rows[model].label = model_label(campaign.models[model]);
    kept.push_back(std::move(rows[model]));
  }
  return kept;
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::complete:
      return "complete";
    case Verdict::gaps:
      return "gaps";
    case Verdict::cannot_tell:
      return "cannot tell";
  }
  return "?";
}

std::vector<StageKind> stage_kinds(const Campaign& campaign, const Selection& selection) {
  std::vector<StageKind> kinds;
  for (const StageEntry& entry : kStageEntries)
    if (shows(campaign, selection, entry.kind)) kinds.push_back({entry.kind, entry.name, entry.unit});
  return kinds;
}

bool Summary::below_goal() const {
  return kappa_goal && std::any_of(models.begin(), models.end(),
                                   [&](const ModelSummary& model) { return model.kappa_maps < *kappa_goal; });
}

std::int64_t Summary::total(State state) const {
  std::int64_t sum = 0;
  for (const StageSummary& stage : stages) sum += stage.counts.in(state);
  return sum;
}

Summary summarise(const SummarySources& sources) {
  const Campaign& campaign = sources.campaign;
  const Selection& selection = sources.selection;
  Summary summary;
  summary.campaign = campaign.name;
  summary.tier = sources.tier;
  // Unknown is never complete, and whatever else is known, the whole cannot be told.
  summary.verdict = !sources.gaps.can_tell()  ? Verdict::cannot_tell
                    : sources.gaps.complete() ? Verdict::complete
                                              : Verdict::gaps;
  for (const StageEntry& entry : kStageEntries) {
    if (!shows(campaign, selection, entry.kind)) continue;
    summary.stages.push_back({entry.name, entry.unit, sources.gaps.*entry.counts});
    if (sources.producers == nullptr) continue;
    summary.stages.back().unverified = sources.producers->unverified[static_cast<std::size_t>(entry.kind)];
    summary.stages.back().adopted = sources.producers->adopted[static_cast<std::size_t>(entry.kind)];
  }
  if (sources.producers != nullptr) summary.mixed = sources.producers->mixed;
  std::vector<int> indices;
  for (const SnapshotGap& gap : sources.gaps.snapshots) {
    SnapshotSummary row{campaign.snapshots.at(static_cast<std::size_t>(gap.snapshot_index)),
                        gap.snapshot_index,
                        gap.missing_planes,
                        {}};
    for (const int model : gap.models)
      row.models_affected.push_back(campaign.models.at(static_cast<std::size_t>(model)).name);
    summary.snapshots.push_back(std::move(row));
    indices.push_back(gap.snapshot_index);
  }
  summary.snapshots_expected = static_cast<int>(campaign.snapshots.size());
  summary.array = indices.empty() ? std::string() : array_spec(indices);
  summary.lux_combinations = combinations_of(campaign, sources.gaps.lux_combinations);
  summary.raytracing_combinations = combinations_of(campaign, sources.gaps.raytracing_combinations);
  summary.statistics_combinations = combinations_of(campaign, sources.gaps.statistics_combinations);
  summary.blocked = blocked_by_reason(campaign, sources.blocked);
  for (const Finding& finding : sources.scan.findings) {
    const bool selected =
        finding.product ? selection.contains(campaign, *finding.product) : selection.contains(finding.stage);
    if (!selected) continue;
    FindingSummary row{finding.stage, std::nullopt, finding.path, finding.state, finding.because};
    if (finding.product) row.product = product_name(campaign, *finding.product);
    summary.findings.push_back(std::move(row));
  }
  summary.pattern = sources.gaps.pattern;
  summary.models = models_of(campaign, selection, sources.scan);
  if (selection.contains(Stage::raytracing) && selection.realizations.empty() && selection.runs.empty())
    summary.kappa_goal = campaign.kappa_maps_per_model;
  summary.receipt_problems = sources.receipt_problems;
  return summary;
}

}  // namespace lenswright
