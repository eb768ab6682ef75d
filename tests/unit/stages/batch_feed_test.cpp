#include "stages/batch_feed.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tiny_snapshot.hpp"

namespace lenswright {
namespace {

using test::pattern;
using test::TemporaryFolder;
using test::TinySnapshot;

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

struct Snapshots {
  Snapshots() {
    TinySnapshot one;
    one.files = {{{{1, pattern(1000, one.box_ckpc_h)}}, {}}, {{{1, pattern(501, one.box_ckpc_h)}}, {}}};
    one.write(folder.path() / "one");
    TinySnapshot other;
    other.files = {{{{0, pattern(300, other.box_ckpc_h, true)}, {1, pattern(77, other.box_ckpc_h)}}, {}}};
    other.write(folder.path() / "other");
    headers = {read_snapshot_header(folder.path() / "one", 7, 10),
               read_snapshot_header(folder.path() / "other", 7, 10)};
  }
  BatchFeed::Source source(std::size_t n) const { return {&headers[n], snapshot_chunks(headers[n], {0, 1})}; }

  TemporaryFolder folder;
  std::vector<SnapshotHeader> headers;
};

TEST(BatchFeed, GoesFromSourceToSourceAndNoBatchIsOfTwo) {
  const Snapshots snapshots;
  const MassQuantum quantum(0.3, 10);
  for (const std::size_t at_most : {1, 400, 100000}) {
    BatchFeed::Buffers buffers;
    BatchFeed feed(
        {snapshots.source(0), {&snapshots.headers[0], {}}, snapshots.source(1), {&snapshots.headers[1], {}}},
        quantum, at_most, buffers);
    std::vector<std::vector<double>> x(4);
    std::vector<DigestSum> digests(4);
    std::vector<std::size_t> chunks(4);
    for (bool is_last = false; !is_last;) {
      const BatchFeed::Batch& batch = feed.next();
      is_last = batch.is_last;
      x.at(batch.source)
          .insert(x[batch.source].end(), batch.particles.axis[0].begin(), batch.particles.axis[0].end());
      digests[batch.source].add(batch.fingerprint.digest());
      chunks[batch.source] += batch.chunks;
    }
    EXPECT_EQ(chunks, (std::vector<std::size_t>{2, 0, 2, 0})) << at_most;
    for (const std::size_t n : {0, 1}) {
      SnapshotReader reader(snapshots.headers[n]);
      std::vector<double> expected;
      DigestSum digest;
      for (const SnapshotChunk& chunk : snapshots.source(n).chunks) {
        ParticleChunk particles;
        reader.read(chunk, particles);
        digest.add(particles.fingerprint);
        for (const auto& position : particles.positions) expected.push_back(position[0]);
      }
      EXPECT_EQ(x[2 * n], expected) << at_most;
      EXPECT_EQ(digests[2 * n].digest(), digest.digest()) << at_most;
    }
  }
}

TEST(BatchFeed, WithoutAnythingToReadThereIsOneEmptyBatch) {
  const Snapshots snapshots;
  BatchFeed::Buffers buffers;
  buffers[0].particles.append(std::vector<std::array<double, 3>>{{1, 2, 3}}, std::vector<double>{1e9},
                              MassQuantum(0.3, 10));
  BatchFeed feed({{&snapshots.headers[0], {}}, {&snapshots.headers[1], {}}}, MassQuantum(0.3, 10), 100,
                 buffers);
  const BatchFeed::Batch& batch = feed.next();
  EXPECT_TRUE(batch.is_last);
  EXPECT_EQ(batch.source, 0U);
  EXPECT_EQ(batch.particles.size(), 0U);
  EXPECT_EQ(batch.chunks, 0U);
}

}  // namespace
}  // namespace lenswright
