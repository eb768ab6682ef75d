#include "base/version.hpp"

namespace lenswright {

std::string code_version() {
  return LENSWRIGHT_VERSION " (" LENSWRIGHT_REVISION ")";
}
std::string compiler() {
  return LENSWRIGHT_COMPILER;
}

}  // namespace lenswright
