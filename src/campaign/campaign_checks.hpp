// campaign_checks.hpp: what several keys of a campaign must agree on.
//
// Says nothing of keys that could not be read: their own problem is enough.
#pragma once

#include "campaign/campaign.hpp"
#include "campaign/config_tree.hpp"

namespace lenswright {

void check_campaign(const Campaign& campaign, const ConfigNode& tree, Problems& problems);

}  // namespace lenswright
