#include "run/retry_policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "run_campaign.hpp"

namespace lenswright {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t kHour = 3600;
constexpr std::uint64_t kGigabyte = std::uint64_t{1} << 30;

class RetryPolicy : public testing::Test {
 protected:
  static PastAttempt ended(AttemptCause cause) {
    PastAttempt attempt;
    attempt.cause = cause;
    attempt.job = "17_3";
    attempt.nodes = "n1";
    attempt.circumstances = "now";
    attempt.seconds = 2 * kHour;
    attempt.mem = 10 * kGigabyte;
    return attempt;
  }
  static PastAttempt failed(const std::string& message, int status = 2) {
    PastAttempt attempt = ended(AttemptCause::failed);
    attempt.message = message;
    attempt.status = status;
    return attempt;
  }
  TaskAdvice decide(const std::vector<PastAttempt>& attempts) const {
    return decide_retry(base_, attempts, caps_, "now");
  }
  ElementResources base_{2 * kHour, 10 * kGigabyte, {}};
  RetryCaps caps_;
};

TEST_F(RetryPolicy, WithoutAHistoryItGoesAsItIs) {
  const TaskAdvice advice = decide({});
  EXPECT_EQ(advice.resources, base_);
  EXPECT_THAT(advice.because, IsEmpty());
  EXPECT_THAT(advice.stopped, IsEmpty());
}

TEST_F(RetryPolicy, OutOfTimeGetsTwiceOfWhatItHad) {
  const TaskAdvice advice = decide({ended(AttemptCause::timeout)});
  EXPECT_EQ(advice.resources.seconds, 4 * kHour);
  EXPECT_EQ(advice.resources.mem, 10 * kGigabyte);
  EXPECT_EQ(advice.because, "time 02:00:00 -> 04:00:00 (job 17_3 ran out of time)");
}

TEST_F(RetryPolicy, TimeGrowsUpToTheCapAndThenItStops) {
  caps_.max_seconds = 3 * kHour;
  EXPECT_EQ(decide({ended(AttemptCause::timeout)}).resources.seconds, 3 * kHour);
  PastAttempt longer = ended(AttemptCause::timeout);
  longer.seconds = 3 * kHour;
  EXPECT_THAT(decide({ended(AttemptCause::timeout), longer}).stopped,
              AllOf(HasSubstr("max_time"), HasSubstr("03:00:00")));
  // As long as it gets on, it may go again within the cap.
  longer.progressed = true;
  const TaskAdvice advice = decide({ended(AttemptCause::timeout), longer});
  EXPECT_THAT(advice.stopped, IsEmpty());
  EXPECT_EQ(advice.resources.seconds, 3 * kHour);
}

TEST_F(RetryPolicy, OutOfMemoryGetsHalfAsMuchAgainUpToTheCap) {
  EXPECT_EQ(decide({ended(AttemptCause::out_of_memory)}).resources.mem, 15 * kGigabyte);
  caps_.max_mem = 12 * kGigabyte;
  EXPECT_EQ(decide({ended(AttemptCause::out_of_memory)}).resources.mem, 12 * kGigabyte);
  caps_.max_mem = 10 * kGigabyte;
  EXPECT_THAT(decide({ended(AttemptCause::out_of_memory)}).stopped, HasSubstr("max_mem"));
}

TEST_F(RetryPolicy, MemoryNobodyKnowsCannotGrow) {
  base_.mem.reset();
  PastAttempt attempt = ended(AttemptCause::out_of_memory);
  attempt.mem.reset();
  EXPECT_THAT(decide({attempt}).stopped, HasSubstr("set mem"));
}

TEST_F(RetryPolicy, AFailedNodeIsLeftOut) {
  PastAttempt attempt = ended(AttemptCause::node_fail);
  attempt.nodes = "n[1-2]";
  EXPECT_THAT(decide({attempt, ended(AttemptCause::cancelled)}).resources.exclude, ElementsAre("n1", "n2"));
  for (int n = 0; n < 9; ++n) EXPECT_THAT(decide(std::vector<PastAttempt>(9, attempt)).stopped, IsEmpty());
}

TEST_F(RetryPolicy, CancelledGoesAsBeforeHoweverOften) {
  const TaskAdvice advice = decide(std::vector<PastAttempt>(9, ended(AttemptCause::cancelled)));
  EXPECT_EQ(advice.resources, base_);
  EXPECT_THAT(advice.stopped, IsEmpty());
}

TEST_F(RetryPolicy, TheSameFailureTwiceStopsWithADiagnosis) {
  EXPECT_THAT(decide({failed("input is damaged")}).stopped, IsEmpty());
  EXPECT_THAT(decide({failed("input is damaged"), failed("input is damaged")}).stopped,
              AllOf(HasSubstr("input is damaged"), HasSubstr("17_3"), HasSubstr("--retry-stopped")));
  EXPECT_THAT(decide({failed("one"), failed("another")}).stopped, IsEmpty());
  EXPECT_THAT(decide({failed("rank 3: cannot write a.dat.tmp-n1-17-abc: full"),
                      failed("rank 1: cannot write a.dat.tmp-n2-99-def: full")})
                  .stopped,
              HasSubstr("twice the same"));
  EXPECT_THAT(decide({failed("", 127), ended(AttemptCause::cancelled), failed("", 127)}).stopped,
              HasSubstr("exit status 127"));
}

TEST_F(RetryPolicy, FailuresOfAnotherCodeOrConfigurationSayNothing) {
  PastAttempt before = failed("bug");
  before.circumstances = "before";
  EXPECT_THAT(decide({before, before, before, before}).stopped, IsEmpty());
  EXPECT_THAT(decide({before, before, failed("bug")}).stopped, IsEmpty());
}

TEST_F(RetryPolicy, ACrashTwiceBySameSignalStops) {
  PastAttempt crash = ended(AttemptCause::crashed);
  crash.signal = 11;
  EXPECT_THAT(decide({crash}).stopped, IsEmpty());
  EXPECT_THAT(decide({crash, crash}).stopped, HasSubstr("signal 11"));
}

TEST_F(RetryPolicy, KilledWithoutAWordGoesAsBeforeAndThenWithMoreMemory) {
  const PastAttempt killed = ended(AttemptCause::killed);
  EXPECT_EQ(decide({killed}).resources, base_);
  EXPECT_EQ(decide({killed, killed}).resources.mem, 15 * kGigabyte);
  EXPECT_THAT(decide({killed, killed}).stopped, IsEmpty());
  EXPECT_THAT(decide({killed, killed, killed}).stopped, HasSubstr("3 failures without progress"));
}

TEST_F(RetryPolicy, ProgressStartsTheCountAnewAndDoneForgetsAll) {
  caps_.retries = 2;
  PastAttempt slow = ended(AttemptCause::timeout);
  slow.progressed = true;
  EXPECT_THAT(decide({ended(AttemptCause::timeout), slow, ended(AttemptCause::timeout)}).stopped, IsEmpty());
  EXPECT_THAT(decide({ended(AttemptCause::timeout), ended(AttemptCause::timeout)}).stopped,
              HasSubstr("retries = 2"));
  EXPECT_EQ(decide({ended(AttemptCause::timeout), ended(AttemptCause::done)}).resources, base_);
  EXPECT_THAT(decide({failed("a"), ended(AttemptCause::done), failed("a")}).stopped, IsEmpty());
}

TEST_F(RetryPolicy, CapsAndBaseComeFromTheCampaign) {
  Campaign campaign = test::small_campaign("/none");
  EXPECT_EQ(retry_caps(campaign, Stage::lux).retries, 3);
  EXPECT_EQ(campaign_resources(campaign, Stage::lux), ElementResources{});
  campaign.slurm[Stage::lux].values = {
      {"time", "02:00:00"}, {"mem", "10G"}, {"max_time", "1-00"}, {"max_mem", "1T"}, {"retries", "5"}};
  EXPECT_EQ(campaign_resources(campaign, Stage::lux), base_);
  EXPECT_EQ(retry_caps(campaign, Stage::lux).max_seconds, 24 * kHour);
  EXPECT_EQ(retry_caps(campaign, Stage::lux).max_mem, 1024 * kGigabyte);
  EXPECT_EQ(retry_caps(campaign, Stage::lux).retries, 5);
}

TEST(NodeNames, ListsAreWrittenOut) {
  EXPECT_THAT(node_names("n1"), ElementsAre("n1"));
  EXPECT_THAT(node_names("n[1-3,07],gpu2"), ElementsAre("gpu2", "n07", "n1", "n2", "n3"));
  EXPECT_THAT(node_names("worker[008-010]"), ElementsAre("worker008", "worker009", "worker010"));
  EXPECT_THAT(node_names(""), IsEmpty());
  for (const char* odd : {"n[1-3", "n[3-1]", "n[1]x", "n[a]", "r[1-2]n[1-2]"})
    EXPECT_THAT(node_names(odd), ElementsAre(odd)) << odd;
}

}  // namespace
}  // namespace lenswright
