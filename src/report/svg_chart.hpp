// svg_chart.hpp: curves over a linear or logarithmic axis as an inline SVG drawing, coloured by the page's style.
//
// Pure. Points that have no place on their axis (not finite, not above zero on a logarithmic one) break the curve.
#pragma once

#include <string>
#include <vector>

namespace lenswright {

struct ChartAxis {
  std::string label;
  bool logarithmic = false;
};

struct ChartSeries {
  std::string label;    // shown when pointed at
  int colour = 0;       // class k0 ... of the page's style
  int dash = 0;         // 0: a full line
  bool strong = false;  // thicker, drawn last
  std::vector<double> x, y;
  std::vector<double> scatter;  // drawn as a band; empty: none
};
inline constexpr int kChartColours = 8;
inline constexpr int kChartDashes = 4;

struct Chart {
  std::string title, alt;  // alt: what one would see, in a sentence
  ChartAxis x, y;
  std::vector<ChartSeries> series;
  bool line_at_one = false;  // of ratios
};

std::string svg_chart(const Chart& chart);  // empty: nothing can be drawn

}  // namespace lenswright
