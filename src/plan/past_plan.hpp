// past_plan.hpp: what an earlier submit had found lacking, from its frozen plan: for looking back, never to be carried
// out.
//
// Unlike decode_plan it takes plans of an earlier configuration too; products that the campaign no longer has are
// counted, and left out.
// Pure. Throws: FormatError
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "ledger/state.hpp"

namespace lenswright {

struct PastPlan {
  std::string name;                 // of its folder
  std::string written;              // UTC, ISO 8601, from the name; empty: the name tells no time
  std::vector<ProductId> products;  // that were to be made
  std::int64_t no_longer_expected = 0;
  std::array<std::int64_t, kStateCount> moved{};  // files to be moved aside, by state
  std::int64_t blocked = 0;                       // products that could not be made
};

PastPlan decode_past_plan(const Campaign& campaign, const std::string& name, const std::string& path,
                          const std::string& text);

}  // namespace lenswright
