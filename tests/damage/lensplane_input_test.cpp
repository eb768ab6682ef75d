// Damaged and contradicting input of mass planes: a message that names the file, and no plane.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>

#include <array>
#include <cstdint>
#include <limits>

#include "base/error.hpp"
#include "io/transforms_file.hpp"
#include "reference_campaign.hpp"
#include "stages/lensplane_memory.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;

// A copy of the reference simulations that a test may damage.
class Simulations {
 public:
  Simulations() {
    fs::copy(test::reference("sim"), path(), fs::copy_options::recursive);
    for (const auto& entry : fs::recursive_directory_iterator(path()))
      fs::permissions(entry.path(), fs::perms::owner_all, fs::perm_options::add);
  }
  fs::path path() const { return folder_ / "sim"; }
  fs::path snapshot_file(const std::string& simulation, int file) const {
    return path() / simulation / "snapdir_096" / ("snap_096." + std::to_string(file) + ".hdf5");
  }

 private:
  test::TemporaryFolder folder_;
};

// Writes one value of a dataset.
void write_element(const fs::path& path, const std::string& dataset, std::vector<hsize_t> where,
                   double value) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t data = H5Dopen2(file, dataset.c_str(), H5P_DEFAULT);
  const hid_t space = H5Dget_space(data), memory = H5Screate(H5S_SCALAR);
  H5Sselect_elements(space, H5S_SELECT_SET, 1, where.data());
  ASSERT_GE(H5Dwrite(data, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, &value), 0) << path << dataset;
  H5Sclose(memory);
  H5Sclose(space);
  H5Dclose(data);
  H5Fclose(file);
}

void delete_link(const fs::path& path, const std::string& name) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  ASSERT_GE(H5Ldelete(file, name.c_str(), H5P_DEFAULT), 0) << path << name;
  H5Fclose(file);
}

void write_box(const fs::path& path, double value) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t header = H5Gopen2(file, "Header", H5P_DEFAULT);
  H5Adelete(header, "BoxSize");
  const hid_t space = H5Screate(H5S_SCALAR);
  const hid_t attribute = H5Acreate2(header, "BoxSize", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT);
  EXPECT_GE(H5Awrite(attribute, H5T_NATIVE_DOUBLE, &value), 0);
  H5Sclose(space);
  H5Gclose(header);
  H5Aclose(attribute);
  H5Fclose(file);
}

std::vector<std::string> plane_paths(const Campaign& campaign) {
  std::vector<std::string> paths;
  for (const auto& [path, bytes] : test::lensplane_files(campaign))
    if (path != kTransformsFile) paths.push_back(path);
  return paths;
}

// Makes planes of dmo, hydro and a replace model from damaged simulations: the message, and no plane.
void expect_refused(const Simulations& simulations, const std::vector<std::string>& words) {
  const test::ReferenceCampaign reference(simulations.path());
  const Campaign campaign = reference.load();
  std::string message = "no error";
  try {
    test::make_planes(campaign, test::mass_planes(campaign, {0, 1, 25}));
  } catch (const InputError& error) {
    message = error.what();
    EXPECT_EQ(error.status(), ExitStatus::failed);
  }
  for (const std::string& word : words) EXPECT_THAT(message, testing::HasSubstr(word));
  EXPECT_THAT(plane_paths(campaign), testing::IsEmpty());
}

TEST(LensplaneInput, ATruncatedFileIsRefused) {
  const Simulations simulations;
  const fs::path damaged = simulations.snapshot_file("hydro", 2);
  fs::resize_file(damaged, fs::file_size(damaged) / 2);
  expect_refused(simulations, {damaged.string()});
}

TEST(LensplaneInput, AMissingFileInTheMiddleIsRefused) {
  const Simulations simulations;
  fs::remove(simulations.snapshot_file("dmo", 1));
  expect_refused(simulations, {"dmo/snapdir_096"});
}

TEST(LensplaneInput, AFileThatCannotBeReadIsRefused) {
  const Simulations simulations;
  fs::remove(simulations.snapshot_file("dmo", 1));
  fs::create_directory(simulations.snapshot_file("dmo", 1));
  expect_refused(simulations, {"dmo/snapdir_096"});
}

