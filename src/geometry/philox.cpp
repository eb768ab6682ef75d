#include "geometry/philox.hpp"

namespace lenswright {

namespace {

// Salmon et al. 2011, section 3.5 and table 2.
constexpr std::uint64_t kMultiplier0 = 0xD2511F53;
constexpr std::uint64_t kMultiplier1 = 0xCD9E8D57;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9;
constexpr std::uint32_t kWeyl1 = 0xBB67AE85;
constexpr int kRounds = 10;

std::uint32_t high_word(std::uint64_t value) {
  return static_cast<std::uint32_t>(value >> 32);
}
std::uint32_t low_word(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}

double uniform(std::uint32_t a, std::uint32_t b) {
  return ((a >> 5) * 67108864.0 + (b >> 6)) / 9007199254740992.0;
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32_10(const std::array<std::uint32_t, 4>& counter,
                                           const std::array<std::uint32_t, 2>& key) {
  std::array<std::uint32_t, 4> x = counter;
  std::array<std::uint32_t, 2> k = key;
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t product0 = kMultiplier0 * x[0];
    const std::uint64_t product1 = kMultiplier1 * x[2];
    x = {high_word(product1) ^ x[1] ^ k[0], low_word(product1), high_word(product0) ^ x[3] ^ k[1],
         low_word(product0)};
    k[0] += kWeyl0;
    k[1] += kWeyl1;
  }
  return x;
}

RunTransform draw_run_transform(std::uint64_t seed, int realization, int run, int snapshot_number,
                                double lt_mpc_h) {
  const std::array<std::uint32_t, 2> key{low_word(seed), high_word(seed)};
  const auto draw = [&](std::uint32_t block) {
    return philox4x32_10({static_cast<std::uint32_t>(run), static_cast<std::uint32_t>(realization),
                          static_cast<std::uint32_t>(snapshot_number), block},
                         key);
  };
  const std::array<std::uint32_t, 4> shift = draw(1);
  RunTransform transform;
  transform.symmetry = draw(0)[0] & 7U;
  transform.shift = {lt_mpc_h * uniform(shift[0], shift[1]), lt_mpc_h * uniform(shift[2], shift[3])};
  return transform;
}

}  // namespace lenswright
