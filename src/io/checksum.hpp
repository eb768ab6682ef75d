// checksum.hpp: XXH3-128 digests of bytes, whole or streamed; written in hexadecimal as `xxhsum -H128` does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lenswright {

struct Digest {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const Digest&) const = default;
  std::string hex() const;  // 32 digits
  static std::optional<Digest> from_hex(std::string_view hex);
};

Digest digest_of(std::span<const std::byte> bytes);
Digest digest_of(std::string_view text);

class DigestStream {
 public:
  DigestStream();
  ~DigestStream();
  DigestStream(DigestStream&&) noexcept;
  DigestStream& operator=(DigestStream&&) noexcept;
  void add(std::span<const std::byte> bytes);
  Digest digest() const;  // of all added so far

 private:
  struct Hasher;
  std::unique_ptr<Hasher> hasher_;
};

// Order-independent digest of a set of parts: the 128-bit sum of their digests. For inputs that ranks read in
// pieces.
class DigestSum {
 public:
  void add(const Digest& part);
  Digest digest() const { return sum_; }

 private:
  Digest sum_;
};

}  // namespace lenswright
