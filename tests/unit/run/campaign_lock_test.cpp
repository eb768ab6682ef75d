#include "run/campaign_lock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "run_campaign.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

TEST(CampaignLock, IsASubmitLockInTheStateFolderThatNamesItsHolder) {
  const test::TemporaryFolder folder;
  const Campaign campaign = test::small_campaign(folder.path());
  const CampaignLock first(real_disk(), campaign);
  EXPECT_TRUE(std::filesystem::exists(campaign.state / "submit.lock"));
  try {
    const CampaignLock second(real_disk(), campaign);
    FAIL() << "two holders";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("is at work on this campaign"));
  }
}

}  // namespace
}  // namespace lenswright
