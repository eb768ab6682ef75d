// recovery trash: what has been moved aside, how it comes back, and how it goes for good.
#include <fmt/format.h>

#include <algorithm>

#include "audit.hpp"
#include "base/stop_request.hpp"
#include "campaign/product_path.hpp"
#include "command_line.hpp"
#include "ledger/actor.hpp"
#include "ledger/backup.hpp"
#include "ledger/receipt.hpp"
#include "ledger/restored_record.hpp"
#include "ledger/root_safety.hpp"
#include "ledger/trash_entries.hpp"
#include "run/campaign_lock.hpp"
#include "survey.hpp"
#include "terminal_progress.hpp"
#include "verb.hpp"

namespace lenswright {

namespace {

std::string name_of(const TrashEntry& entry) {
  return fmt::format("{}/{}", stage_name(entry.stage), entry.path);
}

std::uint64_t bytes_of(const std::vector<TrashEntry>& entries) {
  std::uint64_t bytes = 0;
  for (const TrashEntry& entry : entries) bytes += entry.bytes;
  return bytes;
}

std::vector<TrashEntry> held(const TrashListing& listing) {
  std::vector<TrashEntry> entries;
  std::copy_if(listing.entries.begin(), listing.entries.end(), std::back_inserter(entries),
               [](const TrashEntry& entry) { return entry.held; });
  return entries;
}

std::string draw(const std::vector<TrashEntry>& entries) {
  Table table(
      {{"when"}, {"what"}, {"files", Align::right}, {"size", Align::right}, {"entry"}, {"who"}, {"why"}});
  for (const TrashEntry& entry : entries)
    table.add({{entry.when},
               {printable(name_of(entry))},
               {grouped(static_cast<std::int64_t>(entry.files))},
               {bytes_text(entry.bytes)},
               {entry.entry},
               {printable(entry.who)},
               {printable(entry.why)}});
  return table.draw(terminal_style());
}

void say_problems(const TrashListing& listing) {
  for (const std::string& problem : listing.problems) fmt::print("problem: {}\n", printable(problem));
}

ExitStatus list(Disk& disk, const Campaign& campaign) {
  const TrashListing listing = list_trash(disk, campaign);
  const std::vector<TrashEntry> entries = held(listing);
  if (entries.empty())
    fmt::print("the trash is empty\n");
  else
    fmt::print("{}{} entries, {}; kept for at least {} hours\n", draw(entries), grouped(std::ssize(entries)),
               bytes_text(bytes_of(entries)), campaign.safety.trash_hours);
  if (const std::size_t empty = listing.entries.size() - entries.size(); empty > 0)
    fmt::print("{} records tell of moves that did not happen or that were taken back; purge puts them away\n",
               empty);
  say_problems(listing);
  return listing.problems.empty() ? ExitStatus::done : ExitStatus::gaps;
}

// An entry by its name; a product, or the path where it lay, by the newest entry of it; with a time, all since then.
std::vector<TrashEntry> chosen(const Campaign& campaign, const TrashListing& listing,
                               const std::vector<std::string>& words, const std::string& since) {
  std::vector<TrashEntry> found;
  for (const std::string& word : words) {
    const std::filesystem::path place = std::filesystem::absolute(word).lexically_normal();
    const auto match =
        std::find_if(listing.entries.rbegin(), listing.entries.rend(), [&](const TrashEntry& entry) {
          return entry.entry == word ||
                 (entry.held && (name_of(entry) == word || entry.path == word ||
                                 stage_root(campaign, entry.stage) / entry.path == place));
        });
    if (match == listing.entries.rend())
      throw UsageError(
          fmt::format("{}: nothing in the trash has this name; recovery trash list shows what has", word));
    found.push_back(*match);
  }
  if (since.empty()) return found;
  // Oldest first: where a name was moved aside twice, the first was the one that lay there before all of it.
  for (const TrashEntry& entry : listing.entries) {
    const bool twice = std::any_of(found.begin(), found.end(), [&](const TrashEntry& other) {
      return other.stage == entry.stage && other.path == entry.path;
    });
    if (entry.held && entry.when >= since && !twice) found.push_back(entry);
  }
  return found;
}

void back_up(Disk& disk, const Campaign& campaign, const std::string& why, ProgressSink& progress) {
  const std::string name = create_backup(disk, campaign, "", why, progress).name;
  audit_change(fmt::format("backup {}", name));
  fmt::print("backup: {}\n", name);
}

ExitStatus restore(Disk& disk, const Campaign& campaign, const cxxopts::ParseResult& parsed,
                   const std::vector<std::string>& words, ProgressSink& progress) {
  const std::string since = parsed.count("since") > 0 ? parsed["since"].as<std::string>() : "";
  const bool swap = parsed.count("swap") > 0;
  const std::vector<TrashEntry> entries = chosen(campaign, list_trash(disk, campaign), words, since);
  if (entries.empty()) throw UsageError("restore what? Name entries or products, or --since TIME");
  if (swap) back_up(disk, campaign, "before trash restore --swap", progress);
  std::size_t refused = 0;
  const ReceiptIndex receipts = ReceiptIndex::load(disk, campaign);
  for (const TrashEntry& entry : entries) {
    throw_if_stop_requested();
    try {
      const std::string present = receipt_in_place(campaign, receipts, entry);
      if (swap || !disk.entry_status(stage_root(campaign, entry.stage) / entry.path))
        record_restored(disk, campaign, receipts, entry);
      const Restored restored = restore_from_trash(disk, campaign, entry, swap, present);
      audit_change(fmt::format("{} came back from trash entry {}{}", restored.path.string(), entry.entry,
                               restored.made_room.empty() ? "" : ", in the place of " + restored.made_room));
      fmt::print(
          "{} is back{}\n", restored.path.string(),
          restored.made_room.empty() ? "" : "; what was there is now in the trash as " + restored.made_room);
    } catch (const InputError& error) {
      fmt::print("{}\n", error.what());
      ++refused;
    }
  }
  return refused == 0 ? ExitStatus::done : ExitStatus::gaps;
}

ExitStatus purge(Disk& disk, const Campaign& campaign, const cxxopts::ParseResult& parsed,
                 const std::vector<std::string>& words, ProgressSink& progress) {
  const TrashListing listing = list_trash(disk, campaign);
  const std::vector<TrashEntry> asked =
      words.empty() ? listing.entries : chosen(campaign, listing, words, "");
  const std::vector<TrashEntry> old = older_than(asked, campaign.safety.trash_hours, utc_now());
  std::vector<TrashEntry> leaving;
  std::copy_if(old.begin(), old.end(), std::back_inserter(leaving),
               [](const TrashEntry& entry) { return entry.held; });
  say_problems(listing);
  if (asked.size() > old.size())
    fmt::print("{} of {} entries stay: they are younger than {} hours (safety.trash_hours)\n",
               asked.size() - old.size(), asked.size(), campaign.safety.trash_hours);
  if (old.empty()) {
    fmt::print("nothing to purge\n");
    return words.empty() ? ExitStatus::done : ExitStatus::gaps;
  }
  if (!leaving.empty()) {
    fmt::print("{}", draw(leaving));
    if (!confirmed(fmt::format("Remove these {} entries, {}, for good?", leaving.size(),
                               bytes_text(bytes_of(leaving))),
                   parsed.count("yes") > 0)) {
      fmt::print("nothing done\n");
      return ExitStatus::gaps;
    }
    back_up(disk, campaign, "before trash purge", progress);
  }
  purge_trash(disk, campaign, old, progress);
  audit_change(fmt::format("purged {} trash entries, {}", leaving.size(), bytes_text(bytes_of(leaving))));
  fmt::print("purged {} entries, {}\n", leaving.size(), bytes_text(bytes_of(leaving)));
  return ExitStatus::done;
}

}  // namespace

ExitStatus run_trash(int argc, char** argv) {
  cxxopts::Options options = verb_options(
      "trash",
      "list: what has been moved aside, when, why and by whom. restore: puts it back; what lies in its place "
      "now "
      "is never overwritten: with --swap the two change places. purge: removes for good what is older than "
      "safety.trash_hours, after showing it and asking.");
  options.add_options()("words", "list, restore ENTRY|PRODUCT ..., purge [ENTRY|PRODUCT ...]",
                        cxxopts::value<std::vector<std::string>>(),
                        "list|restore|purge")("swap", "restore: what is in the place goes to the trash")(
      "since", "restore: all that was moved aside since (UTC, as list shows it)",
      cxxopts::value<std::string>(), "TIME")("yes", "purge: without asking");
  options.parse_positional({"words"});
  options.positional_help("list|restore|purge [ENTRY|PRODUCT ...]");
  const auto parsed = parse_verb(options, argc, argv);
  if (!parsed) return ExitStatus::done;
  std::vector<std::string> words;
  if (parsed->count("words") > 0) words = (*parsed)["words"].as<std::vector<std::string>>();
  const std::string action = words.empty() ? "list" : words.front();
  if (!words.empty()) words.erase(words.begin());
  if (action != "list" && action != "restore" && action != "purge")
    throw UsageError(fmt::format("recovery trash {}: there are list, restore and purge", action));

  const Campaign campaign = campaign_from(*parsed);
  Disk& disk = real_disk();
  if (action == "list") return list(disk, campaign);
  require_own_roots(disk, campaign);
  const CampaignLock lock(disk, campaign);
  audit_begin(campaign);
  for (const std::string& done : finish_trash(disk, campaign)) {
    audit_change(done);
    fmt::print("{}\n", done);
  }
  const auto progress = make_terminal_progress();
  return action == "restore" ? restore(disk, campaign, *parsed, words, *progress)
                             : purge(disk, campaign, *parsed, words, *progress);
}

}  // namespace lenswright
