#include "sim/halo_catalogue.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.hpp"
#include "io/hdf5.hpp"
#include "tiny_snapshot.hpp"

namespace lenswright {
namespace {

using test::TemporaryFolder;
using test::TinyCatalogue;

constexpr double kBox = 10;       // Mpc/h, of TinyCatalogue
constexpr double kRealBox = 205;  // Mpc/h, of the real pair

TEST(HaloCatalogue, RealCatalogueIsReadInFileOrderWithItsUnboundGroups) {
  const HaloCatalogue catalogue = read_halo_catalogue(test::reference("sim/dmo"), 96, kRealBox);
  ASSERT_EQ(catalogue.halos.size(), 650U);
  const Halo& halo = catalogue.halos[163];  // first of the second file
  EXPECT_EQ(halo.centre[0], 0x1.234d78p+17 / 1000);
  EXPECT_EQ(halo.centre[2], 0x1.2af6e4p+15 / 1000);
  EXPECT_DOUBLE_EQ(halo.m200c, 6760.43798828125 * 1e10);
  EXPECT_DOUBLE_EQ(halo.r200c, 677.6605834960938 / 1000);
  const auto massless = std::count_if(catalogue.halos.begin(), catalogue.halos.end(),
                                      [](const Halo& one) { return one.m200c == 0; });
  EXPECT_EQ(massless, 0 + 1 + 10 + 31);
}

TEST(HaloCatalogue, FilesWithoutAGroupAreNormal) {
  const HaloCatalogue catalogue = read_halo_catalogue(test::reference("sim/dmo"), 29, kRealBox);
  ASSERT_EQ(catalogue.halos.size(), 1U);
  EXPECT_DOUBLE_EQ(catalogue.halos[0].m200c, 8450.5478515625 * 1e10);
}

TEST(HaloCatalogue, NoGroupNoDatasetsAndEmptyDatasetsAllMeanNoHalo) {
  TinyCatalogue tiny;
  tiny.files = {{{}, {}, {}, {}, false, false}, {{}, {}, {}, {}, true, false}, {{}, {}, {}, {}, true, true}};
  const TemporaryFolder folder;
  tiny.write(folder.path());
  EXPECT_TRUE(read_halo_catalogue(folder.path(), 7, kBox).halos.empty());
}

TEST(HaloCatalogue, FingerprintFollowsTheValuesNotTheFiles) {
  TinyCatalogue one;
  one.files = {{{1, 2, 3, 4, 5, 6}, {10, 20}, {100, 200}, {}, true, true}};
  TinyCatalogue two;
  two.files = {{{1, 2, 3}, {10}, {100}, {}, true, true}, {{4, 5, 6}, {20}, {200}, {}, true, true}};
  TinyCatalogue other = one;
  other.files[0].radii[1] = 201;
  const TemporaryFolder a, b, c;
  one.write(a.path());
  two.write(b.path());
  other.write(c.path());
  const Digest digest = read_halo_catalogue(a.path(), 7, kBox).fingerprint;
  EXPECT_EQ(read_halo_catalogue(b.path(), 7, kBox).fingerprint, digest);
  EXPECT_NE(read_halo_catalogue(c.path(), 7, kBox).fingerprint, digest);
}

TEST(HaloCatalogue, CatalogueOfAnotherSnapshotIsRefused) {
  const HaloCatalogue near = read_halo_catalogue(test::reference("sim/dmo"), 96, kRealBox);
  const HaloCatalogue far = read_halo_catalogue(test::reference("sim/dmo"), 29, kRealBox);
  const SnapshotHeader snapshot = read_snapshot_header(test::reference("sim/dmo"), 96, kRealBox);
  EXPECT_NO_THROW(check_same_output(near, snapshot));
  EXPECT_THROW(check_same_output(far, snapshot), InputError);
}

void write_matches(const TemporaryFolder& folder, const std::vector<double>& radii) {
  hdf5::MemoryFile file;
  const std::vector<double> positions{1000, 2000, 3000, 4000, 5000, 6000}, masses{100, 200};
  const std::array<std::uint64_t, 2> shape{2, 3};
  const std::array<std::uint64_t, 1> two{2}, rows{radii.size()};
  file.write_dataset("dmo_positions", shape, std::span<const double>(positions));
  file.write_dataset("dmo_masses", two, std::span<const double>(masses));
  file.write_dataset("dmo_radii", rows, std::span<const double>(radii));
  const auto bytes = file.bytes();
  test::write_file(folder / "matches_snap096.hdf5",
                   std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

TEST(HaloCatalogue, MatchesAreReadInTheSameUnits) {
  const TemporaryFolder folder;
  write_matches(folder, {150, 250});
  const HaloCatalogue matches = read_halo_matches(folder.path(), 96, kBox);
  ASSERT_EQ(matches.halos.size(), 2U);
  EXPECT_EQ(matches.halos[1].centre, (std::array<double, 3>{4, 5, 6}));
  EXPECT_EQ(matches.halos[1].m200c, 2e12);
  EXPECT_EQ(matches.halos[1].r200c, 0.25);
  EXPECT_FALSE(matches.redshift.has_value());
}

TEST(HaloCatalogue, MatchesOfUnequalLengthOrMissingAreErrorsThatNameTheFile) {
  const TemporaryFolder folder;
  write_matches(folder, {150});
  try {
    read_halo_matches(folder.path(), 96, kBox);
    FAIL() << "unequal columns were read";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("matches_snap096.hdf5: dmo_radii"), std::string::npos)
        << error.what();
  }
  EXPECT_THROW(read_halo_matches(folder.path(), 90, kBox), InputError);
}

}  // namespace
}  // namespace lenswright
