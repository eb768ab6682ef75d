// Backups held against what is there, and put back; declared in backup.hpp.
#include <fmt/format.h>

#include <map>
#include <set>

#include "base/error.hpp"
#include "base/stop_request.hpp"
#include "io/contained_path.hpp"
#include "io/copy_file.hpp"
#include "io/folder_tree.hpp"
#include "ledger/backup.hpp"
#include "ledger/backup_parts.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

bool holds_same(Disk& disk, const fs::path& path, const BackupFile& file) {
  const std::optional<FileStatus> status = disk.status(path);
  return status && status->type == FileType::regular && status->size == file.size &&
         digest_of_file(disk, path) == file.digest;
}

// A receipt that lay open when the backup was made may have been archived since, and the other way round.
std::optional<fs::path> other_place(const Campaign& campaign, const std::string& path) {
  constexpr std::string_view kOpen = "receipts/", kArchived = "receipts/archive/";
  if (path.starts_with(kArchived)) return campaign.state / kOpen / path.substr(kArchived.size());
  if (path.starts_with(kOpen)) return campaign.state / kArchived / path.substr(kOpen.size());
  return std::nullopt;
}

// A receipt that comes back alone lies open, so that the ledger takes it in, whatever it knew before.
fs::path open_place(const Campaign& campaign, const PlacedFile& file) {
  const bool archived = file.path.starts_with("receipts/archive/");
  return archived ? *other_place(campaign, file.path) : file.place;
}

std::uint64_t clear_others(Disk& disk, const Campaign& campaign, const BackupManifest& keep,
                           const BackupManifest& safety) {
  std::map<std::string, Digest> kept;
  for (const BackupFile& file : keep.files) kept[file.path] = file.digest;
  std::uint64_t cleared = 0;
  for (const BackupFile& file : safety.files) {
    const std::optional<PlacedFile> place = place_of(disk, campaign, file.path);
    if (!place || !place->clearable) continue;
    if (const auto found = kept.find(file.path); found != kept.end() && found->second == file.digest)
      continue;
    if (!disk.entry_status(place->place)) continue;
    disk.remove(place->place);
    ++cleared;
  }
  return cleared;
}

}  // namespace

std::vector<std::string> verify_backup(Disk& disk, const Campaign& campaign, const BackupManifest& backup,
                                       ProgressSink& progress) {
  const fs::path folder = backup_folder(campaign, backup.name);
  std::vector<std::string> wrong;
  std::set<std::string> told{std::string(kBackupManifest)};
  progress.begin(fmt::format("verifying {}", backup.name), backup.files.size(), "files");
  for (const BackupFile& file : backup.files) {
    throw_if_stop_requested();
    told.insert(file.path);
    try {
      const fs::path path = contained_path(disk, folder, file.path);
      if (!disk.entry_status(path))
        wrong.push_back(fmt::format("{}: is not there", file.path));
      else if (!holds_same(disk, path, file))
        wrong.push_back(fmt::format("{}: other bytes than its manifest tells of", file.path));
    } catch (const Failure& failure) {
      wrong.push_back(failure.what());
    }
    progress.advance(1);
  }
  progress.end();
  for (const TreeFile& file : files_below(disk, folder))
    if (!told.contains(file.path))
      wrong.push_back(fmt::format("{}: its manifest does not tell of it", file.path));
  return wrong;
}

BackupDifferences compare_backup(Disk& disk, const Campaign& campaign, const BackupManifest& backup) {
  BackupDifferences found;
  std::set<std::string> told;
  for (const BackupFile& file : backup.files) {
    const std::optional<PlacedFile> place = place_of(disk, campaign, file.path);
    if (!place) continue;
    told.insert(file.path);
    const std::optional<fs::path> other = other_place(campaign, file.path);
    if (disk.status(place->place)) {
      if (!holds_same(disk, place->place, file)) found.changed.push_back(file.path);
    } else if (other && holds_same(disk, *other, file)) {
      told.insert(other->lexically_relative(campaign.state).generic_string());
    } else {
      found.gone.push_back(file.path);
    }
  }
  for (const PlacedFile& file : placed_files(disk, campaign))
    if (!told.contains(file.path)) found.added.push_back(file.path);
  return found;
}

BackupRestored restore_backup(Disk& disk, const Campaign& campaign, const BackupManifest& backup,
                              bool clear_first, ProgressSink& progress) {
  BackupRestored result;
  if (clear_first) {
    if (const auto wrong = verify_backup(disk, campaign, backup, progress); !wrong.empty())
      throw InputError(fmt::format("backup {} is not whole, so nothing is cleared for it: {}", backup.name,
                                   wrong.front()));
    const BackupManifest safety =
        create_backup(disk, campaign, "before-restore",
                      fmt::format("before clearing for backup {}", backup.name), progress);
    result.safety = safety.name;
    result.cleared = clear_others(disk, campaign, backup, safety);
  }
  const fs::path folder = backup_folder(campaign, backup.name);
  progress.begin(fmt::format("restoring from {}", backup.name), backup.files.size(), "files");
  for (const BackupFile& file : backup.files) {
    throw_if_stop_requested();
    progress.advance(1);
    std::optional<PlacedFile> place;
    fs::path copy;
    try {
      place = place_of(disk, campaign, file.path);
      copy = contained_path(disk, folder, file.path);
    } catch (const InputError& error) {
      result.damaged.push_back(error.what());
      continue;
    }
    if (!place) continue;
    const std::optional<fs::path> other = other_place(campaign, file.path);
    if (disk.status(place->place)) {
      if (holds_same(disk, place->place, file))
        ++result.same;
      else
        result.kept.push_back(file.path);
    } else if (other && holds_same(disk, *other, file)) {
      ++result.same;
    } else if (!holds_same(disk, copy, file)) {
      result.damaged.push_back(fmt::format("{}: its copy in the backup is missing or damaged", file.path));
    } else {
      publish_copy(disk, copy, clear_first ? place->place : open_place(campaign, *place));
      result.put_back.push_back(file.path);
    }
  }
  progress.end();
  return result;
}

}  // namespace lenswright
