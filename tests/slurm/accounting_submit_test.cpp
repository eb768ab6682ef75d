// recovery submit where accounting limits how much one may have queued: as much as fits goes, the rest later.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slurm_campaign.hpp"

namespace lenswright::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;

class SubmitWithAccounting : public testing::Test {
 protected:
  std::filesystem::path sandbox_ = shared_slurm_sandbox();
  TemporaryFolder folder_;
  // -1: no limit
  static void limit(int elements) {
    const CommandOutcome outcome =
        run_command(fmt::format("sacctmgr -i -Q modify user $(id -un) set MaxSubmitJobs={}", elements));
    EXPECT_EQ(outcome.status, 0) << outcome.output;
  }
  void TearDown() override {
    limit(-1);
    run_command("scancel --user=$(id -un)");
  }
};

TEST_F(SubmitWithAccounting, WhatIsOverTheSubmitLimitGoesLaterAndAllIsMade) {
  constexpr int kLimit = 6;  // of 2 + 4 + 4
  SlurmCampaign small(folder_.path());
  limit(kLimit);
  const std::string first = small.expect_status("recovery submit --executor slurm", 0);
  EXPECT_THAT(first, AllOf(HasSubstr("for Slurm: 2 arrays, 6 elements"),
                           HasSubstr("left for a later submit: 4 tasks"), HasSubstr("MaxSubmitJobs")));
  for (const SlurmJob& job : small.wait_for_end()) EXPECT_EQ(job.state, JobState::done) << describe_end(job);
  EXPECT_THAT(small.expect_status("recovery submit --executor slurm", 0), HasSubstr("1 array, 4 elements"));
  for (const SlurmJob& job : small.wait_for_end()) EXPECT_EQ(job.state, JobState::done) << describe_end(job);
  small.expect_status("recovery verify", 0);
  EXPECT_THAT(small.submissions(), SizeIs(2));
}

}  // namespace
}  // namespace lenswright::test
