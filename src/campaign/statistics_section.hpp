// statistics_section.hpp: the `statistics` part of a campaign file: scales, bins and ranges, with their defaults.
//
// Units: smoothing in arcmin (standard deviation of the Gaussian); S/N and PDF bins in units of the map's own
//        standard deviation, or of kappa
#pragma once

#include <cstdint>

#include "campaign/campaign.hpp"
#include "campaign/config_reader.hpp"

namespace lenswright {

// All keys but root.
void read_statistics_settings(Section& section, StatisticsSettings& settings, Problems& problems);

// Bytes of one statistics file, about; REQUIRES: the campaign has statistics.
std::uint64_t statistics_bytes(const Campaign& campaign);

}  // namespace lenswright
