#include "report/svg_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "report/html_text.hpp"

namespace lenswright {

namespace {

// Of the whole drawing and its frame, in units of the drawing.
constexpr double kWidth = 460, kHeight = 310;
constexpr double kLeft = 68, kRight = 448, kTop = 10, kBottom = 262;
constexpr const char* kDashes[kChartDashes] = {"", "7 4", "2 3", "9 3 2 3"};

// "0.05", "2000", "5e-5"
std::string tick_text(double value) {
  if (value == 0) return "0";
  const double size = std::abs(value);
  if (size >= 0.001 && size < 1e5) return fmt::format("{:.6g}", value);
  const int power = static_cast<int>(std::floor(std::log10(size) + 1e-9));
  return fmt::format("{:.3g}e{}", value / std::pow(10.0, power), power);
}

class Scale {
 public:
  Scale(bool logarithmic, double from, double to) : logarithmic_(logarithmic), from_(from), to_(to) {}

  void take(double value) {
    if (!std::isfinite(value) || (logarithmic_ && value <= 0)) return;
    lowest_ = std::min(lowest_, placed(value));
    highest_ = std::max(highest_, placed(value));
  }
  bool usable() const { return lowest_ <= highest_; }
  // With a margin; a single value gets room around it.
  void settle(double margin) {
    const double span = highest_ > lowest_ ? highest_ - lowest_ : std::max(1e-3, std::abs(highest_) * 0.1);
    lowest_ -= margin * span;
    highest_ += margin * span;
  }
  std::optional<double> at(double value) const {
    if (!std::isfinite(value) || (logarithmic_ && value <= 0)) return std::nullopt;
    return place(placed(value));
  }
  // Where something that lies below or above is drawn: at the frame.
  double clamped(double value) const {
    if (logarithmic_ && value <= 0) return from_;
    return place(std::clamp(placed(value), lowest_, highest_));
  }

  struct Tick {
    double place;
    std::string label;
  };
  std::vector<Tick> ticks() const { return logarithmic_ ? decades() : evenly(); }

 private:
  double placed(double value) const { return logarithmic_ ? std::log10(value) : value; }
  double place(double value) const {
    return from_ + (value - lowest_) / (highest_ - lowest_) * (to_ - from_);
  }
  std::vector<Tick> evenly() const {
    const double raw = (highest_ - lowest_) / 5;
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    double step = power;
    for (const double factor : {1.0, 2.0, 5.0, 10.0}) {
      step = factor * power;
      if (step >= raw) break;
    }
    std::vector<Tick> ticks;
    for (double k = std::ceil(lowest_ / step); k * step <= highest_; ++k)
      ticks.push_back({place(k * step), tick_text(std::abs(k * step) < 1e-9 * step ? 0.0 : k * step)});
    return ticks;
  }
  std::vector<Tick> decades() const {
    std::vector<Tick> ticks;
    const int first = static_cast<int>(std::ceil(lowest_)), last = static_cast<int>(std::floor(highest_));
    const int every = std::max(1, (last - first) / 6 + 1);
    for (int decade = first; decade <= last; decade += every)
      ticks.push_back({place(decade), tick_text(std::pow(10.0, decade))});
    if (ticks.size() >= 2) return ticks;
    ticks.clear();
    for (int decade = first - 1; decade <= last + 1; ++decade)
      for (const int digit : {1, 2, 5}) {
        const double value = digit * std::pow(10.0, decade);
        if (std::log10(value) >= lowest_ && std::log10(value) <= highest_)
          ticks.push_back({place(std::log10(value)), tick_text(value)});
      }
    return ticks;
  }

