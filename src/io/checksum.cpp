#include "io/checksum.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <new>
#include <utility>

namespace lenswright {

std::string Digest::hex() const {
  return fmt::format("{:016x}{:016x}", high, low);
}

std::optional<Digest> Digest::from_hex(std::string_view hex) {
  if (hex.size() != 32) return std::nullopt;
  Digest digest;
  for (std::size_t position = 0; position < hex.size(); ++position) {
    const char character = hex[position];
    std::uint64_t value = 0;
    if (character >= '0' && character <= '9')
      value = static_cast<std::uint64_t>(character - '0');
    else if (character >= 'a' && character <= 'f')
      value = static_cast<std::uint64_t>(character - 'a' + 10);
    else
      return std::nullopt;
    std::uint64_t& word = position < 16 ? digest.high : digest.low;
    word = word << 4 | value;
  }
  return digest;
}

Digest digest_of(std::span<const std::byte> bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

Digest digest_of(std::string_view text) {
  return digest_of(std::as_bytes(std::span(text)));
}

struct DigestStream::Hasher {
  Hasher() : state(XXH3_createState()) {
    if (!state) throw std::bad_alloc();
    XXH3_128bits_reset(state);
  }
  ~Hasher() { XXH3_freeState(state); }
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  XXH3_state_t* state;
};

DigestStream::DigestStream() : hasher_(std::make_unique<Hasher>()) {}
DigestStream::~DigestStream() = default;
DigestStream::DigestStream(DigestStream&&) noexcept = default;
DigestStream& DigestStream::operator=(DigestStream&&) noexcept = default;

void DigestStream::add(std::span<const std::byte> bytes) {
  XXH3_128bits_update(hasher_->state, bytes.data(), bytes.size());
}

Digest DigestStream::digest() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(hasher_->state);
  return {hash.high64, hash.low64};
}

void DigestSum::add(const Digest& part) {
  sum_.low += part.low;
  const std::uint64_t carry = sum_.low < part.low ? 1 : 0;
  sum_.high += part.high + carry;
}

}  // namespace lenswright
