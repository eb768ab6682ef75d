#include "run/campaign_lock.hpp"

namespace lenswright {

std::filesystem::path lock_file(const Campaign& campaign) {
  return campaign.state / "submit.lock";
}

CampaignLock::CampaignLock(Disk& disk, const Campaign& campaign)
    : Lease(disk, lock_file(campaign), {.doing = "is at work on this campaign"}) {}

}  // namespace lenswright
