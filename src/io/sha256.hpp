// sha256.hpp: SHA-256 of a stream of bytes, for lists that `sha256sum -c` reads.
//
// Source: FIPS 180-4, 6.2
// Not:    what products are compared by here: that is checksum.hpp
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace lenswright {

class Sha256 {
 public:
  void add(std::span<const std::byte> bytes);
  std::string hex() const;  // 64 digits, of all added so far

 private:
  static constexpr std::size_t kBlock = 64;
  void take_block(const std::byte* block);

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, kBlock> rest_{};
  std::size_t rest_size_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace lenswright
