// recovery verify: model by stage, OK or how much of it is there, and the goal; in parts over days, if asked.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "campaign/product_path.hpp"
#include "command_line.hpp"
#include "ledger/scrub.hpp"
#include "ledger_merge.hpp"
#include "report/terminal.hpp"
#include "report_folder.hpp"
#include "survey.hpp"
#include "terminal_progress.hpp"
#include "verb.hpp"

namespace lenswright {

namespace {

// The damaged products of the part, and what makes them again: a look at tier header would not see the damage.
void say_damaged(const Look& look, const Survey& found) {
  constexpr std::size_t kShown = 10;
  std::vector<const Finding*> damaged;
  for (const Finding& finding : found.scan.findings)
    if (finding.product && finding.state != State::missing &&
        look.selection.contains(look.campaign, *finding.product))
      damaged.push_back(&finding);
  for (std::size_t i = 0; i < std::min(kShown, damaged.size()); ++i) {
    const ProductId& id = *damaged[i]->product;
    fmt::print(
        "  {} {}: {}\n    recovery submit --config {} --tier full --stage {} --model {} --realization {}\n",
        state_name(damaged[i]->state), product_name(look.campaign, id), printable(damaged[i]->because),
        look.campaign.file.string(), stage_name(stage_of(id.kind)),
        look.campaign.models[static_cast<std::size_t>(id.model)].name, id.realization);
  }
  if (damaged.size() > kShown) fmt::print("  and {} more\n", damaged.size() - kShown);
}

// Of what the ledger tells. Products are held against that at tier full; so it is checked there, too.
using LedgerProblems = std::optional<std::vector<std::string>>;

void say_ledger(const Look& look, const LedgerProblems& problems) {
  if (!problems || problems->empty()) return;
  for (const std::string& problem : *problems) fmt::print("ledger: {}\n", printable(problem));
  fmt::print("next: recovery ledger rebuild --config {}\n", look.campaign.file.string());
}

ExitStatus verify_sample(const Look& look, const Sample& sample, bool resume, const DiagnosisView& view) {
  const auto progress = make_terminal_progress();
  Scrub scrub(real_disk(), look.campaign, sample, look.selection, resume);
  if (scrub.resumed_behind() > 0)
    fmt::print("going on behind {} combinations that an earlier call has looked at\n",
               scrub.resumed_behind());
  const CloserLook closer = scrub.closer_look();
  std::optional<Survey> found;
  try {
    found.emplace(survey(look, real_disk(), *progress, &closer));
  } catch (const Failure&) {
    scrub.save();
    fmt::print("part {} of {} is not at its end; go on with: recovery verify{} --sample {}/{} --resume\n",
               sample.part, sample.of, look.options, sample.part, sample.of);
    throw;
  }
  scrub.finish();
  const Summary summary = summary_of(look, *found);
  fmt::print("{}", draw_verification(summary, view));
  fmt::print("part {} of {}: every byte of {} products looked at, the rest at tier {}\n", sample.part,
             sample.of, scrub.products(), tier_name(look.tier));
  say_damaged(look, *found);
  const std::vector<std::string> parts = scrub.parts();
  std::vector<int> lacking;
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (parts[i].empty()) lacking.push_back(static_cast<int>(i) + 1);
  if (lacking.empty())
    fmt::print("all {} parts have been checked, the first of them {}\n", sample.of,
               *std::min_element(parts.begin(), parts.end()));
  else
    fmt::print("parts not checked yet: {} of {}, the next is recovery verify{} --sample {}/{}\n",
               lacking.size(), sample.of, look.options, lacking.front(), sample.of);
  return status_of(summary.verdict);
}

// "--report DIR" as one word: an option that may stand alone takes its value no other way.
std::vector<std::string> words_of(int argc, char** argv) {
  std::vector<std::string> words;
  for (int i = 0; i < argc; ++i) {
    const bool has_folder = i + 1 < argc && *argv[i + 1] != '-';
    words.emplace_back(argv[i]);
    if (words.back() == "--report" && has_folder) words.back() += fmt::format("={}", argv[++i]);
  }
  return words;
}

}  // namespace

ExitStatus run_verify(int argc, char** argv) {
  cxxopts::Options options = verb_options(
      "verify",
      "Shows for each model and stage OK or n/expected, and the complete kappa maps against the goal "
      "(one per run, realization and source plane). Exit status 0: complete, 1: gaps, 2: cannot tell.");
  add_selection_options(options);
  options.add_options()("sample",
                        "read every byte of the n-th of t parts of the products, the rest as --tier says",
                        cxxopts::value<std::string>(),
                        "n/t")("resume", "with --sample: go on where an interrupted call of this part ended")(
      "report",
      "leave a report for those who use the data, in a folder of its own below DIR (<state>/reports)",
      cxxopts::value<std::string>()->implicit_value(""), "DIR");
  std::vector<std::string> words = words_of(argc, argv);
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  const auto parsed = parse_verb(options, static_cast<int>(pointers.size()), pointers.data());
  if (!parsed) return ExitStatus::done;
  const Look look = look_from(*parsed);
  DiagnosisView view;
  view.style = terminal_style();
  view.options = look.options;
  if (parsed->count("sample") > 0 && parsed->count("report") > 0)
    throw UsageError("--report is of a whole look; leave out --sample");
  if (parsed->count("sample") > 0)
    return verify_sample(look, sample_from((*parsed)["sample"].as<std::string>()),
                         parsed->count("resume") > 0, view);
  if (parsed->count("resume") > 0) throw UsageError("--resume goes with --sample n/t");
  const auto progress = make_terminal_progress();
  const Survey found = survey(look, real_disk(), *progress);
  const Summary summary = summary_of(look, found);
  LedgerProblems ledger;
  if (look.tier == Tier::full) ledger = check_ledger_at_rest(real_disk(), look.campaign, *progress);
  fmt::print("{}", draw_verification(summary, view));
  say_ledger(look, ledger);
  if (parsed->count("report") > 0) {
    const std::string named = (*parsed)["report"].as<std::string>();
    const std::filesystem::path folder =
        named.empty() ? reports_folder(look.campaign) : std::filesystem::absolute(named);
    fmt::print("report: {}\n",
               (leave_report(real_disk(), look, found, ledger, folder, *progress) / "report.html").string());
  }
  const bool records_sound = !ledger || (ledger->empty() && summary.receipt_problems.empty());
  return std::max(status_of(summary.verdict), records_sound ? ExitStatus::done : ExitStatus::gaps);
}

}  // namespace lenswright
