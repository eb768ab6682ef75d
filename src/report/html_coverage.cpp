// The maps of model x realization and of snapshot x model, declared in html_sections.hpp. Each cell says its state by colour,
// by a mark, by a title for those who point at it, and in a table for those who cannot.
#include <fmt/format.h>

#include <algorithm>

#include "report/html_sections.hpp"
#include "report/html_text.hpp"

namespace lenswright {

namespace {

constexpr int kCell = 22, kTop = 20, kGap = 6;
constexpr double kLetter = 6.4;  // width of one, at the size of the map's text

std::string mark(CellState state, int x, int y) {
  const int m = kCell / 2;
  switch (state) {
    case CellState::complete:
      return {};
    case CellState::partly:  // half of the square
      return fmt::format("<path class=\"m f\" d=\"M{} {}l{} {}v{}z\"/>", x + 4, y + 4, kCell - 8, kCell - 8,
                         8 - kCell);
    case CellState::none:  // a cross
      return fmt::format("<path class=\"m\" d=\"M{0} {1}l{2} {2}m0 -{2}l-{2} {2}\"/>", x + 6, y + 6,
                         kCell - 12);
    case CellState::damaged:  // a triangle
      return fmt::format("<path class=\"m\" d=\"M{} {}l6 11h-12z\"/>", x + m, y + 5);
    case CellState::unusable:  // a diamond
      return fmt::format("<path class=\"m\" d=\"M{} {}l6 6l-6 6l-6 -6z\"/>", x + m, y + 5);
    case CellState::unknown:  // a ring
      return fmt::format("<circle class=\"m\" cx=\"{}\" cy=\"{}\" r=\"5\"/>", x + m, y + m);
    case CellState::nothing_expected:
      return fmt::format("<path class=\"m\" d=\"M{} {}h6\"/>", x + m - 3, y + m);
  }
  return {};
}

std::string cell_square(CellState state, int x, int y) {
  return fmt::format("<rect class=\"c s{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>{}",
                     static_cast<int>(state), x, y, kCell, kCell, mark(state, x, y));
}

std::string words_of(const CoverageCell& cell) {
  std::string text = fmt::format("{} of {} complete", cell.complete, cell.expected);
  for (const auto& [what, count] : {std::pair("missing", cell.missing),
                                    {"damaged", cell.damaged},
                                    {"mismatched or stale", cell.unusable},
                                    {"unknown", cell.unknown}})
    if (count > 0) text += fmt::format(", {} {}", count, what);
  return text;
}

int margin_of(const std::vector<std::string>& labels) {
  std::size_t longest = 0;
  for (const std::string& label : labels) longest = std::max(longest, label.size());
  return static_cast<int>(kLetter * static_cast<double>(longest)) + 2 * kGap;
}

std::string row_labels(const std::vector<std::string>& labels, int margin) {
  std::string text;
  for (std::size_t row = 0; row < labels.size(); ++row)
    text += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", margin - kGap,
                        kTop + static_cast<int>(row) * kCell + 15, escaped(labels[row]));
  return text;
}

std::string column_label(int margin, std::size_t column, int value) {
  return fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                     margin + static_cast<int>(column) * kCell + kCell / 2, kTop - 6, value);
}

std::string svg_open(int width, int height, const std::string& alt) {
  return fmt::format(
      "<svg class=\"map\" style=\"max-width:{0}px\" viewBox=\"0 0 {0} {1}\" role=\"img\" aria-label=\"{2}\">",
      width, height, escaped(alt));
}

std::string stage_map(const Coverage& coverage, const std::vector<std::string>& labels, std::size_t s) {
  const StageCoverage& stage = coverage.stages[s];
  const int margin = margin_of(labels);
  const int width = margin + kCell * static_cast<int>(coverage.realizations.size()) + kGap;
  const int height = kTop + kCell * static_cast<int>(labels.size()) + kGap;
  const std::int64_t all = std::ssize(stage.cells) * std::ssize(coverage.realizations);
  const std::string alt =
      fmt::format("Map of {}: models in rows, realizations in columns; {} of {} combinations are complete.",
                  stage.stage, stage.in(CellState::complete), all);
  std::string svg = svg_open(width, height, alt) + row_labels(labels, margin);
  for (std::size_t r = 0; r < coverage.realizations.size(); ++r)
    svg += column_label(margin, r, coverage.realizations[r]);
  for (std::size_t m = 0; m < stage.cells.size(); ++m) {
    for (std::size_t r = 0; r < stage.cells[m].size(); ++r) {
      const CoverageCell& cell = stage.cells[m][r];
      svg += fmt::format(
          "<g data-cell=\"/coverage/stages/{}/cells/{}/{}\"><title>{}, realization {}: {}</title>{}</g>\n", s,
          m, r, escaped(labels[m]), coverage.realizations[r], words_of(cell),
          cell_square(cell_state(cell), margin + static_cast<int>(r) * kCell,
                      kTop + static_cast<int>(m) * kCell));
    }
  }
  const std::string each =
      stage.cells.empty() || stage.cells.front().empty()
          ? std::string()
          : fmt::format(" ({} {} in each cell)",
                        number(stage.cells.front().front().expected,
                               fmt::format("/coverage/stages/{}/cells/0/0/expected", s)),
                        escaped(stage.cells.front().front().expected == 1 && stage.unit.ends_with('s')
                                    ? stage.unit.substr(0, stage.unit.size() - 1)
                                    : stage.unit));
  return fmt::format("<figure><figcaption><b>{}</b>{}</figcaption>{}</svg></figure>\n", escaped(stage.stage),
                     each, svg);
}

