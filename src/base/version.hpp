// version.hpp: which code made a product.
#pragma once

#include <string>

namespace lenswright {

std::string code_version();  // "0.1.0 (git revision)"
std::string compiler();      // "GNU 12.2.0"

}  // namespace lenswright
