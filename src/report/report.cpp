#include "report/report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "campaign/product_path.hpp"
#include "report/table.hpp"

namespace lenswright {

namespace {

std::string command_for(const Finding& finding, const Campaign& campaign, const std::string& options,
                        Tier tier) {
  const ProductId& id = *finding.product;
  const std::string one = fmt::format(
      "{}{} --stage {} --model {} --realization {}", options,
      tier == Tier::header ? std::string() : fmt::format(" --tier {}", tier_name(tier)),
      stage_name(finding.stage), campaign.models[static_cast<std::size_t>(id.model)].name, id.realization);
  switch (finding.state) {
    case State::unknown:
      return fmt::format("recovery why{} {}", options, product_name(campaign, id));
    case State::mismatched:
      return fmt::format("recovery submit{} --replace-mismatched", one);
    case State::stale:
      return fmt::format("recovery submit{} --include-stale", one);
    default:
      return fmt::format("recovery submit{}", one);
  }
}

}  // namespace

std::int64_t Report::expected() const {
  std::int64_t sum = 0;
  for (const StageSummary& stage : summary.stages) sum += stage.counts.needed();
  return sum;
}

std::int64_t Report::complete() const {
  return summary.total(State::complete);
}

std::int64_t Report::damaged_records() const {
  return std::ssize(summary.receipt_problems) + (ledger_problems ? std::ssize(*ledger_problems) : 0);
}

std::string Report::goal_sentence() const {
  if (!summary.kappa_goal) return {};
  const auto reached =
      std::count_if(summary.models.begin(), summary.models.end(),
                    [&](const ModelSummary& model) { return model.kappa_maps >= *summary.kappa_goal; });
  return fmt::format("The goal of {} convergence maps per model is reached by {} of {} models.",
                     grouped(*summary.kappa_goal), reached, summary.models.size());
}

std::string headline(const Report& report) {
  const std::int64_t expected = report.expected(), complete = report.complete();
  switch (report.summary.verdict) {
    case Verdict::complete:
      return fmt::format("Complete: all {} expected products are there{}.", grouped(expected),
                         report.damaged_records() == 0 ? "" : ", but records of them are damaged");
    case Verdict::gaps:
      return fmt::format("Not complete: {} of {} expected products are there ({} %), {} are not.",
                         grouped(complete), grouped(expected), percent(complete, expected),
                         grouped(expected - complete));
    case Verdict::cannot_tell:
      return fmt::format(
          "Cannot tell: {} of {} expected products could not be looked at; {} of the others are there.",
          grouped(report.summary.total(State::unknown)), grouped(expected), grouped(complete));
  }
  return {};
}

std::string tier_sentence(Tier tier) {
  switch (tier) {
    case Tier::quick:
      return "Checked at tier quick: every file exists and has its exact size.";
    case Tier::header:
      return "Checked at tier header: every file exists, has its exact size, and both its markers are sound.";
    case Tier::full:
      return "Checked at tier full: every byte was read; values are finite and in range, digests those that "
             "were recorded when the files were made.";
  }
  return {};
}

void list_incomplete(Report& report, const std::vector<Finding>& findings, const Campaign& campaign,
                     const Selection& selection, const std::string& campaign_options) {
  std::vector<const Finding*> listed;
  for (const Finding& finding : findings) {
    if (finding.state == State::orphan) ++report.orphans;
    if (finding.product && selection.contains(campaign, *finding.product)) listed.push_back(&finding);
  }
  std::stable_partition(listed.begin(), listed.end(),
                        [](const Finding* finding) { return finding->state != State::missing; });
  report.incomplete_total = std::ssize(listed);
  if (listed.size() > kIncompleteKept) listed.resize(kIncompleteKept);
  for (const Finding* finding : listed)
    report.incomplete.push_back({std::string(stage_name(finding->stage)),
                                 product_name(campaign, *finding->product),
                                 std::string(state_name(finding->state)), printable(finding->because),
                                 command_for(*finding, campaign, campaign_options, report.summary.tier)});
}

}  // namespace lenswright
