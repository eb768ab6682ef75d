#include "survey.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "base/version.hpp"
#include "command_line.hpp"
#include "input_availability.hpp"
#include "ledger_merge.hpp"
#include "run/command_runner.hpp"

namespace lenswright {

namespace {

std::vector<VerbOption>* asked_for_options = nullptr;  // by options_of, while it asks

std::vector<VerbOption> described(const cxxopts::Options& options) {
  std::vector<VerbOption> result;
  for (const std::string& group : options.groups())
    for (const cxxopts::HelpOptionDetails& option : options.group_help(group).options)
      for (const auto& name : option.l)
        result.push_back({name, option.desc, option.is_boolean ? std::string() : option.arg_help});
  return result;
}

constexpr int kPlainWidth = 400;  // of logs and pipes: nothing is cut

std::vector<Stage> stages_from(const std::vector<std::string>& names) {
  std::vector<Stage> stages;
  for (const std::string& name : names) {
    const std::optional<Stage> stage = stage_from_name(name);
    if (!stage)
      throw UsageError(fmt::format("--stage {}: there are lensplanes, lux, raytracing and statistics", name));
    stages.push_back(*stage);
  }
  return stages;
}

Tier tier_from(const std::string& name) {
  if (const std::optional<Tier> tier = tier_from_name(name)) return *tier;
  throw UsageError(
      fmt::format("--tier {}: quick (size), header (size and markers) or full (all bytes)", name));
}

// Where this user may write there; where not, the next look opens the files again.
void remember(Disk& disk, const Campaign& campaign, const SeenFiles& seen) {
  if (!seen.changed() || access(campaign.state.c_str(), W_OK) != 0) return;
  try {
    seen.save(disk, campaign);
  } catch (const IoError&) {
    // A full disk: what was seen is not worth a failure.
  }
}

}  // namespace

cxxopts::Options verb_options(const std::string& verb, const std::string& does) {
  cxxopts::Options options("recovery " + verb, does + "\n");
  add_common_options(options);
  return options;
}

void add_selection_options(cxxopts::Options& options) {
  options.add_options("Selection")("stage", "only these: lensplanes, lux, raytracing, statistics",
                                   cxxopts::value<std::vector<std::string>>(), "STAGE ...")(
      "model", "only these models", cxxopts::value<std::vector<std::string>>(), "MODEL ...")(
      "realization", "only these, from 0", cxxopts::value<std::vector<int>>(), "R ...")(
      "snapshot", "only the planes and potentials of these snapshots", cxxopts::value<std::vector<int>>(),
      "N ...")("tier",
               "how closely to look: quick (exists, size), header (markers too), full (every byte, digests)",
               cxxopts::value<std::string>()->default_value("header"), "TIER");
}

std::optional<cxxopts::ParseResult> parse_verb(cxxopts::Options& options, int argc, char** argv) {
  if (asked_for_options != nullptr) {
    *asked_for_options = described(options);
    return std::nullopt;
  }
  const std::vector<std::string> words =
      join_list_options(argc, argv, {"--stage", "--model", "--realization", "--snapshot"});
  std::vector<const char*> pointers;
  for (const std::string& word : words) pointers.push_back(word.c_str());
  try {
    cxxopts::ParseResult parsed = options.parse(static_cast<int>(pointers.size()), pointers.data());
    if (parsed.count("help") > 0) {
      fmt::print("{}\n{}", options.help(), exit_status_help());
      return std::nullopt;
    }
    if (parsed.count("version") > 0) {
      fmt::print("recovery {}\n", code_version());
      return std::nullopt;
    }
    if (!parsed.unmatched().empty()) {
      throw UsageError(fmt::format("{}: what is \"{}\"? {} --help lists the options", options.program(),
                                   parsed.unmatched().front(), options.program()));
    }
    return parsed;
  } catch (const cxxopts::exceptions::exception& error) {
    throw UsageError(fmt::format("{}: {}; {} --help lists the options", options.program(), error.what(),
                                 options.program()));
  }
}

std::vector<VerbOption> options_of(ExitStatus (*verb)(int argc, char** argv), const std::string& name) {
  std::vector<VerbOption> options;
  std::string word = name;
  char* argv[] = {word.data(), nullptr};
  asked_for_options = &options;
  verb(1, argv);
  asked_for_options = nullptr;
  return options;
}

Look look_from(const cxxopts::ParseResult& parsed) {
  Look look;
  look.campaign = campaign_from(parsed);
  const auto repeat = [&](const std::string& option, const std::string& value) {
    look.options += " " + shell_line({{option, value}, {}, {}});
  };
  repeat("--config", parsed["config"].as<std::string>());
  for (const std::string& text : look.campaign.overrides) repeat("--set", text);
  if (parsed.count("stage") > 0) {
    const auto names = parsed["stage"].as<std::vector<std::string>>();
    look.selection.stages = stages_from(names);
    for (const Stage stage : look.selection.stages)
      if (stage_root(look.campaign, stage).empty())
        throw UsageError(
            fmt::format("--stage {0}: the campaign file has no section `{0}`", stage_name(stage)));
    repeat("--stage", fmt::format("{}", fmt::join(names, ",")));
  }
  if (parsed.count("model") > 0) {
    const auto names = parsed["model"].as<std::vector<std::string>>();
    look.selection.models = models_from(look.campaign, names);
    repeat("--model", fmt::format("{}", fmt::join(names, ",")));
  }
  if (parsed.count("realization") > 0) {
    const auto numbers = parsed["realization"].as<std::vector<int>>();
    look.selection.realizations = realizations_from(look.campaign, numbers);
    repeat("--realization", fmt::format("{}", fmt::join(numbers, ",")));
  }
  if (parsed.count("snapshot") > 0) {
    const auto numbers = parsed["snapshot"].as<std::vector<int>>();
    look.selection.snapshots = snapshots_from(look.campaign, numbers);
    repeat("--snapshot", fmt::format("{}", fmt::join(numbers, ",")));
  }
  look.tier = tier_from(parsed["tier"].as<std::string>());
  if (look.tier != Tier::header) repeat("--tier", std::string(tier_name(look.tier)));
  return look;
}

Survey survey(const Look& look, Disk& disk, ProgressSink& progress, const CloserLook* closer) {
  // What stands against a product shows only if its inputs are looked at too.
  const Selection wider = with_inputs(look.selection);
  if (const std::string problem = merge_by_the_way(disk, look.campaign, progress); !problem.empty())
    progress.note(problem);
  ReceiptIndex receipts = ReceiptIndex::load(disk, look.campaign);
  SeenFiles seen = SeenFiles::load(disk, look.campaign);
  ScanResult found = scan(look.campaign, disk, look.tier, wider, receipts, progress, closer, &seen);
  remember(disk, look.campaign, seen);
  InputAvailability inputs = input_availability(look.campaign, look.selection);
  Gaps gaps = find_gaps(look.campaign, found, look.selection, inputs);
  return {std::move(receipts), std::move(found), std::move(inputs), std::move(gaps)};
}

Summary summary_of(const Look& look, const Survey& survey) {
  // Blocked is what cannot be made even along with its inputs.
  std::vector<BlockedProduct> blocked =
      make_plan(look.campaign, survey.scan, with_inputs(look.selection), survey.inputs, {}).blocked;
  std::erase_if(blocked, [&](const BlockedProduct& product) {
    return !look.selection.contains(look.campaign, product.product);
  });
  const Producers producers = find_producers(look.campaign, survey.scan, survey.receipts, look.selection);
  return summarise({look.campaign, look.tier, look.selection, survey.scan, survey.gaps, blocked,
                    survey.receipts.problems(), &producers});
}

ExitStatus status_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::complete:
      return ExitStatus::done;
    case Verdict::gaps:
      return ExitStatus::gaps;
    case Verdict::cannot_tell:
      break;
  }
  return ExitStatus::failed;
}

TerminalStyle terminal_style() {
  if (!isatty(STDOUT_FILENO)) return {kPlainWidth, false};
  TerminalStyle style;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) style.width = size.ws_col;
  const char* terminal = std::getenv("TERM");
  const char* no_colour = std::getenv("NO_COLOR");
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  style.colour = !dumb && (no_colour == nullptr || *no_colour == '\0');
  return style;
}

bool confirmed(const std::string& question, bool yes) {
  if (yes) return true;
  if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
    throw UsageError(
        fmt::format("{} Nobody can be asked here: repeat the command with --yes to go on", question));
  fmt::print("{} [y/N] ", question);
  std::cout.flush();
  std::fflush(stdout);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace lenswright
