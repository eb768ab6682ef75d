#include "ledger/trash_entries.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/stop_request.hpp"
#include "campaign/product_path.hpp"
#include "io/atomic_writer.hpp"
#include "io/contained_path.hpp"
#include "io/folder_tree.hpp"
#include "ledger/actor.hpp"
#include "ledger/receipt.hpp"
#include "ledger/trash_record.hpp"
#include "ledger/trash_swap.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

// An entry on its way out has this before its name: what is half removed is never put back.
constexpr std::string_view kPurging = ".purging-";
constexpr std::string_view kRecord = ".json";

TrashEntry entry_of(const TrashRecord& record, bool recorded) {
  TrashEntry entry;
  entry.entry = record.entry;
  entry.stage = record.stage;
  entry.path = record.path;
  entry.when = record.when;
  entry.why = record.why;
  entry.who = record.who;
  entry.receipt = record.receipt;
  entry.recorded = recorded;
  return entry;
}

void weigh(Disk& disk, const Campaign& campaign, TrashEntry& entry) {
  const fs::path lies = trashed_path(campaign, entry);
  entry.held = disk.entry_status(lies).has_value();
  if (!entry.held) return;
  for (const TreeFile& file : files_below(disk, lies)) {
    ++entry.files;
    entry.bytes += file.status.type == FileType::regular ? file.status.size : 0;
  }
}

// Of an entry whose record is lost: down the only way until something is a product or does not go on.
std::string only_way(Disk& disk, const Campaign& campaign, Stage stage, const fs::path& folder) {
  std::string path;
  while (true) {
    const std::vector<DirectoryEntry> entries = disk.list(path.empty() ? folder : folder / path);
    if (entries.size() != 1) return path;
    path += (path.empty() ? "" : "/") + entries.front().name;
    if (entries.front().status.type != FileType::directory || product_at(campaign, stage, path)) return path;
  }
}

TrashEntry unrecorded(Disk& disk, const Campaign& campaign, Stage stage, const std::string& name) {
  const fs::path done = trash_records_folder(campaign) / "done" / (name + std::string(kRecord));
  try {
    if (disk.entry_status(done))
      return entry_of(decode_trash_record(campaign, done, read_text(disk, done)), true);
  } catch (const FormatError&) {
    // Then what lies in the trash has to tell.
  }
  return entry_of({name,
                   stage,
                   only_way(disk, campaign, stage, trash_entry_folder(campaign, stage, name)),
                   time_at_head(name),
                   "not known: its record is lost",
                   "not known",
                   {}},
                  false);
}

void read_records(Disk& disk, const Campaign& campaign, TrashListing& listing) {
  const fs::path folder = trash_records_folder(campaign);
  if (!disk.status(folder)) return;
  for (const DirectoryEntry& file : disk.list(folder)) {
    if (!file.name.ends_with(kRecord) || file.name.starts_with('.')) continue;
    const fs::path path = folder / file.name;
    try {
      listing.entries.push_back(entry_of(decode_trash_record(campaign, path, read_text(disk, path)), true));
    } catch (const FormatError& error) {
      listing.problems.push_back(error.what());
    }
  }
}

void read_root(Disk& disk, const Campaign& campaign, Stage stage, TrashListing& listing) {
  const fs::path trash = stage_root(campaign, stage) / kTrashFolder;
  if (!disk.entry_status(trash)) return;
  std::set<std::string> known;
  for (const TrashEntry& entry : listing.entries)
    if (entry.stage == stage) known.insert(entry.entry);
  for (const DirectoryEntry& folder : disk.list(trash)) {
    if (folder.name.starts_with(kPurging) || folder.status.type != FileType::directory) continue;
    if (known.contains(folder.name) || !why_not_contained(folder.name).empty()) continue;
    if (files_below(disk, trash / folder.name).empty()) continue;  // what an entry put back left behind
    TrashEntry entry = unrecorded(disk, campaign, stage, folder.name);
    if (entry.path.empty() || !why_not_contained(entry.path).empty()) {
      listing.problems.push_back(fmt::format("{}: holds several things and has no record; look at it by hand",
                                             (trash / folder.name).string()));
      continue;
    }
    listing.entries.push_back(std::move(entry));
  }
}

void put_record_away(Disk& disk, const Campaign& campaign, const std::string& entry) {
  const fs::path record = trash_record_file(campaign, entry);
  if (!disk.entry_status(record)) return;
  const fs::path done = trash_records_folder(campaign) / "done";
  disk.create_directories(done);
  disk.rename(record, done / record.filename());
  disk.sync_directory(done);
  disk.sync_directory(record.parent_path());
}

// The empty folders that are left of an entry; they are no loss where that does not work.
void sweep(Disk& disk, const Campaign& campaign, const TrashEntry& entry) {
  try {
    const fs::path folder = trash_entry_folder(campaign, entry.stage, entry.entry);
    if (files_below(disk, folder).empty()) remove_tree(disk, folder);
  } catch (const Failure&) {
  }
}

bool same_file(const FileStatus& a, const FileStatus& b) {
  return a.inode == b.inode && a.device == b.device;
}

