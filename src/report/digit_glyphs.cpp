#include "report/digit_glyphs.hpp"

#include <string_view>

namespace lenswright {

namespace {

constexpr std::string_view kLetters = "0123456789-+.e";
// clang-format off
constexpr DigitGlyph kGlyphs[] = {
    {" ### ", "#   #", "#  ##", "# # #", "##  #", "#   #", " ### "},
    {"  #  ", " ##  ", "  #  ", "  #  ", "  #  ", "  #  ", " ### "},
    {" ### ", "#   #", "    #", "   # ", "  #  ", " #   ", "#####"},
    {" ### ", "#   #", "    #", "  ## ", "    #", "#   #", " ### "},
    {"   # ", "  ## ", " # # ", "#  # ", "#####", "   # ", "   # "},
    {"#####", "#    ", "#### ", "    #", "    #", "#   #", " ### "},
    {"  ## ", " #   ", "#    ", "#### ", "#   #", "#   #", " ### "},
    {"#####", "    #", "   # ", "  #  ", " #   ", " #   ", " #   "},
    {" ### ", "#   #", "#   #", " ### ", "#   #", "#   #", " ### "},
    {" ### ", "#   #", "#   #", " ####", "    #", "   # ", " ##  "},
    {"     ", "     ", "     ", "#####", "     ", "     ", "     "},
    {"     ", "  #  ", "  #  ", "#####", "  #  ", "  #  ", "     "},
    {"     ", "     ", "     ", "     ", "     ", " ##  ", " ##  "},
    {"     ", "     ", " ### ", "#   #", "#####", "#    ", " ### "},
};
// clang-format on

}  // namespace

const DigitGlyph* digit_glyph(char letter) {
  const std::size_t place = kLetters.find(letter);
  return place == std::string_view::npos ? nullptr : &kGlyphs[place];
}

}  // namespace lenswright
