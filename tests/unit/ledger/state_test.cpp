#include "ledger/state.hpp"

#include <gtest/gtest.h>

#include "ledger/scan.hpp"

namespace lenswright {
namespace {

TEST(State, NamesReadBack) {
  for (int i = 0; i < kStateCount; ++i) {
    const auto state = static_cast<State>(i);
    EXPECT_EQ(state_from_name(state_name(state)), state);
  }
  EXPECT_EQ(state_name(State::mismatched), "mismatched");
  EXPECT_EQ(state_name(State::orphan), "orphan");
  EXPECT_EQ(state_from_name("fine"), std::nullopt);
}

TEST(Tier, NamesReadBack) {
  for (const Tier tier : {Tier::quick, Tier::header, Tier::full})
    EXPECT_EQ(tier_from_name(tier_name(tier)), tier);
  EXPECT_EQ(tier_from_name("deep"), std::nullopt);
}

}  // namespace
}  // namespace lenswright
