#include "physics/plane_memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "base/big_array.hpp"
#include "base/error.hpp"

namespace lenswright {

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kLargePage = std::size_t{1} << 21;
// Room for the planes of another pass, which are a few tiles more or less: addresses only.
constexpr std::size_t kSpareParts = 8;

std::size_t in_large_pages(std::size_t bytes) {
  return (bytes + kLargePage - 1) / kLargePage * kLargePage;
}

}  // namespace

PlaneMemory::PlaneMemory(const RankGroups& groups) : groups_(groups), file_(groups.share_file()) {
  if (file_ < 0 && groups.group().size() > 1)
    throw Failure("the ranks of a node cannot share memory any more");
}

PlaneMemory::~PlaneMemory() {
  if (memory_) munmap(memory_, capacity_);
  if (file_ >= 0) close(file_);
}

void PlaneMemory::map(std::size_t bytes, std::size_t before_tiles) {
  if (memory_) munmap(memory_, capacity_);
  memory_ = nullptr;
  // Every rank makes the file as large as every other: whoever comes first.
  if (file_ >= 0 && ftruncate(file_, static_cast<off_t>(bytes)) != 0) throw std::bad_alloc();
  const int kind = file_ >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, kind, file_, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  memory_ = static_cast<std::byte*>(memory);
  capacity_ = bytes;
  // Tiles of all models are gigabytes, touched here and there, which costs much time in small pages; whole planes are
  // filled row by row. Without large pages it works as well.
  prefer_huge_pages(memory_ + before_tiles, bytes - before_tiles);
}

void PlaneMemory::settle() {
  groups_.settle();
  if (file_ >= 0) take_memory(memory_, in_planes_);
}

std::span<std::int64_t> PlaneMemory::zeros(std::size_t in_planes, std::size_t in_tiles) {
  const std::size_t count = in_planes + in_tiles, bytes = count * sizeof(std::int64_t),
                    needed = in_large_pages(bytes);
  if (needed > capacity_) {
    if (file_ < 0) used_ = 0;  // new memory; a file's stays
    map(in_large_pages(bytes + bytes / kSpareParts),
        std::min(in_large_pages(in_planes * sizeof(std::int64_t)), needed));
  }
  // Each rank clears its part. No pass takes more than it needs, whatever the one before it took.
  const auto rank = static_cast<std::size_t>(groups_.group().rank()),
             size = static_cast<std::size_t>(groups_.group().size());
  const std::size_t clear = std::min(used_, needed);
  std::memset(memory_ + clear * rank / size, 0, clear * (rank + 1) / size - clear * rank / size);
  in_planes_ = in_large_pages(in_planes * sizeof(std::int64_t));
  if (clear < in_planes_) {
    const std::size_t pages = (in_planes_ - clear) / kPage;
    const std::size_t first = pages * rank / size, last = pages * (rank + 1) / size;
    take_memory(memory_ + clear + first * kPage, (last - first) * kPage);
  }
  if (used_ > needed && rank == 0)
    madvise(memory_ + needed, used_ - needed, file_ < 0 ? MADV_DONTNEED : MADV_REMOVE);
  used_ = needed;
  return {reinterpret_cast<std::int64_t*>(memory_), count};
}

}  // namespace lenswright
