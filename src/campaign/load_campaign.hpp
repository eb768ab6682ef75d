// load_campaign.hpp: a campaign from its YAML file and command-line overrides.
//
// Throws: ConfigError with all problems together (unknown keys with a suggestion, wrong types, impossible
//         values), each with file:line:column; IoError if the file cannot be read.
// Relative paths count from the file's folder; ${NAME} expands from the environment.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "campaign/campaign.hpp"

namespace lenswright {

// overrides: "path.to.key=value", value in YAML
Campaign load_campaign(const std::filesystem::path& file, const std::vector<std::string>& overrides = {});

}  // namespace lenswright
