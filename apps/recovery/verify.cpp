// recovery verify: model by stage, OK or how much of it is there, and the goal.
#include <fmt/format.h>

#include "command_line.hpp"
#include "report/terminal.hpp"
#include "survey.hpp"
#include "terminal_progress.hpp"
#include "verb.hpp"

namespace lenswright {

ExitStatus run_verify(int argc, char** argv) {
  cxxopts::Options options = verb_options(
      "verify",
      "Shows for each model and stage OK or n/expected, and the complete kappa maps against the goal "
      "(one per run, realization and source plane). Exit status 0: complete, 1: gaps, 2: cannot tell.");
  add_selection_options(options);
  const auto parsed = parse_verb(options, argc, argv);
  if (!parsed) return ExitStatus::done;
  const Look look = look_from(*parsed);
  const auto progress = make_terminal_progress();
  const Summary summary = summary_of(look, survey(look, real_disk(), *progress));
  DiagnosisView view;
  view.style = terminal_style();
  view.options = look.options;
  fmt::print("{}", draw_verification(summary, view));
  return status_of(summary.verdict);
}

}  // namespace lenswright
