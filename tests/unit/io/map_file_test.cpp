#include "io/map_file.hpp"

#include <fitsio.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "base/error.hpp"
#include "io/hdf5.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

constexpr int kSide = 24;

Grid2d<double> some_map() {
  Grid2d<double> values(kSide);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 0.01 * std::sin(0.37 * static_cast<double>(i));
  return values;
}

MapDescription description() {
  MapDescription map;
  map.campaign = "L205n2500TNG";
  map.model = "hydro_replace_Ml_1.00e12_Mu_3.16e12_R_0.5";
  map.realization = 3;
  map.run = 37;
  map.field_deg = 5.0;
  map.seed = 1992;
  map.configuration_digest = "0123456789abcdef0123456789abcdef";
  return map;
}

NamedMap named(const Grid2d<double>& values, const std::string& field = "kappa", int source = 40) {
  return {field, source, 2.568175, &values};
}

std::string text_of(const std::vector<std::byte>& bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += static_cast<char>(byte);
  return text;
}

// Opens with CFITSIO from a file, as anybody would.
class FitsMap : public testing::TestWithParam<bool> {
 protected:
  FitsMap() {
    values_ = some_map();
    bytes_ = encode_fits_map(description(), named(values_), GetParam());
    test::write_file(folder_ / "kappa40.fits", text_of(bytes_));
    int status = 0;
    fits_open_image(&file_, (folder_ / "kappa40.fits").c_str(), READONLY, &status);
    EXPECT_EQ(status, 0);
  }
  ~FitsMap() override {
    int status = 0;
    fits_close_file(file_, &status);
  }
  std::string text(const char* key) {
    std::array<char, FLEN_VALUE> value{};
    int status = 0;
    fits_read_key(file_, TSTRING, key, value.data(), nullptr, &status);
    EXPECT_EQ(status, 0) << key;
    return value.data();
  }
  double number(const char* key) {
    double value = std::nan("");
    int status = 0;
    fits_read_key(file_, TDOUBLE, key, &value, nullptr, &status);
    EXPECT_EQ(status, 0) << key;
    return value;
  }

  test::TemporaryFolder folder_;
  Grid2d<double> values_;
  std::vector<std::byte> bytes_;
  fitsfile* file_ = nullptr;
};
INSTANTIATE_TEST_SUITE_P(PlainAndCompressed, FitsMap, testing::Bool());

TEST_P(FitsMap, HoldsEveryPixelExactlyWithJFast) {
  // Pixel (i, j) = (5, 7) is at NAXIS1 = 8, NAXIS2 = 6, one-based.
  std::array<long, 2> pixel{8, 6};
  double value = 0;
  int status = 0;
  fits_read_pix(file_, TDOUBLE, pixel.data(), 1, nullptr, &value, nullptr, &status);
  ASSERT_EQ(status, 0);
  EXPECT_EQ(value, values_(5, 7));
  EXPECT_EQ(decode_fits_map("kappa40.fits", bytes_), values_);
}

TEST_P(FitsMap, HasTheWorldCoordinatesOfTheField) {
  EXPECT_EQ(text("CTYPE1"), "RA---TAN");
  EXPECT_EQ(text("CTYPE2"), "DEC--TAN");
  EXPECT_EQ(text("CUNIT1"), "deg");
  EXPECT_EQ(number("CRPIX1"), (kSide + 1) / 2.0);
  EXPECT_EQ(number("CRPIX2"), (kSide + 1) / 2.0);
  EXPECT_EQ(number("CRVAL1"), 0.0);
  EXPECT_EQ(number("CRVAL2"), 0.0);
  // Cards hold fifteen digits.
  EXPECT_NEAR(number("CDELT1"), -5.0 / kSide, 1e-15);
  EXPECT_NEAR(number("CDELT2"), 5.0 / kSide, 1e-15);
  EXPECT_EQ(text("BUNIT"), "");
}

TEST_P(FitsMap, SaysWhatItIsAMapOf) {
  EXPECT_EQ(text("CAMPAIGN"), "L205n2500TNG");
  EXPECT_EQ(text("MODEL"), "hydro_replace_Ml_1.00e12_Mu_3.16e12_R_0.5");
  EXPECT_EQ(text("FIELD"), "kappa");
  EXPECT_EQ(number("REALIZ"), 3.0);
  EXPECT_EQ(number("RUN"), 37.0);
  EXPECT_EQ(number("SRCPLANE"), 40.0);
  EXPECT_NEAR(number("Z_S"), 2.568175, 1e-14);
  EXPECT_EQ(number("SEED"), 1992.0);
  EXPECT_EQ(text("CFGDIGST"), "0123456789abcdef0123456789abcdef");
}

TEST_P(FitsMap, HasNoDateAndTheSameBytesEachTime) {
  EXPECT_EQ(text_of(bytes_).find("DATE"), std::string::npos);
  EXPECT_EQ(bytes_.size() % 2880, 0U);
  EXPECT_EQ(encode_fits_map(description(), named(values_), GetParam()), bytes_);
}

