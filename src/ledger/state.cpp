#include "ledger/state.hpp"

#include <array>

namespace lenswright {

namespace {

// In the order of State.
constexpr std::array<std::string_view, kStateCount> kNames{
    "complete", "missing", "truncated", "corrupt", "mismatched", "stale", "unknown", "orphan", "released"};

}  // namespace

std::string_view state_name(State state) {
  return kNames[static_cast<std::size_t>(state)];
}

std::optional<State> state_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<State>(i);
  return std::nullopt;
}

}  // namespace lenswright
