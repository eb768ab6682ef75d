#include "plan/feasibility.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "campaign/product_path.hpp"

namespace lenswright {

Feasibility::Feasibility(const Campaign& campaign, const ScanResult& scan, const InputAvailability& inputs,
                         const Wanted& wanted, bool replace_mismatched)
    : campaign_(campaign), scan_(scan), inputs_(inputs) {
  // In the order of the product graph: every input is settled before its consumers.
  for (const ProductKind kind : kProductKinds) {
    const ProductSet& products = scan.products();
    const auto k = static_cast<std::size_t>(kind);
    const std::size_t count = products.count(kind);
    const auto each = static_cast<std::size_t>(products.per_combination(kind));
    to_make_[k].assign(count, false);
    can_make_[k].assign(count, false);
    bool combination_has_inputs = false;
    std::size_t combination = count;
    for (std::size_t position = 0; position < count; ++position) {
      const ProductId id = products.at(kind, position);
      const State state = scan.state(id);
      if (!(to_be_made(state) || (replace_mismatched && state == State::mismatched)) || !wanted(id)) continue;
      to_make_[k][position] = true;
      if (kind != ProductKind::run) {
        can_make_[k][position] = has_inputs(id);
        continue;
      }
      // All runs of a combination have the same inputs.
      if (position / each != combination) {
        combination = position / each;
        combination_has_inputs = has_inputs(id);
      }
      can_make_[k][position] = combination_has_inputs;
    }
  }
}

bool Feasibility::usable(const ProductId& input) const {
  return scan_.state(input) == State::complete || can_make(input);
}

bool Feasibility::has_inputs(const ProductId& id) const {
  if (id.kind == ProductKind::mass_plane)
    return inputs_
        .missing_for(campaign_.models[static_cast<std::size_t>(id.model)], snapshot_index_of(campaign_, id))
        .empty();
  const std::vector<ProductId> inputs = inputs_of(campaign_, id);
  return std::all_of(inputs.begin(), inputs.end(), [&](const ProductId& input) { return usable(input); });
}

std::string Feasibility::because(const ProductId& id) const {
  if (id.kind == ProductKind::mass_plane)
    return inputs_.missing_for(campaign_.models[static_cast<std::size_t>(id.model)],
                               snapshot_index_of(campaign_, id));
  const std::vector<ProductId> inputs = inputs_of(campaign_, id);
  const ProductId* first = nullptr;
  std::size_t unusable = 0;
  for (const ProductId& input : inputs)
    if (!usable(input)) {
      if (first == nullptr) first = &input;
      ++unusable;
    }
  if (first == nullptr) return {};
  const State state = scan_.state(*first);
  std::string reason = fmt::format("{} is {}", product_name(campaign_, *first), state_name(state));
  if (to_make(*first))
    reason += ", and cannot be made: " + because(*first);
  else if (to_be_made(state))
    reason += ", and was not asked for";
  else if (state == State::unknown)
    reason += ": it could not be looked at";
  if (unusable == 1) return "its input " + reason;
  return fmt::format("{} of its {} inputs are not there, the first of them: {}", unusable, inputs.size(),
                     reason);
}

}  // namespace lenswright
