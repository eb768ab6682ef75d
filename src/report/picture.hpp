// picture.hpp: a field as a picture: a perceptually uniform colour map, a colour bar with its range, axes
// and a scale bar in arcmin, PNG bytes.
//
// Pixel (i, j) of the field is drawn with j to the right and i upwards, as FITS viewers show the FITS form.
// For looking at: nothing is measured from a picture.
// Throws: NumericError if the field or the range has nothing to show (no finite value, range empty)
// Source: OKLab, Ottosson 2020, "A perceptual color space for image processing"
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/grid2d.hpp"

namespace lenswright {

struct Rgb {
  std::uint8_t red = 0, green = 0, blue = 0;
  bool operator==(const Rgb&) const = default;
};

// From dark blue (0) over violet and orange to light yellow (1), lightness rising evenly.
Rgb colour_at(double fraction);
double lightness(Rgb colour);  // OKLab L, 0 (black) to 1 (white)

struct PictureSettings {
  int width = 0;                                   // pixels of the field part; 0: as the field, at most 1024
  bool logarithmic = false;                        // of values above zero; others are drawn as the lowest
  std::optional<std::pair<double, double>> range;  // of the values; none: percentiles 0.5 and 99.5
  bool colour_bar = true;
  double field_arcmin = 0;  // of the whole side: draws axes and a scale bar; 0: neither
};

struct Picture {
  int width = 0, height = 0;
  std::vector<Rgb> pixels;  // rows from the top
  Rgb at(int x, int y) const {
    return pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                  static_cast<std::size_t>(x)];
  }
};

// What draw_field maps to the darkest and the lightest colour, if the settings leave it open.
std::pair<double, double> value_range(const Grid2d<double>& field, const PictureSettings& settings);
Picture draw_field(const Grid2d<double>& field, const PictureSettings& settings);
std::vector<std::byte> encode_png(const Picture& picture);

}  // namespace lenswright
