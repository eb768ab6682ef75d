// recovery backup: copies of everything that tells about the products, and what to do with them.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "audit.hpp"
#include "campaign/product_path.hpp"
#include "command_line.hpp"
#include "ledger/backup.hpp"
#include "ledger/database/receipt_merge.hpp"
#include "ledger/root_safety.hpp"
#include "ledger_merge.hpp"
#include "run/campaign_lock.hpp"
#include "survey.hpp"
#include "terminal_progress.hpp"
#include "verb.hpp"

namespace lenswright {

namespace {

constexpr std::size_t kShown = 10;
constexpr std::chrono::minutes kPatience{2};

std::uint64_t bytes_of(const BackupManifest& backup) {
  std::uint64_t bytes = 0;
  for (const BackupFile& file : backup.files) bytes += file.size;
  return bytes;
}

void say(const std::string& what, const std::vector<std::string>& names) {
  if (names.empty()) return;
  fmt::print("  {}: {}\n", what, names.size());
  for (std::size_t i = 0; i < std::min(kShown, names.size()); ++i)
    fmt::print("    {}\n", printable(names[i]));
  if (names.size() > kShown) fmt::print("    and {} more\n", names.size() - kShown);
}

ExitStatus create(Disk& disk, const Campaign& campaign, const std::string& name, ProgressSink& progress) {
  audit_begin(campaign);
  const BackupManifest made = create_backup(disk, campaign, name, "asked for", progress);
  audit_change(fmt::format("backup {}", made.name));
  fmt::print("{}: {} files, {}; checksums of {} products\n", backup_folder(campaign, made.name).string(),
             made.files.size(), bytes_text(bytes_of(made)),
             grouped(static_cast<std::int64_t>(made.products)));
  return ExitStatus::done;
}

ExitStatus list(Disk& disk, const Campaign& campaign) {
  const BackupListing listing = list_backups(disk, campaign);
  Table table({{"backup"},
               {"files", Align::right},
               {"size", Align::right},
               {"products", Align::right},
               {"who"},
               {"why"}});
  for (const BackupManifest& backup : listing.backups)
    table.add({{backup.name},
               {grouped(std::ssize(backup.files))},
               {bytes_text(bytes_of(backup))},
               {grouped(static_cast<std::int64_t>(backup.products))},
               {printable(backup.who)},
               {printable(backup.why)}});
  fmt::print("{}", table.empty() ? "no backups\n" : table.draw(terminal_style()));
  for (const std::string& problem : listing.problems) fmt::print("problem: {}\n", printable(problem));
  return listing.problems.empty() ? ExitStatus::done : ExitStatus::gaps;
}

ExitStatus verify(Disk& disk, const Campaign& campaign, const BackupManifest& backup,
                  ProgressSink& progress) {
  const std::vector<std::string> wrong = verify_backup(disk, campaign, backup, progress);
  fmt::print("{}: {} of {} files\n", backup.name,
             wrong.empty() ? "whole, every byte as written" : "NOT whole", backup.files.size());
  say("wrong", wrong);
  const BackupDifferences now = compare_backup(disk, campaign, backup);
  if (now.gone.empty() && now.changed.empty() && now.added.empty())
    fmt::print("  what it holds is what is there now\n");
  say("in the backup, and not in their place any more", now.gone);
  say("other bytes now", now.changed);
  say("new since", now.added);
  return wrong.empty() ? ExitStatus::done : ExitStatus::gaps;
}

ExitStatus restore(Disk& disk, const Campaign& campaign, const BackupManifest& backup, bool clear_first,
                   bool yes, ProgressSink& progress) {
  require_own_roots(disk, campaign);
  const CampaignLock lock(disk, campaign);
  if (clear_first) {
    const BackupDifferences now = compare_backup(disk, campaign, backup);
    say("would be removed or replaced, of what has changed", now.changed);
    say("would be removed, of what is new", now.added);
    if (!confirmed(
            fmt::format("Take ledger, receipts, plans and submissions back to {}? All that is there now "
                        "goes into a backup first; products are not touched.",
                        backup.name),
            yes)) {
      fmt::print("nothing done\n");
      return ExitStatus::gaps;
    }
  }
  const LedgerLease lease(disk, campaign, kPatience);  // nobody merges into what is being put back
  audit_begin(campaign);
  const BackupRestored done = restore_backup(disk, campaign, backup, clear_first, progress);
  audit_change(fmt::format("restored {} files from backup {}, cleared {}{}", done.put_back.size(),
                           backup.name, done.cleared, clear_first ? " after backup " + done.safety : ""));
  if (clear_first) {
    // The record files, and receipts of afterwards that no copy told of, need not be what this ledger knows.
    const MergeOutcome made = rebuild_ledger(disk, campaign, lease.still_held(), progress);
    audit_change(
        fmt::format("rebuilt the ledger from {} receipts, {} products", made.receipts, made.records));
  }
  if (clear_first) fmt::print("backup of before: {}; {} files cleared\n", done.safety, done.cleared);
  fmt::print("{} files put back, {} were there already\n", done.put_back.size(), done.same);
  say("there with other bytes, left as they are", done.kept);
  say("left out", done.damaged);
  return done.damaged.empty() ? ExitStatus::done : ExitStatus::gaps;
}

}  // namespace

ExitStatus run_backup(int argc, char** argv) {
  cxxopts::Options options =
      verb_options("backup",
                   "create: ledger, receipts, plans, submissions, trash records, event log, campaign file, "
                   "transforms.h5 and a "
                   "checksum list of all products, in <state>/backups. verify: its files against its "
                   "manifest, and against what "
                   "is there now. restore: adds what is missing and changes nothing; --clear-first takes "
                   "ledger, receipts, "
                   "plans and submissions back to the backup, after a backup of the present ones.");
  options.add_options()("words", "create [NAME], list, verify [BACKUP], restore BACKUP",
                        cxxopts::value<std::vector<std::string>>(), "create|list|verify|restore")(
      "clear-first", "restore: take away what is not in the backup")("yes", "without asking");
  options.parse_positional({"words"});
  options.positional_help("create|list|verify|restore [BACKUP]");
  const auto parsed = parse_verb(options, argc, argv);
  if (!parsed) return ExitStatus::done;
  std::vector<std::string> words;
  if (parsed->count("words") > 0) words = (*parsed)["words"].as<std::vector<std::string>>();
  const std::string action = words.empty() ? "list" : words[0];
  if (words.size() > 2) throw UsageError(fmt::format("recovery backup {}: one name at most", action));
  const std::string name = words.size() > 1 ? words[1] : "";

  const Campaign campaign = campaign_from(*parsed);
  Disk& disk = real_disk();
  const auto progress = make_terminal_progress();
  if (action == "list") return list(disk, campaign);
  if (action == "create") {
    refuse_shared_folder(campaign.state, "the state folder");
    return create(disk, campaign, name, *progress);
  }
  if (action == "verify")
    return verify(disk, campaign, find_backup(disk, campaign, name.empty() ? "latest" : name), *progress);
  if (action != "restore")
    throw UsageError(fmt::format("recovery backup {}: there are create, list, verify and restore", action));
  if (name.empty())
    throw UsageError("restore which backup? recovery backup list shows them; latest is the newest");
  return restore(disk, campaign, find_backup(disk, campaign, name), parsed->count("clear-first") > 0,
                 parsed->count("yes") > 0, *progress);
}

}  // namespace lenswright
