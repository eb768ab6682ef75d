// html_text.hpp: text, numbers and tables of the report's page. Every number carries the place (JSON pointer) in report.json
// that it was drawn from, so that a machine can hold the two against each other.
//
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lenswright {

// Of element content and attributes. Control characters are shown as \x1b, what is no UTF-8 as U+FFFD.
std::string escaped(std::string_view text);

// <span data-json="/stages/0/expected">13,600</span>
std::string number(std::int64_t value, std::string_view pointer);
// With so many significant digits; "not known" for NaN.
std::string real(double value, std::string_view pointer, int digits = 3);
std::string plural(std::int64_t count, std::string_view one);  // "plane", "planes": of regular nouns

// A product's name, which may break behind each slash.
std::string product_code(std::string_view name);

class HtmlTable {
 public:
  struct Column {
    std::string title;
    bool numeric = false;
    bool wide =
        false;  // sentences and commands: never squeezed to a word per line; on a phone rows are stacked
  };
  HtmlTable(std::string caption, std::vector<Column> columns)
      : caption_(std::move(caption)), columns_(std::move(columns)) {}
  // Cells hold HTML. The first is the row's header. REQUIRES: one per column.
  void add(const std::vector<std::string>& cells);
  bool empty() const { return rows_.empty(); }
  std::string draw() const;  // in a box that scrolls sideways where the page is narrow

 private:
  bool stacks() const;
  std::string caption_;
  std::vector<Column> columns_;
  std::string rows_;
};

std::string details(std::string_view summary, const std::string& content);
std::string base64(const std::vector<std::byte>& bytes);

}  // namespace lenswright
