// campaign_lock.hpp: at most one program at a time plans and submits a campaign's work: the lease
// <state>/submit.lock.
#pragma once

#include <filesystem>

#include "campaign/campaign.hpp"
#include "run/lease.hpp"

namespace lenswright {

std::filesystem::path lock_file(const Campaign& campaign);

class CampaignLock : public Lease {
 public:
  // Throws InputError that names the holder if another one has it.
  CampaignLock(Disk& disk, const Campaign& campaign);
};

}  // namespace lenswright