TEST(LensplaneInput, AMissingParticleTypeIsRefused) {
  const Simulations simulations;
  delete_link(simulations.snapshot_file("hydro", 3), "PartType1");
  expect_refused(simulations, {"snap_096.3.hdf5", "PartType1/Coordinates"});
}

TEST(LensplaneInput, AHeaderThatDisagreesWithItsDataIsRefused) {
  const Simulations simulations;
  const fs::path damaged = simulations.snapshot_file("dmo", 2);
  const hid_t file = H5Fopen(damaged.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t header = H5Gopen2(file, "Header", H5P_DEFAULT);
  const hid_t before = H5Aopen(header, "NumPart_ThisFile", H5P_DEFAULT);
  std::array<std::int32_t, 6> particles{};
  ASSERT_GE(H5Aread(before, H5T_NATIVE_INT32, particles.data()), 0);
  H5Aclose(before);
  --particles[1];
  ASSERT_GE(H5Adelete(header, "NumPart_ThisFile"), 0);
  const hsize_t types = particles.size();
  const hid_t space = H5Screate_simple(1, &types, nullptr);
  const hid_t after =
      H5Acreate2(header, "NumPart_ThisFile", H5T_NATIVE_INT32, space, H5P_DEFAULT, H5P_DEFAULT);
  ASSERT_GE(H5Awrite(after, H5T_NATIVE_INT32, particles.data()), 0);
  H5Sclose(space);
  H5Aclose(after);
  H5Gclose(header);
  H5Fclose(file);
  expect_refused(simulations, {"NumPart_T"});
}

TEST(LensplaneInput, APositionThatIsNoNumberIsRefused) {
  const Simulations simulations;
  write_element(simulations.snapshot_file("dmo", 2), "PartType1/Coordinates", {777, 1},
                std::numeric_limits<double>::quiet_NaN());
  expect_refused(simulations, {"snap_096.2.hdf5", "PartType1/Coordinates", "777"});
}

TEST(LensplaneInput, APositionOutsideTheBoxIsRefused) {
  const Simulations simulations;
  write_element(simulations.snapshot_file("hydro", 0), "PartType0/Coordinates", {5, 0}, 205000.5);
  expect_refused(simulations, {"snap_096.0.hdf5", "PartType0/Coordinates"});
}

TEST(LensplaneInput, AMassOfZeroIsRefused) {
  const Simulations simulations;
  write_element(simulations.snapshot_file("hydro", 1), "PartType0/Masses", {9}, 0.0);
  expect_refused(simulations, {"snap_096.1.hdf5", "PartType0/Masses"});
}

TEST(LensplaneInput, AnotherBoxIsRefused) {
  const Simulations simulations;
  write_box(simulations.snapshot_file("dmo", 3), 205001.0);
  expect_refused(simulations, {"snap_096.3.hdf5", "BoxSize"});
}

TEST(LensplaneInput, ACatalogueOfAnotherSnapshotIsRefused) {
  const Simulations simulations;
  for (int file = 0; file < 4; ++file) {
    const std::string ending = "." + std::to_string(file) + ".hdf5";
    fs::copy(simulations.path() / "dmo/groups_029" / ("fof_subhalo_tab_029" + ending),
             simulations.path() / "dmo/groups_096" / ("fof_subhalo_tab_096" + ending),
             fs::copy_options::overwrite_existing);
  }
  expect_refused(simulations, {"fof_subhalo_tab_096", "edshift"});
}

TEST(LensplaneInput, TooHeavyAUniverseIsRefused) {
  const Simulations simulations;
  const test::ReferenceCampaign reference(simulations.path());
  const Campaign campaign = reference.load({"cosmology.omega_m=0.1"});
  try {
    test::make_planes(campaign, test::mass_planes(campaign, {0}));
    FAIL() << "particles of omega_m 0.3089 do not fit";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("omega_m"));
  }
  EXPECT_THAT(plane_paths(campaign), testing::IsEmpty());
}

