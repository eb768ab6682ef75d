// report.md, declared in report.hpp: for a pull request or an e-mail.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/report.hpp"
#include "report/table.hpp"

namespace lenswright {

namespace {

constexpr double kSecondsPerHour = 3600;
constexpr std::size_t kListed = 20;

// What could end a cell or begin something else.
std::string plain(const std::string& text) {
  std::string result;
  for (const char c : printable(text)) {
    if (std::string_view("|`<>*_[]\\").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string completeness(const Report& report) {
  const Summary& summary = report.summary;
  std::string text =
      "## Stages\n\n| stage | expected | complete | missing | damaged | blocked | % "
      "|\n|---|--:|--:|--:|--:|--:|--:|\n";
  for (const StageSummary& stage : summary.stages)
    text += fmt::format("| {} ({}) | {} | {} | {} | {} | {} | {} |\n", stage.name, stage.unit,
                        grouped(stage.counts.expected), grouped(stage.counts.in(State::complete)),
                        grouped(stage.counts.in(State::missing)), grouped(stage.damaged()),
                        grouped(stage.counts.blocked),
                        percent(stage.counts.in(State::complete), stage.counts.needed()));
  if (!summary.pattern.empty())
    text += fmt::format("\nWhat the gaps look like: {}.\n", plain(summary.pattern));
  text += "\n## Models\n\n| model |";
  std::string rule = "|---|";
  for (const StageSummary& stage : summary.stages) {
    text += fmt::format(" {} |", stage.name);
    rule += "--:|";
  }
  text += fmt::format(" kappa maps |\n{}--:|\n", rule);
  for (const ModelSummary& model : summary.models) {
    text += fmt::format("| {} |", plain(model.model));
    for (const ModelSummary::Cell& cell : model.cells)
      text += cell.complete == cell.expected
                  ? fmt::format(" {} |", grouped(cell.complete))
                  : fmt::format(" **{} of {}** |", grouped(cell.complete), grouped(cell.expected));
    text += summary.kappa_goal
                ? fmt::format(" {} of {} |\n", grouped(model.kappa_maps), grouped(*summary.kappa_goal))
                : fmt::format(" {} |\n", grouped(model.kappa_maps));
  }
  return text;
}

std::string incomplete(const Report& report) {
  if (report.incomplete_total == 0) return {};
  std::string text =
      fmt::format("\n## Not complete: {}\n\nAll that can be made again: `recovery submit{}`\n\n",
                  grouped(report.incomplete_total), report.options);
  for (std::size_t i = 0; i < std::min(kListed, report.incomplete.size()); ++i) {
    const IncompleteEntry& entry = report.incomplete[i];
    text +=
        fmt::format("- {} `{}`: {}; `{}`\n", entry.state, entry.product, plain(entry.because), entry.command);
  }
  if (std::cmp_greater(report.incomplete_total, kListed))
    text += fmt::format("- and {} more: `recovery diagnose{} --json FILE` lists all\n",
                        grouped(report.incomplete_total -
                                static_cast<std::int64_t>(std::min(kListed, report.incomplete.size()))),
                        report.options);
  return text;
}

std::string records_text(const Report& report) {
  std::string text;
  for (const StageSummary& stage : report.summary.stages)
    if (stage.unverified + stage.adopted > 0)
      text += fmt::format("- {} of {}: {} unverified, {} adopted\n", stage.unit, stage.name,
                          grouped(stage.unverified), grouped(stage.adopted));
  for (const MixedProducers& mixed : report.summary.mixed)
    text += fmt::format("- mixed producers, whose last digits may differ: {}\n", plain(describe(mixed)));
  for (const std::string& problem : report.summary.receipt_problems)
    text += fmt::format("- receipt not used: {}\n", plain(problem));
  for (const std::string& problem : report.ledger_problems.value_or(std::vector<std::string>{}))
    text += fmt::format("- ledger: {}\n", plain(problem));
  return text.empty() ? text : "\n## Records\n\n" + text;
}

std::string soundness_text(const Soundness& soundness) {
  if (soundness.files == 0) return {};
  std::string text = fmt::format("\n## Soundness\n\n{} maps looked at, {} flagged as unusual.\n",
                                 grouped(soundness.maps), grouped(soundness.maps_flagged));
  for (std::size_t i = 0; i < std::min(kListed, soundness.outliers.size()); ++i) {
    const OutlierEntry& outlier = soundness.outliers[i];
    text +=
        fmt::format("- `{}`, source plane {}: {}\n", outlier.product, outlier.source, plain(outlier.because));
  }
  for (const SourceSoundness& source : soundness.sources) {
    text += fmt::format(
        "\nSource plane {}{}:\n\n| model | maps | mean | sigma | skewness | kurtosis "
        "|\n|---|--:|--:|--:|--:|--:|\n",
        source.source,
        source.redshift > 0 ? fmt::format(", redshift {:.3g}", source.redshift) : std::string());
    for (const ModelSoundness& model : source.models)
      text += fmt::format("| {} | {} | {:.4g} | {:.4g} | {:.4g} | {:.4g} |\n", plain(model.label),
                          grouped(model.maps), model.mean.mean, model.sigma.mean, model.skewness.mean,
                          model.kurtosis.mean);
  }
  return text;
}

std::string history_text(const RecoveryHistory& history) {
  if (history.steps.empty()) return {};
  std::string text =
      "\n## Made again\n\n| found | lacking | complete today | whole units before | runs | CPU hours "
      "|\n|---|--:|--:|--:|--:|--:|\n";
  for (const RecoveryStep& step : history.steps)
    text += fmt::format("| {}{} | {} | {} | {} | {} | {:.3g} |\n", step.found.substr(0, 16),
                        step.first_making ? " (first making)" : "", grouped(step.lacking()),
                        grouped(step.complete_now()), grouped(step.old_way()), grouped(step.runs),
                        step.cpu_seconds / kSecondsPerHour);
  return text;
}

std::string provenance_text(const Report& report) {
  const Provenance& from = report.provenance;
  std::string text = fmt::format(
      "\n## Provenance\n\n- campaign file `{}`, configuration `{}`\n- seeds: transforms {}, ray tracing {}\n",
      from.campaign_file, from.configuration, from.transform_seed, from.raytracing_seed);
  for (const Provenance::Root& root : from.roots) text += fmt::format("- {}: `{}`\n", root.stage, root.path);
  for (const ProducerSummary& producer : from.producers)
    text += fmt::format("- {}: {} runs of {} ({}), {} to {}\n", producer.stage, grouped(producer.runs),
                        plain(producer.code_version), plain(producer.compiler), producer.first.substr(0, 16),
                        producer.last.substr(0, 16));
  if (!report.checksums.file.empty())
    text +=
        fmt::format("\nCheck {} files (REPORT: this file's folder): `cd {} && xxhsum --quiet -c REPORT/{}`\n",
                    grouped(report.checksums.files), report.checksums.base, report.checksums.file);
  return text;
}

}  // namespace

std::string markdown(const Report& report) {
  std::string text = fmt::format("# {}: verification report\n\n**{}** {}\n", plain(report.summary.campaign),
                                 headline(report), tier_sentence(report.summary.tier));
  if (const std::string goal = report.goal_sentence(); !goal.empty()) text += fmt::format("{}\n", goal);
  text += fmt::format("\nWritten {} as `{}`.\n\n", report.written, report.name);
  return text + completeness(report) + incomplete(report) + records_text(report) +
         soundness_text(report.soundness) + history_text(report.history) + provenance_text(report);
}

}  // namespace lenswright
