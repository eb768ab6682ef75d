// random_stream.hpp: random numbers of a mock universe, each addressed by (seed, stream, item, number), so
// that none depends on how many were drawn before.
#pragma once

#include <array>
#include <cstdint>

#include "geometry/philox.hpp"

namespace lenswright {

enum class RandomStream : std::uint32_t { white_noise = 1, halo_dark_matter, halo_gas, halo_stars };

// Two numbers in [0, 1) with 53 bits each.
inline std::array<double, 2> uniform_pair(std::uint64_t seed, RandomStream stream, std::uint64_t item,
                                          std::uint32_t number = 0) {
  const auto low = [](std::uint64_t v) { return static_cast<std::uint32_t>(v); };
  const auto high = [](std::uint64_t v) { return static_cast<std::uint32_t>(v >> 32); };
  // The stream shares its word with nothing: items fill two words, numbers one.
  const auto words = philox4x32_10({low(item), high(item), number, static_cast<std::uint32_t>(stream)},
                                   {low(seed), high(seed)});
  const auto real = [](std::uint32_t a, std::uint32_t b) {
    return ((a >> 5) * 67108864.0 + (b >> 6)) / 9007199254740992.0;
  };
  return {real(words[0], words[1]), real(words[2], words[3])};
}

}  // namespace lenswright
