// trash_entries.hpp: what lies in the trash, and how it comes back or goes for good.
//
// Entry:   <root>/.trash/<entry>/<path below the root>, told of by <state>/trash/<entry>.json
// Records: those of entries put back or purged go on in <state>/trash/done/
// A crash at any step leaves what the next call finishes: see finish_trash().
// Throws:  InputError (names that leave their root, a root that is not ours, something in the way), IoError
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "campaign/campaign.hpp"
#include "io/disk.hpp"

namespace lenswright {

struct TrashEntry {
  std::string entry;
  Stage stage = Stage::lensplanes;
  std::string path;  // below the stage's root: where it was
  std::string when, why, who;
  std::string receipt{};  // file name of the one that tells of it; empty: none known
  // False: its record tells of a move that did not happen, or of something that has been put back.
  bool held = false;
  // False: nothing but the folder in the trash tells of it.
  bool recorded = true;
  std::uint64_t bytes = 0, files = 0;  // of what is held
};

struct TrashListing {
  std::vector<TrashEntry> entries;    // oldest first
  std::vector<std::string> problems;  // damaged records, roots that cannot be read
};
TrashListing list_trash(Disk& disk, const Campaign& campaign);

std::filesystem::path trashed_path(const Campaign& campaign, const TrashEntry& entry);

struct Restored {
  std::filesystem::path path;
  std::string made_room;  // entry of what was there before; empty: nothing was
};
// Something in the way is an InputError without `swap`; with it, both change places: in one step where the file
// system can, else one after the other.
// present_receipt: file name of the one that tells of what makes room.
Restored restore_from_trash(Disk& disk, const Campaign& campaign, const TrashEntry& entry, bool swap,
                            const std::string& present_receipt = {});

// Those held for at least `hours`; where the time cannot be told, or lies ahead, the entry is young.
std::vector<TrashEntry> older_than(const std::vector<TrashEntry>& entries, double hours,
                                   const std::string& now);
// Gone for good. Puts records away that tell of nothing.
void purge_trash(Disk& disk, const Campaign& campaign, const std::vector<TrashEntry>& entries,
                 ProgressSink& progress);

// Finishes what an earlier call began and did not end: swaps and purges. Returns what was done, in sentences.
std::vector<std::string> finish_trash(Disk& disk, const Campaign& campaign);

}  // namespace lenswright
