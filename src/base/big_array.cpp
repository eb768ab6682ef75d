#include "base/big_array.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <new>

namespace lenswright {

namespace {

constexpr std::size_t kHugePage = std::size_t{1} << 21;

}  // namespace

void prefer_huge_pages(void* memory, std::size_t bytes) {
  // Whole pages inside the memory; a refusal leaves everything as it was.
  const std::uintptr_t begin = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t first = (begin + kHugePage - 1) / kHugePage * kHugePage;
  const std::uintptr_t last = (begin + bytes) / kHugePage * kHugePage;
  if (first < last) static_cast<void>(madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE));
}

void take_memory(void* memory, std::size_t bytes) {
  constexpr std::uintptr_t kPage = 4096;
  const std::uintptr_t begin = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t first = (begin + kPage - 1) / kPage * kPage, last = (begin + bytes) / kPage * kPage;
  if (first < last)
    static_cast<void>(madvise(reinterpret_cast<void*>(first), last - first, MADV_POPULATE_WRITE));
}

void* allocate_big(std::size_t bytes) {
  // Where huge pages can begin; but a small array is not to take up a whole one.
  const std::size_t alignment = bytes < kHugePage ? 64 : kHugePage;
  const std::size_t whole = bytes > 0 ? (bytes + alignment - 1) / alignment * alignment : alignment;
  void* const memory = std::aligned_alloc(alignment, whole);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void free_big(void* memory) {
  std::free(memory);
}

}  // namespace lenswright
