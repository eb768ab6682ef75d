// models_section.hpp: the `models` list of a campaign file: dmo, hydro, and replace grids expanded in order.
#pragma once

#include <vector>

#include "campaign/config_reader.hpp"
#include "campaign/model.hpp"

namespace lenswright {

std::vector<Model> read_models(const ConfigNode& node, Problems& problems);

}  // namespace lenswright
