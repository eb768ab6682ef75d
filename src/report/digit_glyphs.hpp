// digit_glyphs.hpp: the few letters of a picture's numbers and of "arcmin", as 5 x 7 pixels.
#pragma once

#include <array>

namespace lenswright {

inline constexpr int kGlyphWidth = 5;
inline constexpr int kGlyphHeight = 7;
using DigitGlyph = std::array<const char*, kGlyphHeight>;  // rows from the top, '#' is ink

// None for a letter that neither holds.
const DigitGlyph* digit_glyph(char letter);

}  // namespace lenswright
