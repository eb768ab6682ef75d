// backup_parts.hpp: what belongs into a backup, and where each of its files has its place.
//
// Throws: IoError
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "campaign/campaign.hpp"
#include "io/disk.hpp"

namespace lenswright {

inline constexpr std::string_view kBackupManifest = "manifest.json";
inline constexpr std::string_view kBackupChecksums = "checksums.xxh128";
inline constexpr std::string_view kBackupConfiguration = "effective.json";
inline constexpr std::string_view kBackupLedger = "ledger.sqlite";

struct BackupPart {
  std::string path;  // in the backup; a folder of files, or a file
  std::filesystem::path place;
  bool lasting = false;    // its files never change once written
  bool clearable = false;  // removed by a restore that clears first
};
std::vector<BackupPart> backup_parts(const Campaign& campaign);

struct PlacedFile {
  std::string path;  // in the backup
  std::filesystem::path place;
  std::uint64_t size = 0;
  bool lasting = false, clearable = false;
};
// What lies in the places now; temporary files and locks left out.
std::vector<PlacedFile> placed_files(Disk& disk, const Campaign& campaign);
// The place of one of a backup's files, whether it is there or not; none: it has no place (the checksum list).
// Throws InputError for a name that leaves its root.
std::optional<PlacedFile> place_of(Disk& disk, const Campaign& campaign, const std::string& path);

}  // namespace lenswright