void finish_purges(Disk& disk, const Campaign& campaign, Stage stage, std::vector<std::string>& done) {
  const fs::path trash = stage_root(campaign, stage) / kTrashFolder;
  if (!disk.entry_status(trash)) return;
  for (const DirectoryEntry& folder : disk.list(trash)) {
    if (!folder.name.starts_with(kPurging)) continue;
    remove_tree(disk, trash / folder.name);
    const std::string entry = folder.name.substr(kPurging.size());
    put_record_away(disk, campaign, entry);
    done.push_back(fmt::format("ended the purge of {}, which had been interrupted", entry));
  }
}

}  // namespace

fs::path trashed_path(const Campaign& campaign, const TrashEntry& entry) {
  return trash_entry_folder(campaign, entry.stage, entry.entry) / entry.path;
}

TrashListing list_trash(Disk& disk, const Campaign& campaign) {
  TrashListing listing;
  read_records(disk, campaign, listing);
  for (const Stage stage : stages_of(campaign)) {
    try {
      require_trash(disk, campaign, stage);
      read_root(disk, campaign, stage, listing);
    } catch (const Failure& failure) {
      listing.problems.push_back(failure.what());
    }
  }
  for (TrashEntry& entry : listing.entries) weigh(disk, campaign, entry);
  std::stable_sort(listing.entries.begin(), listing.entries.end(),
                   [](const TrashEntry& a, const TrashEntry& b) { return a.when < b.when; });
  return listing;
}

Restored restore_from_trash(Disk& disk, const Campaign& campaign, const TrashEntry& entry, bool swap,
                            const std::string& present_receipt) {
  require_trash(disk, campaign, entry.stage);
  const fs::path& root = stage_root(campaign, entry.stage);
  const fs::path to = contained_path(disk, root, entry.path);
  const fs::path from = contained_path(disk, root / kTrashFolder, entry.entry + "/" + entry.path);
  const std::optional<FileStatus> lies = disk.entry_status(from), present = disk.entry_status(to);
  if (!lies) {
    if (!present)
      throw InputError(
          fmt::format("{} is neither in the trash nor in its place: nothing to put back", to.string()));
    put_record_away(disk, campaign, entry.entry);  // an earlier call got no further
    return {to, {}};
  }
  std::string made_room;
  if (present && same_file(*lies, *present)) {
    disk.remove(from);  // both names of a file that was being renamed by way of a link
  } else if (present) {
    if (!swap)
      throw InputError(
          fmt::format("{} is there; it is not overwritten: with --swap the two change places and "
                      "the present one goes to the trash",
                      to.string()));
    made_room = swap_with_trash(disk, campaign, entry, present_receipt);
  } else {
    disk.create_directories(to.parent_path());
    if (!disk.rename_if_absent(from, to))
      throw InputError(fmt::format("{} appeared just now and is left alone; look again", to.string()));
  }
  disk.sync_directory(to.parent_path());
  disk.sync_directory(from.parent_path());
  put_record_away(disk, campaign, entry.entry);
  if (!made_room.empty()) end_swap(disk, campaign, made_room);
  sweep(disk, campaign, entry);
  return {to, made_room};
}

std::vector<TrashEntry> older_than(const std::vector<TrashEntry>& entries, double hours,
                                   const std::string& now) {
  std::vector<TrashEntry> old;
  for (const TrashEntry& entry : entries) {
    try {
      if (hours_between(entry.when, now) >= hours) old.push_back(entry);
    } catch (const InputError&) {
      // A time that cannot be read is no leave to remove anything.
    }
  }
  return old;
}

void purge_trash(Disk& disk, const Campaign& campaign, const std::vector<TrashEntry>& entries,
                 ProgressSink& progress) {
  progress.begin("purging the trash", entries.size(), "entries");
  for (const TrashEntry& entry : entries) {
    throw_if_stop_requested();
    require_trash(disk, campaign, entry.stage);
    const fs::path trash = stage_root(campaign, entry.stage) / kTrashFolder;
    const fs::path folder = contained_path(disk, trash, entry.entry);
    if (const auto status = disk.entry_status(folder); status && status->type == FileType::directory) {
      const fs::path leaving = trash / (std::string(kPurging) + entry.entry);
      disk.rename(folder, leaving);
      disk.sync_directory(trash);
      remove_tree(disk, leaving);
    }
    put_record_away(disk, campaign, entry.entry);
    progress.advance(1);
  }
  progress.end();
}

std::vector<std::string> finish_trash(Disk& disk, const Campaign& campaign) {
  std::vector<std::string> done;
  for (const UnfinishedSwap& swap : unfinished_swaps(disk, campaign)) {
    done.push_back(finish_swap(disk, campaign, swap));
    if (swap_is_over(disk, campaign, swap)) put_record_away(disk, campaign, swap.restored);
    end_swap(disk, campaign, swap.made_room);
  }
  for (const Stage stage : stages_of(campaign)) {
    require_trash(disk, campaign, stage);
    finish_purges(disk, campaign, stage, done);
  }
  return done;
}

}  // namespace lenswright