std::string stage_table(const Coverage& coverage, const std::vector<std::string>& labels, std::size_t s) {
  std::vector<HtmlTable::Column> columns = {{"model", false}};
  for (const int realization : coverage.realizations)
    columns.push_back({fmt::format("realization {}", realization), true});
  HtmlTable table(fmt::format("{}: complete {} by model and realization", coverage.stages[s].stage,
                              coverage.stages[s].unit),
                  columns);
  for (std::size_t m = 0; m < labels.size(); ++m) {
    std::vector<std::string> row = {escaped(labels[m])};
    for (std::size_t r = 0; r < coverage.realizations.size(); ++r) {
      const CoverageCell& cell = coverage.stages[s].cells[m][r];
      const std::string at = fmt::format("/coverage/stages/{}/cells/{}/{}/", s, m, r);
      std::string text = number(cell.complete, at + "complete");
      if (cell.complete != cell.expected)
        text += fmt::format(" of {}, {}", number(cell.expected, at + "expected"),
                            cell_state_name(cell_state(cell)));
      row.push_back(text);
    }
    table.add(row);
  }
  return table.draw();
}

std::string legend(const Coverage& coverage) {
  std::string text = "<ul class=\"legend\">";
  for (int state = 1; state < kCellStateCount; ++state) {
    const auto cell = static_cast<CellState>(state);
    const bool usual = cell == CellState::complete || cell == CellState::partly || cell == CellState::none;
    const bool seen = std::any_of(coverage.stages.begin(), coverage.stages.end(),
                                  [&](const StageCoverage& stage) { return stage.in(cell) > 0; });
    if (!usual && !seen) continue;
    text += fmt::format("<li><svg viewBox=\"0 0 {0} {0}\" aria-hidden=\"true\">{1}</svg>{2}</li>", kCell,
                        cell_square(cell, 0, 0), cell_state_name(cell));
  }
  return text + "</ul>\n";
}

// Snapshots in columns, so that it is as wide as the campaign is deep.
std::string lost_planes(const Coverage& coverage, const std::vector<std::string>& labels) {
  if (coverage.planes_lost() == 0) return "<h3>Mass planes lost, by snapshot and model</h3>\n<p>None.</p>\n";
  const int margin = margin_of(labels);
  const int width = margin + kCell * static_cast<int>(coverage.snapshots.size()) + kGap;
  const int height = kTop + kCell * static_cast<int>(labels.size()) + kGap;
  std::string svg = svg_open(
      width, height,
      fmt::format(
          "Map of lost mass planes: models in rows, snapshots in columns; {} planes are not complete.",
          coverage.planes_lost()));
  svg += row_labels(labels, margin);
  HtmlTable table("Mass planes that are not complete, where there are any",
                  {{"snapshot", true}, {"model", false}, {"planes lost", true}, {"of", true}});
  for (std::size_t s = 0; s < coverage.snapshots.size(); ++s) {
    svg += column_label(margin, s, coverage.snapshots[s]);
    for (std::size_t m = 0; m < labels.size(); ++m) {
      const std::int64_t lost = coverage.lost_planes[s][m];
      const int x = margin + static_cast<int>(s) * kCell, y = kTop + static_cast<int>(m) * kCell;
      const int colour = lost == 0 ? 0 : lost == coverage.planes_per_cell ? 3 : 2;
      svg += fmt::format(
          "<g><title>snapshot {}, {}: {} of {} planes lost</title><rect class=\"c s{}\" x=\"{}\" y=\"{}\" "
          "width=\"{}\" height=\"{}\"/>",
          coverage.snapshots[s], escaped(labels[m]), lost, coverage.planes_per_cell, colour, x, y, kCell,
          kCell);
      if (lost > 0)
        svg += fmt::format("<text class=\"count\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                           x + kCell / 2, y + 15, lost);
      svg += "</g>\n";
      if (lost > 0)
        table.add({fmt::to_string(coverage.snapshots[s]), escaped(labels[m]),
                   number(lost, fmt::format("/coverage/lost_planes/{}/{}", s, m)),
                   number(coverage.planes_per_cell, "/coverage/planes_per_cell")});
    }
  }
  return fmt::format(
      "<h3>Mass planes lost, by snapshot and model</h3>\n<p>{} planes are not complete. Numbers in the map "
      "count them.</p>\n"
      "<figure><div class=\"scroll\" role=\"region\" aria-label=\"map of lost planes\" "
      "tabindex=\"0\">{}</svg></div></figure>\n{}",
      number(coverage.planes_lost(), "/coverage/lost_planes_total"), svg,
      details("The same as a table", table.draw()));
}

}  // namespace

std::string coverage_section(const Report& report) {
  const Coverage& coverage = report.coverage;
  std::string maps, tables;
  for (std::size_t s = 0; s < coverage.stages.size(); ++s) {
    maps += stage_map(coverage, coverage.labels, s);
    tables += stage_table(coverage, coverage.labels, s);
  }
  const bool has_planes = std::any_of(coverage.stages.begin(), coverage.stages.end(),
                                      [](const StageCoverage& stage) { return stage.stage == "lensplanes"; });
  return "<section id=\"coverage\"><h2>Where are gaps?</h2>\n<p>Models in rows, realizations in columns; one "
         "map per stage.</p>\n" +
         legend(coverage) + "<div class=\"figures\">" + maps + "</div>\n" +
         details("The same as tables", tables) +
         (has_planes ? lost_planes(coverage, coverage.labels) : std::string()) + "</section>\n";
}

}  // namespace lenswright
