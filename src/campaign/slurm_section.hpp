// slurm_section.hpp: the `slurm` part of a campaign file: resources per stage, with the defaults merged in.
//
// A stage's own value replaces the default of the same key; mem and mem_per_cpu replace one another.
#pragma once

#include <map>

#include "campaign/campaign.hpp"
#include "campaign/config_reader.hpp"

namespace lenswright {

inline constexpr std::string_view kSlurmExtra = "extra";  // lines of the script, joined by line breaks

// Into the campaign's slurm and slurm_command_timeout_seconds.
void read_slurm(Section section, Campaign& campaign, Problems& problems);

}  // namespace lenswright
