// element_resources.hpp: what one task's job asks for beyond, or other than, what the campaign file says.
//
// Units: seconds of wall time; bytes of memory per node
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "campaign/campaign.hpp"

namespace lenswright {

// Unset: the campaign's value stands, or the cluster's where the campaign has none.
struct ElementResources {
  std::optional<std::int64_t> seconds;
  std::optional<std::uint64_t> mem;
  std::set<std::string> exclude;  // nodes, beside the campaign's own
  auto operator<=>(const ElementResources&) const = default;
};

struct TaskAdvice {
  ElementResources resources;
  std::string because;  // "time 02:00:00 -> 04:00:00 after TIMEOUT"; empty: nothing differs from the campaign
  std::string stopped;  // not empty: not to be submitted again, and why, with the next step
};
// By (stage, task index) of a plan; a task without an entry goes as the campaign says.
using Advice = std::map<std::pair<Stage, int>, TaskAdvice>;

}  // namespace lenswright
