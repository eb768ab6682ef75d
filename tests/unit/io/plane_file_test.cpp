#include "io/plane_file.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "faulty_disk.hpp"
#include "memory_disk.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

using test::MemoryDisk;

constexpr int kGrid = 3;
const std::filesystem::path kPath = "/planes/lenspot00.dat";

Grid2d<double> some_values() {
  Grid2d<double> values(kGrid);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 0.5 + static_cast<double>(i) / 3.0;
  return values;
}

std::string some_plane() {
  MemoryDisk disk;
  write_scalar_plane(disk, kPath, some_values());
  return read_text(disk, kPath);
}

TEST(PlaneFile, SizesAreThoseOfTheContract) {
  EXPECT_EQ(plane_file_size(4096, kScalarFields), 8U + 8U * 4096U * 4096U);
  EXPECT_EQ(plane_file_size(4096, kPotentialFields), 8U + 40U * 4096U * 4096U);
  EXPECT_EQ(plane_file_size(100'000, kPotentialFields), 8U + 40ULL * 100'000 * 100'000);
}

TEST(PlaneFile, BytesAreMarkerValuesMarkerLittleEndian) {
  const std::string bytes = some_plane();
  ASSERT_EQ(bytes.size(), 80U);
  EXPECT_EQ(bytes.substr(0, 4), std::string("\3\0\0\0", 4));
  EXPECT_EQ(bytes.substr(76, 4), std::string("\3\0\0\0", 4));
  const std::string half("\0\0\0\0\0\0\xe0\x3f", 8);  // 0.5
  EXPECT_EQ(bytes.substr(4, 8), half);
}

TEST(PlaneFile, ReadsWhatItWroteWithTheSameDigest) {
  MemoryDisk disk;
  const Published published = write_scalar_plane(disk, kPath, some_values());
  const ReadPlane plane = read_scalar_plane(disk, kPath, kGrid);
  EXPECT_EQ(plane.values, some_values());
  EXPECT_EQ(plane.digest, published.digest);
  EXPECT_EQ(plane.digest, digest_of(read_text(disk, kPath)));
}

TEST(PlaneFile, ReadsTheReferencePlaneAndPotentialOfAnotherCode) {
  const std::filesystem::path folder = test::reference("lux_64");
  const ReadPlane plane = read_scalar_plane(real_disk(), folder / "lenspot00.dat", 64);
  EXPECT_EQ(plane.digest, digest_of(test::read_file(folder / "lenspot00.dat")));
  double smallest = plane.values[0];
  for (const double value : plane.values.values()) smallest = std::min(smallest, value);
  EXPECT_GE(smallest, 0.0) << "masses";
  PlaneReader potential(real_disk(), folder / "lenspot01.dat", 64, kPotentialFields);
  std::vector<double> values(5 * 64 * 64);
  potential.read_rows(values);
  EXPECT_EQ(potential.digest(), digest_of(test::read_file(folder / "lenspot01.dat")));
}

TEST(PlaneFile, BlocksOfRowsGiveTheSameAsAllAtOnce) {
  MemoryDisk disk;
  std::vector<double> values(5 * kGrid * kGrid);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
  const std::span<const double> all(values);
  PlaneWriter writer(disk, kPath, kGrid, kPotentialFields);
  writer.write_rows(all.first(5 * kGrid));
  writer.write_rows(all.subspan(5 * kGrid));
  const Published published = writer.publish();
  PlaneReader reader(disk, kPath, kGrid, kPotentialFields);
  std::vector<double> read(values.size());
  reader.read_rows(std::span(read).first(2 * 5 * kGrid));
  reader.read_rows({});
  reader.read_rows(std::span(read).subspan(2 * 5 * kGrid));
  reader.read_rows({});
  EXPECT_EQ(read, values);
  EXPECT_EQ(reader.digest(), published.digest);
}

TEST(PlaneFile, CutAnywhereOrLongerIsNoPlane) {
  const std::string bytes = some_plane();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    MemoryDisk disk;
    disk.put(kPath, bytes.substr(0, size));
    EXPECT_THROW(read_scalar_plane(disk, kPath, kGrid), FormatError) << size;
  }
  MemoryDisk disk;
  disk.put(kPath, bytes + '\0');
  EXPECT_THROW(read_scalar_plane(disk, kPath, kGrid), FormatError);
}

TEST(PlaneFile, AnyBitFlippedInAMarkerIsFound) {
  const std::string bytes = some_plane();
  for (const std::size_t marker : {std::size_t{0}, bytes.size() - 4})
    for (std::size_t bit = 0; bit < 32; ++bit) {
      std::string damaged = bytes;
      damaged[marker + bit / 8] = static_cast<char>(damaged[marker + bit / 8] ^ (1 << bit % 8));
      MemoryDisk disk;
      disk.put(kPath, damaged);
      try {
        read_scalar_plane(disk, kPath, kGrid);
        ADD_FAILURE() << "bit " << bit << " at " << marker;
      } catch (const FormatError& error) {
        EXPECT_EQ(error.offset(), marker);
        EXPECT_EQ(error.path(), kPath);
      }
    }
}

TEST(PlaneFile, AnyBitFlippedInAValueChangesTheDigest) {
  const std::string bytes = some_plane();
  const Digest digest = digest_of(bytes);
  for (std::size_t bit = 32; bit < 8 * (bytes.size() - 4); ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    MemoryDisk disk;
    disk.put(kPath, damaged);
    EXPECT_NE(read_scalar_plane(disk, kPath, kGrid).digest, digest) << bit;
  }
}

TEST(PlaneFile, AnotherGridSaysBothSizes) {
  MemoryDisk disk;
  write_scalar_plane(disk, kPath, some_values());
  try {
    read_scalar_plane(disk, kPath, 4);
    FAIL() << "read with another grid";
  } catch (const FormatError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("136 bytes"), std::string::npos) << text;
    EXPECT_NE(text.find("80 bytes"), std::string::npos) << text;
  }
}

TEST(PlaneFile, MarkersOfAnotherGridCanBeReadAlone) {
  MemoryDisk disk;
  write_scalar_plane(disk, kPath, some_values());
  const PlaneMarkers markers = read_plane_markers(*disk.open(kPath), kPath);
  EXPECT_EQ(markers.head, 3);
  EXPECT_EQ(markers.tail, 3);
  disk.put("/short", "1234567");
  EXPECT_THROW(read_plane_markers(*disk.open("/short"), "/short"), FormatError);
}

TEST(PlaneFile, AReadErrorIsAnIoErrorAndNotDamage) {
  MemoryDisk memory;
  write_scalar_plane(memory, kPath, some_values());
  test::FaultyDisk counted(memory);
  read_scalar_plane(counted, kPath, kGrid);
  for (std::size_t at = 1; at <= counted.operations(); ++at) {
    test::FaultyDisk disk(memory, test::Fault{at, test::FaultKind::error, EIO});
    EXPECT_THROW(read_scalar_plane(disk, kPath, kGrid), IoError) << at;
  }
}

}  // namespace
}  // namespace lenswright
