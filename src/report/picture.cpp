#include "report/picture.hpp"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

#include "base/error.hpp"
#include "base/units.hpp"
#include "report/digit_glyphs.hpp"

namespace lenswright {

namespace {

constexpr int kColours = 256;
constexpr int kLargestDefaultWidth = 1024;
constexpr Rgb kPaper{255, 255, 255};
constexpr Rgb kInk{40, 40, 40};
constexpr double kLowPercentile = 0.005, kHighPercentile = 0.995;

struct OkLab {
  double l, a, b;
};

struct LinearRgb {
  double red, green, blue;
  bool in_gamut() const {
    const auto inside = [](double value) { return value >= 0 && value <= 1; };
    return inside(red) && inside(green) && inside(blue);
  }
};

// Ottosson 2020, the inverse of the OKLab transform.
LinearRgb linear_of(const OkLab& lab) {
  const double l = std::pow(lab.l + 0.3963377774 * lab.a + 0.2158037573 * lab.b, 3);
  const double m = std::pow(lab.l - 0.1055613458 * lab.a - 0.0638541728 * lab.b, 3);
  const double s = std::pow(lab.l - 0.0894841775 * lab.a - 1.2914855480 * lab.b, 3);
  return {4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
          -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
          -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s};
}

// IEC 61966-2-1
double encoded(double linear) {
  return linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
}
double decoded(double value) {
  return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

// Lightness rises evenly, the hue turns evenly from blue over red to yellow; as much chroma as sRGB holds, up
// to a limit that keeps neighbours alike.
Rgb computed_colour(double fraction) {
  constexpr double kDarkest = 0.18, kLightest = 0.96;
  constexpr double kBlueDegrees = 275, kTurnDegrees = 195;  // ends at 110: yellow
  constexpr double kChroma = 0.17;
  const double l = kDarkest + (kLightest - kDarkest) * fraction;
  const double hue = (kBlueDegrees + kTurnDegrees * fraction) * kRadiansPerDegree;
  LinearRgb colour{};
  for (double chroma = kChroma;; chroma = std::max(0.0, chroma - 0.002)) {
    colour = linear_of({l, chroma * std::cos(hue), chroma * std::sin(hue)});
    if (colour.in_gamut() || chroma == 0) break;
  }
  const auto byte = [](double linear) {
    return static_cast<std::uint8_t>(std::lround(255 * encoded(std::clamp(linear, 0.0, 1.0))));
  };
  return {byte(colour.red), byte(colour.green), byte(colour.blue)};
}

// Mean of the field's pixels below each of width x width picture pixels, or the nearest one when enlarging.
Grid2d<double> resampled(const Grid2d<double>& field, int width) {
  const int side = field.side();
  const auto edge = [&](int pixel) {
    return static_cast<int>(static_cast<std::int64_t>(pixel) * side / width);
  };
  Grid2d<double> result(width);
  for (int i = 0; i < width; ++i) {
    for (int j = 0; j < width; ++j) {
      double sum = 0;
      int pixels = 0;
      for (int from_i = edge(i); from_i < std::max(edge(i + 1), edge(i) + 1); ++from_i)
        for (int from_j = edge(j); from_j < std::max(edge(j + 1), edge(j) + 1); ++from_j, ++pixels)
          sum += field(from_i, from_j);
      result(i, j) = sum / pixels;
    }
  }
  return result;
}

std::pair<double, double> range_of(const Grid2d<double>& field, const PictureSettings& settings) {
  if (settings.range) return *settings.range;
  std::vector<double> values;
  for (const double value : field.values())
    if (std::isfinite(value) && (!settings.logarithmic || value > 0)) values.push_back(value);
  if (values.empty()) throw NumericError("nothing to draw: no finite value (above zero, if logarithmic)");
  const auto percentile = [&](double fraction) {
    const auto place =
        values.begin() + static_cast<std::ptrdiff_t>(fraction * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), place, values.end());
    return *place;
  };
  const double low = percentile(kLowPercentile);
  const double high = percentile(kHighPercentile);
  if (low < high) return {low, high};
  // A uniform field is drawn in the middle of its range.
  const double margin = low == 0 ? 1 : std::abs(low) / 2;
  return {low - margin, high + margin};
}

class Canvas {
 public:
  Canvas(int width, int height) {
    picture_.width = width;
    picture_.height = height;
    picture_.pixels.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), kPaper);
  }
  void set(int x, int y, Rgb colour) {
    if (x < 0 || y < 0 || x >= picture_.width || y >= picture_.height) return;
    picture_.pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(picture_.width) +
                    static_cast<std::size_t>(x)] = colour;
  }
  void write(int x, int y, const std::string& text, Rgb colour = kInk) {
    for (const char letter : text) {
      const DigitGlyph* glyph = digit_glyph(letter);
      for (int row = 0; glyph != nullptr && row < kGlyphHeight; ++row)
        for (int column = 0; column < kGlyphWidth; ++column)
          if ((*glyph)[static_cast<std::size_t>(row)][column] == '#') set(x + column, y + row, colour);
      x += kGlyphWidth + 1;
    }
  }
  Picture take() { return std::move(picture_); }

 private:
  Picture picture_;
};

