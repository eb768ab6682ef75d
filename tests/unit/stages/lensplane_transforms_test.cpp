#include "stages/lensplane_transforms.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "io/transforms_file.hpp"
#include "reference_campaign.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;

TransformSet settle(const Campaign& campaign) {
  const Communicator ranks;
  SilentProgress silent;
  return settle_transforms({campaign, real_disk(), ranks, silent});
}

TransformSet drawn(const Campaign& campaign) {
  return draw_transforms(campaign.lensplanes.seed, campaign.realizations, campaign.snapshots,
                         campaign.planes_per_snapshot, campaign.box_mpc_h);
}

fs::path file_of(const Campaign& campaign) {
  return campaign.lensplanes.root / kTransformsFile;
}

void put_plane(const Campaign& campaign) {
  test::write_file(absolute_path(campaign, {ProductKind::mass_plane, 0, 0, 0}), "any bytes");
}

std::string message_of(const Campaign& campaign) {
  try {
    settle(campaign);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(LensplaneTransforms, AnEmptyRootGetsThoseOfTheSeed) {
  const test::ReferenceCampaign reference;
  const Campaign campaign = reference.load();
  EXPECT_EQ(settle(campaign), drawn(campaign));
  EXPECT_EQ(read_transforms(file_of(campaign)), drawn(campaign));
  put_plane(campaign);
  EXPECT_EQ(settle(campaign), drawn(campaign));
}

TEST(LensplaneTransforms, PlanesWithoutTheFileNeedTheCampaignsWord) {
  const test::ReferenceCampaign reference;
  const Campaign campaign = reference.load();
  put_plane(campaign);
  EXPECT_THAT(message_of(campaign), testing::HasSubstr("lensplanes.transforms: seed"));
  EXPECT_FALSE(fs::exists(file_of(campaign)));
  EXPECT_THAT(message_of(reference.load({"lensplanes.transforms=file"})), testing::HasSubstr("put it back"));
  EXPECT_EQ(settle(reference.load({"lensplanes.transforms=seed"})), drawn(campaign));
  EXPECT_TRUE(fs::exists(file_of(campaign)));
}

TEST(LensplaneTransforms, PlanesOfModelsOutsideTheCampaignCountToo) {
  const test::ReferenceCampaign reference;
  const Campaign campaign = reference.load();
  test::write_file(campaign.lensplanes.root / "other" / "LP_00" / "lenspot00.dat", "any bytes");
  EXPECT_THAT(message_of(campaign), testing::HasSubstr("is not there, but mass planes are"));
}

TEST(LensplaneTransforms, AFileThatContradictsTheSeedIsKeptUntilTheCampaignDecides) {
  const test::ReferenceCampaign reference;
  const Campaign campaign = reference.load(), of_other_seed = reference.load({"lensplanes.seed=7"});
  write_transforms(real_disk(), file_of(campaign), drawn(of_other_seed));
  const std::string before = test::read_file(file_of(campaign));
  const std::string message = message_of(campaign);
  EXPECT_THAT(message, testing::HasSubstr("lensplanes.transforms: file"));
  EXPECT_THAT(message, testing::HasSubstr("lensplanes.transforms: seed"));
  EXPECT_EQ(test::read_file(file_of(campaign)), before);

  EXPECT_EQ(settle(reference.load({"lensplanes.transforms=file"})).transforms,
            drawn(of_other_seed).transforms);
  EXPECT_EQ(test::read_file(file_of(campaign)), before);

  EXPECT_EQ(settle(reference.load({"lensplanes.transforms=seed"})), drawn(campaign));
  EXPECT_EQ(read_transforms(file_of(campaign)), drawn(campaign));
  std::vector<std::string> trash;
  for (const auto& entry : fs::recursive_directory_iterator(campaign.lensplanes.root / kTrashFolder))
    if (entry.is_regular_file()) trash.push_back(test::read_file(entry.path()));
  EXPECT_THAT(trash, testing::Contains(before));
}

TEST(LensplaneTransforms, AFileOfAnotherShapeIsAnErrorThatSaysSo) {
  for (const char* other : {"realizations=3", "snapshots=[96, 90]", "planes_per_snapshot=4", "box=100.0"}) {
    const test::ReferenceCampaign reference;
    const Campaign shaped = reference.load({other});
    write_transforms(real_disk(), file_of(shaped), drawn(shaped));
    for (const char* authority : {"agree", "file", "seed"}) {
      const Campaign campaign = reference.load({std::string("lensplanes.transforms=") + authority});
      EXPECT_THAT(message_of(campaign), testing::HasSubstr("redraws nearly all")) << other << authority;
    }
  }
}

TEST(LensplaneTransforms, ADamagedFileIsAnError) {
  const test::ReferenceCampaign reference;
  const Campaign campaign = reference.load();
  test::write_file(file_of(campaign), "not HDF5");
  EXPECT_THAT(message_of(campaign), testing::HasSubstr("transforms.h5"));
  EXPECT_EQ(test::read_file(file_of(campaign)), "not HDF5");
}

TEST(LensplaneTransforms, ADamagedFileGivesWayWhereTheSeedHolds) {
  const test::ReferenceCampaign reference;
  const Campaign campaign = reference.load();
  settle(campaign);
  put_plane(campaign);
  fs::resize_file(file_of(campaign), 1500);
  EXPECT_THAT(message_of(campaign), testing::HasSubstr("lensplanes.transforms: seed"));
  EXPECT_EQ(fs::file_size(file_of(campaign)), 1500U);
  EXPECT_EQ(settle(reference.load({"lensplanes.transforms=seed"})), drawn(campaign));
  EXPECT_EQ(read_transforms(file_of(campaign)), drawn(campaign));
  EXPECT_TRUE(fs::exists(campaign.lensplanes.root / kTrashFolder));
}

TEST(LensplaneTransforms, DigestsTellTransformsApart) {
  const SnapshotTransform plain;
  SnapshotTransform turned = plain, flipped = plain, shifted = plain;
  turned.proj_dir = 1;
  flipped.flip = true;
  shifted.displacement[2] = 1e-300;
  for (const SnapshotTransform& other : {turned, flipped, shifted})
    EXPECT_FALSE(transform_digest(other) == transform_digest(plain));
  EXPECT_EQ(transform_digest(turned), transform_digest(turned));
}

}  // namespace
}  // namespace lenswright
