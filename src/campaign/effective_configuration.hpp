// effective_configuration.hpp: the whole of a campaign as canonical JSON, defaults and overrides included.
#pragma once

#include <string>

#include "campaign/campaign.hpp"

namespace lenswright {

// Sorted keys, shortest numbers that read back, absolute paths; keys as in the campaign file, the replace
// grids written out as models.
std::string effective_configuration(const Campaign& campaign);

}  // namespace lenswright