constexpr int kTick = 4;
constexpr int kAxisLabels = 5 * (kGlyphWidth + 1);  // "1200" and a space

int text_width(const std::string& text) {
  return static_cast<int>(text.size()) * (kGlyphWidth + 1);
}

// 1, 2 or 5 times a power of ten, the nearest below.
double round_step(double about) {
  const double power = std::pow(10.0, std::floor(std::log10(about)));
  for (const double factor : {5.0, 2.0})
    if (factor * power <= about) return factor * power;
  return power;
}

// Along the left and the lower side of a field whose lower left corner is (left, width).
void draw_axes(Canvas& canvas, int left, int width, double arcmin) {
  constexpr int kIntervals = 4;  // at least
  const double step = round_step(arcmin / kIntervals);
  const auto pixel = [&](double value) {
    return static_cast<int>(std::lround(value / arcmin * (width - 1)));
  };
  for (int k = 0; k * step <= arcmin * (1 + 1e-9); ++k) {
    const int along = pixel(k * step);
    const std::string label = fmt::format("{:g}", k * step);
    for (int t = 1; t <= kTick; ++t) {
      canvas.set(left - t, width - 1 - along, kInk);
      canvas.set(left + along, width - 1 + t, kInk);
    }
    canvas.write(left - kTick - 2 - text_width(label),
                 std::clamp(width - 1 - along - kGlyphHeight / 2, 0, width - kGlyphHeight), label);
    canvas.write(std::clamp(left + along - text_width(label) / 2, left - 2, left + width - text_width(label)),
                 width + kTick + 2, label);
  }
  const std::string unit = "arcmin";
  canvas.write(left + (width - text_width(unit)) / 2, width + kTick + kGlyphHeight + 7, unit);

  // The scale bar: light with a dark edge, so that it shows on any colour.
  const double bar = round_step(arcmin / 4);
  const int length = pixel(bar), x0 = left + width / 20, y0 = width - 1 - width / 20;
  for (int x = -1; x <= length + 1; ++x)
    for (int y = -1; y <= 3; ++y) {
      const bool edge = x == -1 || x == length + 1 || y == -1 || y == 3;
      canvas.set(x0 + x, y0 + y, edge ? Rgb{0, 0, 0} : kPaper);
    }
  const std::string words = fmt::format("{:g} arcmin", bar);
  for (int dx = -1; dx <= 1; ++dx)
    for (int dy = -1; dy <= 1; ++dy) canvas.write(x0 + dx, y0 - kGlyphHeight - 4 + dy, words, Rgb{0, 0, 0});
  canvas.write(x0, y0 - kGlyphHeight - 4, words, kPaper);
}

void append_bytes(png_structp png, png_bytep data, png_size_t size) {
  auto* bytes = static_cast<std::vector<std::byte>*>(png_get_io_ptr(png));
  const std::size_t end = bytes->size();
  bytes->resize(end + size);
  std::memcpy(bytes->data() + end, data, size);
}

void ignore_flush(png_structp) {}

}  // namespace

