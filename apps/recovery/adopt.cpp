// recovery adopt: takes in products made elsewhere or by other codes.
#include "ledger/adopt.hpp"

#include <fmt/format.h>

#include "audit.hpp"
#include "command_line.hpp"
#include "ledger/root_safety.hpp"
#include "run/campaign_lock.hpp"
#include "survey.hpp"
#include "terminal_progress.hpp"
#include "verb.hpp"

namespace lenswright {

namespace {

std::string_view word_for(AdoptDecision::What what, bool dry_run) {
  switch (what) {
    case AdoptDecision::What::adopted:
      return dry_run ? "would adopt" : "adopted";
    case AdoptDecision::What::known:
      return "known";
    case AdoptDecision::What::refused:
      return "refused";
    case AdoptDecision::What::no_product:
      break;
  }
  return "no product";
}

}  // namespace

ExitStatus run_adopt(int argc, char** argv) {
  cxxopts::Options options = verb_options(
      "adopt",
      "Takes in products without a receipt: those that lie in their places, or, with PATH, those of another "
      "tree, "
      "by --copy or --link (hard link: no second copy, same file system only). Every byte is checked; what "
      "does "
      "not validate is refused; nothing is overwritten. Exit status 0: all is adopted or known, 1: some was "
      "refused.");
  add_selection_options(options);
  options.add_options()("path", "a tree of products, in whole or in part", cxxopts::value<std::string>(),
                        "PATH")("copy", "copy to its place")("link", "hard-link to its place")(
      "dry-run", "check and say, but do nothing")("all",
                                                  "tell of products too that have their receipt already");
  options.parse_positional({"path"});
  options.positional_help("[PATH]");
  const auto parsed = parse_verb(options, argc, argv);
  if (!parsed) return ExitStatus::done;
  AdoptRequest request;
  if (parsed->count("path") > 0)
    request.from = std::filesystem::weakly_canonical((*parsed)["path"].as<std::string>());
  if (parsed->count("copy") > 0 && parsed->count("link") > 0) throw UsageError("either --copy or --link");
  if (parsed->count("copy") > 0) request.way = AdoptWay::copy;
  if (parsed->count("link") > 0) request.way = AdoptWay::link;
  request.dry_run = parsed->count("dry-run") > 0;
  const Look look = look_from(*parsed);
  request.selection = look.selection;

  Disk& disk = real_disk();
  refuse_shared_folder(look.campaign.state, "the state folder");
  std::optional<CampaignLock> lock;
  if (!request.dry_run) {
    lock.emplace(disk, look.campaign);
    audit_begin(look.campaign);
  }
  const bool all = parsed->count("all") > 0;
  const auto progress = make_terminal_progress();
  const AdoptCounts counts = adopt(
      disk, look.campaign, request,
      [&](const AdoptDecision& decision) {
        if (decision.what == AdoptDecision::What::known && !all) return;
        fmt::print("{} {}: {}\n", word_for(decision.what, request.dry_run), printable(decision.name),
                   printable(decision.because));
      },
      *progress);
  if (!request.dry_run)
    audit_change(fmt::format("adopted {} products, refused {}", counts.adopted, counts.refused));
  fmt::print("{} {}, {}; {} known already, {} refused, {} files that are no products of the campaign\n",
             counts.adopted, word_for(AdoptDecision::What::adopted, request.dry_run),
             bytes_text(counts.bytes), counts.known, counts.refused, counts.no_product);
  return counts.refused == 0 ? ExitStatus::done : ExitStatus::gaps;
}

}  // namespace lenswright
