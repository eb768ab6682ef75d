#include "job_look.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "base/error.hpp"

namespace lenswright {

namespace {

// In this value only: the journal is written under the lease.
void find_lost_answers(JobLook& look, SlurmClient& client) {
  for (Submission& submission : look.submissions) {
    for (SubmittedArray& array : submission.arrays) {
      if (array.answer) continue;
      const std::vector<SlurmJob> found = client.jobs_named(array.intent.job_name);
      if (!found.empty()) array.answer = ArrayAnswer{found.front().array, "found by its name", {}};
    }
    if (!submission.follow_up || submission.follow_up->answer) continue;
    const std::vector<SlurmJob> found = client.jobs_named(submission.follow_up->job_name);
    if (!found.empty())
      submission.follow_up->answer = ArrayAnswer{found.front().array, "found by its name", {}};
  }
}

}  // namespace

SlurmClientSettings client_settings(const Campaign& campaign) {
  SlurmClientSettings settings;
  settings.timeout = std::chrono::seconds(campaign.slurm_command_timeout_seconds);
  settings.tell = [](const std::string& sentence) { fmt::print(stderr, "{}\n", sentence); };
  return settings;
}

JobLook look_at_jobs(Disk& disk, const Campaign& campaign, SlurmClient& client) {
  JobLook look;
  std::vector<Submission> all = read_submissions(disk, campaign);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (!all[i].closed || i + 1 == all.size()) look.submissions.push_back(std::move(all[i]));
  if (look.submissions.empty()) return look;
  try {
    find_lost_answers(look, client);
    std::vector<std::int64_t> ids;
    for (const Submission& submission : look.submissions)
      for (const SubmittedArray& array : submission.arrays)
        if (array.answer && array.answer->job) ids.push_back(*array.answer->job);
    for (const Submission& submission : look.submissions)
      if (submission.follow_up && submission.follow_up->answer && submission.follow_up->answer->job)
        ids.push_back(*submission.follow_up->answer->job);
    look.jobs = client.jobs(ids);
  } catch (const StopRequested&) {
    throw;
  } catch (const Failure& failure) {  // SchedulerError; or there is no squeue here
    look.problem = fmt::format("Slurm could not be asked: {}", failure.what());
    for (std::size_t at = 0; (at = look.problem.find('\n', at)) != std::string::npos;)
      look.problem.replace(at, 1, ". ");
  }
  return look;
}

}  // namespace lenswright
