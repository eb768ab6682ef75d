// survey.hpp: what the verbs have in common: the options that choose products, and one look at them.
#pragma once

#include <cxxopts.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/progress.hpp"
#include "campaign/campaign.hpp"
#include "plan/plan.hpp"
#include "report/summary.hpp"
#include "report/table.hpp"

namespace lenswright {

// A verb's options with those that all verbs share: --config, --set, --help, --version, and, unless a verb
// takes whole campaigns only, --stage, --model, --realization, --snapshot, --tier.
cxxopts::Options verb_options(const std::string& verb, const std::string& does);
void add_selection_options(cxxopts::Options& options);
// What a verb takes, without running it: each verb hands its options to parse_verb, which ends there.
struct VerbOption {
  std::string name, does, argument;  // without dashes; argument: empty for a switch
};
std::vector<VerbOption> options_of(ExitStatus (*verb)(int argc, char** argv), const std::string& name);
// None: --help or --version was asked for and has been printed. Throws UsageError.
std::optional<cxxopts::ParseResult> parse_verb(cxxopts::Options& options, int argc, char** argv);

// What is to be looked at, and how closely.
struct Look {
  Campaign campaign;
  Selection selection;
  Tier tier = Tier::header;
  // The same, as options for another command: " --config FILE --tier full".
  std::string options;
};
Look look_from(const cxxopts::ParseResult& parsed);

struct Survey {
  ReceiptIndex receipts;
  ScanResult scan;
  InputAvailability inputs;
  Gaps gaps;
};
// closer: products to be looked at at tier full, whatever the look's tier.
Survey survey(const Look& look, Disk& disk, ProgressSink& progress, const CloserLook* closer = nullptr);
Summary summary_of(const Look& look, const Survey& survey);
ExitStatus status_of(Verdict verdict);

// Colour and width of stdout: plain and wide where it is a file or a pipe, or NO_COLOR is set.
TerminalStyle terminal_style();

// Whether to go on: --yes, or the answer on a terminal. Throws UsageError where nobody can be asked.
bool confirmed(const std::string& question, bool yes);

}  // namespace lenswright
