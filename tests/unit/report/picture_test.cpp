#include "report/picture.hpp"

#include <gtest/gtest.h>
#include <png.h>

#include <cmath>
#include <limits>

#include "base/error.hpp"

namespace lenswright {
namespace {

PictureSettings bare() {
  PictureSettings settings;
  settings.colour_bar = false;
  return settings;
}

Grid2d<double> ramp(int side) {  // value grows with j, then with i
  Grid2d<double> field(side);
  for (int i = 0; i < side; ++i)
    for (int j = 0; j < side; ++j) field(i, j) = j + side * i;
  return field;
}

TEST(ColourMap, LightnessRisesEvenly) {
  // 8-bit colours move lightness by up to a few thousandths.
  constexpr double kRounding = 0.006;
  const double first = lightness(colour_at(0)), last = lightness(colour_at(1));
  EXPECT_LT(first, 0.25);
  EXPECT_GT(last, 0.9);
  for (int step = 0; step <= 32; ++step) {
    const double fraction = step / 32.0;
    EXPECT_NEAR(lightness(colour_at(fraction)), first + (last - first) * fraction, kRounding) << fraction;
  }
}

TEST(ColourMap, ValuesBeyondTheRangeTakeItsEnds) {
  EXPECT_EQ(colour_at(-3), colour_at(0));
  EXPECT_EQ(colour_at(7), colour_at(1));
}

TEST(Picture, IndexJRunsRightAndIndexIRunsUp) {
  PictureSettings settings = bare();
  settings.range = {0.0, 15.0};
  const Picture picture = draw_field(ramp(4), settings);
  ASSERT_EQ(picture.width, 4);
  ASSERT_EQ(picture.height, 4);
  EXPECT_EQ(picture.at(0, 3), colour_at(0)) << "pixel (0, 0) is at the lower left";
  EXPECT_EQ(picture.at(3, 3), colour_at(3 / 15.0));
  EXPECT_EQ(picture.at(0, 0), colour_at(12 / 15.0));
  EXPECT_EQ(picture.at(3, 0), colour_at(1));
}

TEST(Picture, ShrinkingAverages) {
  PictureSettings settings = bare();
  settings.width = 2;
  settings.range = {0.0, 15.0};
  const Picture picture = draw_field(ramp(4), settings);
  EXPECT_EQ(picture.at(0, 1), colour_at((0 + 1 + 4 + 5) / 4.0 / 15));
  EXPECT_EQ(picture.at(1, 0), colour_at((10 + 11 + 14 + 15) / 4.0 / 15));
}

TEST(Picture, EnlargingRepeats) {
  PictureSettings settings = bare();
  settings.width = 8;
  settings.range = {0.0, 15.0};
  const Picture picture = draw_field(ramp(4), settings);
  EXPECT_EQ(picture.at(0, 7), picture.at(1, 6));
  EXPECT_EQ(picture.at(7, 0), colour_at(1));
}

TEST(Picture, LogarithmicScaleIsEvenInDecades) {
  Grid2d<double> field(2);
  field[0] = 1;
  field[1] = 10;
  field[2] = 100;
  field[3] = -5;
  PictureSettings settings = bare();
  settings.logarithmic = true;
  settings.range = {1.0, 100.0};
  const Picture picture = draw_field(field, settings);
  EXPECT_EQ(picture.at(1, 1), colour_at(0.5));
  EXPECT_EQ(picture.at(1, 0), colour_at(0)) << "values that have no logarithm are drawn as the lowest";
}

TEST(Picture, UniformFieldIsDrawnInTheMiddle) {
  EXPECT_EQ(draw_field(Grid2d<double>(3, 2.5), bare()).at(1, 1), colour_at(0.5));
}

TEST(Picture, NothingFiniteOrAnEmptyRangeIsAnError) {
  EXPECT_THROW(draw_field(Grid2d<double>(2, std::numeric_limits<double>::quiet_NaN()), bare()), NumericError);
  PictureSettings settings = bare();
  settings.range = {1.0, 1.0};
  EXPECT_THROW(draw_field(ramp(2), settings), NumericError);
  settings.range = {-1.0, 1.0};
  settings.logarithmic = true;
  EXPECT_THROW(draw_field(ramp(2), settings), NumericError);
}

TEST(Picture, ColourBarStandsRightOfTheFieldLightestOnTop) {
  PictureSettings settings;
  settings.width = 64;
  const Picture picture = draw_field(ramp(8), settings);
  ASSERT_GT(picture.width, 64 + 20);
  EXPECT_EQ(picture.at(64 + 15, 0), colour_at(1));
  EXPECT_EQ(picture.at(64 + 15, 63), colour_at(0));
}

TEST(Png, DecodesToTheSamePixels) {
  const Picture picture = draw_field(ramp(5), {});
  const std::vector<std::byte> bytes = encode_png(picture);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  ASSERT_TRUE(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()));
  ASSERT_EQ(static_cast<int>(image.width), picture.width);
  ASSERT_EQ(static_cast<int>(image.height), picture.height);
  image.format = PNG_FORMAT_RGB;
  std::vector<Rgb> pixels(picture.pixels.size());
  ASSERT_TRUE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr));
  EXPECT_EQ(pixels, picture.pixels);
}

}  // namespace
}  // namespace lenswright
