// recovery release: lets go of potentials when all that is made from them is there; they are made again when something
// needs them.
#include <fmt/format.h>

#include "audit.hpp"
#include "campaign/product_path.hpp"
#include "command_line.hpp"
#include "ledger/backup.hpp"
#include "ledger/released.hpp"
#include "ledger/root_safety.hpp"
#include "run/campaign_lock.hpp"
#include "survey.hpp"
#include "terminal_progress.hpp"
#include "verb.hpp"

namespace lenswright {

namespace {

std::string draw(const Campaign& campaign, const std::vector<ReleaseSet>& sets) {
  Table table({{"model"},
               {"realization", Align::right},
               {"may go", Align::right},
               {"size", Align::right},
               {"stay", Align::right},
               {"because"}});
  for (const ReleaseSet& set : sets)
    table.add({{campaign.models[static_cast<std::size_t>(set.model)].name},
               {std::to_string(set.realization)},
               {grouped(std::ssize(set.potentials))},
               {bytes_text(set.bytes)},
               {grouped(static_cast<std::int64_t>(set.kept))},
               {printable(set.because)}});
  return table.draw(terminal_style());
}

}  // namespace

ExitStatus run_release(int argc, char** argv) {
  cxxopts::Options options =
      verb_options("release",
                   "Lets go of potentials, where the campaign says lux.keep: until_traced and all runs made "
                   "from them are complete "
                   "at the asked tier: shows which, asks, and moves them to the trash. They count as "
                   "released, not missing, and are "
                   "made again, byte for byte, when a run has to be. Exit status 1: some have to stay.");
  add_selection_options(options);
  options.add_options()("now", "remove them at once, without the trash")("yes", "without asking")(
      "include-unverified",
      "also those that an older or another code made: made again, they will differ in the last digits");
  const auto parsed = parse_verb(options, argc, argv);
  if (!parsed) return ExitStatus::done;
  const Look look = look_from(*parsed);
  const Campaign& campaign = look.campaign;
  if (!look.selection.stages.empty() || !look.selection.snapshots.empty())
    throw UsageError(
        "recovery release is of whole realizations: --model and --realization choose, not --stage or "
        "--snapshot");
  if (campaign.lux.keep != KeepPotentials::until_traced)
    throw UsageError(
        fmt::format("{}: the campaign keeps its potentials; say `keep: until_traced` in its section `lux` if "
                    "they may go once they are traced",
                    campaign.file.string()));
  Disk& disk = real_disk();
  require_own_roots(disk, campaign);
  const CampaignLock lock(disk, campaign);
  audit_begin(campaign);
  const auto progress = make_terminal_progress();
  const Survey found = survey(look, disk, *progress);
  const std::vector<ReleaseSet> sets = find_releasable(campaign, found.scan, found.receipts, look.selection,
                                                       parsed->count("include-unverified") > 0);
  std::vector<ProductId> leaving;
  std::uint64_t bytes = 0;
  std::size_t staying = 0;
  for (const ReleaseSet& set : sets) {
    leaving.insert(leaving.end(), set.potentials.begin(), set.potentials.end());
    bytes += set.bytes;
    staying += set.kept;
  }
  if (!sets.empty()) fmt::print("{}", draw(campaign, sets));
  const ExitStatus status = staying == 0 ? ExitStatus::done : ExitStatus::gaps;
  if (leaving.empty()) {
    fmt::print("nothing to release{}\n", staying == 0
                                             ? ""
                                             : fmt::format(": {} potentials have to stay",
                                                           grouped(static_cast<std::int64_t>(staying))));
    return status;
  }
  const bool now = parsed->count("now") > 0;
  const std::string what = fmt::format("{} potentials, {}", grouped(std::ssize(leaving)), bytes_text(bytes));
  if (!confirmed(fmt::format("{} {}? They can be made again.", now ? "Remove" : "Move to the trash", what),
                 parsed->count("yes") > 0)) {
    fmt::print("nothing done\n");
    return ExitStatus::gaps;
  }
  const std::string backup = create_backup(disk, campaign, "", "before release", *progress).name;
  audit_change(fmt::format("backup {}", backup));
  fmt::print("backup: {}\n", backup);
  const std::filesystem::path record = record_release(disk, campaign, found.receipts, leaving);
  audit_change(fmt::format("released {}, told of in {}", what, record.string()));
  let_go(disk, campaign, found.receipts, leaving, now, *progress);
  fmt::print("released {}{}\n", what,
             now ? ""
                 : fmt::format("; recovery trash purge frees the space after {} hours",
                               campaign.safety.trash_hours));
  return status;
}

}  // namespace lenswright
