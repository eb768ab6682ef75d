#include "io/hdf5.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>

#include "base/error.hpp"
#include "test_paths.hpp"

namespace lenswright::hdf5 {
namespace {

using test::TemporaryFolder;

MemoryFile some_file() {
  MemoryFile file;
  const std::vector<double> reals{0.5, 1.5, 2.5, 3.5, 4.5, 5.5};
  const std::vector<std::int64_t> integers{-1, 2, std::int64_t{1} << 62};
  file.create_group("PartType1");
  file.write_dataset("PartType1/Coordinates", std::array<std::uint64_t, 2>{2, 3},
                     std::span<const double>(reals));
  file.write_dataset("Counts", std::array<std::uint64_t, 1>{3}, std::span<const std::int64_t>(integers));
  file.write_attribute("PartType1", "Number", std::span<const std::int64_t>(integers).first(1), true);
  file.write_attribute("/", "Table", std::span<const double>(reals), false);
  file.write_attribute("/", "Name", std::string("dmo"));
  return file;
}

void write_bytes(const std::filesystem::path& path, const std::vector<std::byte>& bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += static_cast<char>(byte);
  test::write_file(path, text);
}

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const FormatError& error) {
    return error.what();
  }
  return "";
}

TEST(Hdf5, ReadsBackWhatItWroteFromDiskAndFromMemory) {
  const TemporaryFolder folder;
  const std::vector<std::byte> image = some_file().bytes();
  write_bytes(folder / "file.h5", image);
  const File from_disk(folder / "file.h5");
  const File from_memory("image", image);
  for (const File* file : {&from_disk, &from_memory}) {
    EXPECT_EQ(file->read_real("PartType1/Coordinates"), (std::vector<double>{0.5, 1.5, 2.5, 3.5, 4.5, 5.5}));
    EXPECT_EQ(file->shape("PartType1/Coordinates"), (std::vector<std::uint64_t>{2, 3}));
    EXPECT_EQ(file->read_integer("Counts"), (std::vector<std::int64_t>{-1, 2, std::int64_t{1} << 62}));
    EXPECT_EQ(file->read_real("Counts")[1], 2.0);
    EXPECT_EQ(file->integer_attribute("PartType1", "Number"), std::vector<std::int64_t>{-1});
    EXPECT_EQ(file->real_attribute("PartType1", "Number"), std::vector<double>{-1.0});
    EXPECT_EQ(file->real_attribute("/", "Table").size(), 6U);
    EXPECT_EQ(file->text_attribute("/", "Name"), "dmo");
    EXPECT_EQ(file->children("/"), (std::vector<std::string>{"Counts", "PartType1"}));
  }
}

TEST(Hdf5, ReadsPartsOfRows) {
  const std::vector<std::byte> image = some_file().bytes();
  const File file("image", image);
  std::vector<double> row(3);
  file.read_rows("PartType1/Coordinates", 1, 1, row);
  EXPECT_EQ(row, (std::vector<double>{3.5, 4.5, 5.5}));
  std::vector<std::int64_t> counts(2);
  file.read_rows("Counts", 0, 2, counts);
  EXPECT_EQ(counts, (std::vector<std::int64_t>{-1, 2}));
  file.read_rows("PartType1/Coordinates", 2, 0, std::span<double>());
}

TEST(Hdf5, RowsOrColumnsThatAreNotThereAreErrors) {
  const std::vector<std::byte> image = some_file().bytes();
  const File file("image", image);
  std::vector<double> values(6);
  EXPECT_THROW(file.read_rows("PartType1/Coordinates", 1, 2, values), FormatError);
  EXPECT_THROW(file.read_rows("PartType1/Coordinates", 3, ~std::uint64_t{0}, values), FormatError);
  EXPECT_THROW(file.read_rows("PartType1/Coordinates", 0, 1, std::span(values).first(2)), FormatError);
}

TEST(Hdf5, ExistsLooksAtEveryFolderOnTheWay) {
  const std::vector<std::byte> image = some_file().bytes();
  const File file("image", image);
  EXPECT_TRUE(file.exists("/"));
  EXPECT_TRUE(file.exists("PartType1"));
  EXPECT_TRUE(file.exists("/PartType1/Coordinates"));
  EXPECT_FALSE(file.exists("PartType0/Coordinates"));
  EXPECT_FALSE(file.exists("PartType1/Masses"));
  EXPECT_FALSE(file.exists("Counts/below"));
  EXPECT_TRUE(file.has_attribute("PartType1", "Number"));
  EXPECT_FALSE(file.has_attribute("PartType1", "Other"));
  EXPECT_FALSE(file.has_attribute("PartType0", "Number"));
}

TEST(Hdf5, ErrorsNameFileAndObjectAndPrintNothing) {
  const std::vector<std::byte> image = some_file().bytes();
  const File file("snap_096.0.hdf5", image);
  testing::internal::CaptureStderr();
  const std::string dataset = message_of([&] { file.read_real("PartType1/Masses"); });
  const std::string attribute = message_of([&] { file.integer_attribute("Header", "BoxSize"); });
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_NE(dataset.find("snap_096.0.hdf5"), std::string::npos) << dataset;
  EXPECT_NE(dataset.find("dataset PartType1/Masses"), std::string::npos) << dataset;
  EXPECT_NE(dataset.find("doesn't exist"), std::string::npos) << dataset;
  EXPECT_NE(attribute.find("attribute BoxSize of Header"), std::string::npos) << attribute;
}

