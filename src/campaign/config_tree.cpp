#include "campaign/config_tree.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace lenswright {

namespace {

constexpr int kDeepestNesting = 16;

Place place_of(const YAML::Mark& mark, const Place& document) {
  if (mark.is_null() || document.line == 0) return document;
  return {document.file, mark.line + 1, mark.column + 1};
}

ConfigNode convert(const YAML::Node& yaml, const Place& document, int depth, Problems& problems) {
  ConfigNode node;
  node.place = place_of(yaml.Mark(), document);
  if (depth > kDeepestNesting) {
    problems.add(node.place, fmt::format("nested deeper than {} levels", kDeepestNesting));
    return node;
  }
  switch (yaml.Type()) {
    case YAML::NodeType::Undefined:
    case YAML::NodeType::Null:
      break;
    case YAML::NodeType::Scalar:
      node.kind = ConfigNode::Kind::scalar;
      node.text = yaml.Scalar();
      node.quoted = yaml.Tag() == "!";
      break;
    case YAML::NodeType::Sequence:
      node.kind = ConfigNode::Kind::list;
      for (const YAML::Node& item : yaml) node.items.push_back(convert(item, document, depth + 1, problems));
      break;
    case YAML::NodeType::Map: {
      node.kind = ConfigNode::Kind::mapping;
      std::set<std::string> seen;
      for (const auto& pair : yaml) {
        const Place key_place = place_of(pair.first.Mark(), document);
        if (!pair.first.IsScalar()) {
          problems.add(key_place, "a key must be plain text");
          continue;
        }
        const std::string& key = pair.first.Scalar();
        if (!seen.insert(key).second) {
          problems.add(key_place, fmt::format("'{}' is given twice; keep one of them", key));
          continue;
        }
        node.entries.push_back({key, key_place, convert(pair.second, document, depth + 1, problems)});
      }
      break;
    }
  }
  return node;
}

// The value of `key` in a mapping, made if it is not there.
ConfigNode& child(ConfigNode& mapping, const std::string& key, const Place& place) {
  for (ConfigEntry& entry : mapping.entries) {
    if (entry.key == key) return entry.value;
  }
  mapping.entries.push_back({key, place, {}});
  mapping.entries.back().value.place = place;
  return mapping.entries.back().value;
}

std::string message_of(const YAML::Exception& error) {
  return fmt::format("not valid YAML: {}", error.msg);
}

}  // namespace

const ConfigEntry* ConfigNode::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [key](const ConfigEntry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

const ConfigNode& ConfigNode::nearest(std::string_view dotted_path) const {
  const std::size_t dot = dotted_path.find('.');
  const ConfigEntry* entry = find(dotted_path.substr(0, dot));
  if (entry == nullptr) return *this;
  return dot == std::string_view::npos ? entry->value : entry->value.nearest(dotted_path.substr(dot + 1));
}

void Problems::add(const Place& place, std::string what) {
  problems_.push_back({place.file, place.line, place.column, std::move(what)});
}

std::vector<ConfigProblem> Problems::in_order() const {
  std::vector<ConfigProblem> ordered = problems_;
  std::stable_sort(ordered.begin(), ordered.end(), [](const ConfigProblem& a, const ConfigProblem& b) {
    return std::make_tuple(a.line == 0, a.line, a.column) < std::make_tuple(b.line == 0, b.line, b.column);
  });
  return ordered;
}

ConfigNode parse_yaml(const std::string& text, const std::string& file, Problems& problems) {
  const Place start{file, 1, 1};
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1) {
      problems.add(place_of(documents[1].Mark(), start), "a second YAML document; one campaign per file");
    }
    return documents.empty() ? convert(YAML::Node(), start, 0, problems)
                             : convert(documents[0], start, 0, problems);
  } catch (const YAML::Exception& error) {
    const Place place = place_of(error.mark, start);
    throw ConfigError({{place.file, place.line, place.column, message_of(error)}});
  }
}

void apply_override(ConfigNode& root, const std::string& override_text, Problems& problems) {
  const Place place{"--set " + override_text, 0, 0};
  const std::size_t equals = override_text.find('=');
  if (equals == std::string::npos || equals == 0) {
    problems.add(place, "expected KEY=VALUE, as in raytracing.runs=10");
    return;
  }
  ConfigNode value;
  try {
    value = convert(YAML::Load(override_text.substr(equals + 1)), place, 0, problems);
  } catch (const YAML::Exception& error) {
    problems.add(place, message_of(error));
    return;
  }
  ConfigNode* node = &root;
  std::string_view path = std::string_view(override_text).substr(0, equals);
  while (true) {
    const std::size_t dot = path.find('.');
    const std::string key(path.substr(0, dot));
    if (node->kind == ConfigNode::Kind::nothing) node->kind = ConfigNode::Kind::mapping;
    if (node->kind != ConfigNode::Kind::mapping) {
      problems.add(place, fmt::format("there are no keys below '{}'; set it as a whole",
                                      override_text.substr(0, override_text.size() - path.size() -
                                                                  (override_text.size() - equals) - 1)));
      return;
    }
    node = &child(*node, key, place);
    if (dot == std::string_view::npos) break;
    path.remove_prefix(dot + 1);
  }
  *node = std::move(value);
  node->place = place;
}

}  // namespace lenswright
