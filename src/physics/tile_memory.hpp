// tile_memory.hpp: memory of tiles, straight from the system, and kept from one set of planes for the next.
//
// New memory is dear: the system clears it page by page, and a virtual machine may have to get it from its host first.
// Tiles of one realization take about as much as those of the next, so they take the same.
// Safe to give back from several threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace lenswright {

class TileMemory : public std::enable_shared_from_this<TileMemory> {
 public:
  struct Block {
    std::int64_t* cells = nullptr;
    std::size_t capacity = 0;  // bytes of addresses
    std::size_t touched = 0;   // bytes from the start that may differ from zero or take memory
  };
  struct Return {
    Block block;
    std::shared_ptr<TileMemory> owner;
    void operator()(std::int64_t*) const { owner->take_back(block); }
  };
  using Cells = std::unique_ptr<std::int64_t[], Return>;

  TileMemory() = default;
  ~TileMemory();
  TileMemory(const TileMemory&) = delete;
  TileMemory& operator=(const TileMemory&) = delete;

  // Zeros. Takes memory of its own only for what is written to, or was before. Throws std::bad_alloc.
  // REQUIRES: this is held by a shared_ptr.
  Cells zeros(std::size_t count);
  // What nobody uses goes back to the system.
  void release_unused();

 private:
  void take_back(const Block& block);
  std::mutex mutex_;
  std::vector<Block> unused_;
};

}  // namespace lenswright
