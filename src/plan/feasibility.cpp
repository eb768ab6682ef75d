#include "plan/feasibility.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "campaign/product_path.hpp"

namespace lenswright {

Feasibility::Feasibility(const Campaign& campaign, const ScanResult& scan, const InputAvailability& inputs,
                         const Wanted& wanted, bool replace_mismatched, const std::set<ProductId>& in_flight,
                         bool include_stale)
    : campaign_(campaign), scan_(scan), inputs_(inputs) {
  for (const ProductKind kind : kProductKinds)
    in_flight_[static_cast<std::size_t>(kind)].assign(scan.products().count(kind), false);
  for (const ProductId& id : in_flight)
    in_flight_[static_cast<std::size_t>(id.kind)][scan.products().position(id)] = true;
  const Unsound unsound = [&](const ProductId& id) {
    const State state = scan.state(id);
    return !at(in_flight_, id) && wanted(id) &&
           (to_be_made(state) || (replace_mismatched && state == State::mismatched) ||
            (include_stale && state == State::stale));
  };
  const std::vector<bool> traced = to_trace(unsound);
  // In the order of the product graph: every input is settled before its consumers.
  for (const ProductKind kind : kProductKinds) {
    const ProductSet& products = scan.products();
    const auto k = static_cast<std::size_t>(kind);
    const std::size_t count = products.count(kind);
    const auto each = static_cast<std::size_t>(products.per_combination(kind));
    to_make_[k].assign(count, false);
    can_make_[k].assign(count, false);
    waits_[k].assign(count, false);
    Inputs found = Inputs::lacking;
    std::size_t combination = count;
    for (std::size_t position = 0; position < count; ++position) {
      const ProductId id = products.at(kind, position);
      const bool needed_again = scan.state(id) == State::released && id.index <= campaign.last_source() &&
                                traced[position / each] && !in_flight_[k][position] && wanted(id);
      if (!needed_again && !unsound(id)) continue;
      to_make_[k][position] = true;
      // All runs of a combination have the same inputs.
      if (kind != ProductKind::run || position / each != combination) found = inputs_of_product(id);
      combination = position / each;
      can_make_[k][position] = found == Inputs::there;
      waits_[k][position] = found == Inputs::in_flight;
    }
  }
  keep_released();
}

std::vector<bool> Feasibility::to_trace(const Unsound& unsound) const {
  const ProductSet& products = scan_.products();
  const auto each = static_cast<std::size_t>(products.per_combination(ProductKind::run));
  const std::size_t count = products.count(ProductKind::run);
  std::vector<bool> traced(each == 0 ? 0 : count / each, false);
  for (std::size_t position = 0; position < count; ++position)
    if (!traced[position / each] && unsound(products.at(ProductKind::run, position)))
      traced[position / each] = true;
  return traced;
}

void Feasibility::keep_released() {
  const ProductSet& products = scan_.products();
  const auto possible = [&](std::size_t combination) {
    const auto each = static_cast<std::size_t>(products.per_combination(ProductKind::run));
    for (std::size_t i = combination * each; i < (combination + 1) * each; ++i)
      if (const ProductId id = products.at(ProductKind::run, i); can_make(id) || waits(id)) return true;
    return false;
  };
  constexpr auto k = static_cast<std::size_t>(ProductKind::potential);
  const auto each = static_cast<std::size_t>(products.per_combination(ProductKind::potential));
  for (std::size_t position = 0; position < products.count(ProductKind::potential); ++position) {
    if (!to_make_[k][position] ||
        scan_.state(products.at(ProductKind::potential, position)) != State::released ||
        possible(position / each))
      continue;
    // One that stands in the way itself goes on being told of.
    if (can_make_[k][position]) to_make_[k][position] = can_make_[k][position] = false;
  }
}

bool Feasibility::usable(const ProductId& input) const {
  return scan_.state(input) == State::complete || can_make(input);
}

Feasibility::Inputs Feasibility::inputs_of_product(const ProductId& id) const {
  if (id.kind == ProductKind::mass_plane) {
    const Model& model = campaign_.models[static_cast<std::size_t>(id.model)];
    return inputs_.missing_for(model, snapshot_index_of(campaign_, id)).empty() ? Inputs::there
                                                                                : Inputs::lacking;
  }
  Inputs found = Inputs::there;
  for (const ProductId& input : inputs_of(campaign_, id)) {
    if (usable(input)) continue;
    if (!at(in_flight_, input) && !waits(input)) return Inputs::lacking;
    found = Inputs::in_flight;
  }
  return found;
}

std::string Feasibility::because(const ProductId& id) const {
  if (id.kind == ProductKind::mass_plane)
    return inputs_.missing_for(campaign_.models[static_cast<std::size_t>(id.model)],
                               snapshot_index_of(campaign_, id));
  const std::vector<ProductId> inputs = inputs_of(campaign_, id);
  const ProductId* first = nullptr;
  bool first_is_released = false;
  std::size_t unusable = 0;
  for (const ProductId& input : inputs)
    if (!usable(input)) {
      // What was released is not the reason, unless it is the only one.
      const bool released = scan_.state(input) == State::released && !to_make(input);
      if (first == nullptr || (first_is_released && !released)) {
        first = &input;
        first_is_released = released;
      }
      ++unusable;
    }
  if (first == nullptr) return {};
  const State state = scan_.state(*first);
  std::string reason = fmt::format("{} is {}", product_name(campaign_, *first), state_name(state));
  if (at(in_flight_, *first))
    reason += ", and in flight: a job is to make it";
  else if (waits(*first))
    reason += ", and has to wait itself: " + because(*first);
  else if (to_make(*first))
    reason += ", and cannot be made: " + because(*first);
  else if (state == State::stale)
    reason += ": nothing is made from it; `recovery submit --include-stale` makes both anew";
  else if (to_be_made(state) || state == State::released)
    reason += ", and was not asked for";
  else if (state == State::unknown)
    reason += ": it could not be looked at";
  if (unusable == 1) return "its input " + reason;
  return fmt::format("{} of its {} inputs are not there, the first of them: {}", unusable, inputs.size(),
                     reason);
}

}  // namespace lenswright