TEST_P(FitsMap, HasTheChecksumsOfTheStandard) {
  int data_is_right = 0, unit_is_right = 0, status = 0, units = 0;
  fits_get_num_hdus(file_, &units, &status);
  for (int unit = 1; unit <= units; ++unit) {
    fits_movabs_hdu(file_, unit, nullptr, &status);
    fits_verify_chksum(file_, &data_is_right, &unit_is_right, &status);
    ASSERT_EQ(status, 0);
    EXPECT_EQ(data_is_right, 1) << unit;
    EXPECT_EQ(unit_is_right, 1) << unit;
  }
}

// Without its checksum CFITSIO can crash on such files, or run for hours.
TEST_P(FitsMap, AnyBitFlippedIsFoundWithoutAReceipt) {
  for (std::size_t bit = 0; bit < 8 * bytes_.size(); bit += 37) {
    std::vector<std::byte> damaged = bytes_;
    damaged[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
    ASSERT_THROW(decode_fits_map("flipped.fits", damaged), FormatError) << bit;
  }
}

TEST_P(FitsMap, CutAtAnyBlockOrElsewhereIsAnError) {
  for (std::size_t size = 0; size < bytes_.size(); size += 720) {
    const std::vector<std::byte> part(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_THROW(decode_fits_map("cut.fits", part), FormatError) << size;
  }
}

TEST(FitsMapSize, AnySideFromOneOnIsWritten) {
  for (const int side : {1, 2, 19, 33}) {
    const Grid2d<double> values(side, 0.25);
    for (const bool compressed : {false, true})
      EXPECT_EQ(decode_fits_map("x", encode_fits_map(description(), named(values), compressed)), values)
          << side;
  }
}

TEST(FitsMapSeed, LargestSeedFits) {
  MapDescription map = description();
  map.seed = ~std::uint64_t{0};
  const Grid2d<double> values(4, 0.5);
  EXPECT_NE(text_of(encode_fits_map(map, named(values), false)).find("18446744073709551615"),
            std::string::npos);
}

TEST(Hdf5Maps, ReadBackInGroupsPerSource) {
  const Grid2d<double> kappa = some_map();
  const Grid2d<double> gamma(kSide, 0.125);
  const std::vector<std::byte> bytes = encode_hdf5_maps(
      description(), {named(kappa, "kappa", 8), named(gamma, "gamma1", 8), named(gamma, "kappa", 40)});
  const auto maps = decode_hdf5_maps("LP004_run037_maps.hdf5", bytes);
  ASSERT_EQ(maps.size(), 3U);
  EXPECT_EQ(maps[0].first.field, "gamma1");
  EXPECT_EQ(maps[0].first.source, 8);
  EXPECT_EQ(maps[0].second, gamma);
  EXPECT_EQ(maps[1].first.field, "kappa");
  EXPECT_EQ(maps[1].second, kappa);
  EXPECT_EQ(maps[2].first.source, 40);
  EXPECT_EQ(maps[2].first.z_source, 2.568175);
  const hdf5::File file("maps", bytes);
  EXPECT_EQ(file.children("/"), (std::vector<std::string>{"z08", "z40"}));
  EXPECT_EQ(file.real_attribute("z08", "angle_deg"), std::vector<double>{5.0});
  EXPECT_EQ(file.text_attribute("/", "model"), description().model);
}

TEST(Hdf5Maps, SameBytesEachTimeAndNoCutIsRead) {
  const Grid2d<double> kappa = some_map();
  const std::vector<std::byte> bytes = encode_hdf5_maps(description(), {named(kappa)});
  EXPECT_EQ(encode_hdf5_maps(description(), {named(kappa)}), bytes);
  for (std::size_t size = 0; size < bytes.size(); size += 499) {
    const std::vector<std::byte> part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_THROW(decode_hdf5_maps("cut", part), FormatError) << size;
  }
}

// The format's own checksums cover all but the pixels.
TEST(Hdf5Maps, ABitFlippedInAnyByteIsAnErrorOrAnotherValueAndNeverACrash) {
  const Grid2d<double> kappa(2, 0.5);
  const std::vector<std::byte> bytes = encode_hdf5_maps(description(), {named(kappa)});
  std::size_t errors = 0, values = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::vector<std::byte> damaged = bytes;
    damaged[at] ^= std::byte{1} << static_cast<int>(at % 8);
    try {
      values += decode_hdf5_maps("flipped", damaged).front().second != kappa;
    } catch (const FormatError&) {
      ++errors;
    }
  }
  EXPECT_EQ(values, 4 * sizeof(double)) << "every byte of the four pixels";
  EXPECT_GT(errors, 0U);
}

TEST(Hdf5Maps, AnotherLayoutIsAnError) {
  hdf5::MemoryFile file;
  file.create_group("maps");
  EXPECT_THROW(decode_hdf5_maps("other", file.bytes()), FormatError);
}

}  // namespace
}  // namespace lenswright
