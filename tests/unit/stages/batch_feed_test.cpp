#include "stages/batch_feed.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace lenswright {
namespace {

TEST(ReadersOf, RanksGetAsManyParticlesAsOneAnotherInGroupsOfNeighbours) {
  // Files of several types end in chunks that are not full.
  std::vector<SnapshotChunk> chunks;
  for (std::size_t file = 0; file < 40; ++file) {
    for (std::uint64_t n = 0; n < 16; ++n) chunks.push_back({file, 0, n * kChunkParticles, kChunkParticles});
    for (const int type : {1, 4, 5})
      chunks.push_back({file, type, 0, 1 + kChunkParticles / (file + static_cast<std::size_t>(type) + 1)});
  }
  for (const int ranks : {1, 2, 3, 16, 64, 5000}) {
    const std::vector<int> readers = readers_of(chunks, ranks);
    ASSERT_EQ(readers.size(), chunks.size());
    std::vector<std::uint64_t> particles(static_cast<std::size_t>(ranks));
    std::size_t turns = 1;
    for (std::size_t n = 0; n < chunks.size(); ++n) {
      particles.at(static_cast<std::size_t>(readers[n])) += chunks[n].count;
      turns += n > 0 && readers[n] != readers[n - 1] ? 1 : 0;
    }
    const auto [least, most] = std::minmax_element(particles.begin(), particles.end());
    EXPECT_LE(*most - *least, kChunkParticles) << ranks << " ranks";
    if (ranks == 2) {
      EXPECT_LT(turns, chunks.size() / 3);
    }
  }
}

TEST(ReadersOf, FewChunksAndNoneAreNoTrouble) {
  EXPECT_TRUE(readers_of({}, 4).empty());
  const std::vector<SnapshotChunk> two{{0, 1, 0, 10}, {0, 1, kChunkParticles, 20}};
  EXPECT_EQ(readers_of(two, 4), (std::vector<int>{0, 1}));
}

}  // namespace
}  // namespace lenswright
