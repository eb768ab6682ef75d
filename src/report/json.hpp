// json.hpp: the JSON form of diagnose, a documented and versioned schema (docs/diagnose-json.md).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "report/summary.hpp"

namespace lenswright {

// Raised when a key is removed or changes its meaning; new keys may appear without.
inline constexpr std::string_view kDiagnoseSchema = "lenswright.diagnose/1";

nlohmann::ordered_json mixed_json(const Summary& summary);  // the list `mixed`
std::string diagnosis_json(const Summary& summary);         // ends with a newline

}  // namespace lenswright
