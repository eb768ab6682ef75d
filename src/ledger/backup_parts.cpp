#include "ledger/backup_parts.hpp"

#include "base/error.hpp"
#include "campaign/product_path.hpp"
#include "io/atomic_writer.hpp"
#include "io/contained_path.hpp"
#include "io/folder_tree.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

bool is_temporary(const std::string& path) {
  return parse_temporary_name(fs::path(path).filename().string()).has_value();
}

}  // namespace

std::vector<BackupPart> backup_parts(const Campaign& campaign) {
  const fs::path& state = campaign.state;
  return {{std::string(kBackupLedger), state / kBackupLedger, false, true},
          {"receipts", state / "receipts", true, true},
          {"records", state / "records", false, true},
          {"attempts", state / "attempts", true, false},
          {"plans", state / "plans", true, true},
          {"submissions", state / "submissions", false, true},
          {"released", state / "released", true, false},
          {"trash", state / "trash", true, false},
          {"events.jsonl", state / "events.jsonl", false, false},
          {"campaign.yaml", campaign.file, false, false},
          {std::string(kTransformsFile), campaign.lensplanes.root / kTransformsFile, false, false}};
}

std::vector<PlacedFile> placed_files(Disk& disk, const Campaign& campaign) {
  std::vector<PlacedFile> files;
  for (const BackupPart& part : backup_parts(campaign)) {
    for (const TreeFile& file : files_below(disk, part.place)) {
      // The campaign file may be a link to where it is kept; a link among the records is none of ours.
      const bool single = file.path.empty();
      if (single ? !disk.status(part.place) : file.status.type != FileType::regular) continue;
      if (is_temporary(file.path)) continue;
      files.push_back(
          {single ? part.path : part.path + "/" + file.path, single ? part.place : part.place / file.path,
           single ? disk.status(part.place)->size : file.status.size, part.lasting, part.clearable});
    }
  }
  return files;
}

std::optional<PlacedFile> place_of(Disk& disk, const Campaign& campaign, const std::string& path) {
  for (const BackupPart& part : backup_parts(campaign)) {
    if (path == part.path) return PlacedFile{path, part.place, 0, part.lasting, part.clearable};
    if (!path.starts_with(part.path + "/")) continue;
    return PlacedFile{path, contained_path(disk, part.place, path.substr(part.path.size() + 1)), 0,
                      part.lasting, part.clearable};
  }
  if (path == kBackupChecksums || path == kBackupConfiguration) return std::nullopt;
  throw InputError("\"" + path + "\": no file of a backup has this name");
}

}  // namespace lenswright
