#include "campaign/config_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <numeric>

namespace lenswright {

namespace {

// Insertions, deletions and replacements that turn one word into the other (Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::optional<std::string> expand_environment(const ConfigNode& node, const std::string& name,
                                              Problems& problems) {
  std::string expanded;
  std::string_view rest = node.text;
  while (true) {
    const std::size_t start = rest.find("${");
    expanded += rest.substr(0, start);
    if (start == std::string_view::npos) return expanded;
    rest.remove_prefix(start + 2);
    const std::size_t end = rest.find('}');
    if (end == std::string_view::npos) {
      problems.add(node.place, fmt::format("{}: '${{' without '}}'", name));
      return std::nullopt;
    }
    const std::string variable(rest.substr(0, end));
    const char* value = std::getenv(variable.c_str());
    if (value == nullptr) {
      problems.add(node.place, fmt::format("{}: the environment has no {}; set it, or write the value itself",
                                           name, variable));
      return std::nullopt;
    }
    expanded += value;
    rest.remove_prefix(end + 1);
  }
}

std::optional<std::string> read_scalar(const ConfigNode& node, const std::string& name,
                                       const std::string& allowed, Problems& problems) {
  if (node.kind != ConfigNode::Kind::scalar) {
    problems.add(node.place, fmt::format("{} is {}; allowed: {}", name, describe(node), allowed));
    return std::nullopt;
  }
  return expand_environment(node, name, problems);
}

// Reads all of `text` as a number.
template <typename Number>
bool parse(const std::string& text, Number& number) {
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  return result.ec == std::errc() && result.ptr == end;
}

}  // namespace

bool Interval::contains(double value) const {
  return (lower_included ? value >= lower : value > lower) &&
         (upper_included ? value <= upper : value < upper);
}

std::string Interval::in_words() const {
  std::string words;
  if (std::isfinite(lower)) words = fmt::format("{} {}", lower_included ? "at least" : "above", lower);
  if (std::isfinite(upper)) {
    words +=
        fmt::format("{}{} {}", words.empty() ? "" : " and ", upper_included ? "at most" : "below", upper);
  }
  return words.empty() ? "any finite number" : "numbers " + words;
}

std::string describe(const ConfigNode& node) {
  switch (node.kind) {
    case ConfigNode::Kind::nothing:
      return "empty";
    case ConfigNode::Kind::scalar:
      return node.quoted ? fmt::format("the text \"{}\"", node.text) : fmt::format("'{}'", node.text);
    case ConfigNode::Kind::list:
      return "a list";
    case ConfigNode::Kind::mapping:
      break;
  }
  return "a mapping";
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  std::size_t nearest = std::max<std::size_t>(2, word.size() / 3) + 1;
  std::string best;
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < nearest && 2 * distance <= word.size()) {
      nearest = distance;
      best = candidate;
    }
  }
  return best.empty() ? "" : fmt::format(" (did you mean '{}'?)", best);
}

