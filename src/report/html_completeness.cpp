// Sections on what is there and what is not; declared in html_sections.hpp.
#include <fmt/format.h>

#include <algorithm>

#include "report/html_sections.hpp"
#include "report/html_text.hpp"
#include "report/table.hpp"

namespace lenswright {

namespace {

std::string stage_table(const Report& report) {
  const Summary& summary = report.summary;
  std::vector<HtmlTable::Column> columns = {{"stage", false},   {"products", false}, {"expected", true},
                                            {"complete", true}, {"missing", true},   {"damaged", true}};
  const auto shown = [&](State state) { return summary.total(state) > 0; };
  const State rare[] = {State::mismatched, State::stale, State::unknown, State::released};
  for (const State state : rare)
    if (shown(state)) columns.push_back({std::string(state_name(state)), true});
  columns.push_back({"blocked", true});
  columns.push_back({"share", false});
  HtmlTable table("Products of each stage, by state", columns);
  for (std::size_t i = 0; i < summary.stages.size(); ++i) {
    const StageSummary& stage = summary.stages[i];
    const auto cell = [&](std::string_view key, std::int64_t value) {
      return number(value, fmt::format("/stages/{}/{}", i, key));
    };
    std::vector<std::string> row = {escaped(stage.name),
                                    escaped(stage.unit),
                                    cell("expected", stage.counts.expected),
                                    cell("complete", stage.counts.in(State::complete)),
                                    cell("missing", stage.counts.in(State::missing)),
                                    cell("damaged", stage.damaged())};
    for (const State state : rare)
      if (shown(state)) row.push_back(cell(state_name(state), stage.counts.in(state)));
    row.push_back(cell("blocked", stage.counts.blocked));
    const std::string share = percent(stage.counts.in(State::complete), stage.counts.needed());
    row.push_back(
        fmt::format("<span class=\"share\"><span class=\"bar\" aria-hidden=\"true\"><i "
                    "style=\"width:{0}%\"></i></span> {0} %</span>",
                    share));
    table.add(row);
  }
  return table.draw();
}

std::string model_table(const Report& report) {
  const Summary& summary = report.summary;
  const bool maps = std::any_of(summary.stages.begin(), summary.stages.end(),
                                [](const StageSummary& stage) { return stage.name == "raytracing"; });
  std::vector<HtmlTable::Column> columns = {{"model", false}};
  for (const StageSummary& stage : summary.stages) columns.push_back({stage.name, true});
  if (maps) columns.push_back({"kappa maps", true});
  if (maps && summary.kappa_goal) columns.push_back({"goal", true});
  if (maps && summary.kappa_goal) columns.push_back({"", false});
  HtmlTable table("Complete products of each model, and its convergence maps", columns);
  for (std::size_t m = 0; m < summary.models.size(); ++m) {
    const ModelSummary& model = summary.models[m];
    const auto known = std::find(report.coverage.models.begin(), report.coverage.models.end(), model.model);
    const std::string label =
        known == report.coverage.models.end()
            ? model.model
            : report.coverage.labels[static_cast<std::size_t>(known - report.coverage.models.begin())];
    std::vector<std::string> row = {
        fmt::format("<span title=\"{}\">{}</span>", escaped(model.model), escaped(label))};
    for (std::size_t s = 0; s < model.cells.size(); ++s) {
      const ModelSummary::Cell& cell = model.cells[s];
      const std::string there = number(cell.complete, fmt::format("/models/{}/stages/{}/complete", m, s));
      row.push_back(
          cell.complete == cell.expected
              ? there
              : fmt::format("<span class=\"bad-text\">{} of {}</span>", there,
                            number(cell.expected, fmt::format("/models/{}/stages/{}/expected", m, s))));
    }
    if (maps) row.push_back(number(model.kappa_maps, fmt::format("/models/{}/kappa_maps", m)));
    if (maps && summary.kappa_goal) {
      row.push_back(number(*summary.kappa_goal, "/kappa_goal"));
      row.push_back(model.kappa_maps >= *summary.kappa_goal ? "<span class=\"good-text\">reached</span>"
                                                            : "<span class=\"bad-text\">not yet</span>");
    }
    table.add(row);
  }
  return table.draw();
}

}  // namespace

std::string completeness_section(const Report& report) {
  std::string text = "<section id=\"completeness\"><h2>Are the data complete?</h2>\n" + stage_table(report);
  if (!report.summary.pattern.empty())
    text += fmt::format("<p>What the gaps look like: {}.</p>\n", escaped(report.summary.pattern));
  text += "<h3>By model</h3>\n";
  if (const std::string goal = report.goal_sentence(); !goal.empty())
    text += fmt::format("<p>{}</p>\n", escaped(goal));
  if (report.summary.verdict == Verdict::complete && report.summary.below_goal())
    text +=
        "<p>All that the campaign asks for is there, but its runs and source planes are too few for the "
        "goal.</p>\n";
  return text + model_table(report) + "</section>\n";
}

std::string incomplete_section(const Report& report) {
  std::string text = "<section id=\"incomplete\"><h2>What is not complete, and what mends it</h2>\n";
  const Summary& summary = report.summary;
  if (report.incomplete_total == 0 && summary.verdict == Verdict::complete) {
    text += "<p>Nothing: every expected product is complete.</p>\n";
  } else {
    text += fmt::format(
        "<p>All that can be made again, with everything made from it, and nothing else:</p>\n"
        "<pre>recovery submit{0} --dry-run\nrecovery submit{0}</pre>\n",
        escaped(report.options));
  }
  if (!summary.blocked.empty()) {
    HtmlTable table("What cannot be made from what is there",
                    {{"stage"}, {"products", true}, {"why", false, true}, {"for example", false, true}});
    for (std::size_t i = 0; i < summary.blocked.size() && i < 50; ++i) {
      const BlockedSummary& blocked = summary.blocked[i];
      table.add({escaped(stage_name(blocked.stage)),
                 number(blocked.products, fmt::format("/blocked/{}/products", i)), escaped(blocked.because),
                 fmt::format("<code>{}</code>", escaped(blocked.example))});
    }
    text += table.draw();
  }
  if (report.incomplete_total > 0) {
    HtmlTable table("Products that are not complete, damaged ones first",
                    {{"product"}, {"state"}, {"why", false, true}, {"command that mends it", false, true}});
    for (const IncompleteEntry& entry : report.incomplete)
      table.add({product_code(entry.product), escaped(entry.state), escaped(entry.because),
                 fmt::format("<code>{}</code>", escaped(entry.command))});
    text += fmt::format(
        "<p>{} findings; {} of them are listed here. <code>recovery diagnose{} --json FILE</code> lists "
        "all.</p>\n",
        number(report.incomplete_total, "/incomplete/total"),
        number(std::ssize(report.incomplete), "/incomplete/shown"), escaped(report.options));
    text += report.incomplete.size() <= 12 ? table.draw() : details("The list", table.draw());
  }
  if (report.orphans > 0)
    text += fmt::format(
        "<p>{} {} beside the products that the campaign does not expect. They harm nothing; "
        "<code>recovery diagnose{} --all</code> names them.</p>\n",
        number(report.orphans, "/orphans"), report.orphans == 1 ? "file lies" : "files lie",
        escaped(report.options));
  return text + "</section>\n";
}

}  // namespace lenswright
