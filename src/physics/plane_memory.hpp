// plane_memory.hpp: the memory of a pass's planes, straight from the system, shared by the ranks of a group, and kept
// from one pass for the next.
//
// New memory is dear: the system clears it page by page, and a virtual machine may have to get it from its host first.
// Planes of one pass take about as much as those of the next, so they take the same; ranks of a group hold them once.
// What nobody writes to takes none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "physics/rank_groups.hpp"

namespace lenswright {

class PlaneMemory {
 public:
  // Collective over the group. Throws Failure if its ranks cannot share memory any more.
  explicit PlaneMemory(const RankGroups& groups);
  ~PlaneMemory();
  PlaneMemory(const PlaneMemory&) = delete;
  PlaneMemory& operator=(const PlaneMemory&) = delete;

  // Cells that are zero once settle() has been called; those handed out before are gone. Each rank of the group asks for
  // the same, when none uses the memory any more. In one piece, those of whole planes before those of tiles.
  // Throws std::bad_alloc, which ranks have to agree on.
  std::span<std::int64_t> zeros(std::size_t in_planes, std::size_t in_tiles);
  // Collective over the group.
  void settle();

 private:
  void map(std::size_t bytes, std::size_t before_tiles);
  const RankGroups& groups_;
  int file_;  // -1: memory of this rank alone
  std::byte* memory_ = nullptr;
  std::size_t capacity_ = 0;   // bytes of addresses
  std::size_t in_planes_ = 0;  // bytes from the start that are all written to
  std::size_t used_ = 0;       // bytes from the start that may differ from zero or take memory
};

}  // namespace lenswright