Rgb colour_at(double fraction) {
  static const std::array<Rgb, kColours> table = [] {
    std::array<Rgb, kColours> colours;
    for (int step = 0; step < kColours; ++step)
      colours[static_cast<std::size_t>(step)] = computed_colour(step / double{kColours - 1});
    return colours;
  }();
  const double clamped = std::clamp(fraction, 0.0, 1.0);
  return table[static_cast<std::size_t>(std::lround(clamped * (kColours - 1)))];
}

double lightness(Rgb colour) {
  const double red = decoded(colour.red / 255.0), green = decoded(colour.green / 255.0),
               blue = decoded(colour.blue / 255.0);
  const double l = std::cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const double m = std::cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const double s = std::cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s;
}

std::pair<double, double> value_range(const Grid2d<double>& field, const PictureSettings& settings) {
  return range_of(field, settings);
}

Picture draw_field(const Grid2d<double>& field, const PictureSettings& settings) {
  if (field.side() < 1) throw NumericError("nothing to draw: the field is empty");
  const int width = settings.width > 0 ? settings.width : std::min(field.side(), kLargestDefaultWidth);
  const auto [low, high] = range_of(field, settings);
  if (!(low < high) || (settings.logarithmic && low <= 0)) {
    throw NumericError(fmt::format("nothing to draw between {:g} and {:g}{}", low, high,
                                   settings.logarithmic ? " on a logarithmic scale" : ""));
  }
  const auto scaled = [&](double value) { return settings.logarithmic ? std::log10(value) : value; };
  const double first = scaled(low), span = scaled(high) - scaled(low);
  const auto fraction_of = [&](double value) {
    if (std::isnan(value) || (settings.logarithmic && value <= 0)) return 0.0;
    return (scaled(value) - first) / span;
  };

  constexpr int kBarGap = 10, kBarWidth = 14, kLabelGap = 5, kLabelLetters = 9;
  const int labels_width = kLabelGap + kLabelLetters * (kGlyphWidth + 1);
  const bool axes = settings.field_arcmin > 0;
  const int left = axes ? kTick + 2 + kAxisLabels : 0;
  const int below = axes ? kTick + 2 * kGlyphHeight + 10 : 0;
  const int right = left + width;
  Canvas canvas(settings.colour_bar ? right + kBarGap + kBarWidth + labels_width : right, width + below);
  const Grid2d<double> shown = resampled(field, width);
  for (int i = 0; i < width; ++i)
    for (int j = 0; j < width; ++j) canvas.set(left + j, width - 1 - i, colour_at(fraction_of(shown(i, j))));
  if (axes) draw_axes(canvas, left, width, settings.field_arcmin);
  if (settings.colour_bar) {
    const auto bar_fraction = [&](int y) { return width == 1 ? 0.5 : 1 - y / double(width - 1); };
    for (int y = 0; y < width; ++y)
      for (int x = 0; x < kBarWidth; ++x) canvas.set(right + kBarGap + x, y, colour_at(bar_fraction(y)));
    constexpr int kIntervals = 4;
    for (int label = 0; label <= kIntervals; ++label) {
      const double fraction = label / double{kIntervals};
      const double value = first + fraction * span;
      const int y = static_cast<int>(std::lround((1 - fraction) * (width - kGlyphHeight)));
      canvas.write(right + kBarGap + kBarWidth + kLabelGap, y,
                   fmt::format("{:.3g}", settings.logarithmic ? std::pow(10, value) : value));
    }
  }
  return canvas.take();
}

std::vector<std::byte> encode_png(const Picture& picture) {
  std::vector<std::byte> bytes;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png != nullptr ? png_create_info_struct(png) : nullptr;
  if (info == nullptr) {
    png_destroy_write_struct(&png, nullptr);
    throw Failure("cannot start libpng: out of memory");
  }
  // libpng returns here from an error by longjmp; nothing with a destructor is made behind this line.
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    throw Failure(fmt::format("libpng cannot encode a picture of {} x {}", picture.width, picture.height));
  }
  png_set_write_fn(png, &bytes, append_bytes, ignore_flush);
  png_set_IHDR(png, info, static_cast<png_uint_32>(picture.width), static_cast<png_uint_32>(picture.height),
               8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  static_assert(sizeof(Rgb) == 3);
  for (int y = 0; y < picture.height; ++y) {
    const Rgb* row =
        picture.pixels.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width);
    png_write_row(png, &row->red);
  }
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

}  // namespace lenswright
