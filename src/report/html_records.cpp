// The section on what is recorded of the products; declared in html_sections.hpp.
#include <fmt/format.h>

#include "report/html_sections.hpp"
#include "report/html_text.hpp"

namespace lenswright {

namespace {

std::string producers(const Summary& summary) {
  HtmlTable table("Products of which no receipt of their making tells",
                  {{"stage", false}, {"unverified", true}, {"adopted", true}});
  for (std::size_t i = 0; i < summary.stages.size(); ++i) {
    const StageSummary& stage = summary.stages[i];
    if (stage.unverified + stage.adopted == 0) continue;
    table.add({escaped(fmt::format("{} ({})", stage.name, stage.unit)),
               number(stage.unverified, fmt::format("/stages/{}/unverified", i)),
               number(stage.adopted, fmt::format("/stages/{}/adopted", i))});
  }
  std::string text = table.empty() ? "<p>Every product that is there has a receipt of this project.</p>\n"
                                   : table.draw() +
                                         "<p>Unverified: made by another code, or its receipt is lost. "
                                         "Adopted: somebody has vouched for it.</p>\n";
  for (const MixedProducers& mixed : summary.mixed)
    text += fmt::format("<p class=\"bad-text\">Mixed producers, whose last digits may differ: {}.</p>\n",
                        escaped(describe(mixed)));
  return text;
}

}  // namespace

std::string records_section(const Report& report) {
  std::string text =
      "<section id=\"records\"><h2>What is recorded of them</h2>\n" + producers(report.summary);
  for (const std::string& problem : report.summary.receipt_problems)
    text += fmt::format("<p class=\"bad-text\">Receipt not used: {}</p>\n", escaped(problem));
  if (!report.ledger_problems)
    return text + "<p>The ledger itself was not checked: that is for tier full.</p>\n</section>\n";
  if (report.ledger_problems->empty())
    return text +
           "<p>Ledger, record files and archived receipts agree, and no fact in them was changed.</p>\n"
           "</section>\n";
  for (const std::string& problem : *report.ledger_problems)
    text += fmt::format("<p class=\"bad-text\">Ledger: {}</p>\n", escaped(problem));
  return text + fmt::format(
                    "<p>What makes it again from the receipts: <code>recovery ledger rebuild --config "
                    "{}</code></p>\n</section>\n",
                    escaped(report.provenance.campaign_file));
}

}  // namespace lenswright
