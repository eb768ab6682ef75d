#include "ledger/scan.hpp"

#include <algorithm>
#include <array>

#include "campaign/product_path.hpp"
#include "ledger/released.hpp"
#include "ledger/scanner.hpp"
#include "ledger/staleness.hpp"

namespace lenswright {

namespace {

constexpr std::array<std::string_view, 3> kTierNames{"quick", "header", "full"};  // in the order of Tier

bool chosen(const std::vector<int>& list, int value) {
  return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

std::string praise(Tier tier, bool has_receipt) {
  switch (tier) {
    case Tier::quick:
      return "there, of the exact size";
    case Tier::header:
      return "there, of the exact size, markers as expected";
    case Tier::full:
      break;
  }
  return has_receipt
             ? "there, of the exact size, every value sane, and the bytes are those its receipt tells of"
             : "there, of the exact size, every value sane; there is no receipt to compare its bytes with";
}

}  // namespace

std::string_view tier_name(Tier tier) {
  return kTierNames[static_cast<std::size_t>(tier)];
}

std::optional<Tier> tier_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kTierNames.size(); ++i)
    if (kTierNames[i] == name) return static_cast<Tier>(i);
  return std::nullopt;
}

bool Selection::contains(Stage stage) const {
  return stages.empty() || std::find(stages.begin(), stages.end(), stage) != stages.end();
}

bool Selection::contains(const Campaign& campaign, const ProductId& id) const {
  if (!contains(stage_of(id.kind)) || !chosen(models, id.model) || !chosen(realizations, id.realization))
    return false;
  switch (id.kind) {
    case ProductKind::mass_plane:
      return chosen(snapshots, snapshot_index_of(campaign, id)) && chosen(planes, id.index);
    case ProductKind::potential:
      return chosen(snapshots, snapshot_index_of(campaign, id)) && chosen(planes, id.index - 1);
    case ProductKind::geometry:
      return true;
    case ProductKind::run:
      return chosen(runs, id.index);
    case ProductKind::statistics:
      break;
  }
  return runs.empty();  // it is of all of them
}

Selection with_inputs(const Selection& selection) {
  Selection wider = selection;
  if (selection.contains(Stage::raytracing) || selection.contains(Stage::statistics)) {
    // A run needs every plane, and statistics every run.
    wider.snapshots.clear();
    wider.planes.clear();
    wider.stages.clear();
  } else if (selection.contains(Stage::lux)) {
    wider.stages = {Stage::lensplanes, Stage::lux};
  }
  return wider;
}

ScanResult scan(const Campaign& campaign, Disk& disk, Tier tier, const Selection& selection,
                const ReceiptIndex& receipts, ProgressSink& progress, const CloserLook* closer,
                SeenFiles* seen) {
  ScanResult result(campaign);
  Scanner scanner(campaign, disk, tier, receipts,
                  [&](const ProductId& id, State state) { result.set(id, state); });
  scanner.look_closer(closer);
  scanner.trust(seen);
  for (const Stage stage : stages_of(campaign))
    if (selection.contains(stage)) scanner.scan_stage(stage, selection, progress);
  if (seen != nullptr && tier != Tier::quick) {
    const bool whole = selection.stages.empty() && selection.models.empty() &&
                       selection.realizations.empty() && selection.whole_folders();
    seen->take(std::move(scanner.sound), whole);
  }
  result.findings = std::move(scanner.findings);
  mark_released(campaign, disk, selection, result);
  Staleness staleness(campaign, disk, receipts);
  mark_stale(campaign, disk, selection, staleness, result);
  sort_findings(result.findings);
  result.dead_temporary_files = std::move(scanner.dead_temporary_files);
  return result;
}

std::vector<ProductId> incomplete_products(const Campaign& campaign, Disk& disk,
                                           const std::vector<ProductId>& products, Tier tier) {
  const ReceiptIndex none;
  std::vector<ProductId> incomplete;
  Scanner scanner(campaign, disk, tier, none, [&](const ProductId& id, State state) {
    if (state != State::complete) incomplete.push_back(id);
  });
  scanner.scan_products(products);
  std::sort(incomplete.begin(), incomplete.end());
  return incomplete;
}

std::vector<Finding> check_product_files(const Campaign& campaign, Disk& disk, const ProductId& id, Tier tier,
                                         const ReceiptIndex& receipts, Staleness* staleness) {
  State worst = State::unknown;
  Scanner scanner(campaign, disk, tier, receipts, [&](const ProductId&, State state) { worst = state; });
  scanner.scan_products({id});
  for (Finding& finding : scanner.findings) finding.product = id;
  // The finding of the state that stands for the product first.
  std::stable_partition(scanner.findings.begin(), scanner.findings.end(),
                        [&](const Finding& finding) { return finding.state == worst; });
  if (staleness != nullptr) mark_stale(campaign, disk, id, *staleness, scanner.findings);
  return std::move(scanner.findings);
}

Finding check_product(const Campaign& campaign, Disk& disk, const ProductId& id, Tier tier,
                      const ReceiptIndex& receipts, Staleness* staleness) {
  std::vector<Finding> findings = check_product_files(campaign, disk, id, tier, receipts, staleness);
  if (!findings.empty()) return std::move(findings.front());
  const bool has_receipt = receipts.find(product_name(campaign, id)) != nullptr;
  return {State::complete, stage_of(id.kind), id, absolute_path(campaign, id).string(),
          praise(tier, has_receipt)};
}

}  // namespace lenswright
