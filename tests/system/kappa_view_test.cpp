// kappa_view on every kind of file that the programs leave: a PNG of the right size and colours, or a sentence.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>

#include <cstring>

#include "io/map_file.hpp"
#include "io/plane_file.hpp"
#include "report/picture.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

constexpr int kSide = 8;

// As any reader of PNG files sees it; 0 x 0 if it is none.
Picture opened(const fs::path& path) {
  const std::string bytes = test::read_file(path);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0) return {};
  image.format = PNG_FORMAT_RGB;
  Picture picture;
  picture.width = static_cast<int>(image.width);
  picture.height = static_cast<int>(image.height);
  std::vector<std::uint8_t> colours(PNG_IMAGE_SIZE(image));
  if (png_image_finish_read(&image, nullptr, colours.data(), 0, nullptr) == 0) return {};
  for (std::size_t k = 0; k + 2 < colours.size(); k += 3)
    picture.pixels.push_back({colours[k], colours[k + 1], colours[k + 2]});
  return picture;
}

// Field f of a file is a ramp from 1000 f + 1 on.
Grid2d<double> ramp(int field) {
  Grid2d<double> values(kSide);
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = 1000.0 * field + 1.0 + static_cast<double>(k);
  return values;
}

class KappaView : public testing::Test {
 protected:
  KappaView() {
    write_scalar_plane(real_disk(), folder_ / "plane.dat", ramp(0));
    PlaneWriter potential(real_disk(), folder_ / "potential.dat", kSide, kPotentialFields);
    std::vector<double> interleaved;
    for (std::size_t k = 0; k < kSide * kSide; ++k)
      for (int field = 0; field < kPotentialFields; ++field) interleaved.push_back(ramp(field)[k]);
    potential.write_rows(interleaved);
    potential.publish();
    const MapDescription description{"small", "dmo", 0, 1, 5.0, 1, "none"};
    const Grid2d<double> kappa = ramp(0), gamma = ramp(1);
    write("plain.fits", encode_fits_map(description, {"kappa", 4, 0.03, &kappa}, false));
    write("tiled.fits", encode_fits_map(description, {"kappa", 4, 0.03, &kappa}, true));
    write("maps.hdf5",
          encode_hdf5_maps(description, {{"kappa", 4, 0.03, &kappa}, {"gamma1", 4, 0.03, &gamma}}));
  }
  void write(const std::string& name, const std::vector<std::byte>& bytes) const {
    std::string text(bytes.size(), '\0');
    std::memcpy(text.data(), bytes.data(), bytes.size());
    test::write_file(folder_ / name, text);
  }
  test::CommandOutcome view(const std::string& name, const std::string& options) const {
    fs::remove(png_);
    return test::run_command(fmt::format("'{}' '{}' -o '{}' {}", test::program("kappa_view").string(),
                                         (folder_ / name).string(), png_.string(), options));
  }
  void expect_picture(const std::string& name, const std::string& options, int field,
                      const PictureSettings& settings = {}) {
    SCOPED_TRACE(name + " " + options);
    const auto outcome = view(name, options);
    ASSERT_EQ(outcome.status, 0) << outcome.output;
    EXPECT_EQ(outcome.output, png_.string() + "\n");
    const Picture picture = opened(png_), wanted = draw_field(ramp(field), settings);
    EXPECT_EQ(picture.width, wanted.width);
    EXPECT_EQ(picture.height, wanted.height);
    EXPECT_TRUE(picture.pixels == wanted.pixels);
  }
  const test::TemporaryFolder folder_;
  const fs::path png_ = folder_ / "picture.png";
};

TEST_F(KappaView, DrawsTheSamePictureFromEveryFormatOfAMap) {
  for (const char* name : {"plane.dat", "plain.fits", "tiled.fits", "maps.hdf5"}) expect_picture(name, "", 0);
}

TEST_F(KappaView, DrawsTheFieldThatIsAskedFor) {
  PictureSettings settings;
  settings.range = {0.0, 5000.0};  // common to all fields: each has colours of its own
  for (int field = 0; field < kPotentialFields; ++field)
    expect_picture("potential.dat", fmt::format("--range 0 5000 --field {}", field), field, settings);
  std::vector<int> of_file;  // the file's order is its own
  for (int field = 0; field < 2; ++field) {
    ASSERT_EQ(view("maps.hdf5", fmt::format("--range 0 5000 --field {}", field)).status, 0);
    for (int wanted = 0; wanted < 2; ++wanted)
      if (opened(png_).pixels == draw_field(ramp(wanted), settings).pixels) of_file.push_back(wanted);
  }
  EXPECT_THAT(of_file, testing::UnorderedElementsAre(0, 1));
}

TEST_F(KappaView, OptionsAreThoseOfThePicture) {
  PictureSettings settings;
  settings.width = 64;
  expect_picture("plane.dat", "--width 64", 0, settings);
  settings.logarithmic = true;
  expect_picture("plane.dat", "--width 64 --log", 0, settings);
  settings.logarithmic = false;
  settings.field_arcmin = 150;
  settings.range = {-10.0, 100.0};
  expect_picture("plane.dat", "--width 64 --degrees 2.5 --range -10 100", 0, settings);
}

TEST_F(KappaView, WhatCannotBeDrawnIsAnErrorThatNamesTheFile) {
  const auto refused = [&](const std::string& name, const std::string& options, const char* because) {
    const auto outcome = view(name, options);
    EXPECT_EQ(outcome.status, 2) << name << " " << options;
    EXPECT_THAT(outcome.output, AllOf(HasSubstr(name), HasSubstr(because)));
    EXPECT_FALSE(fs::exists(png_));
  };
  refused("plane.dat", "--field 1", "holds 1 field");
  refused("potential.dat", "--field 5", "--field 0 to 4");
  refused("maps.hdf5", "--field 2", "--field 0 to 1");
  refused("nothing.dat", "", "No such file");
  fs::resize_file(folder_ / "plane.dat", 100);
  refused("plane.dat", "", "100 bytes");
  test::write_file(folder_ / "plain.fits", "no FITS");
  refused("plain.fits", "", "plain.fits");
  test::write_file(folder_ / "maps.hdf5", "no HDF5");
  refused("maps.hdf5", "", "maps.hdf5");
}

}  // namespace
}  // namespace lenswright
