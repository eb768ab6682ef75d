// effective_configuration.hpp: the whole of a campaign as canonical JSON, defaults and overrides included.
#pragma once

#include <string>

#include "campaign/campaign.hpp"

namespace lenswright {

// Sorted keys, shortest numbers that read back, absolute paths; keys as in the campaign file, the replace
// grids written out as models.
std::string effective_configuration(const Campaign& campaign);
// The part of it that queued jobs and the plan they came from must agree on: without goals, safety, slurm and
// lux.keep, which may change while they wait. What isn't JSON is taken as it is.
std::string work_configuration(const Campaign& campaign);

}  // namespace lenswright