  bool logarithmic_;
  double from_, to_;
  double lowest_ = std::numeric_limits<double>::infinity(),
         highest_ = -std::numeric_limits<double>::infinity();
};

std::string curve(const ChartSeries& series, const Scale& x, const Scale& y) {
  std::string path;
  bool down = false;
  for (std::size_t k = 0; k < series.x.size(); ++k) {
    const auto px = x.at(series.x[k]), py = y.at(series.y[k]);
    if (!px || !py) {
      down = false;
      continue;
    }
    path += fmt::format("{}{:.1f} {:.1f}", down ? "L" : "M", *px, *py);
    down = true;
  }
  return path;
}

// Unbroken stretches of mean + scatter, and back along mean - scatter.
std::string band(const ChartSeries& series, const Scale& x, const Scale& y) {
  std::string path, forth, back;
  const auto close = [&] {
    if (!forth.empty()) path += "M" + forth.substr(1) + back + "Z";
    forth.clear();
    back.clear();
  };
  for (std::size_t k = 0; k < series.x.size(); ++k) {
    const auto px = x.at(series.x[k]);
    if (!px || !y.at(series.y[k])) {
      close();
      continue;
    }
    forth += fmt::format("L{:.1f} {:.1f}", *px, y.clamped(series.y[k] + series.scatter[k]));
    back = fmt::format("L{:.1f} {:.1f}", *px, y.clamped(series.y[k] - series.scatter[k])) + back;
  }
  close();
  return path;
}

std::string frame(const Chart& chart, const Scale& x, const Scale& y) {
  std::string text;
  for (const Scale::Tick& tick : x.ticks())
    text += fmt::format(
        "<path class=\"grid\" d=\"M{0:.1f} {1}V{2}\"/><text x=\"{0:.1f}\" y=\"{3}\" "
        "text-anchor=\"middle\">{4}</text>",
        tick.place, kTop, kBottom, kBottom + 18, tick.label);
  for (const Scale::Tick& tick : y.ticks())
    text += fmt::format(
        "<path class=\"grid\" d=\"M{0} {1:.1f}H{2}\"/><text x=\"{3}\" y=\"{4:.1f}\" "
        "text-anchor=\"end\">{5}</text>",
        kLeft, tick.place, kRight, kLeft - 6, tick.place + 4, tick.label);
  text += fmt::format("<rect class=\"frame\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>", kLeft, kTop,
                      kRight - kLeft, kBottom - kTop);
  text += fmt::format("<text class=\"axis\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                      (kLeft + kRight) / 2, kHeight - 8, escaped(chart.x.label));
  const double middle = (kTop + kBottom) / 2;
  text += fmt::format(
      "<text class=\"axis\" x=\"14\" y=\"{0}\" transform=\"rotate(-90 14 {0})\" "
      "text-anchor=\"middle\">{1}</text>",
      middle, escaped(chart.y.label));
  return text;
}

}  // namespace

std::string svg_chart(const Chart& chart) {
  Scale x(chart.x.logarithmic, kLeft, kRight), y(chart.y.logarithmic, kBottom, kTop);
  for (const ChartSeries& series : chart.series)
    for (std::size_t k = 0; k < series.x.size(); ++k) {
      if (!std::isfinite(series.y[k]) || (chart.y.logarithmic && series.y[k] <= 0)) continue;
      x.take(series.x[k]);
      y.take(series.y[k]);
    }
  if (!x.usable() || !y.usable()) return {};
  if (chart.line_at_one) y.take(1.0);
  x.settle(0.01);
  y.settle(0.05);
  std::string text = fmt::format("<svg class=\"chart\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">",
                                 kWidth, kHeight, escaped(chart.alt));
  text += frame(chart, x, y);
  if (chart.line_at_one)
    if (const auto one = y.at(1.0))
      text += fmt::format("<path class=\"one\" d=\"M{} {:.1f}H{}\"/>", kLeft, *one, kRight);
  for (const bool strong : {false, true})
    for (const ChartSeries& series : chart.series) {
      if (series.strong != strong) continue;
      if (!series.scatter.empty())
        text += fmt::format("<path class=\"band k{}\" d=\"{}\"/>", series.colour % kChartColours,
                            band(series, x, y));
      const char* dash = kDashes[series.dash % kChartDashes];
      text += fmt::format("<path class=\"curve k{}{}\"{} d=\"{}\"><title>{}</title></path>",
                          series.colour % kChartColours, strong ? " strong" : "",
                          *dash == '\0' ? "" : fmt::format(" stroke-dasharray=\"{}\"", dash),
                          curve(series, x, y), escaped(series.label));
    }
  return text + "</svg>\n";
}

}  // namespace lenswright
