// trash_swap.hpp: a product and one in the trash change places; interrupted anywhere, it can be finished.
//
// Intent:  <state>/trash/pending/<entry of what makes room>.json, written before anything moves, removed at the
//          end. It names the file that makes room by its inode, which a rename keeps.
// Throws:  IoError, InputError, FormatError
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/trash_entries.hpp"

namespace lenswright {

struct UnfinishedSwap {
  std::string restored;   // entry that comes back
  std::string made_room;  // entry of what was in its place
  Stage stage = Stage::lensplanes;
  std::string path;
  std::uint64_t inode = 0;  // of what makes room
};

// REQUIRES: both are there. Returns the entry of what made room. What is left to the caller: the record of
// `entry`, and end_swap().
std::string swap_with_trash(Disk& disk, const Campaign& campaign, const TrashEntry& entry,
                            const std::string& present_receipt);
void end_swap(Disk& disk, const Campaign& campaign, const std::string& made_room);

std::vector<UnfinishedSwap> unfinished_swaps(Disk& disk, const Campaign& campaign);
// Goes on to the end if anything had moved, else gives up; says which.
std::string finish_swap(Disk& disk, const Campaign& campaign, const UnfinishedSwap& swap);
// Whether what was to come back lies in its place.
bool swap_is_over(Disk& disk, const Campaign& campaign, const UnfinishedSwap& swap);

}  // namespace lenswright
