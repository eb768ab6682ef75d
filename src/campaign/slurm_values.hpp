// slurm_values.hpp: times and amounts of memory as Slurm's options write them, both ways.
//
// Units: seconds; bytes (Slurm counts in 1024)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lenswright {

// "90" (minutes), "90:30", "06:00:00", "1-06", "1-06:30", "1-06:30:00"; none if it is none of these, or has 60 minutes
// or seconds, or 24 hours behind days, or is zero.
std::optional<std::int64_t> slurm_seconds(std::string_view text);
// "06:00:00", "1-06:00:00"; Slurm counts whole minutes: rounded up to the next one.
std::string slurm_time_text(std::int64_t seconds);

// "180G", "4096" (MB), "2T"; none if it is no such amount, or zero (which asks Slurm for all memory of a node).
std::optional<std::uint64_t> slurm_bytes(std::string_view text);
// "180G", "4097M": rounded up to whole MB.
std::string slurm_memory_text(std::uint64_t bytes);

}  // namespace lenswright
