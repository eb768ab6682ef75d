// terminal.hpp: the summary as a terminal or a log shows it; colour only where the style says so.
#pragma once

#include <string>

#include "plan/plan.hpp"
#include "report/summary.hpp"
#include "report/table.hpp"

namespace lenswright {

struct DiagnosisView {
  TerminalStyle style;
  std::size_t findings = 10;  // shown at most
  // The options that repeat this look in another command: " --config FILE --tier full".
  std::string options;
};

// Stage table, affected snapshots and combinations, what is blocked, the pattern, findings, the next command.
std::string draw_diagnosis(const Summary& summary, const DiagnosisView& view);
// Model x stage: OK or n/expected, kappa maps and the goal; the verdict and the next command.
std::string draw_verification(const Summary& summary, const DiagnosisView& view);
// What a plan would do: tasks and products per stage, array indices, what moves aside, what stays blocked.
std::string draw_plan(const Campaign& campaign, const Plan& plan, const TerminalStyle& style);

}  // namespace lenswright