TEST(LensplaneInput, OnlyWhatTheModelNeedsIsRead) {
  const Simulations simulations;
  fs::remove_all(simulations.path() / "hydro");
  fs::remove_all(simulations.path() / "dmo/groups_096");
  const test::ReferenceCampaign reference(simulations.path());
  const Campaign campaign = reference.load();
  EXPECT_EQ(test::make_planes(campaign, test::mass_planes(campaign, {0})).made, 4u);
  EXPECT_THROW(test::make_planes(campaign, test::mass_planes(campaign, {1})), InputError);
  EXPECT_THROW(test::make_planes(campaign, test::mass_planes(campaign, {25})), InputError);
}

TEST(LensplaneInput, APositionAtTheFarEdgeIsTheNearEdge) {
  const Simulations near, far;
  for (const hsize_t axis : {0, 1, 2}) {
    write_element(near.snapshot_file("dmo", 0), "PartType1/Coordinates", {axis * 100, axis}, 0.0);
    write_element(far.snapshot_file("dmo", 0), "PartType1/Coordinates", {axis * 100, axis}, 205000.0);
  }
  // Without a shift, which would round differently at the two edges.
  const test::ReferenceCampaign of_near(near.path()), of_far(far.path());
  for (const auto* reference : {&of_near, &of_far}) {
    const Campaign campaign = reference->load({"lensplanes.transforms=file"});
    TransformSet transforms = draw_transforms(2020, campaign.realizations, campaign.snapshots, 2, 205.0);
    for (SnapshotTransform& transform : transforms.transforms) transform.displacement = {0, 0, 0};
    transforms.transforms[1].flip = !transforms.transforms[0].flip;
    write_transforms(real_disk(), campaign.lensplanes.root / kTransformsFile, transforms);
    test::make_planes(campaign, test::mass_planes(campaign, {0, 25}));
  }
  EXPECT_TRUE(test::lensplane_files(of_near.load()) == test::lensplane_files(of_far.load()));
}

TEST(LensplaneInput, PassesBeforeTheDamageKeepTheirPlanesAndReceipts) {
  const Simulations simulations;
  write_element(simulations.snapshot_file("hydro", 3), "PartType1/Coordinates", {3, 0}, -1.0);
  const test::ReferenceCampaign reference(simulations.path());
  const Campaign campaign = reference.load({"lensplanes.grid=2048"});
  // Room for one plane: the first pass makes dmo's, the second would make hydro's.
  std::uint64_t budget = resident_memory();
  for (bool fits = false; !fits; budget += std::uint64_t{8} << 20) {
    try {
      divide_memory(budget, resident_memory(), 2048, 1'000'000, 0);
      fits = true;
    } catch (const InputError&) {
    }
  }
  EXPECT_THROW(
      test::make_planes(campaign, {{ProductKind::mass_plane, 0, 0, 0}, {ProductKind::mass_plane, 1, 0, 0}},
                        [&](StageRequest& request) { request.memory_bytes = budget; }),
      InputError);
  EXPECT_THAT(plane_paths(campaign), testing::ElementsAre("dmo/LP_00/lenspot00.dat"));
  const ReceiptIndex receipts = ReceiptIndex::load(real_disk(), campaign);
  const auto record = receipts.find("lensplanes/dmo/LP_00/lenspot00.dat");
  ASSERT_NE(record, nullptr);
  ASSERT_EQ(record->inputs.size(), 3u);
  EXPECT_EQ(record->inputs[0].name, "dmo/snapshot 96");
  EXPECT_EQ(record->inputs[1].name, "dmo/snapshot 96 files");
  EXPECT_EQ(record->inputs[2].name, "transform of realization 0, snapshot 96");
}

TEST(LensplaneInput, WithForceNothingIsMovedBeforeInputsAreKnownGood) {
  const Simulations simulations;
  const test::ReferenceCampaign reference(simulations.path());
  const Campaign campaign = reference.load();
  test::make_planes(campaign, test::mass_planes(campaign, {0}));
  const auto before = test::lensplane_files(campaign);
  fs::resize_file(simulations.snapshot_file("dmo", 2), 100);
  EXPECT_THROW(test::make_planes(campaign, test::mass_planes(campaign, {0}),
                                 [](StageRequest& request) { request.force = true; }),
               InputError);
  EXPECT_TRUE(test::lensplane_files(campaign) == before);
}

}  // namespace
}  // namespace lenswright
