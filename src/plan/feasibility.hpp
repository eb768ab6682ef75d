// feasibility.hpp: which products can be made now, given what is there and what else is made along with them.
//
// A product is to be made if it is missing, truncated or corrupt (or mismatched, where asked) and wanted. It
// can be made if each of its inputs is complete or can be made too, and what it reads of the simulations is
// there. An input that was not looked at is unknown, and unknown is never complete.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "plan/gaps.hpp"

namespace lenswright {

class Feasibility {
 public:
  using Wanted = std::function<bool(const ProductId&)>;
  // REQUIRES: the arguments outlive this, but for `wanted`.
  Feasibility(const Campaign& campaign, const ScanResult& scan, const InputAvailability& inputs,
              const Wanted& wanted, bool replace_mismatched);
  bool to_make(const ProductId& id) const { return at(to_make_, id); }  // wanted and not sound
  bool can_make(const ProductId& id) const {
    return at(can_make_, id);
  }  // to make, and nothing stands against it
  // Why a product that is to be made cannot be; one sentence.
  std::string because(const ProductId& id) const;

 private:
  using Flags = std::array<std::vector<bool>, kProductKindCount>;
  bool at(const Flags& flags, const ProductId& id) const {
    return flags[static_cast<std::size_t>(id.kind)][scan_.products().position(id)];
  }
  bool has_inputs(const ProductId& id) const;
  bool usable(const ProductId& input) const;

  const Campaign& campaign_;
  const ScanResult& scan_;
  const InputAvailability& inputs_;
  Flags to_make_, can_make_;
};

}  // namespace lenswright
