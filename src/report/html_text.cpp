#include "report/html_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "report/table.hpp"

namespace lenswright {

namespace {

// Bytes of the UTF-8 sequence that begins here; 0: none does.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xc2 ? 0
                             : first < 0xe0 ? 2
                             : first < 0xf0 ? 3
                             : first < 0xf5 ? 4
                                            : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  return length;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    const char c = text[i];
    if (length == 0)
      result += "\xef\xbf\xbd";
    else if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '"')
      result += "&quot;";
    else if (c == '\'')
      result += "&#39;";
    else if (length == 1 && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f))
      result += printable(std::string(1, c));
    else
      result += text.substr(i, length);
    i += length == 0 ? 1 : length;
  }
  return result;
}

std::string number(std::int64_t value, std::string_view pointer) {
  return fmt::format("<span class=\"n\" data-json=\"{}\">{}</span>", pointer, grouped(value));
}

std::string real(double value, std::string_view pointer, int digits) {
  if (!std::isfinite(value)) return "not known";
  return fmt::format("<span class=\"n\" data-json=\"{}\" data-digits=\"{}\">{:.{}g}</span>", pointer, digits,
                     value, digits);
}

std::string plural(std::int64_t count, std::string_view one) {
  return count == 1 ? std::string(one) : fmt::format("{}s", one);
}

std::string product_code(std::string_view name) {
  std::string text;
  for (const char c : escaped(name)) {
    text += c;
    if (c == '/') text += "<wbr>";
  }
  return fmt::format("<code>{}</code>", text);
}

bool HtmlTable::stacks() const {
  return std::any_of(columns_.begin(), columns_.end(), [](const Column& column) { return column.wide; });
}

void HtmlTable::add(const std::vector<std::string>& cells) {
  assert(cells.size() == columns_.size());
  rows_ += "<tr>";
  for (std::size_t k = 0; k < cells.size(); ++k) {
    const Column& column = columns_[k];
    const std::string kind = column.numeric ? " class=\"num\"" : column.wide ? " class=\"wide\"" : "";
    const std::string label = stacks() ? fmt::format(" data-label=\"{}\"", escaped(column.title)) : "";
    rows_ += k == 0 ? fmt::format("<th scope=\"row\"{}>{}</th>", kind, cells[k])
                    : fmt::format("<td{}{}>{}</td>", kind, label, cells[k]);
  }
  rows_ += "</tr>\n";
}

std::string HtmlTable::draw() const {
  std::string head;
  for (const Column& column : columns_)
    head += fmt::format("<th scope=\"col\"{}>{}</th>", column.numeric ? " class=\"num\"" : "",
                        escaped(column.title));
  return fmt::format(
      "<div class=\"scroll\" role=\"region\" aria-label=\"{0}\" "
      "tabindex=\"0\"><table{3}><caption>{0}</caption>"
      "<thead><tr>{1}</tr></thead>\n<tbody>{2}</tbody></table></div>\n",
      escaped(caption_), head, rows_, stacks() ? " class=\"stack\"" : "");
}

std::string details(std::string_view summary, const std::string& content) {
  return fmt::format("<details><summary>{}</summary>\n{}</details>\n", escaped(summary), content);
}

std::string base64(const std::vector<std::byte>& bytes) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8U | (k < count ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += k <= count ? kLetters[group >> (18U - 6U * k) & 63U] : '=';
  }
  return text;
}

}  // namespace lenswright