std::optional<std::string> read_text(const ConfigNode& node, const std::string& name, Problems& problems) {
  const auto text = read_scalar(node, name, "text", problems);
  if (!text) return std::nullopt;
  if (text->empty()) {
    problems.add(node.place, fmt::format("{} is empty text", name));
    return std::nullopt;
  }
  if (std::any_of(text->begin(), text->end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
    problems.add(node.place,
                 fmt::format("{} holds a line break or control character; allowed: one line of text", name));
    return std::nullopt;
  }
  return text;
}

std::optional<std::uint64_t> read_whole_number(const ConfigNode& node, const std::string& name,
                                               std::uint64_t lower, std::uint64_t upper, Problems& problems) {
  const std::string allowed = fmt::format("whole numbers from {} to {}", lower, upper);
  const auto text = read_scalar(node, name, allowed, problems);
  if (!text) return std::nullopt;
  std::uint64_t number = 0;
  if (node.quoted || !parse(*text, number) || number < lower || number > upper) {
    problems.add(node.place, fmt::format("{} is {}; allowed: {}", name, describe(node), allowed));
    return std::nullopt;
  }
  return number;
}

std::optional<double> read_number(const ConfigNode& node, const std::string& name, const Interval& interval,
                                  Problems& problems) {
  const auto text = read_scalar(node, name, interval.in_words(), problems);
  if (!text) return std::nullopt;
  double number = 0;
  if (node.quoted || !parse(*text, number) || !std::isfinite(number) || !interval.contains(number)) {
    problems.add(node.place, fmt::format("{} is {}; allowed: {}", name, describe(node), interval.in_words()));
    return std::nullopt;
  }
  return number;
}

std::optional<bool> read_truth(const ConfigNode& node, const std::string& name, Problems& problems) {
  const auto text = read_scalar(node, name, "true or false", problems);
  if (!text) return std::nullopt;
  if (node.quoted || (*text != "true" && *text != "false")) {
    problems.add(node.place, fmt::format("{} is {}; allowed: true or false", name, describe(node)));
    return std::nullopt;
  }
  return *text == "true";
}

std::optional<std::size_t> read_choice(const ConfigNode& node, const std::string& name,
                                       const std::vector<std::string>& allowed, Problems& problems) {
  const auto text = read_scalar(node, name, fmt::format("{}", fmt::join(allowed, ", ")), problems);
  if (!text) return std::nullopt;
  const auto found = std::find(allowed.begin(), allowed.end(), *text);
  if (found == allowed.end()) {
    problems.add(node.place, fmt::format("{} is {}{}; allowed: {}", name, describe(node),
                                         suggestion(*text, allowed), fmt::join(allowed, ", ")));
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - allowed.begin());
}

std::span<const ConfigNode> read_list(const ConfigNode& node, const std::string& name, Problems& problems) {
  if (node.kind != ConfigNode::Kind::list) {
    problems.add(node.place, fmt::format("{} is {}; allowed: a list, as in [1, 2]", name, describe(node)));
    return {};
  }
  if (node.items.empty()) {
    problems.add(node.place, fmt::format("{} is an empty list; allowed: one entry or more", name));
  }
  return node.items;
}

Section::Section(const ConfigNode* node, std::string path, Problems& problems)
    : node_(node), path_(std::move(path)), problems_(problems) {
  if (node_ != nullptr && node_->kind != ConfigNode::Kind::mapping) {
    problems_.add(node_->place, fmt::format("{} is {}; allowed: a mapping of keys to values",
                                            path_.empty() ? "the campaign" : path_, describe(*node_)));
    node_ = nullptr;
  }
}

std::string Section::name_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

const ConfigNode* Section::value(std::string_view key, Need need) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  if (node_ == nullptr) return nullptr;
  const ConfigEntry* entry = node_->find(key);
  if (entry != nullptr && entry->value.kind != ConfigNode::Kind::nothing) return &entry->value;
  if (need == Need::required) {
    problems_.add(entry != nullptr ? entry->place : node_->place,
                  fmt::format("{} is missing; it has no default", name_of(key)));
  }
  return nullptr;
}

Section Section::section(std::string_view key, Need need) {
  return {value(key, need), name_of(key), problems_};
}

void Section::number(std::string_view key, double& target, const Interval& interval, Need need) {
  if (const ConfigNode* node = value(key, need)) {
    if (const auto read = read_number(*node, name_of(key), interval, problems_)) target = *read;
  }
}

void Section::text(std::string_view key, std::string& target, Need need) {
  if (const ConfigNode* node = value(key, need)) {
    if (const auto read = read_text(*node, name_of(key), problems_)) target = *read;
  }
}

void Section::truth(std::string_view key, bool& target, Need need) {
  if (const ConfigNode* node = value(key, need)) {
    if (const auto read = read_truth(*node, name_of(key), problems_)) target = *read;
  }
}

void Section::close() {
  if (node_ == nullptr) return;
  for (const ConfigEntry& entry : node_->entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    problems_.add(entry.place, fmt::format("unknown key '{}'{}; allowed: {}", name_of(entry.key),
                                           suggestion(entry.key, known_), fmt::join(known_, ", ")));
  }
}

}  // namespace lenswright
