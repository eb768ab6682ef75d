#include "io/transforms_file.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "io/hdf5.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

using test::TemporaryFolder;

const std::vector<int> kSnapshots{96, 90, 85, 80, 76, 71, 67, 63, 59, 56,
                                  52, 49, 46, 43, 41, 38, 35, 33, 31, 29};

TransformSet small_set() {
  return draw_transforms(7, 2, {96, 29}, 2, 50.0);
}

TEST(TransformsFile, NumPysFileForSeed2020EqualsTheDraws) {
  EXPECT_EQ(read_transforms(test::reference("transforms_seed2020.h5")),
            draw_transforms(2020, 10, kSnapshots, 2, 205.0));
}

TEST(TransformsFile, ReadsBackWhatItWrote) {
  const TemporaryFolder folder;
  const Published published = write_transforms(real_disk(), folder / "transforms.h5", small_set());
  EXPECT_EQ(read_transforms(folder / "transforms.h5"), small_set());
  EXPECT_EQ(published.digest, digest_of(test::read_file(folder / "transforms.h5")));
}

TEST(TransformsFile, HasTheTypesOfTheExistingFile) {
  const TemporaryFolder folder;
  write_transforms(real_disk(), folder / "transforms.h5", draw_transforms(2020, 10, kSnapshots, 2, 205.0));
  const hdf5::Handle made(H5Fopen((folder / "transforms.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  const hdf5::Handle existing(
      H5Fopen(test::reference("transforms_seed2020.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  for (const char* name : {"proj_dirs", "displacements", "flips", "snapshot_order"}) {
    const hdf5::Handle a(H5Dopen2(made.get(), name, H5P_DEFAULT), H5Dclose);
    const hdf5::Handle b(H5Dopen2(existing.get(), name, H5P_DEFAULT), H5Dclose);
    const hdf5::Handle type_a(H5Dget_type(a.get()), H5Tclose), type_b(H5Dget_type(b.get()), H5Tclose);
    EXPECT_GT(H5Tequal(type_a.get(), type_b.get()), 0) << name;
  }
  for (const char* name : {"n_realizations", "n_snapshots", "pps", "seed", "box_size"}) {
    const hdf5::Handle a(H5Aopen(made.get(), name, H5P_DEFAULT), H5Aclose);
    const hdf5::Handle b(H5Aopen(existing.get(), name, H5P_DEFAULT), H5Aclose);
    const hdf5::Handle type_a(H5Aget_type(a.get()), H5Tclose), type_b(H5Aget_type(b.get()), H5Tclose);
    EXPECT_GT(H5Tequal(type_a.get(), type_b.get()), 0) << name;
    const hdf5::Handle space(H5Aget_space(a.get()), H5Sclose);
    EXPECT_EQ(H5Sget_simple_extent_type(space.get()), H5S_SCALAR) << name;
  }
}

TEST(TransformsFile, TheSameSetGivesTheSameBytes) {
  const TemporaryFolder folder;
  EXPECT_FALSE(write_transforms(real_disk(), folder / "transforms.h5", small_set()).was_there);
  EXPECT_TRUE(write_transforms(real_disk(), folder / "transforms.h5", small_set()).was_there);
}

TEST(TransformsFile, AnAbsentFileIsAnIoErrorAndAnyCutAFormatError) {
  const TemporaryFolder folder;
  EXPECT_THROW(read_transforms(folder / "transforms.h5"), IoError);
  write_transforms(real_disk(), folder / "transforms.h5", small_set());
  const std::string bytes = test::read_file(folder / "transforms.h5");
  for (std::size_t size = 0; size < bytes.size(); size += 61) {
    test::write_file(folder / "cut.h5", bytes.substr(0, size));
    EXPECT_THROW(read_transforms(folder / "cut.h5"), FormatError) << size;
  }
}

// A file with one thing wrong.
class TransformsFileDamage : public testing::Test {
 protected:
  void write(std::int64_t realizations, std::vector<std::int64_t> proj_dirs, double displacement) {
    hdf5::MemoryFile file;
    const std::int64_t two = 2;
    const double box = 50.0;
    file.write_attribute("/", "n_realizations", std::span<const std::int64_t>(&realizations, 1), true);
    for (const char* name : {"n_snapshots", "pps", "seed"})
      file.write_attribute("/", name, std::span<const std::int64_t>(&two, 1), true);
    file.write_attribute("/", "box_size", std::span<const double>(&box, 1), true);
    const std::array<std::uint64_t, 3> shape{1, 2, 3};
    file.write_dataset("proj_dirs", std::span(shape).first<2>(), std::span<const std::int64_t>(proj_dirs));
    const std::vector<double> displacements(6, displacement);
    file.write_dataset("displacements", shape, std::span<const double>(displacements));
    file.write_flags("flips", std::span(shape).first<2>(), std::vector<std::uint8_t>{0, 1});
    const std::vector<std::int64_t> order{96, 29};
    file.write_dataset("snapshot_order", std::span(shape).subspan<1, 1>(),
                       std::span<const std::int64_t>(order));
    publish_bytes(real_disk(), path(), file.bytes());
  }
  std::filesystem::path path() const { return folder_ / "transforms.h5"; }

 private:
  TemporaryFolder folder_;
};

TEST_F(TransformsFileDamage, SoundOnesAreRead) {
  write(1, {0, 2}, 49.0);
  EXPECT_EQ(read_transforms(path()).at(0, 1), (SnapshotTransform{2, {49.0, 49.0, 49.0}, true}));
}
TEST_F(TransformsFileDamage, ShapesThatContradictTheAttributesAreAnError) {
  write(2, {0, 2}, 49.0);
  EXPECT_THROW(read_transforms(path()), FormatError);
}
TEST_F(TransformsFileDamage, ANegativeCountIsAnError) {
  write(-1, {0, 2}, 49.0);
  EXPECT_THROW(read_transforms(path()), FormatError);
}
TEST_F(TransformsFileDamage, AFourthAxisIsAnError) {
  write(1, {0, 3}, 49.0);
  EXPECT_THROW(read_transforms(path()), FormatError);
}
TEST_F(TransformsFileDamage, AShiftOutsideTheBoxIsAnError) {
  write(1, {0, 2}, 51.0);
  EXPECT_THROW(read_transforms(path()), FormatError);
}

}  // namespace
}  // namespace lenswright
