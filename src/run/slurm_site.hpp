// slurm_site.hpp: the site preset that a campaign names: a shell file with what is particular to a cluster.
#pragma once

#include <string>

#include "campaign/campaign.hpp"
#include "io/disk.hpp"

namespace lenswright {

// Its text; empty: the stage names none. A name without a slash or a dot is one of the presets that come with the
// programs (configs/sites/), anything else a file, from the campaign file's folder. Throws InputError.
std::string site_text(Disk& disk, const Campaign& campaign, Stage stage);

}  // namespace lenswright
