// batch_texts.hpp: the templates of batch/ and the site presets of configs/sites/, compiled into the programs: an
// installed recovery needs no files beside it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lenswright {

struct BatchText {
  std::string_view name;  // "lensplane.sbatch", "element.sh", "sites/mpirun.sh"
  std::string_view text;
};
const std::vector<BatchText>& batch_texts();
// REQUIRES: it is one of them.
std::string batch_text(std::string_view name);

}  // namespace lenswright
