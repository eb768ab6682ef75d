// state.hpp: what the completeness checker can say of a product, and a finding: that with its reason.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "campaign/product_id.hpp"

namespace lenswright {

enum class State : std::uint8_t {
  complete,
  missing,
  truncated,   // shorter or longer than its format says
  corrupt,     // right size, wrong markers, values or digest
  mismatched,  // sound in itself, but of another grid than the campaign's
  stale,       // made from inputs or configuration that have changed since
  unknown,     // cannot be looked at: never complete
  orphan,      // a file that the campaign does not expect
  released,    // let go after all that is made from it was there; made again only when something needs it
};
inline constexpr int kStateCount = 9;
std::string_view state_name(State state);
std::optional<State> state_from_name(std::string_view name);

struct Finding {
  State state = State::unknown;
  Stage stage = Stage::lensplanes;
  std::optional<ProductId> product;  // none: orphans, unreadable folders
  std::string path;                  // absolute
  std::string because;               // one sentence
};

}  // namespace lenswright
