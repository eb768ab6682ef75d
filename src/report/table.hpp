// table.hpp: plain text in columns, as a terminal and a log show it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lenswright {

enum class Colour { none, good, bad, doubtful, dim };

struct TerminalStyle {
  int width = 80;       // characters
  bool colour = false;  // escape sequences
};

std::string painted(const std::string& text, Colour colour, const TerminalStyle& style);
std::string grouped(std::int64_t number);  // "13,384"
// Percent of the whole to one digit, rounded down: 100.0 is said only of all. "-" of nothing.
std::string percent(std::int64_t part, std::int64_t whole);
std::string bytes_text(std::uint64_t bytes);  // "1.5 GiB"
// For names of files, which may hold anything: control characters as \\x1b, so that they stay on their line and
// say nothing to the terminal.
std::string printable(const std::string& text);
// Cut to at most `width` characters, "..." at the end of what was cut.
std::string cut(const std::string& text, std::size_t width);

enum class Align { left, right };

class Table {
 public:
  struct Column {
    std::string title;
    Align align = Align::left;
  };
  struct Cell {
    std::string text;
    Colour colour = Colour::none;
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<Cell> row);  // REQUIRES: at most one cell per column
  bool empty() const { return rows_.empty(); }
  int width() const;  // of the longest line, uncut
  // Two spaces between columns; the last column is cut where the terminal ends.
  std::string draw(const TerminalStyle& style) const;

 private:
  std::vector<std::size_t> widths() const;  // of each column
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace lenswright
