#include "sim/snapshot_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.hpp"
#include "tiny_snapshot.hpp"

namespace lenswright {
namespace {

using test::pattern;
using test::TemporaryFolder;
using test::TinySnapshot;

constexpr double kBox = 10;       // Mpc/h, of TinySnapshot
constexpr double kRealBox = 205;  // Mpc/h, of the real pair
constexpr std::uint64_t kRealParticles = 64 * 64 * 64;

struct AllParticles {
  std::vector<std::array<double, 3>> positions;
  std::vector<double> masses;
  Digest fingerprint;
};

AllParticles read_all(const SnapshotHeader& header, const std::vector<SnapshotChunk>& chunks) {
  SnapshotReader reader(header);
  AllParticles all;
  ParticleChunk chunk;
  DigestSum sum;
  for (const SnapshotChunk& wanted : chunks) {
    reader.read(wanted, chunk);
    EXPECT_EQ(chunk.positions.size(), wanted.count);
    all.positions.insert(all.positions.end(), chunk.positions.begin(), chunk.positions.end());
    all.masses.insert(all.masses.end(), chunk.masses.begin(), chunk.masses.end());
    sum.add(chunk.fingerprint);
  }
  all.fingerprint = sum.digest();
  return all;
}

AllParticles read_tiny(const TinySnapshot& snapshot, const std::vector<int>& types) {
  const TemporaryFolder folder;
  snapshot.write(folder.path());
  const SnapshotHeader header = read_snapshot_header(folder.path(), 7, kBox);
  return read_all(header, snapshot_chunks(header, types));
}

// Sums of the stored coordinates are exact in double (multiples of 2^-6 below 2^36), so h5py's are matched to the
// last bit once ours are back in ckpc/h; the division by 1000 rounds, by at most 2^-53 of 205 per particle.
constexpr double kSumTolerance = 1e-3;  // ckpc/h, of sums near 2.7e10

TEST(SnapshotReader, RealDmoSnapshotHasItsParticlesAndMassFromTheMassTable) {
  const SnapshotHeader header = read_snapshot_header(test::reference("sim/dmo"), 96, kRealBox);
  EXPECT_EQ(header.files.size(), 4U);
  EXPECT_EQ(header.total, (std::array<std::uint64_t, 6>{0, kRealParticles, 0, 0, 0, 0}));
  EXPECT_EQ(header.in_file[2][1], 69125U);
  EXPECT_DOUBLE_EQ(header.redshift, 0.033724374933132184);
  const AllParticles all = read_all(header, snapshot_chunks(header, {1}));
  ASSERT_EQ(all.positions.size(), kRealParticles);
  std::array<double, 3> sum{};
  for (const auto& x : all.positions)
    for (std::size_t axis = 0; axis < 3; ++axis) sum[axis] += x[axis] * 1000;
  EXPECT_NEAR(sum[0], 26737734666.75, kSumTolerance);
  EXPECT_NEAR(sum[1], 27151033161.625, kSumTolerance);
  EXPECT_NEAR(sum[2], 26687319058.671875, kSumTolerance);
  for (const double mass : all.masses) ASSERT_EQ(mass, 281.6849201879491 * 1e10);
}

TEST(SnapshotReader, RealHydroSnapshotHasGasMassesAndNoStars) {
  const SnapshotHeader header = read_snapshot_header(test::reference("sim/hydro"), 96, kRealBox);
  const AllParticles gas = read_all(header, snapshot_chunks(header, {0, 4, 5}));
  ASSERT_EQ(gas.positions.size(), kRealParticles);
  double mass = 0;
  for (const double m : gas.masses) mass += m / 1e10;  // float32 values of equal exponent: the sum is exact
  EXPECT_EQ(mass, 11617746.0);
  const AllParticles both = read_all(header, snapshot_chunks(header, {0, 1, 4, 5}));
  EXPECT_EQ(both.positions.size(), 2 * kRealParticles);
}

TEST(SnapshotReader, AnyShareOfRanksGivesTheSameParticlesAndFingerprint) {
  const SnapshotHeader header = read_snapshot_header(test::reference("sim/hydro"), 96, kRealBox);
  const std::vector<SnapshotChunk> chunks = snapshot_chunks(header, {0, 1});
  ASSERT_EQ(chunks.size(), 8U);
  AllParticles alone = read_all(header, chunks);
  std::sort(alone.positions.begin(), alone.positions.end());
  for (const std::size_t ranks : {2U, 3U, 11U}) {  // 11: more ranks than chunks
    AllParticles together;
    DigestSum sum;
    for (std::size_t rank = ranks; rank-- > 0;) {
      std::vector<SnapshotChunk> share;
      for (std::size_t n = rank; n < chunks.size(); n += ranks) share.push_back(chunks[n]);
      const AllParticles part = read_all(header, share);
      together.positions.insert(together.positions.end(), part.positions.begin(), part.positions.end());
      sum.add(part.fingerprint);
    }
    std::sort(together.positions.begin(), together.positions.end());
    EXPECT_EQ(together.positions, alone.positions) << ranks << " ranks";
    EXPECT_EQ(sum.digest(), alone.fingerprint) << ranks << " ranks";
  }
}

TEST(SnapshotReader, LongUnsplitFileComesInChunksOfFixedLength) {
  TinySnapshot snapshot;
  const std::size_t count = 2 * kChunkParticles + 5;
  snapshot.files = {{{{1, pattern(count, snapshot.box_ckpc_h)}}, {}}};
  snapshot.split = false;
  const TemporaryFolder folder;
  snapshot.write(folder.path());
  const SnapshotHeader header = read_snapshot_header(folder.path(), 7, kBox);
  const std::vector<SnapshotChunk> chunks = snapshot_chunks(header, {1});
  const std::vector<SnapshotChunk> expected{
      {0, 1, 0, kChunkParticles}, {0, 1, kChunkParticles, kChunkParticles}, {0, 1, 2 * kChunkParticles, 5}};
  EXPECT_EQ(chunks, expected);
  const AllParticles all = read_all(header, chunks);
  const auto& stored = snapshot.files[0].types[1].positions;
  for (std::size_t n = 0; n < count; n += 997)
    for (std::size_t axis = 0; axis < 3; ++axis)
      ASSERT_EQ(all.positions[n][axis], stored[3 * n + axis] / 1000) << "row " << n;
}

TEST(SnapshotReader, SinglePrecisionPositionsGiveTheSameValuesAndFingerprint) {
  TinySnapshot snapshot;
  snapshot.files = {
      {{{0, pattern(40, snapshot.box_ckpc_h, true)}, {1, pattern(30, snapshot.box_ckpc_h)}}, {}}};
  const AllParticles wide = read_tiny(snapshot, {0, 1});
  snapshot.float32 = true;
  const AllParticles narrow = read_tiny(snapshot, {0, 1});
  EXPECT_EQ(narrow.positions, wide.positions);
  EXPECT_EQ(narrow.fingerprint, wide.fingerprint);
}

TEST(SnapshotReader, OneReaderGivesEachTypeItsMassesInWhateverOrderTheyAreRead) {
  TinySnapshot snapshot;
  snapshot.mass_table = {0, 2, 0, 0, 5, 0};
  snapshot.files = {{{{0, pattern(9, snapshot.box_ckpc_h, true)},
                      {1, pattern(9, snapshot.box_ckpc_h)},
                      {4, pattern(9, snapshot.box_ckpc_h)}},
                     {}}};
  const TemporaryFolder folder;
  snapshot.write(folder.path());
  const SnapshotHeader header = read_snapshot_header(folder.path(), 7, kBox);
  const std::vector<SnapshotChunk> chunks = snapshot_chunks(header, {0, 1, 4});
  ASSERT_EQ(chunks.size(), 3U);
  SnapshotReader again(header);
  for (const std::size_t n : {1U, 2U, 1U, 0U, 2U, 0U, 1U}) {
    ParticleChunk first, later;
    SnapshotReader(header).read(chunks[n], first);
    again.read(chunks[n], later);
    EXPECT_EQ(later.masses, first.masses) << n;
    EXPECT_EQ(later.positions, first.positions) << n;
    EXPECT_EQ(later.fingerprint, first.fingerprint) << n;
    if (n > 0) {
      EXPECT_EQ(later.masses, std::vector<double>(9, n == 1 ? 2e10 : 5e10));
    }
  }
}

TEST(SnapshotReader, MassesAreReadWhereThereAreAnyAndElseFromTheMassTable) {
  TinySnapshot snapshot;
  snapshot.mass_table = {0, 2, 0, 0, 0, 0};
  snapshot.files = {{{{0, pattern(9, snapshot.box_ckpc_h, true)}, {1, pattern(4, snapshot.box_ckpc_h)}}, {}}};
  const AllParticles all = read_tiny(snapshot, {0, 1});
  ASSERT_EQ(all.masses.size(), 13U);
  for (std::size_t n = 0; n < 9; ++n)
    EXPECT_EQ(all.masses[n], (*snapshot.files[0].types[0].masses)[n] * 1e10);
  for (std::size_t n = 9; n < 13; ++n) EXPECT_EQ(all.masses[n], 2e10);
}

TEST(SnapshotReader, TypesAbsentFromSomeFilesOrFromAllAreNormal) {
  TinySnapshot snapshot;
  snapshot.files = {{{{1, pattern(4, snapshot.box_ckpc_h)}}, {}},
                    {{{1, pattern(3, snapshot.box_ckpc_h)}, {5, pattern(2, snapshot.box_ckpc_h, true)}}, {}},
                    {{}, {}}};
  const TemporaryFolder folder;
  snapshot.write(folder.path());
  const SnapshotHeader header = read_snapshot_header(folder.path(), 7, kBox);
  const std::vector<SnapshotChunk> expected{{0, 1, 0, 4}, {1, 1, 0, 3}, {1, 5, 0, 2}};
  EXPECT_EQ(snapshot_chunks(header, {0, 1, 4, 5}), expected);
}

TEST(SnapshotReader, Gadget4HeadersWithoutHighWordAreRead) {
  TinySnapshot snapshot;
  snapshot.files = {{{{1, pattern(4, snapshot.box_ckpc_h)}}, {}}};
  const AllParticles arepo = read_tiny(snapshot, {1});
  snapshot.high_word = false;
  const AllParticles gadget = read_tiny(snapshot, {1});
  EXPECT_EQ(gadget.positions, arepo.positions);
  EXPECT_EQ(gadget.fingerprint, arepo.fingerprint);
}

// Three files claim 2^31 tracers each: 6442450944 = 1 * 2^32 + 2^31, whose low word is negative as int32. Tracers have
// no positions, which only matters to who asks for them.
TEST(SnapshotReader, HighWordAndNegativeLowWordAddUp) {
  TinySnapshot snapshot;
  const std::int64_t claimed = std::int64_t{1} << 31;
  snapshot.files = {
      {{{1, pattern(4, snapshot.box_ckpc_h)}}, {{3, claimed}}}, {{}, {{3, claimed}}}, {{}, {{3, claimed}}}};
  snapshot.total_offset[3] = -claimed;
  snapshot.high_word_value[3] = 1;
  const TemporaryFolder folder;
  snapshot.write(folder.path());
  const SnapshotHeader header = read_snapshot_header(folder.path(), 7, kBox);
  EXPECT_EQ(header.total[3], 6442450944U);
  EXPECT_EQ(snapshot_chunks(header, {1}).size(), 1U);
  EXPECT_THROW(snapshot_chunks(header, {1, 3}), InputError);
}

TEST(SnapshotReader, PositionsAtTheEdgesOfTheBoxAreKept) {
  TinySnapshot snapshot;
  snapshot.files = {{{{1, {{0, 10000, 5000}, std::nullopt}}}, {}}};
  const AllParticles all = read_tiny(snapshot, {1});
  EXPECT_EQ(all.positions[0], (std::array<double, 3>{0, 10, 5}));
}

// 67770.006 ckpc/h lies between two float32 numbers; a code that wraps in double and writes float32 can produce the
// upper one.
TEST(SnapshotReader, SinglePrecisionOvershootOfTheBoxMeansTheBox) {
  TinySnapshot snapshot;
  snapshot.box_ckpc_h = 67770.006;
  const double above = static_cast<double>(static_cast<float>(snapshot.box_ckpc_h));
  ASSERT_GT(above, snapshot.box_ckpc_h);
  snapshot.float32 = true;
  snapshot.files = {{{{1, {{1, above, 2}, std::nullopt}}}, {}}};
  const TemporaryFolder folder;
  snapshot.write(folder.path());
  const double box = snapshot.box_ckpc_h / 1000;
  const SnapshotHeader header = read_snapshot_header(folder.path(), 7, box);
  EXPECT_EQ(read_all(header, snapshot_chunks(header, {1})).positions[0][1], box);
}

TEST(SnapshotReader, FingerprintTellsValuesFilesAndTypesApart) {
  TinySnapshot snapshot;
  snapshot.files = {{{{1, pattern(6, snapshot.box_ckpc_h, true)}}, {}},
                    {{{1, pattern(3, snapshot.box_ckpc_h, true)}}, {}}};
  const Digest original = read_tiny(snapshot, {1}).fingerprint;
  EXPECT_EQ(read_tiny(snapshot, {1}).fingerprint, original);
  TinySnapshot moved = snapshot;
  moved.files[0].types[1].positions[4] += 0.25;
  EXPECT_NE(read_tiny(moved, {1}).fingerprint, original);
  TinySnapshot heavier = snapshot;
  heavier.files[1].types[1].masses->at(0) += 0.25;
  EXPECT_NE(read_tiny(heavier, {1}).fingerprint, original);
  TinySnapshot swapped = snapshot;
  std::swap(swapped.files[0], swapped.files[1]);
  EXPECT_NE(read_tiny(swapped, {1}).fingerprint, original);
}

}  // namespace
}  // namespace lenswright
