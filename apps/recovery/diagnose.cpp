// recovery diagnose: what is missing or damaged, what that holds up, and the pattern behind it.
#include <fmt/format.h>

#include <cstdio>
#include <limits>

#include "command_line.hpp"
#include "report/json.hpp"
#include "report/output_file.hpp"
#include "report/terminal.hpp"
#include "survey.hpp"
#include "terminal_progress.hpp"
#include "verb.hpp"

namespace lenswright {

ExitStatus run_diagnose(int argc, char** argv) {
  cxxopts::Options options = verb_options(
      "diagnose",
      "Shows what is missing or damaged, what that holds up, and the pattern behind it. Exit status "
      "0: complete, 1: gaps, 2: cannot tell.");
  add_selection_options(options);
  options.add_options()("json", "also as JSON, to a file, or to stdout (-) in place of the tables",
                        cxxopts::value<std::string>(), "FILE|-")("all", "show all findings");
  const auto parsed = parse_verb(options, argc, argv);
  if (!parsed) return ExitStatus::done;
  const Look look = look_from(*parsed);
  const auto progress = make_terminal_progress();
  const Survey found = survey(look, real_disk(), *progress);
  const Summary summary = summary_of(look, found);

  const std::string json = parsed->count("json") > 0 ? (*parsed)["json"].as<std::string>() : "";
  if (json == "-") {
    fmt::print("{}", diagnosis_json(summary));
  } else {
    DiagnosisView view;
    view.style = terminal_style();
    view.options = look.options;
    if (parsed->count("all") > 0) view.findings = std::numeric_limits<std::size_t>::max();
    fmt::print("{}", draw_diagnosis(summary, view));
    if (!json.empty()) write_output(real_disk(), json, diagnosis_json(summary));
  }
  return status_of(summary.verdict);
}

}  // namespace lenswright
