#include "run/auto_retry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "run_campaign.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class AutoRetryScript : public testing::Test {
 protected:
  AutoRetryScript() {
    retry_.times_left = 2;
    retry_.recovery = folder_ / "bin dir/recovery";
    retry_.options = " --config 'my campaign.yaml'";
    retry_.reports = folder_ / "it's $(here)/reports";
    retry_.folder = folder_.path();
    test::write_file(folder_ / "bin dir/recovery",
                     "#!/bin/sh\necho \"$@\" >> '" + (folder_ / "calls").string() +
                         "'\nfor last; do :; done\ncase $1 in verify) exit 1;; submit) exit 0;; esac\n");
    std::filesystem::permissions(folder_ / "bin dir/recovery", std::filesystem::perms::owner_all);
  }
  test::TemporaryFolder folder_;
  AutoRetry retry_;
};

TEST_F(AutoRetryScript, PlansAgainAndLeavesAReportAndTheVerdict) {
  test::write_file(folder_ / "job.sh", auto_retry_script(retry_));
  const auto outcome = test::run_command("SLURM_JOB_ID=17 bash '" + (folder_ / "job.sh").string() + "'");
  EXPECT_EQ(outcome.status, 1) << outcome.output;  // verify's
  const std::string calls = test::read_file(folder_ / "calls");
  EXPECT_THAT(calls, HasSubstr("submit --config my campaign.yaml --executor slurm --auto-retry 1\n"));
  EXPECT_THAT(calls, HasSubstr("verify --config my campaign.yaml --report"));
  EXPECT_THAT(calls, HasSubstr("diagnosis.json"));
  EXPECT_THAT(calls, Not(HasSubstr("--yes")));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_ / "it's $(here)/reports"), {}), 1);
}

TEST_F(AutoRetryScript, TheLastOneOnlyReports) {
  retry_.times_left = 0;
  EXPECT_THAT(auto_retry_script(retry_), Not(HasSubstr("\" submit --")));
  EXPECT_THAT(auto_retry_script(retry_), HasSubstr("\" verify --config"));
}

TEST_F(AutoRetryScript, IsCleanShell) {
  test::write_file(folder_ / "job.sh", auto_retry_script(retry_));
  const auto outcome = test::run_command("shellcheck '" + (folder_ / "job.sh").string() + "'");
  if (outcome.status == 127) GTEST_SKIP() << "no shellcheck here";
  EXPECT_EQ(outcome.status, 0) << outcome.output;
}

TEST_F(AutoRetryScript, ALineBreakInANameIsRefused) {
  retry_.reports = folder_ / "a\nb";
  EXPECT_THROW(auto_retry_script(retry_), InputError);
}

TEST(AutoRetryArguments, WaitForEveryJobAndAreChargedAsTheCampaignSays) {
  Campaign campaign = test::small_campaign("/none");
  campaign.slurm[Stage::lensplanes].values = {{"partition", "cca"}, {"account", "astro"}, {"mem", "100G"}};
  const auto arguments = auto_retry_arguments(campaign, "p", {7, 9}, "/here", "/logs/50%/a.log");
  EXPECT_THAT(arguments, Contains("--dependency=afterany:7:9"));
  EXPECT_THAT(arguments, Contains("--partition=cca"));
  EXPECT_THAT(arguments, Contains("--account=astro"));
  EXPECT_THAT(arguments, Contains("--output=/logs/50%%/a.log"));
  EXPECT_THAT(arguments, Not(Contains(HasSubstr("100G"))));
}

}  // namespace
}  // namespace lenswright
