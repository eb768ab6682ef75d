// feasibility.hpp: which products can be made now, given what is there and what else is made along with them.
//
// A product is to be made if it is missing, truncated or corrupt (or mismatched or stale, where asked) and wanted. It
// can be made if each of its inputs is complete or can be made too, and what it reads of the simulations is
// there. A released potential is to be made if a run of its realization is, and can be then. An input that was not looked at is unknown, and unknown is never complete. What is in flight (an element
// that waits or runs makes it) is left alone; what is made from it waits.
#pragma once

#include <array>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "plan/gaps.hpp"

namespace lenswright {

class Feasibility {
 public:
  using Wanted = std::function<bool(const ProductId&)>;
  // REQUIRES: the arguments outlive this, but for `wanted`.
  Feasibility(const Campaign& campaign, const ScanResult& scan, const InputAvailability& inputs,
              const Wanted& wanted, bool replace_mismatched, const std::set<ProductId>& in_flight = {},
              bool include_stale = false);
  bool to_make(const ProductId& id) const { return at(to_make_, id); }  // wanted and not sound
  bool can_make(const ProductId& id) const {
    return at(can_make_, id);
  }  // to make, and nothing stands against it
  // To make, but not before what is in flight is there.
  bool waits(const ProductId& id) const { return at(waits_, id); }
  // Why a product that is to be made cannot be, or not yet; one sentence.
  std::string because(const ProductId& id) const;

 private:
  using Flags = std::array<std::vector<bool>, kProductKindCount>;
  bool at(const Flags& flags, const ProductId& id) const {
    return flags[static_cast<std::size_t>(id.kind)][scan_.products().position(id)];
  }
  // Wanted, not in flight, and not sound; leaves out what is released.
  using Unsound = std::function<bool(const ProductId&)>;
  // By (model, realization): whether a run is to be made.
  std::vector<bool> to_trace(const Unsound& unsound) const;
  // Leaves alone what was released where no run can be made even with it.
  void keep_released();
  enum class Inputs { lacking, in_flight, there };
  Inputs inputs_of_product(const ProductId& id) const;
  bool usable(const ProductId& input) const;

  const Campaign& campaign_;
  const ScanResult& scan_;
  const InputAvailability& inputs_;
  Flags to_make_, can_make_, waits_, in_flight_;
};

}  // namespace lenswright
