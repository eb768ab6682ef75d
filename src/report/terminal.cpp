#include "report/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "campaign/product_path.hpp"
#include "plan/array_spec.hpp"

namespace lenswright {

namespace {

constexpr std::size_t kNamedModels = 3;     // of one snapshot; more are counted
constexpr std::size_t kBlockedReasons = 8;  // shown at most

Colour colour_of(Verdict verdict) {
  return verdict == Verdict::complete ? Colour::good
         : verdict == Verdict::gaps   ? Colour::bad
                                      : Colour::doubtful;
}

Colour colour_of(State state) {
  switch (state) {
    case State::complete:
      return Colour::good;
    case State::unknown:
    case State::mismatched:
    case State::stale:
    case State::orphan:
      return Colour::doubtful;
    default:
      return Colour::bad;
  }
}

Table::Cell count_cell(std::int64_t number, Colour colour) {
  return {grouped(number), number == 0 ? Colour::dim : colour};
}

std::string stage_table(const Summary& summary, const TerminalStyle& style) {
  const auto total = [&](State state) { return summary.total(state); };
  std::int64_t blocked = 0;
  for (const StageSummary& stage : summary.stages) blocked += stage.counts.blocked;
  // Columns that are rarely anything but zero appear when they are not.
  const State rare[] = {State::mismatched, State::stale, State::unknown, State::released};
  std::vector<Table::Column> columns = {{"stage"},
                                        {"expected", Align::right},
                                        {"complete", Align::right},
                                        {"missing", Align::right},
                                        {"damaged", Align::right}};
  for (const State state : rare)
    if (total(state) > 0) columns.push_back({std::string(state_name(state)), Align::right});
  if (blocked > 0) columns.push_back({"blocked", Align::right});
  columns.push_back({"%", Align::right});
  Table table(columns);
  for (const StageSummary& stage : summary.stages) {
    const StageCounts& counts = stage.counts;
    std::vector<Table::Cell> row = {{stage.name},
                                    {fmt::format("{} {}", grouped(counts.expected), stage.unit)},
                                    {grouped(counts.in(State::complete))},
                                    count_cell(counts.in(State::missing), Colour::bad),
                                    count_cell(stage.damaged(), Colour::bad)};
    for (const State state : rare)
      if (total(state) > 0) row.push_back(count_cell(counts.in(state), Colour::doubtful));
    if (blocked > 0) row.push_back(count_cell(counts.blocked, Colour::bad));
    row.push_back({percent(counts.in(State::complete), counts.needed()),
                   stage.complete() ? Colour::good : Colour::none});
    table.add(std::move(row));
  }
  return table.draw(style);
}

std::string snapshot_table(const Summary& summary, const TerminalStyle& style) {
  if (summary.snapshots.empty()) return {};
  // Titles short enough that the longest model name of a campaign fits beside them into 80 columns.
  Table table({{"snapshot", Align::right},
               {"array index", Align::right},
               {"planes", Align::right},
               {"models", Align::right},
               {"affected"}});
  for (const SnapshotSummary& snapshot : summary.snapshots) {
    const std::vector<std::string>& models = snapshot.models_affected;
    const bool named = models.size() <= kNamedModels;
    table.add({{std::to_string(snapshot.snapshot)},
               {std::to_string(snapshot.array_index)},
               {grouped(snapshot.missing_planes)},
               {std::to_string(models.size())},
               {named && !models.empty() ? models.front() : ""}});
    for (std::size_t model = 1; named && model < models.size(); ++model)
      table.add({{}, {}, {}, {}, {models[model]}});
  }
  return fmt::format("\n{} of {} snapshots lack planes: array indices {}\n{}", summary.snapshots.size(),
                     summary.snapshots_expected, summary.array, table.draw(style));
}

std::string combination_table(const std::string& stage, const std::string& unit,
                              const std::vector<CombinationSummary>& combinations,
                              const TerminalStyle& style) {
  if (combinations.empty()) return {};
  struct ModelLine {
    std::string model;
    std::vector<int> realizations;
    std::int64_t missing = 0;
  };
  std::vector<ModelLine> lines;  // combinations come sorted by model
  std::int64_t missing = 0;
  for (const CombinationSummary& combination : combinations) {
    if (lines.empty() || lines.back().model != combination.model) lines.push_back({combination.model, {}, 0});
    lines.back().realizations.push_back(combination.realization);
    lines.back().missing += combination.missing;
    missing += combination.missing;
  }
  Table table({{"model"}, {unit + " to make", Align::right}, {"realizations"}});
  for (const ModelLine& line : lines)
    table.add({{line.model}, {grouped(line.missing)}, {array_spec(line.realizations)}});
  return fmt::format("\n{}: {} to make in {} (model, realization) combination{} of {} model{}\n{}", stage,
                     grouped(missing) + " " + unit, combinations.size(), combinations.size() == 1 ? "" : "s",
                     lines.size(), lines.size() == 1 ? "" : "s", table.draw(style));
}

std::string blocked_text(const std::vector<BlockedSummary>& blocked, const TerminalStyle& style) {
  if (blocked.empty()) return {};
  std::string text = "\nblocked, cannot be made from what is there:\n";
  for (std::size_t reason = 0; reason < std::min(blocked.size(), kBlockedReasons); ++reason) {
    const BlockedSummary& line = blocked[reason];
    text += fmt::format("  {} {} product{} ({}{}): {}\n", painted(grouped(line.products), Colour::bad, style),
                        stage_name(line.stage), line.products == 1 ? "" : "s",
                        line.products == 1 ? "" : "e.g. ", line.example, line.because);
  }
  if (blocked.size() > kBlockedReasons)
    text += fmt::format("  and {} more reasons (in the JSON form)\n", blocked.size() - kBlockedReasons);
  return text;
}

// A product's name, with that of the file where the product is a folder of many; the path where there is none.
std::string where(const FindingSummary& finding) {
  if (!finding.product) return printable(finding.path);
  const std::filesystem::path product = *finding.product, file = finding.path;
  const bool in_it = file.parent_path().filename() == product.filename();
  return in_it ? (product / file.filename()).string() : product.string();
}

// Damage first: of thousands of missing files the tables have told already.
std::string findings_text(const Summary& summary, const DiagnosisView& view) {
  if (summary.findings.empty()) return {};
  std::vector<const FindingSummary*> findings;
  for (const FindingSummary& finding : summary.findings) findings.push_back(&finding);
  std::stable_partition(findings.begin(), findings.end(), [](const FindingSummary* finding) {
    return finding->state != State::missing || !finding->product;
  });
  std::string text = fmt::format("\nfindings: {}\n", grouped(std::ssize(findings)));
  const std::size_t shown = std::min(findings.size(), view.findings);
  for (std::size_t row = 0; row < shown; ++row) {
    const FindingSummary& finding = *findings[row];
    text += fmt::format(
        "  {} {}: {}\n",
        painted(fmt::format("{:10}", state_name(finding.state)), colour_of(finding.state), view.style),
        where(finding), printable(finding.because));
  }
  if (shown < findings.size())
    text += fmt::format("  and {} more: --all shows them\n",
                        grouped(static_cast<std::int64_t>(findings.size() - shown)));
  return text;
}

std::string receipts_text(const Summary& summary) {
  std::string text;
  for (const std::string& problem : summary.receipt_problems)
    text += fmt::format("\nreceipt not used: {}", problem);
  return text.empty() ? text : text + "\n";
}

std::string producers_text(const Summary& summary) {
  std::string unverified, adopted, text;
  for (const StageSummary& stage : summary.stages) {
    const auto add = [&](std::string& list, std::int64_t count) {
      if (count > 0)
        list +=
            fmt::format("{}{} {} of {}", list.empty() ? "" : ", ", grouped(count), stage.unit, stage.name);
    };
    add(unverified, stage.unverified);
    add(adopted, stage.adopted);
  }
  if (!unverified.empty())
    text += fmt::format("\nunverified, no receipt tells what they were made from: {}\n", unverified);
  if (!adopted.empty()) text += fmt::format("\nadopted, as somebody vouched for them: {}\n", adopted);
  for (const MixedProducers& mixed : summary.mixed)
    text += fmt::format("\nmixed producers, whose last digits may differ: {}\n", describe(mixed));
  return text;
}

std::string next_text(const Summary& summary, const DiagnosisView& view) {
  const auto command = [&](const std::string& verb) { return "  recovery " + verb + view.options + "\n"; };
  std::int64_t to_make = 0, blocked = 0;
  for (const StageSummary& stage : summary.stages) {
    to_make += stage.counts.to_make();
    blocked += stage.counts.blocked;
  }
  if (summary.verdict == Verdict::cannot_tell)
    return "next: make the unknown folders readable (is the disk mounted?), then\n" + command("diagnose");
  if (summary.verdict == Verdict::complete) return {};
  std::string text;
  if (to_make > blocked) {
    text += "next: see what would be made again, then make it\n" + command("submit --dry-run") +
            command("submit");
  } else if (to_make > 0) {
    text += "next: bring back the missing input named above, then\n" + command("submit");
  }
  if (summary.total(State::mismatched) > 0) {
    text += fmt::format(
        "next: {} products are sound but of another grid: most likely the campaign file is wrong; if it is "
        "right, recovery submit --replace-mismatched moves them aside\n",
        grouped(summary.total(State::mismatched)));
  }
  if (summary.total(State::stale) > 0) {
    text += fmt::format(
        "next: {} products are sound, but of an earlier configuration or earlier inputs: recovery why "
        "PRODUCT says "
        "which; if the change is meant, recovery submit --include-stale moves them to the trash and makes "
        "them, and "
        "what is made from them, anew\n",
        grouped(summary.total(State::stale)));
  }
  return text;
}

// A row per model; `short_names` where whole ones leave no room for the numbers.
Table model_table(const Summary& summary, bool maps, bool short_names) {
  std::vector<Table::Column> columns = {{"model"}};
  for (const StageSummary& stage : summary.stages) columns.push_back({stage.name, Align::right});
  if (maps) columns.push_back({"kappa maps", Align::right});
  if (maps && summary.kappa_goal) columns.push_back({"goal", Align::right});
  Table table(columns);
  for (const ModelSummary& model : summary.models) {
    std::vector<Table::Cell> row = {{short_names ? model.label : model.model}};
    for (const ModelSummary::Cell& cell : model.cells) {
      if (cell.expected == 0)
        row.push_back({"-", Colour::dim});
      else if (cell.complete == cell.expected)
        row.push_back({"OK", Colour::good});
      else if (cell.unknown > 0)
        row.push_back({fmt::format("{}/{} ({} unknown)", cell.complete, cell.expected, cell.unknown),
                       Colour::doubtful});
      else
        row.push_back({fmt::format("{}/{}", cell.complete, cell.expected), Colour::bad});
    }
    if (maps && summary.kappa_goal) {
      const bool reached = model.kappa_maps >= *summary.kappa_goal;
      row.push_back({fmt::format("{}/{}", grouped(model.kappa_maps), grouped(*summary.kappa_goal))});
      row.push_back({reached ? "reached" : "not yet", reached ? Colour::good : Colour::bad});
    } else if (maps) {
      row.push_back({grouped(model.kappa_maps)});
    }
    table.add(std::move(row));
  }
  return table;
}

std::string headline(const Summary& summary, const TerminalStyle& style) {
  return fmt::format("campaign {}, tier {}: {}\n\n", summary.campaign, tier_name(summary.tier),
                     painted(std::string(verdict_name(summary.verdict)), colour_of(summary.verdict), style));
}

}  // namespace

std::string draw_diagnosis(const Summary& summary, const DiagnosisView& view) {
  const TerminalStyle& style = view.style;
  std::string text = headline(summary, style) + stage_table(summary, style) + snapshot_table(summary, style);
  text += combination_table("lux", "products", summary.lux_combinations, style);
  text += combination_table("raytracing", "runs", summary.raytracing_combinations, style);
  text += combination_table("statistics", "files", summary.statistics_combinations, style);
  text += blocked_text(summary.blocked, style);
  if (!summary.pattern.empty()) text += fmt::format("\nreading: {}\n", summary.pattern);
  text += producers_text(summary) + findings_text(summary, view) + receipts_text(summary);
  const std::string next = next_text(summary, view);
  return next.empty() ? text : text + "\n" + next;
}

std::string draw_verification(const Summary& summary, const DiagnosisView& view) {
  const TerminalStyle& style = view.style;
  const bool maps = std::any_of(summary.stages.begin(), summary.stages.end(),
                                [](const StageSummary& stage) { return stage.name == "raytracing"; });
  Table table = model_table(summary, maps, false);
  const bool short_names = table.width() > style.width;
  if (short_names) table = model_table(summary, maps, true);
  // Numbers are never cut: a line that is still too long goes on in the next.
  const TerminalStyle wide{std::max(style.width, table.width()), style.colour};
  std::string text = headline(summary, style) + table.draw(wide) + "\n";
  if (short_names)
    text += "models are named by the masses of their halos in Msun/h and R, the factor of R200c\n";
  for (const StageSummary& stage : summary.stages) {
    const std::int64_t released = stage.counts.in(State::released);
    text += fmt::format("{}: {} of {} {} complete{}\n", stage.name, grouped(stage.counts.in(State::complete)),
                        grouped(stage.counts.expected), stage.unit,
                        released == 0 ? std::string() : fmt::format(", {} released", grouped(released)));
  }
  if (maps && summary.kappa_goal) {
    const auto reached =
        std::count_if(summary.models.begin(), summary.models.end(),
                      [&](const ModelSummary& model) { return model.kappa_maps >= *summary.kappa_goal; });
    text += fmt::format("goal of {} kappa maps per model: reached by {} of {} models\n",
                        grouped(*summary.kappa_goal), reached, summary.models.size());
  }
  text += producers_text(summary) + receipts_text(summary);
  if (summary.verdict == Verdict::complete) {
    if (summary.below_goal())
      text += "all that the campaign asks for is there, but its runs and sources are too few for the goal\n";
    return text;
  }
  return text + "\nnext: see what is missing and why\n  recovery diagnose" + view.options + "\n";
}

std::string draw_plan(const Campaign& campaign, const Plan& plan, const TerminalStyle& style) {
  std::string text;
  Table table({{"stage"}, {"tasks", Align::right}, {"products", Align::right}, {"array"}});
  for (const Stage stage : kStages) {
    if (plan.count(stage) == 0) continue;
    std::vector<int> indices;
    for (const PlannedTask& task : plan.tasks)
      if (task.stage == stage) indices.push_back(task.task.index);
    table.add({{std::string(stage_name(stage))},
               {grouped(std::ssize(indices))},
               {grouped(static_cast<std::int64_t>(plan.products(stage)))},
               {array_spec(indices)}});
  }
  if (!table.empty()) text += table.draw(style);
  if (plan.bytes_to_write > 0)
    text += fmt::format("to write: {} in {} files\n", bytes_text(plan.bytes_to_write),
                        grouped(static_cast<std::int64_t>(plan.files_to_write)));
  if (!plan.moves.empty()) {
    const auto stale = std::count_if(plan.moves.begin(), plan.moves.end(),
                                     [](const Finding& move) { return move.state == State::stale; });
    const std::int64_t damaged = std::ssize(plan.moves) - stale;
    text += fmt::format("to move aside, into {} of its stage's root, before it is made again:{}{}{}\n",
                        kTrashFolder, damaged > 0 ? fmt::format(" {} damaged", grouped(damaged)) : "",
                        damaged > 0 && stale > 0 ? "," : "",
                        stale > 0 ? fmt::format(" {} stale", grouped(stale)) : "");
    constexpr std::size_t kMovesShown = 20;
    for (std::size_t move = 0; move < std::min(plan.moves.size(), kMovesShown); ++move)
      text += fmt::format("  {} ({}: {})\n", printable(plan.moves[move].path),
                          state_name(plan.moves[move].state), printable(plan.moves[move].because));
    if (plan.moves.size() > kMovesShown)
      text += fmt::format("  and {} more\n", plan.moves.size() - kMovesShown);
  }
  if (!plan.dead_temporary_files.empty())
    text += fmt::format("to remove: {} temporary file{} of writers that no longer live\n",
                        plan.dead_temporary_files.size(), plan.dead_temporary_files.size() == 1 ? "" : "s");
  if (!plan.left_mismatched.empty()) {
    text += fmt::format(
        "left alone: {} sound products of another grid than the campaign's (first: {}); most likely the "
        "campaign file is wrong; if it is right: --replace-mismatched\n",
        grouped(std::ssize(plan.left_mismatched)), product_name(campaign, plan.left_mismatched.front()));
  }
  if (!plan.left_stale.empty()) {
    text += fmt::format(
        "left alone: {} stale products, of an earlier configuration or earlier inputs (first: {}); "
        "--include-stale "
        "makes them anew\n",
        grouped(std::ssize(plan.left_stale)), product_name(campaign, plan.left_stale.front()));
  }
  if (!plan.in_flight.empty()) {
    const std::int64_t count = std::ssize(plan.in_flight);
    text +=
        fmt::format("in flight: {} product{} that waiting or running jobs are to make (first: {})\n",
                    grouped(count), count == 1 ? "" : "s", product_name(campaign, plan.in_flight.front()));
  }
  if (!plan.waiting.empty())
    text += fmt::format("left for a later submit, since made from what is in flight: {} (first: {}, {})\n",
                        grouped(std::ssize(plan.waiting)),
                        product_name(campaign, plan.waiting.front().product), plan.waiting.front().because);
  std::map<std::string, std::int64_t> blocked;
  for (const BlockedProduct& product : plan.blocked) ++blocked[product.because];
  if (!blocked.empty())
    text += fmt::format("blocked: {} product{}\n", grouped(std::ssize(plan.blocked)),
                        plan.blocked.size() == 1 ? "" : "s");
  std::size_t shown = 0;
  for (const auto& [because, products] : blocked) {
    if (++shown > kBlockedReasons) {
      text += fmt::format("  and {} more reasons\n", blocked.size() - kBlockedReasons);
      break;
    }
    text += fmt::format("  {}: {}\n", grouped(products), because);
  }
  return text;
}

}  // namespace lenswright
