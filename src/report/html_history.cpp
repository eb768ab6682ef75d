// Sections on how the data came to be as they are, and how to check them; declared in html_sections.hpp.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "plan/array_spec.hpp"
#include "report/html_sections.hpp"
#include "report/html_text.hpp"

namespace lenswright {

namespace {

constexpr double kSecondsPerHour = 3600;

// The first of a list, and how many more.
std::string some(const std::vector<std::string>& words, std::size_t most) {
  std::vector<std::string> shown(words.begin(),
                                 words.begin() + static_cast<std::ptrdiff_t>(std::min(most, words.size())));
  std::string text = fmt::format("{}", fmt::join(shown, ", "));
  return words.size() > most ? fmt::format("{} and {} more", text, words.size() - most) : text;
}

std::string time_text(const std::string& utc) {
  return utc.size() < 16 ? utc : fmt::format("{} {} UTC", utc.substr(0, 10), utc.substr(11, 5));
}

std::string step_text(const RecoveryStep& step, std::size_t i) {
  const std::string at = fmt::format("/history/steps/{}/", i);
  std::string text = fmt::format("<h3>{}: {}</h3>\n", escaped(time_text(step.found)),
                                 step.first_making ? "first making" : "recovery");
  text += fmt::format("<p>Found lacking: {} {} of {} {} in {} {}", number(step.lacking(), at + "lacking"),
                      plural(step.lacking(), "product"), number(step.models, at + "models"),
                      plural(step.models, "model"), number(step.realizations, at + "realizations"),
                      plural(step.realizations, "realization"));
  if (!step.snapshots.empty())
    text += fmt::format(", mass planes of snapshot {}", fmt::join(step.snapshots, ", "));
  text += fmt::format(". Complete today: {}.", number(step.complete_now(), at + "complete_now"));
  if (step.truncated + step.corrupt + step.other_moved > 0)
    text += fmt::format(" Damaged files moved aside first: {} truncated, {} corrupt, {} others.",
                        number(step.truncated, at + "moved_aside/truncated"),
                        number(step.corrupt, at + "moved_aside/corrupt"),
                        number(step.other_moved, at + "moved_aside/other"));
  if (!step.by.empty()) text += fmt::format(" Submitted by {}.", escaped(step.by));
  text += "</p>\n";
  if (step.runs > 0) {
    text += fmt::format(
        "<p>{} {} of programs ({} ended early or failed), {} h from the first's beginning to the last's "
        "end, {} CPU h",
        number(step.runs, at + "runs"), plural(step.runs, "run"),
        number(step.runs_failed, at + "runs_failed"),
        real(step.wall_seconds / kSecondsPerHour, at + "wall_hours"),
        real(step.cpu_seconds / kSecondsPerHour, at + "cpu_hours"));
    text += step.jobs.empty() ? ", without a scheduler"
                              : fmt::format(", Slurm job {}", escaped(some(step.jobs, 12)));
    text += fmt::format(", on {}.</p>\n", escaped(some(step.hosts, 6)));
  } else {
    text += "<p>No run of a program on this plan has left a record.</p>\n";
  }
  HtmlTable table(fmt::format("Plan {}", step.plan), {{"stage", false},
                                                      {"lacking", true},
                                                      {"complete today", true},
                                                      {"whole units before", true},
                                                      {"products of those", true}});
  for (std::size_t s = 0; s < step.stages.size(); ++s) {
    const StageHistory& stage = step.stages[s];
    const std::string row = fmt::format("{}stages/{}/", at, s);
    table.add({escaped(stage.stage), number(stage.lacking, row + "lacking"),
               number(stage.complete_now, row + "complete_now"), number(stage.units, row + "units"),
               number(stage.old_way, row + "old_way")});
  }
  return text + table.draw();
}

std::string happenings_text(const RecoveryHistory& history) {
  if (history.happenings.empty()) return {};
  HtmlTable table("Newest last",
                  {{"when (UTC)"}, {"who"}, {"command", false, true}, {"changes", false, true}, {"ended"}});
  for (const Happening& happening : history.happenings) {
    std::vector<std::string> changes;
    for (const std::string& change : happening.changes) changes.push_back(escaped(change));
    table.add({escaped(happening.when.substr(0, 19)), escaped(happening.who),
               fmt::format("<code>{}</code>", escaped(happening.command)), some(changes, 3),
               escaped(happening.outcome)});
  }
  return details(fmt::format("The log's last {} of {} commands that changed something",
                             history.happenings.size(), history.happenings_total),
                 table.draw());
}

std::string fact(std::string_view what, const std::string& value) {
  return fmt::format("<dt>{}</dt><dd>{}</dd>", what, value);
}
std::string code(std::string_view text) {
  return fmt::format("<code>{}</code>", escaped(text));
}

}  // namespace

std::string history_section(const Report& report) {
  const RecoveryHistory& history = report.history;
  std::string text = "<section id=\"history\"><h2>What was lost and made again?</h2>\n";
  if (history.recoveries() > 0) {
    text += fmt::format(
        "<p>In {} {}, {} products were found lacking and planned again. By whole snapshots of a model, and "
        "whole "
        "realizations of potentials and maps, it would have been {}. It took {} CPU h.</p>\n",
        number(history.recoveries(), "/history/recoveries"),
        history.recoveries() == 1 ? "recovery" : "recoveries", number(history.lacking(), "/history/lacking"),
        number(history.old_way(), "/history/old_way"),
        real(history.cpu_seconds() / kSecondsPerHour, "/history/cpu_hours"));
  } else if (history.steps.empty()) {
    text += "<p>Nothing has been planned again so far.</p>\n";
  } else {
    text += "<p>Nothing has been planned again since the first making.</p>\n";
  }
  constexpr std::size_t kOpen = 5;
  std::string earlier;
  for (std::size_t i = 0; i < history.steps.size(); ++i)
    (i + kOpen < history.steps.size() ? earlier : text) += step_text(history.steps[i], i);
  if (!earlier.empty())
    text += details(fmt::format("{} earlier ones", history.steps.size() - kOpen), earlier);
  text += happenings_text(history);
  for (const std::string& problem : history.problems)
    text += fmt::format("<p>Not used: {}</p>\n", escaped(problem));
  return text + "</section>\n";
}

std::string provenance_section(const Report& report) {
  const Provenance& from = report.provenance;
  std::string text =
      "<section id=\"provenance\"><h2>How were they made, and where are they?</h2>\n<dl class=\"facts\">";
  text += fact("campaign file", code(from.campaign_file));
  for (const std::string& change : from.overrides) text += fact("with", code(change));
  text += fact("configuration", code(from.configuration));
  text += fact("seed of transforms", fmt::to_string(from.transform_seed));
  text += fact("seed of ray tracing", fmt::to_string(from.raytracing_seed));
  for (const Provenance::Root& root : from.roots) text += fact(escaped(root.stage), code(root.path));
  text += fact("this report",
               escaped(fmt::format("lenswright {} ({}) on {}, {}", from.report_code, from.report_compiler,
                                   from.report_host, time_text(report.written))));
  text += "</dl>\n";
  if (from.producers.empty())
    return text +
           "<p>No receipts: the products were not made, or not yet taken in, by this "
           "program.</p></section>\n";
  HtmlTable table("Programs that made the products, by their receipts", {{"stage", false},
                                                                         {"code", false},
                                                                         {"compiler", false},
                                                                         {"numerics", true},
                                                                         {"runs", true},
                                                                         {"jobs", true},
                                                                         {"CPU hours", true},
                                                                         {"from", false},
                                                                         {"to", false},
                                                                         {"hosts", false}});
  for (std::size_t i = 0; i < from.producers.size(); ++i) {
    const ProducerSummary& producer = from.producers[i];
    const std::string at = fmt::format("/provenance/producers/{}/", i);
    table.add({escaped(producer.stage), escaped(producer.code_version), escaped(producer.compiler),
               number(producer.numerics, at + "numerics"), number(producer.runs, at + "runs"),
               number(producer.jobs, at + "jobs"),
               real(producer.cpu_seconds / kSecondsPerHour, at + "cpu_hours"),
               escaped(time_text(producer.first)), escaped(time_text(producer.last)),
               escaped(some(producer.hosts, 6))});
  }
  return text + table.draw() + "</section>\n";
}

std::string checking_section(const Report& report) {
  std::string text = "<section id=\"check\"><h2>How can I check the data myself?</h2>\n";
  if (!report.checksums.file.empty())
    text += fmt::format(
        "<p>Beside this file, <code>{0}</code> lists the digests of {1} files, as they were when they were "
        "made ({2} products "
        "have no receipt, or are not complete, and are not in it). On a machine that sees the data, or in a "
        "copy of them (REPORT: the folder of this file):</p>\n"
        "<pre>cd {3}\nxxhsum --quiet -c {4}</pre>\n",
        escaped(report.checksums.file), number(report.checksums.files, "/checksums/files"),
        number(report.checksums.products_left_out, "/checksums/products_left_out"),
        escaped(report.checksums.base), escaped(fmt::format("REPORT/{}", report.checksums.file)));
  text += fmt::format(
      "<p>With the campaign's state at hand, every byte against format, range and digest; and one product "
      "alone:</p>\n"
      "<pre>recovery verify --config {0} --tier full\nrecovery why --config {0} "
      "lensplanes/dmo/LP_00/lenspot01.dat</pre>\n"
      "<p>The numbers of this page, for programs: <code>report.json</code>, which holds each of them under "
      "the key that its "
      "place here names (attribute <code>data-json</code>).</p>\n",
      escaped(report.provenance.campaign_file));
  return text + "</section>\n";
}

}  // namespace lenswright
