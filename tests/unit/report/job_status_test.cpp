#include "report/job_status.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace lenswright {
namespace {

using testing::HasSubstr;
using testing::Not;

JobStatus half_done() {
  JobStatus status;
  status.campaign = "demo";
  status.stages = {{"lensplanes", "planes", 20, 40}, {"lux", "potentials", 0, 40}};
  ArrayProgress planes{"lensplanes", "lensplanes-1", 7, 2, 1, 5, 1, 0, {{"Resources", 2}, {"TIMEOUT", 1}}};
  ArrayProgress lux{"lux", "lux-1", 8, 0, 0, 0, 0, 4, {{"DependencyNeverSatisfied", 4}}};
  status.submissions = {{"20260131T000000Z-1", "anna (process 1 on login01)", "2026", 2, {planes, lux}}};
  status.failed = {{"lensplanes",
                    "lensplanes-1",
                    "7_4",
                    4,
                    "TIMEOUT",
                    "n2",
                    "/s/logs/4.log",
                    {"reading snapshot 96", "\x1b[31mslow"},
                    ""}};
  status.rest = {{"lensplanes", 2, 1, 50, 130}, {"lux", 3, 0, 0, 0}};
  status.next = "recovery status --watch --config c.yaml";
  return status;
}

TEST(JobStatus, TheTerminalShowsBarsArraysReasonsLogsAndTheNextCommand) {
  const std::string text = draw_job_status(half_done(), {{400, false}, 10});
  for (const char* part :
       {"[###############...............]", "50.0", "20/40 planes", "(attempt 2)", "2 Resources, 1 TIMEOUT",
        "lensplanes-1 element 4 (job 7_4): TIMEOUT", "log: /s/logs/4.log", "      reading snapshot 96",
        "4 DependencyNeverSatisfied", "about 50 s each: 2 min with as many at once as now",
        "none is done yet to judge by", "next: recovery status --watch"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));  // a log cannot speak to the terminal
}

TEST(JobStatus, MoreFailuresThanAreShownAreCounted) {
  JobStatus status = half_done();
  status.failed.assign(25, status.failed[0]);
  EXPECT_THAT(draw_job_status(status, {{400, false}, 10}), HasSubstr("and 15 more: --all"));
}

TEST(JobStatus, ACampaignThatNeverSawSlurmSaysSoAndShowsItsProducts) {
  JobStatus status;
  status.campaign = "demo";
  status.stages = {{"lensplanes", "planes", 40, 40}};
  const std::string text = draw_job_status(status, {{400, false}, 10});
  EXPECT_THAT(text, HasSubstr("nothing of it was submitted to Slurm"));
  status.problems = {"Slurm could not be asked"};
  EXPECT_THAT(draw_job_status(status, {{400, false}, 10}), Not(HasSubstr("nothing of it was submitted")));
  EXPECT_THAT(text, HasSubstr("100.0"));
  EXPECT_TRUE(status.complete());
  EXPECT_EQ(status.in_progress(), 0);
}

TEST(JobStatus, TheJsonFormHasTheSameNumbersAndKeepsToUtf8) {
  JobStatus status = half_done();
  status.failed[0].last_lines = {"\xff\xfe"};
  const auto json = nlohmann::json::parse(job_status_json(status));
  EXPECT_EQ(json.at("schema"), "lenswright.status/1");
  EXPECT_EQ(json.at("complete"), false);
  EXPECT_EQ(json.at("stages").at("lensplanes").at("complete"), 20);
  const auto& array = json.at("submissions").at(0).at("arrays").at(0);
  EXPECT_EQ(array.at("pending"), 2);
  EXPECT_EQ(array.at("reasons").at("TIMEOUT"), 1);
  EXPECT_EQ(json.at("failed").at(0).at("job"), "7_4");
  EXPECT_EQ(json.at("left").at(0).at("seconds_left"), 130);
  EXPECT_TRUE(json.at("left").at(1).at("seconds_left").is_null());
  EXPECT_TRUE(json.at("at_work").is_null());
}

TEST(JobStatus, ABarIsFullOnlyWhenAllIsThere) {
  EXPECT_EQ(progress_bar(0, 10, 5), "[.....]");
  EXPECT_EQ(progress_bar(999, 1000, 5), "[####.]");
  EXPECT_EQ(progress_bar(1000, 1000, 5), "[#####]");
  EXPECT_EQ(progress_bar(0, 0, 5), "[.....]");
}

TEST(JobStatus, DurationsAreToldInTheirOwnUnit) {
  EXPECT_EQ(duration_text(45), "45 s");
  EXPECT_EQ(duration_text(150), "3 min");
  EXPECT_EQ(duration_text(3 * 3600 + 20 * 60), "3 h 20 min");
  EXPECT_EQ(duration_text(2 * 86400 + 4 * 3600), "2 d 4 h");
}

}  // namespace
}  // namespace lenswright
