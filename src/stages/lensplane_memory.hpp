// lensplane_memory.hpp: how many planes and particles a rank may hold at once.
//
// Bytes only decide how the work is divided, never what comes out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace lenswright {

// What this process has resident now, and the most it ever had.
std::uint64_t resident_memory();
std::uint64_t peak_memory();

struct LensplaneMemory {
  std::uint64_t plane_bytes = 0;
  std::size_t batch_particles = 0;
  std::size_t most_planes = 0;    // whole ones that fit beside everything else
  std::uint64_t other_bytes = 0;  // the program itself, the batches and buffers
};

// budget, in_use: bytes per rank; particles: the largest share of a snapshot that one rank reads; words: of the
// replacement sets (0: no replace model); largest: the most that a single plane takes while it is made (0: its
// pixels).
// Throws InputError that says how much is needed if not even one plane fits.
LensplaneMemory divide_memory(std::uint64_t budget, std::uint64_t in_use, int grid, std::uint64_t particles,
                              std::size_t words, std::uint64_t largest = 0);

// From now on large pieces of memory go back to the system as soon as they are freed, so that one pass does not
// keep what the next needs.
void return_freed_memory();

// "1.9 GiB"
std::string memory_text(std::uint64_t bytes);

}  // namespace lenswright
