// backup.hpp: copies of what tells about the products: ledger, receipts, plans, submissions, trash records, event
// log, campaign file, transforms.h5, and a checksum list of all products (not their bytes).
//
// Place:   <state>/backups/<UTC time>[-NAME]/, with manifest.json (sealed: sizes and digests of all its files)
// Writing: in a folder of a temporary name, which is renamed when all of it is durable. Receipts and plans never
//          change, so those that an earlier backup holds already are hard links to its copies.
// Throws:  IoError, InputError, FormatError
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "campaign/campaign.hpp"
#include "io/checksum.hpp"
#include "io/disk.hpp"

namespace lenswright {

struct BackupFile {
  std::string path;  // in the backup
  std::uint64_t size = 0;
  Digest digest;
};

struct BackupManifest {
  std::string name;  // of its folder
  std::string when, who, why, code_version;
  std::uint64_t products = 0;  // in its checksum list
  std::vector<BackupFile> files;
};

std::filesystem::path backups_folder(const Campaign& campaign);
std::filesystem::path backup_folder(const Campaign& campaign, const std::string& name);

// name: letters, digits, '.', '_', '-', or empty. Returns what it holds.
BackupManifest create_backup(Disk& disk, const Campaign& campaign, const std::string& name,
                             const std::string& why, ProgressSink& progress);

struct BackupListing {
  std::vector<BackupManifest> backups;  // oldest first
  std::vector<std::string> problems;    // damaged manifests, folders without one
};
BackupListing list_backups(Disk& disk, const Campaign& campaign);
// By the folder's name, by the NAME it was given (the newest of that name), or "latest".
BackupManifest find_backup(Disk& disk, const Campaign& campaign, const std::string& name);

// Its files against its manifest: a sentence per file that is missing, other, or not told of; empty if it is whole.
std::vector<std::string> verify_backup(Disk& disk, const Campaign& campaign, const BackupManifest& backup,
                                       ProgressSink& progress);

struct BackupDifferences {
  std::vector<std::string> gone;     // of the backup's files: not in their place now
  std::vector<std::string> changed;  // there, with other bytes
  std::vector<std::string> added;    // there now, not in the backup
};
// The backup against what lies in the files' places now.
BackupDifferences compare_backup(Disk& disk, const Campaign& campaign, const BackupManifest& backup);

struct BackupRestored {
  std::vector<std::string> put_back;  // files that were not in their place
  std::uint64_t same = 0;             // there already
  std::vector<std::string> kept;      // there with other bytes: left as they are
  std::vector<std::string> damaged;   // in the backup itself, or of a name that leaves its root: left out
  std::uint64_t cleared = 0;
  std::string safety;  // the backup made before clearing
};
// Adds what is missing, changes nothing that is there. With clear_first, which wants a whole backup, everything of
// ledger, receipts, plans and submissions that is not as in the backup is removed before, after a backup of it.
BackupRestored restore_backup(Disk& disk, const Campaign& campaign, const BackupManifest& backup,
                              bool clear_first, ProgressSink& progress);

}  // namespace lenswright
