#include "physics/tile_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace lenswright {

namespace {

constexpr std::size_t kLargePage = std::size_t{1} << 21;
// Room for the tiles of another realization, which are a few more or less: addresses only.
constexpr std::size_t kSpareParts = 8;

std::size_t in_large_pages(std::size_t bytes) {
  return (bytes + kLargePage - 1) / kLargePage * kLargePage;
}

}  // namespace

TileMemory::~TileMemory() {
  release_unused();
}

void TileMemory::release_unused() {
  const std::lock_guard lock(mutex_);
  for (const Block& block : unused_) munmap(block.cells, block.capacity);
  unused_.clear();
}

void TileMemory::take_back(const Block& block) {
  const std::lock_guard lock(mutex_);
  unused_.push_back(block);
}

TileMemory::Cells TileMemory::zeros(std::size_t count) {
  const std::size_t bytes = count * sizeof(std::int64_t);
  Block block;
  {
    const std::lock_guard lock(mutex_);
    // The one that was used for about as much.
    auto best = unused_.end();
    const auto misfit = [&](const Block& candidate) {
      return candidate.touched < bytes ? bytes - candidate.touched : candidate.touched - bytes;
    };
    for (auto it = unused_.begin(); it != unused_.end(); ++it)
      if (it->capacity >= bytes && (best == unused_.end() || misfit(*it) < misfit(*best))) best = it;
    if (best != unused_.end()) {
      block = *best;
      unused_.erase(best);
    }
  }
  if (block.cells) {
    // No plane takes more than it needs, whatever the one before it took.
    const std::size_t needed = in_large_pages(bytes);
    std::memset(block.cells, 0, std::min(block.touched, needed));
    if (block.touched > needed)
      madvise(reinterpret_cast<char*>(block.cells) + needed, block.capacity - needed, MADV_DONTNEED);
  } else {
    block.capacity = in_large_pages(bytes + bytes / kSpareParts);
    void* memory = mmap(nullptr, block.capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    block.cells = static_cast<std::int64_t*>(memory);
    // All models together touch gigabytes, which cost much time in small pages. Without large ones it works as well.
    madvise(memory, block.capacity, MADV_HUGEPAGE);
  }
  block.touched = bytes;
  return {block.cells, Return{block, shared_from_this()}};
}

}  // namespace lenswright
