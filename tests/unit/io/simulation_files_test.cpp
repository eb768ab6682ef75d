#include "io/simulation_files.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

using test::TemporaryFolder;
using test::write_file;

std::string message_of(const std::filesystem::path& simulation, int snapshot) {
  try {
    snapshot_files(simulation, snapshot);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(SimulationFiles, PiecesComeInTheOrderOfTheirNumbers) {
  const TemporaryFolder folder;
  for (int piece = 0; piece < 12; ++piece)
    write_file(folder / ("snapdir_096/snap_096." + std::to_string(piece) + ".hdf5"), "");
  write_file(folder / "snapdir_096/snap_096.0.hdf5.bak", "");
  write_file(folder / "snapdir_096/snap_096.x.hdf5", "");
  write_file(folder / "snapdir_096/snap_0960.0.hdf5", "");
  const std::vector<std::filesystem::path> files = snapshot_files(folder.path(), 96);
  ASSERT_EQ(files.size(), 12U);
  EXPECT_EQ(files[2], folder / "snapdir_096/snap_096.2.hdf5");
  EXPECT_EQ(files[10], folder / "snapdir_096/snap_096.10.hdf5");
}

TEST(SimulationFiles, UnsplitFilesAreFoundInBothPlaces) {
  const TemporaryFolder folder;
  write_file(folder / "snapdir_009/snap_009.hdf5", "");
  write_file(folder / "snap_010.hdf5", "");
  write_file(folder / "snap_011.0.hdf5", "");
  write_file(folder / "fof_subhalo_tab_009.hdf5", "");
  EXPECT_EQ(snapshot_files(folder.path(), 9), std::vector{folder / "snapdir_009/snap_009.hdf5"});
  EXPECT_EQ(snapshot_files(folder.path(), 10), std::vector{folder / "snap_010.hdf5"});
  EXPECT_EQ(snapshot_files(folder.path(), 11), std::vector{folder / "snap_011.0.hdf5"});
  EXPECT_EQ(catalogue_files(folder.path(), 9), std::vector{folder / "fof_subhalo_tab_009.hdf5"});
}

TEST(SimulationFiles, CataloguesHaveTheirOwnFolder) {
  const TemporaryFolder folder;
  write_file(folder / "groups_029/fof_subhalo_tab_029.0.hdf5", "");
  write_file(folder / "groups_029/fof_subhalo_tab_029.1.hdf5", "");
  EXPECT_EQ(catalogue_files(folder.path(), 29).size(), 2U);
  EXPECT_THROW(snapshot_files(folder.path(), 29), InputError);
}

TEST(SimulationFiles, AGapNamesTheMissingFile) {
  const TemporaryFolder folder;
  for (const int piece : {0, 1, 3})
    write_file(folder / ("snapdir_096/snap_096." + std::to_string(piece) + ".hdf5"), "");
  const std::string message = message_of(folder.path(), 96);
  EXPECT_NE(message.find("snapdir_096/snap_096.2.hdf5"), std::string::npos) << message;
}

TEST(SimulationFiles, AFirstPieceThatIsMissingIsAGapToo) {
  const TemporaryFolder folder;
  write_file(folder / "snapdir_096/snap_096.1.hdf5", "");
  EXPECT_NE(message_of(folder.path(), 96).find("snap_096.0.hdf5"), std::string::npos);
}

TEST(SimulationFiles, WhatIsMissingAltogetherIsSaidWithItsNames) {
  const TemporaryFolder folder;
  const std::string message = message_of(folder.path(), 7);
  EXPECT_NE(message.find("snapdir_007/snap_007.0.hdf5"), std::string::npos) << message;
  EXPECT_NE(message_of(folder / "unmounted", 7).find("unmounted"), std::string::npos);
}

TEST(SimulationFiles, SplitAndUnsplitTogetherAreAmbiguous) {
  const TemporaryFolder folder;
  write_file(folder / "snapdir_096/snap_096.0.hdf5", "");
  write_file(folder / "snapdir_096/snap_096.hdf5", "");
  EXPECT_NE(message_of(folder.path(), 96).find("both"), std::string::npos);
}

}  // namespace
}  // namespace lenswright
