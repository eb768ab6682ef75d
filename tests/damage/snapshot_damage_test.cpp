// Every way in which a snapshot or catalogue can be wrong is an error that names the file and, if one is at fault,
// the dataset.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "base/error.hpp"
#include "sim/halo_catalogue.hpp"
#include "sim/snapshot_reader.hpp"
#include "tiny_snapshot.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;
using test::pattern;
using test::TemporaryFolder;
using test::TinyCatalogue;
using test::TinySnapshot;

constexpr double kBox = 10;  // Mpc/h
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TinySnapshot sound_snapshot() {
  TinySnapshot snapshot;
  for (int file = 0; file < 3; ++file)
    snapshot.files.push_back(
        {{{0, pattern(20, snapshot.box_ckpc_h, true)}, {1, pattern(30, snapshot.box_ckpc_h)}}, {}});
  return snapshot;
}

void read_everything(const fs::path& simulation, double box = kBox) {
  const SnapshotHeader header = read_snapshot_header(simulation, 7, box);
  SnapshotReader reader(header);
  ParticleChunk chunk;
  for (const SnapshotChunk& wanted : snapshot_chunks(header, {0, 1, 4, 5})) reader.read(wanted, chunk);
}

// The InputError's message; fails the test if reading succeeds.
std::string complaint(const std::function<void()>& read) {
  try {
    read();
  } catch (const InputError& error) {
    return error.what();
  }
  ADD_FAILURE() << "damaged input was read";
  return {};
}

void expect_complaint(const TinySnapshot& snapshot, const std::vector<std::string>& words) {
  const TemporaryFolder folder;
  snapshot.write(folder.path());
  const std::string message = complaint([&] { read_everything(folder.path()); });
  for (const std::string& word : words) EXPECT_NE(message.find(word), std::string::npos) << message;
}

TEST(SnapshotDamage, SoundSnapshotIsRead) {
  const TemporaryFolder folder;
  sound_snapshot().write(folder.path());
  EXPECT_NO_THROW(read_everything(folder.path()));
}

TEST(SnapshotDamage, PositionThatIsNotFiniteNamesFileDatasetAndRow) {
  for (const double bad : {kNan, std::numeric_limits<double>::infinity()}) {
    TinySnapshot snapshot = sound_snapshot();
    snapshot.files[1].types[1].positions[3 * 17 + 2] = bad;
    expect_complaint(snapshot, {"snap_007.1.hdf5", "PartType1/Coordinates", "row 17", "not a finite"});
  }
}

TEST(SnapshotDamage, PositionOutsideTheBoxNamesFileDatasetAndRow) {
  for (const double bad : {-1e-6, 10000.01, 1e30}) {
    TinySnapshot snapshot = sound_snapshot();
    snapshot.files[2].types[0].positions[3 * 5] = bad;
    expect_complaint(snapshot, {"snap_007.2.hdf5", "PartType0/Coordinates", "row 5", "outside the box"});
  }
}

TEST(SnapshotDamage, MassThatIsZeroNegativeOrNotFiniteNamesFileDatasetAndRow) {
  for (const double bad : {0.0, -1.0, kNan, std::numeric_limits<double>::infinity()}) {
    TinySnapshot snapshot = sound_snapshot();
    snapshot.files[0].types[0].masses->at(3) = bad;
    expect_complaint(snapshot, {"snap_007.0.hdf5", "PartType0/Masses", "row 3"});
  }
}

TEST(SnapshotDamage, NoMassesAndNoMassTableIsAnError) {
  TinySnapshot snapshot = sound_snapshot();
  snapshot.mass_table[1] = 0;
  expect_complaint(snapshot, {"snap_007.0.hdf5", "PartType1/Masses", "MassTable"});
}

TEST(SnapshotDamage, TypeInTheHeaderButNotInTheFileIsAnError) {
  TinySnapshot snapshot = sound_snapshot();
  snapshot.files[1].claimed[4] = 6;
  snapshot.total_offset[4] = 6;
  expect_complaint(snapshot, {"snap_007.1.hdf5", "PartType4/Coordinates", "6 particles"});
}

TEST(SnapshotDamage, MissingDatasetIsAnError) {
  TinySnapshot snapshot = sound_snapshot();
  snapshot.coordinates = "Position";
  expect_complaint(snapshot, {"snap_007.0.hdf5", "PartType0/Coordinates"});
}

