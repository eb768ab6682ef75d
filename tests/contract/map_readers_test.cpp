// The optional formats of maps, opened with the programs that others open them with: astropy, fitsverify, h5py.
#include <gtest/gtest.h>

#include "light_cone_campaign.hpp"

namespace lenswright {
namespace {

using test::CommandOutcome;
using test::LightConeCampaign;
using test::run_command;

// Debian's Python, for which the packages are: another one first in the PATH may have none of them.
std::string read_maps(const std::string& what, const LightConeCampaign& cone) {
  return "/usr/bin/python3 " + test::source("tests/support/read_maps.py").string() + " " + what + " " +
         cone.file({ProductKind::run, 0, 0, 1}).string() + " 5.0";
}

void trace(const LightConeCampaign& cone) {
  cone.take_reference_potentials();
  ASSERT_EQ(cone.trace().made, 1U);
}

void expect_fits_files(const LightConeCampaign& cone) {
  const CommandOutcome astropy = run_command(read_maps("fits", cone));
  EXPECT_EQ(astropy.status, 0) << astropy.output;
  EXPECT_NE(astropy.output.find("fits: gamma2_08.fits"), std::string::npos) << astropy.output;
  for (const char* name : {"kappa04.fits", "gamma1_08.fits", "omega08.fits"}) {
    const CommandOutcome verify = run_command("fitsverify " + cone.map(1, name).string());
    EXPECT_EQ(verify.status, 0) << verify.output;
    EXPECT_NE(verify.output.find("0 warning(s) and 0 error(s)"), std::string::npos) << verify.output;
  }
}

TEST(MapReaders, FitsMapsOpenInAstropyAndPassFitsverify) {
  const LightConeCampaign cone({"raytracing.formats=[dat, fits]"});
  trace(cone);
  expect_fits_files(cone);
}

TEST(MapReaders, CompressedFitsMapsOpenInAstropyAndPassFitsverify) {
  const LightConeCampaign cone({"raytracing.formats=[dat, fits]", "raytracing.fits_compression=true"});
  trace(cone);
  expect_fits_files(cone);
}

TEST(MapReaders, Hdf5MapsOpenLikeThePublicKappaTngMaps) {
  const LightConeCampaign cone({"raytracing.formats=[dat, hdf5]"});
  trace(cone);
  const CommandOutcome h5py = run_command(read_maps("hdf5", cone));
  EXPECT_EQ(h5py.status, 0) << h5py.output;
  EXPECT_NE(h5py.output.find("hdf5: z08"), std::string::npos) << h5py.output;
}

}  // namespace
}  // namespace lenswright
