#include "plan/array_spec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/error.hpp"

namespace lenswright {

namespace {

// A range such as 0-4000000000 is a slip of the pen; Slurm's own MaxArraySize cannot exceed this.
constexpr int kLargestIndex = 4000000;

int index_from(std::string_view digits, const std::string& spec) {
  int value = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size() || value < 0 || value > kLargestIndex)
    throw UsageError(
        fmt::format("array indices \"{}\": \"{}\" is not an index from 0 to {}; write them as "
                    "\"0-4,6,8-12\"",
                    spec, digits, kLargestIndex));
  return value;
}

}  // namespace

std::string array_spec(std::vector<int> indices) {
  std::sort(indices.begin(), indices.end());
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  std::string spec;
  for (std::size_t first = 0; first < indices.size();) {
    std::size_t last = first;
    while (last + 1 < indices.size() && indices[last + 1] == indices[last] + 1) ++last;
    if (!spec.empty()) spec += ',';
    spec += last == first ? fmt::format("{}", indices[first])
                          : fmt::format("{}-{}", indices[first], indices[last]);
    first = last + 1;
  }
  return spec;
}

std::vector<int> parse_array_spec(const std::string& spec) {
  std::vector<int> indices;
  if (spec.empty()) return indices;
  std::string_view rest = spec;
  for (bool more = true; more;) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    const std::size_t dash = part.find('-');
    const int first = index_from(part.substr(0, dash), spec);
    const int last = dash == std::string_view::npos ? first : index_from(part.substr(dash + 1), spec);
    if (last < first)
      throw UsageError(fmt::format("array indices \"{}\": the range {} runs backwards", spec, part));
    for (int index = first; index <= last; ++index) indices.push_back(index);
    more = comma != std::string_view::npos;
    if (more) rest.remove_prefix(comma + 1);
  }
  std::sort(indices.begin(), indices.end());
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  return indices;
}

}  // namespace lenswright
