// config_reader.hpp: typed reading of a configuration tree; what does not fit becomes a problem that names
// what is allowed.
//
// A value of nothing (`key:` alone, or null) counts as absent. ${NAME} expands from the environment in every
// value.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "campaign/config_tree.hpp"

namespace lenswright {

enum class Need { required, optional };

// Bounds of a number and how to say them.
struct Interval {
  double lower = -std::numeric_limits<double>::infinity();
  double upper = std::numeric_limits<double>::infinity();
  bool lower_included = false;
  bool upper_included = false;
  bool contains(double value) const;
  std::string in_words() const;  // "above 0 and at most 1"
};

// One value. `name` is its full path ("lensplanes.grid"), for the message.
std::optional<std::string> read_text(const ConfigNode& node, const std::string& name, Problems& problems);
std::optional<std::uint64_t> read_whole_number(const ConfigNode& node, const std::string& name,
                                               std::uint64_t lower, std::uint64_t upper, Problems& problems);
std::optional<double> read_number(const ConfigNode& node, const std::string& name, const Interval& interval,
                                  Problems& problems);
std::optional<bool> read_truth(const ConfigNode& node, const std::string& name, Problems& problems);
// The index of the text among `allowed`.
std::optional<std::size_t> read_choice(const ConfigNode& node, const std::string& name,
                                       const std::vector<std::string>& allowed, Problems& problems);
// The items of a list that is not empty; none, and a problem, otherwise.
std::span<const ConfigNode> read_list(const ConfigNode& node, const std::string& name, Problems& problems);
// "a number", "the text \"x\"", "a list", ... as found.
std::string describe(const ConfigNode& node);
// " (did you mean 'grid'?)" if one of `known` is near, else nothing.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

// One mapping. Keys that are asked for are known; close() reports all others.
class Section {
 public:
  // node may be null (section absent): then every key is silently absent
  Section(const ConfigNode* node, std::string path, Problems& problems);

  const ConfigNode* value(std::string_view key, Need need);
  Section section(std::string_view key, Need need);
  std::string name_of(std::string_view key) const;
  bool present() const { return node_ != nullptr; }
  void close();

  template <typename Number>
  void whole_number(std::string_view key, Number& target, std::uint64_t lower, std::uint64_t upper,
                    Need need) {
    if (const ConfigNode* node = value(key, need)) {
      if (const auto read = read_whole_number(*node, name_of(key), lower, upper, problems_)) {
        target = static_cast<Number>(*read);
      }
    }
  }
  void number(std::string_view key, double& target, const Interval& interval, Need need);
  void text(std::string_view key, std::string& target, Need need);
  void truth(std::string_view key, bool& target, Need need);

 private:
  const ConfigNode* node_;
  std::string path_;
  Problems& problems_;
  std::vector<std::string> known_;
};

}  // namespace lenswright
