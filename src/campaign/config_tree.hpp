// config_tree.hpp: a YAML document as a tree that knows where each value was written.
//
// In:     YAML text, and overrides "path.to.key=value" (value in YAML)
// Throws: ConfigError for text that is not YAML
// Note:   a key given twice in one mapping is a problem (YAML forbids it, yaml-cpp takes one of them); so is
//         a nesting deeper than any campaign needs (an alias may hold itself)
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace lenswright {

struct Place {
  std::string file;  // path, or "--set key=value"
  int line = 0;      // one-based; 0 in overrides
  int column = 0;
};

struct ConfigEntry;

struct ConfigNode {
  enum class Kind { nothing, scalar, list, mapping };
  Kind kind = Kind::nothing;
  Place place;
  std::string text;     // of a scalar
  bool quoted = false;  // a scalar in quotes is text, never a number
  std::vector<ConfigNode> items;
  std::vector<ConfigEntry> entries;

  const ConfigEntry* find(std::string_view key) const;  // null if absent
  // The node at "lensplanes.root", or the nearest one above it that exists.
  const ConfigNode& nearest(std::string_view dotted_path) const;
};

struct ConfigEntry {
  std::string key;
  Place place;  // of the key
  ConfigNode value;
};

// All that is wrong with a configuration, in the order of its text, overrides last.
class Problems {
 public:
  void add(const Place& place, std::string what);
  bool empty() const { return problems_.empty(); }
  std::vector<ConfigProblem> in_order() const;

 private:
  std::vector<ConfigProblem> problems_;
};

ConfigNode parse_yaml(const std::string& text, const std::string& file, Problems& problems);
void apply_override(ConfigNode& root, const std::string& override_text, Problems& problems);

}  // namespace lenswright