TEST(SnapshotDamage, HeaderThatCountsOtherParticlesThanTheDatasetHoldsIsAnError) {
  TinySnapshot more = sound_snapshot(), fewer = sound_snapshot();
  more.files[1].claimed[1] = 31;
  more.total_offset[1] = 1;
  expect_complaint(more, {"snap_007.1.hdf5", "PartType1/Coordinates", "31", "(30, 3)"});
  fewer.files[1].claimed[1] = 29;
  fewer.total_offset[1] = -1;
  expect_complaint(fewer, {"snap_007.1.hdf5", "PartType1/Coordinates", "29", "(30, 3)"});
}

TEST(SnapshotDamage, MassesOfAnotherLengthAreAnError) {
  TinySnapshot snapshot = sound_snapshot();
  snapshot.files[2].types[0].masses->pop_back();
  expect_complaint(snapshot, {"snap_007.2.hdf5", "PartType0/Masses", "(19)"});
}

TEST(SnapshotDamage, TotalThatIsNotTheSumOfTheFilesIsAnError) {
  TinySnapshot snapshot = sound_snapshot();
  snapshot.total_offset[1] = 5;
  expect_complaint(snapshot, {"snap_007.0.hdf5", "NumPart_Total", "95", "90"});
}

TEST(SnapshotDamage, NegativeCountIsAnError) {
  TinySnapshot snapshot = sound_snapshot();
  snapshot.files[1].claimed[2] = -4;
  expect_complaint(snapshot, {"snap_007.1.hdf5", "NumPart_ThisFile"});
}

TEST(SnapshotDamage, BoxOfAnotherSimulationIsAnError) {
  const TemporaryFolder folder;
  sound_snapshot().write(folder.path());
  const std::string message = complaint([&] { read_everything(folder.path(), 10.001); });
  EXPECT_NE(message.find("BoxSize"), std::string::npos) << message;
  EXPECT_NE(message.find("snap_007.0.hdf5"), std::string::npos) << message;
}

TEST(SnapshotDamage, MissingFileIsAnErrorWhereverItIs) {
  for (const std::size_t missing : {0U, 1U, 2U}) {
    const TemporaryFolder folder;
    const TinySnapshot snapshot = sound_snapshot();
    snapshot.write(folder.path());
    fs::remove(snapshot.path(folder.path(), 7, missing));
    const std::string message = complaint([&] { read_everything(folder.path()); });
    EXPECT_NE(message.find(fmt::format(".{}.hdf5", missing)), std::string::npos) << message;
  }
}

TEST(SnapshotDamage, MissingFolderIsAnError) {
  const TemporaryFolder folder;
  EXPECT_NE(complaint([&] { read_everything(folder.path()); }), "");
  EXPECT_NE(complaint([&] { read_everything(folder / "nowhere"); }), "");
}

TEST(SnapshotDamage, FilesOfDifferentSnapshotsAreAnError) {
  const TemporaryFolder folder, other;
  TinySnapshot snapshot = sound_snapshot();
  snapshot.write(folder.path());
  snapshot.redshift = 0.5;
  snapshot.write(other.path());
  fs::copy_file(snapshot.path(other.path(), 7, 1), snapshot.path(folder.path(), 7, 1),
                fs::copy_options::overwrite_existing);
  const std::string message = complaint([&] { read_everything(folder.path()); });
  EXPECT_NE(message.find("snap_007.1.hdf5: Header/Redshift"), std::string::npos) << message;
}

// A file cut anywhere is recognised, for HDF5 keeps its length; every 64th byte and the last one are tried.
TEST(SnapshotDamage, FileTruncatedAnywhereIsAnError) {
  const TemporaryFolder folder;
  const TinySnapshot snapshot = sound_snapshot();
  snapshot.write(folder.path());
  const fs::path path = snapshot.path(folder.path(), 7, 1);
  const std::string whole = test::read_file(path);
  ASSERT_GT(whole.size(), 2000U);
  for (std::size_t length = 0; length < whole.size(); length += 64) {
    test::write_file(path, whole.substr(0, length));
    const std::string message = complaint([&] { read_everything(folder.path()); });
    ASSERT_NE(message.find("snap_007.1.hdf5"), std::string::npos) << message;
  }
  test::write_file(path, whole.substr(0, whole.size() - 1));
  EXPECT_NE(complaint([&] { read_everything(folder.path()); }).find("snap_007.1.hdf5"), std::string::npos);
}

