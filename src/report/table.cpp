#include "report/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace lenswright {

namespace {

constexpr std::size_t kGap = 2;            // spaces between columns
constexpr std::size_t kNarrowestLast = 8;  // the last column is never cut shorter

const char* escape(Colour colour) {
  switch (colour) {
    case Colour::good:
      return "\033[32m";
    case Colour::bad:
      return "\033[31m";
    case Colour::doubtful:
      return "\033[33m";
    case Colour::dim:
      return "\033[2m";
    case Colour::none:
      break;
  }
  return "";
}

}  // namespace

std::string painted(const std::string& text, Colour colour, const TerminalStyle& style) {
  if (!style.colour || colour == Colour::none || text.empty()) return text;
  return fmt::format("{}{}\033[0m", escape(colour), text);
}

std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  const std::ptrdiff_t first = number < 0 ? 1 : 0;
  for (std::ptrdiff_t place = std::ssize(text) - 3; place > first; place -= 3)
    text.insert(static_cast<std::size_t>(place), 1, ',');
  return text;
}

std::string percent(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return "-";
  return fmt::format("{:.1f}",
                     std::floor(1000.0 * static_cast<double>(part) / static_cast<double>(whole)) / 10);
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string printable(const std::string& text) {
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      shown += fmt::format("\\x{:02x}", byte);
    else
      shown += c;
  }
  return shown;
}

std::string cut(const std::string& text, std::size_t width) {
  if (text.size() <= width) return text;
  return width <= 3 ? text.substr(0, width) : fmt::format("{}...", text.substr(0, width - 3));
}

void Table::add(std::vector<Cell> row) {
  assert(row.size() <= columns_.size());
  row.resize(columns_.size());
  rows_.push_back(std::move(row));
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    std::size_t width = columns_[column].title.size();
    for (const auto& row : rows_) width = std::max(width, row[column].text.size());
    widths.push_back(width);
  }
  return widths;
}

int Table::width() const {
  const std::vector<std::size_t> each = widths();
  return static_cast<int>(std::accumulate(each.begin(), each.end(), (each.size() - 1) * kGap));
}

std::string Table::draw(const TerminalStyle& style) const {
  std::vector<std::size_t> widths = this->widths();
  std::size_t before_last = 0;
  for (std::size_t column = 0; column + 1 < columns_.size(); ++column) before_last += widths[column] + kGap;
  const std::size_t terminal = static_cast<std::size_t>(std::max(style.width, 1));
  const std::size_t room = terminal > before_last ? terminal - before_last : 0;
  widths.back() = std::min(widths.back(), std::max(room, kNarrowestLast));

  const auto line = [&](const auto& text_of, const auto& colour_of) {
    std::string text;
    for (std::size_t column = 0; column < columns_.size(); ++column) {
      const std::string word = cut(text_of(column), widths[column]);
      const std::string padding(widths[column] - word.size(), ' ');
      const std::string shown = painted(word, colour_of(column), style);
      const bool last = column + 1 == columns_.size();
      if (columns_[column].align == Align::right)
        text += padding + shown;
      else
        text += last ? shown : shown + padding;
      if (!last) text += std::string(kGap, ' ');
    }
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return text + "\n";
  };
  std::string text = line([&](std::size_t column) { return columns_[column].title; },
                          [](std::size_t) { return Colour::dim; });
  for (const auto& row : rows_) {
    text += line([&](std::size_t column) { return row[column].text; },
                 [&](std::size_t column) { return row[column].colour; });
  }
  return text;
}

}  // namespace lenswright
