// report.html, declared in report.hpp: one file, which needs neither a network nor scripts.
#include <fmt/format.h>

#include "report/html_sections.hpp"
#include "report/html_text.hpp"
#include "report/table.hpp"

namespace lenswright {

namespace {

std::string card(std::string_view what, const std::string& value) {
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", what, value);
}

std::string cards(const Report& report) {
  std::string text = "<dl class=\"cards\">\n";
  text += card(fmt::format("of {} products complete", number(report.expected(), "/expected")),
               number(report.complete(), "/complete"));
  std::int64_t maps = 0;
  for (const ModelSummary& model : report.summary.models) maps += model.kappa_maps;
  text += card("convergence maps complete", number(maps, "/kappa_maps"));
  text +=
      card("products found lacking and planned again", number(report.history.lacking(), "/history/lacking"));
  if (report.soundness.files > 0)
    text +=
        card(fmt::format("of {} maps flagged as unusual", number(report.soundness.maps, "/soundness/maps")),
             number(report.soundness.maps_flagged, "/soundness/maps_flagged"));
  return text + "</dl>\n";
}

std::string verdict(const Report& report) {
  const bool whole = report.damaged_records() == 0;
  const char* look = report.summary.verdict == Verdict::complete ? (whole ? "good" : "doubt")
                     : report.summary.verdict == Verdict::gaps   ? "bad"
                                                                 : "doubt";
  const std::string words = headline(report);
  const std::size_t colon = words.find(':');
  std::string second = tier_sentence(report.summary.tier);
  if (const std::string goal = report.goal_sentence(); !goal.empty()) second += " " + goal;
  return fmt::format(
      "<div class=\"verdict {}\"><p><strong class=\"{}-text\">{}</strong>{}</p><p>{}</p></div>\n", look, look,
      escaped(words.substr(0, colon)), escaped(words.substr(colon)), escaped(second));
}

std::string contents(const Report& report) {
  std::string text = "<nav aria-label=\"Contents\"><ul>";
  for (const auto& [id, title] : {std::pair("completeness", "Complete?"),
                                  {"coverage", "Gaps"},
                                  {"incomplete", "What mends them"},
                                  {"records", "Recorded"},
                                  {"soundness", "Sound?"},
                                  {"pictures", "Pictures"},
                                  {"history", "Recoveries"},
                                  {"provenance", "Provenance"},
                                  {"check", "Check it yourself"}})
    if (std::string_view(id) != "pictures" || !report.pictures.empty())
      text += fmt::format("<li><a href=\"#{}\">{}</a></li>", id, title);
  return text + "</ul></nav>\n";
}

}  // namespace

std::string html(const Report& report) {
  const std::string campaign = escaped(report.summary.campaign);
  std::string page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src "
      "'unsafe-inline'\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n"
      "<title>{}: verification report</title>\n<style>{}</style>\n</head>\n<body>\n",
      campaign, style_sheet());
  page += fmt::format(
      "<header class=\"top\"><p class=\"kicker\">Verification report <code>{}</code>, {} "
      "UTC</p><h1>{}</h1>\n{}{}{}</header>\n<main>\n",
      escaped(report.name), escaped(report.written.substr(0, 10) + " " + report.written.substr(11, 5)),
      campaign, verdict(report), cards(report), contents(report));
  page += completeness_section(report) + coverage_section(report) + incomplete_section(report) +
          records_section(report) + soundness_section(report) + pictures_section(report) +
          history_section(report) + provenance_section(report) + checking_section(report);
  return page + fmt::format(
                    "</main>\n<footer><p>Written by lenswright {}. Self-contained: this file needs no "
                    "network and no scripts.</p></footer>\n</body>\n</html>\n",
                    escaped(report.provenance.report_code));
}

}  // namespace lenswright