TEST(Hdf5, RealsAreNotReadAsIntegers) {
  const std::vector<std::byte> image = some_file().bytes();
  const File file("image", image);
  EXPECT_THROW(file.read_integer("PartType1/Coordinates"), FormatError);
  EXPECT_THROW(file.integer_attribute("/", "Table"), FormatError);
  EXPECT_THROW(file.real_attribute("/", "Name"), FormatError);
  EXPECT_THROW(file.text_attribute("/", "Table"), FormatError);
}

TEST(Hdf5, AbsentIsAnIoErrorAndForeignAFormatError) {
  const TemporaryFolder folder;
  try {
    File file(folder / "absent.h5");
    FAIL() << "opened";
  } catch (const IoError& error) {
    EXPECT_EQ(error.error_number(), ENOENT);
  }
  test::write_file(folder / "text.h5", "this is no HDF5 file");
  EXPECT_NE(message_of([&] { File file(folder / "text.h5"); }).find("20 bytes"), std::string::npos);
  test::write_file(folder / "empty.h5", "");
  EXPECT_THROW(File file(folder / "empty.h5"), FormatError);
  EXPECT_THROW(File("image", std::span<const std::byte>()), FormatError);
}

TEST(Hdf5, CutAnywhereItDoesNotOpen) {
  const TemporaryFolder folder;
  const std::vector<std::byte> image = some_file().bytes();
  for (std::size_t size = 0; size < image.size(); size += 97) {
    const std::vector<std::byte> part(image.begin(), image.begin() + static_cast<std::ptrdiff_t>(size));
    write_bytes(folder / "cut.h5", part);
    EXPECT_THROW(File file(folder / "cut.h5"), FormatError) << size;
    EXPECT_THROW(File file("image", part), FormatError) << size;
  }
}

TEST(Hdf5, EqualContentGivesEqualBytes) {
  const std::vector<std::byte> first = some_file().bytes();
  // What freed memory holds must not matter either.
  { const std::vector<std::byte> dirt(1 << 20, std::byte{0xa5}); }
  EXPECT_EQ(some_file().bytes(), first);
}

TEST(Hdf5, NoObjectHoldsATime) {
  const TemporaryFolder folder;
  write_bytes(folder / "file.h5", some_file().bytes());
  const Handle file(H5Fopen((folder / "file.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  for (const char* object : {"/", "PartType1", "PartType1/Coordinates", "Counts"}) {
    H5O_info_t info{};
    ASSERT_GE(H5Oget_info_by_name(file.get(), object, &info, H5P_DEFAULT), 0);
    EXPECT_EQ(info.ctime, 0) << object;
    EXPECT_EQ(info.mtime, 0) << object;
  }
}

// As snapshots of simulations may be: compressed in chunks, single precision, big-endian.
TEST(Hdf5, ReadsCompressedChunksOfOtherTypes) {
  const TemporaryFolder folder;
  {
    const Handle file(H5Fcreate((folder / "file.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT),
                      H5Fclose);
    const std::array<hsize_t, 2> extent{100, 3}, chunk{7, 3};
    const Handle space(H5Screate_simple(2, extent.data(), nullptr), H5Sclose);
    const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    ASSERT_GE(H5Pset_chunk(properties.get(), 2, chunk.data()), 0);
    ASSERT_GE(H5Pset_shuffle(properties.get()), 0);
    ASSERT_GE(H5Pset_deflate(properties.get(), 6), 0);
    const Handle dataset(
        H5Dcreate2(file.get(), "x", H5T_IEEE_F32BE, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT),
        H5Dclose);
    std::vector<float> values(300);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) / 4;
    ASSERT_GE(H5Dwrite(dataset.get(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
  }
  const File file(folder / "file.h5");
  std::vector<double> rows(15);
  file.read_rows("x", 10, 5, rows);
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i], static_cast<double>(30 + i) / 4);
}

TEST(Hdf5, FilesInMemoryDoNotMixWhateverTheirNames) {
  const auto file_of = [](double value) {
    MemoryFile file;
    file.write_attribute("/", "value", std::span<const double>(&value, 1), true);
    return file;
  };
  MemoryFile one = file_of(1.0), two = file_of(2.0);
  const std::vector<std::byte> image_one = one.bytes(), image_two = two.bytes();
  const File first("image", image_one), second("image", image_two);
  EXPECT_EQ(first.real_attribute("/", "value"), std::vector<double>{1.0});
  EXPECT_EQ(second.real_attribute("/", "value"), std::vector<double>{2.0});
}

TEST(Hdf5, EmptyDatasetsAreFine) {
  MemoryFile out;
  out.write_dataset("none", std::array<std::uint64_t, 2>{0, 3}, std::span<const double>());
  const std::vector<std::byte> image = out.bytes();
  const File file("image", image);
  EXPECT_EQ(file.shape("none"), (std::vector<std::uint64_t>{0, 3}));
  EXPECT_TRUE(file.read_real("none").empty());
}

TEST(Hdf5, HandlesCloseOnceAndMove) {
  MemoryFile file = some_file();
  const hid_t space = H5Screate(H5S_SCALAR);
  {
    Handle first(space, H5Sclose);
    Handle second(std::move(first));
    Handle third;
    third = std::move(second);
    EXPECT_EQ(third.get(), space);
    EXPECT_GT(H5Iis_valid(space), 0);
  }
  EXPECT_EQ(H5Iis_valid(space), 0);
}

}  // namespace
}  // namespace lenswright::hdf5