TEST(SnapshotDamage, FileThatChangesAfterItsHeaderWasReadIsAnError) {
  const TemporaryFolder folder;
  TinySnapshot snapshot = sound_snapshot();
  snapshot.write(folder.path());
  const SnapshotHeader header = read_snapshot_header(folder.path(), 7, kBox);
  snapshot.files[0].types[1] = pattern(12, snapshot.box_ckpc_h);
  snapshot.write(folder.path());
  SnapshotReader reader(header);
  ParticleChunk chunk;
  const std::string message = complaint([&] { reader.read({0, 1, 0, 30}, chunk); });
  EXPECT_NE(message.find("PartType1/Coordinates"), std::string::npos) << message;
}

TEST(SnapshotDamage, SomethingThatIsNotHdf5IsAnError) {
  const TemporaryFolder folder;
  const TinySnapshot snapshot = sound_snapshot();
  snapshot.write(folder.path());
  test::write_file(snapshot.path(folder.path(), 7, 2), "this is a text\n");
  EXPECT_NE(complaint([&] { read_everything(folder.path()); }).find("snap_007.2.hdf5"), std::string::npos);
}

TinyCatalogue sound_catalogue() {
  TinyCatalogue catalogue;
  catalogue.files = {{{1, 2, 3, 4, 5, 6}, {10, 20}, {100, 200}, {}, true, true},
                     {{}, {}, {}, {}, true, false},
                     {{7, 8, 9}, {30}, {300}, {}, true, true}};
  return catalogue;
}

void expect_complaint(const TinyCatalogue& catalogue, const std::vector<std::string>& words,
                      double box = kBox) {
  const TemporaryFolder folder;
  catalogue.write(folder.path());
  const std::string message = complaint([&] { read_halo_catalogue(folder.path(), 7, box); });
  for (const std::string& word : words) EXPECT_NE(message.find(word), std::string::npos) << message;
}

TEST(CatalogueDamage, SoundCatalogueIsRead) {
  const TemporaryFolder folder;
  sound_catalogue().write(folder.path());
  EXPECT_EQ(read_halo_catalogue(folder.path(), 7, kBox).halos.size(), 3U);
}

TEST(CatalogueDamage, BadValuesNameFileAndDataset) {
  TinyCatalogue centre = sound_catalogue(), mass = sound_catalogue(), radius = sound_catalogue();
  centre.files[0].positions[4] = 10001;
  expect_complaint(centre, {"fof_subhalo_tab_007.0.hdf5", "Group/GroupPos", "row 1"});
  mass.files[2].masses[0] = kNan;
  expect_complaint(mass, {"fof_subhalo_tab_007.2.hdf5", "Group/Group_M_Crit200", "row 0"});
  radius.files[2].radii[0] = -1;
  expect_complaint(radius, {"fof_subhalo_tab_007.2.hdf5", "Group/Group_R_Crit200", "row 0"});
}

TEST(CatalogueDamage, CountsThatContradictTheHeaderAreErrors) {
  TinyCatalogue fewer = sound_catalogue(), hidden = sound_catalogue(), total = sound_catalogue(),
                absent = sound_catalogue();
  fewer.files[0].claimed = 3;
  expect_complaint(fewer, {"fof_subhalo_tab_007.0.hdf5", "Group/GroupPos", "(2, 3)"});
  hidden.files[0].claimed = 0;
  expect_complaint(hidden, {"fof_subhalo_tab_007.0.hdf5", "Group/GroupPos", "Ngroups_ThisFile"});
  total.total_offset = 1;
  expect_complaint(total, {"fof_subhalo_tab_007.0.hdf5", "Ngroups_Total"});
  absent.files[1].claimed = 1;
  expect_complaint(absent, {"fof_subhalo_tab_007.1.hdf5", "Group/GroupPos"});
}

TEST(CatalogueDamage, BoxOfAnotherSimulationIsAnError) {
  expect_complaint(sound_catalogue(), {"fof_subhalo_tab_007.0.hdf5", "BoxSize"}, 20);
}

TEST(CatalogueDamage, MissingOrTruncatedFileIsAnError) {
  const TemporaryFolder folder;
  sound_catalogue().write(folder.path());
  const fs::path last = folder / "groups_007/fof_subhalo_tab_007.2.hdf5";
  const std::string whole = test::read_file(last);
  test::write_file(last, whole.substr(0, whole.size() / 2));
  EXPECT_NE(complaint([&] { read_halo_catalogue(folder.path(), 7, kBox); }).find("007.2.hdf5"),
            std::string::npos);
  fs::remove(last);
  EXPECT_NE(complaint([&] { read_halo_catalogue(folder.path(), 7, kBox); }).find(".2.hdf5"),
            std::string::npos);
}

}  // namespace
}  // namespace lenswright
