#include "stages/lensplane_memory.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "base/error.hpp"
#include "physics/mass_assignment.hpp"
#include "sim/snapshot_reader.hpp"

namespace lenswright {

namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;
constexpr int kReturnedBytes = 1 << 20;
// A chunk as read, as stored, and HDF5's and MPI's own buffers around it.
constexpr std::uint64_t kReadingBytes = 3 * kChunkParticles * 4 * sizeof(double) + 40 * kMebibyte;

// With members, of the largest share that a rank reads.
constexpr std::size_t kFewBatches = 12;

std::uint64_t batch_bytes(std::size_t particles, std::size_t words) {
  constexpr std::size_t kParticleBytes = 3 * sizeof(double) + sizeof(std::int64_t);
  // members as each thread finds them and as they are joined
  constexpr std::size_t kMemberBytes = 2 * (sizeof(std::uint32_t) + sizeof(std::uint64_t));
  // two batches: the next is read while one is put on planes
  return particles * (2 * kParticleBytes + words * kMemberBytes) +
         MassAssignment::scratch_bytes(particles, words > 0);
}

}  // namespace

std::uint64_t resident_memory() {
  std::uint64_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

void return_freed_memory() {
  // Set by hand, the limit no longer grows with what is freed.
  mallopt(M_MMAP_THRESHOLD, kReturnedBytes);
}

LensplaneMemory divide_memory(std::uint64_t budget, std::uint64_t in_use, int grid, std::uint64_t particles,
                              std::size_t words, std::uint64_t largest) {
  LensplaneMemory memory;
  const auto side = static_cast<std::uint64_t>(grid);
  memory.plane_bytes = side * side * sizeof(std::int64_t);
  std::size_t batch = MassAssignment::good_batch(grid);
  // Where a rank has few and members come on top, they are half as large: there is less memory to be touched for the first
  // time, and ranks wait less for the last one of another.
  if (words > 0 && particles < kFewBatches * batch) batch /= 2;
  // A batch takes at most a quarter, never less than a chunk, and no more than there is to read.
  while (batch > kChunkParticles && (batch_bytes(batch, words) > budget / 4 || batch / 2 >= particles))
    batch /= 2;
  memory.batch_particles = batch;
  const std::uint64_t used = std::min<std::uint64_t>(batch, std::max<std::uint64_t>(particles, 1));
  memory.other_bytes = in_use + kReadingBytes + batch_bytes(used, words);
  largest = std::max(largest, memory.plane_bytes);
  const std::uint64_t least = memory.other_bytes + largest;
  if (budget < least) {
    throw InputError(
        fmt::format("--memory {} per rank is too small: one plane of {} x {} takes {}, program and particle "
                    "buffers {}; at least "
                    "{} is needed",
                    memory_text(budget), grid, grid, memory_text(largest), memory_text(memory.other_bytes),
                    memory_text(least)));
  }
  memory.most_planes = static_cast<std::size_t>((budget - memory.other_bytes) / memory.plane_bytes);
  return memory;
}

std::string memory_text(std::uint64_t bytes) {
  const double mebibytes = static_cast<double>(bytes) / static_cast<double>(kMebibyte);
  return mebibytes < 1024 ? fmt::format("{:.1f} MiB", mebibytes)
                          : fmt::format("{:.1f} GiB", mebibytes / 1024);
}

}  // namespace lenswright
