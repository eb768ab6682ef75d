#include "stages/pass_plan.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/error.hpp"
#include "physics/raytracer.hpp"

namespace lenswright {

namespace {

constexpr std::uint64_t kMegabyte = 1 << 20;
// The program itself, MPI's buffers, one block of rows.
constexpr std::uint64_t kFixedBytes = 64 * kMegabyte;

std::optional<PassPlan> fewest_passes(const TraceDemand& demand, std::uint64_t memory, int slots) {
  std::size_t most = 0;  // runs per pass that fit: bytes grow with them, so by halving
  for (std::size_t low = 1, high = demand.runs; low <= high;) {
    const std::size_t middle = low + (high - low) / 2;
    if (trace_bytes_per_rank(demand, middle, slots) <= memory) {
      most = middle;
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  if (most == 0) return std::nullopt;
  const std::size_t passes = (demand.runs + most - 1) / most;
  return PassPlan{(demand.runs + passes - 1) / passes, passes, slots};
}

}  // namespace

std::uint64_t trace_bytes_per_rank(const TraceDemand& demand, std::size_t runs_per_pass, int plane_slots) {
  const std::uint64_t ranks = static_cast<std::uint64_t>(demand.ranks);
  const std::uint64_t tile = RayTiling::kTileSide * RayTiling::kTileSide;
  const std::uint64_t rays = (runs_per_pass * demand.rays + ranks - 1) / ranks + tile;
  const std::uint64_t planes = static_cast<std::uint64_t>(plane_slots) * demand.plane_bytes /
                               static_cast<std::uint64_t>(demand.ranks_per_node);
  // Writing: what is sent, what is received, the map, and twice that for FITS's image of it; HDF5 holds all
  // maps, and its image, twice while it grows.
  const std::uint64_t map_copies = 5 + (demand.maps_in_one_file ? 3 * demand.maps : 0);
  return kFixedBytes + planes + rays * Raytracer::bytes_per_ray(demand.maps) +
         map_copies * demand.rays * sizeof(double);
}

PassPlan plan_passes(const TraceDemand& demand, std::uint64_t memory_per_rank) {
  const std::optional<PassPlan> frugal = fewest_passes(demand, memory_per_rank, 1);
  if (!frugal) {
    throw UsageError(fmt::format(
        "--memory: {} MB per rank do not hold one run; at least {} MB are needed with {} ranks, {} on a node",
        memory_per_rank / kMegabyte, trace_bytes_per_rank(demand, 1, 1) / kMegabyte + 1, demand.ranks,
        demand.ranks_per_node));
  }
  const std::optional<PassPlan> ahead = fewest_passes(demand, memory_per_rank, 2);
  return ahead && ahead->passes == frugal->passes ? *ahead : *frugal;
}

}  // namespace lenswright
