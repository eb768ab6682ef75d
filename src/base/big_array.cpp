#include "base/big_array.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <limits>
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

BigArray::BigArray(std::size_t count) : count_(count) {
  if (count > std::numeric_limits<std::size_t>::max() / sizeof(double) - kHugePage) throw std::bad_alloc();
  const std::size_t bytes = count * sizeof(double);
  // Small arrays need no huge pages, and are not to take up a whole one.
  const std::size_t alignment = bytes < kHugePage ? 64 : kHugePage;
  const std::size_t whole = (bytes + alignment - 1) / alignment * alignment;
  values_.reset(static_cast<double*>(std::aligned_alloc(alignment, whole > 0 ? whole : alignment)));
  if (!values_) throw std::bad_alloc();
  prefer_huge_pages(values_.get(), whole);
}

void BigArray::Free::operator()(double* memory) const {
  std::free(memory);
}

}  // namespace lenswright
