// recovery cancel: takes back what was submitted to Slurm and has not ended; what is published stays.
#include <fmt/format.h>

#include <algorithm>

#include "audit.hpp"
#include "command_line.hpp"
#include "job_look.hpp"
#include "run/campaign_lock.hpp"
#include "run/slurm_submission.hpp"
#include "survey.hpp"
#include "verb.hpp"

namespace lenswright {

namespace {

struct LiveArray {
  const SubmittedArray* array = nullptr;
  std::int64_t job = 0;
  std::size_t waiting = 0, running = 0;
};

// In the order of submission.
std::vector<LiveArray> live_arrays(const JobLook& look, const Selection& selection) {
  std::vector<LiveArray> live;
  for (const Submission& submission : look.submissions) {
    for (const SubmittedArray& array : submission.arrays) {
      if (!array.answer || !array.answer->job || !selection.contains(array.intent.stage)) continue;
      LiveArray one{&array, *array.answer->job, 0, 0};
      for (const SlurmJob& job : look.jobs) {
        if (job.array != one.job || !job.in_queue()) continue;
        ++(job.state == JobState::running ? one.running : one.waiting);
      }
      if (one.waiting + one.running > 0) live.push_back(one);
    }
  }
  return live;
}

}  // namespace

ExitStatus run_cancel(int argc, char** argv) {
  cxxopts::Options options = verb_options(
      "cancel",
      "Cancels what the campaign has waiting or running on the cluster, and the job of --auto-retry. What is "
      "published stays, and "
      "recovery submit "
      "goes on from there. Exit status 0: nothing of it is left in the queue, 2: Slurm could not be asked.");
  add_selection_options(options);
  options.add_options()("yes", "don't ask");
  const auto parsed = parse_verb(options, argc, argv);
  if (!parsed) return ExitStatus::done;
  for (const char* option : {"model", "realization", "snapshot"})
    if (parsed->count(option) > 0)
      throw UsageError(
          fmt::format("recovery cancel --{}: an array is cancelled as a whole; choose with --stage", option));
  const Look look = look_from(*parsed);
  // While one submits, what it hands over next would escape.
  const CampaignLock lock(real_disk(), look.campaign);
  const auto commands = make_process_source();
  SlurmClient client(*commands, client_settings(look.campaign));
  const JobLook jobs = look_at_jobs(real_disk(), look.campaign, client);
  if (!jobs.problem.empty())
    throw SchedulerError("recovery cancel", static_cast<int>(ExitStatus::failed),
                         "nothing is cancelled. " + jobs.problem);
  const std::vector<LiveArray> live = live_arrays(jobs, look.selection);
  // Those that follow would plan again what is cancelled here, and begin as soon as it is.
  std::vector<std::string> ids;
  for (const Submission& submission : jobs.submissions)
    if (const SlurmJob* next = follow_up_job(submission, jobs.jobs); next != nullptr) {
      ids.push_back(fmt::format("{}", next->array));
      fmt::print("the job that goes on by itself afterwards (job {})\n", next->array);
    }
  const std::size_t following = ids.size();
  for (const Submission& submission : jobs.submissions)
    for (const SubmittedArray& array : submission.arrays)
      if (!array.answer)
        fmt::print(
            "{}: sbatch's answer was lost and the queue doesn't know it; should it come up later, cancel "
            "again\n",
            array.intent.job_name);
  if (live.empty() && ids.empty()) {
    fmt::print("nothing of campaign {} waits or runs on the cluster\n", look.campaign.name);
    return ExitStatus::done;
  }
  std::size_t waiting = 0, running = 0;
  for (const LiveArray& one : live) {
    waiting += one.waiting;
    running += one.running;
    fmt::print("{} {} (job {}): {} waiting, {} running\n", stage_name(one.array->intent.stage),
               one.array->intent.name, one.job, one.waiting, one.running);
  }
  const std::string count = fmt::format("{} waiting and {} running elements of {} array{}{}", waiting,
                                        running, live.size(), live.size() == 1 ? "" : "s",
                                        following == 0   ? ""
                                        : following == 1 ? " and the job that follows"
                                                         : " and the jobs that follow");
  if (!confirmed(fmt::format("Cancel {}?", count), parsed->count("yes") > 0)) {
    fmt::print("nothing done\n");
    return ExitStatus::gaps;
  }
  audit_begin(look.campaign);
  // Dependents first: the end of what they wait for must not start them.
  for (auto one = live.rbegin(); one != live.rend(); ++one) ids.push_back(fmt::format("{}", one->job));
  client.cancel(ids);
  audit_change("cancelled " + count);
  fmt::print("cancelled {}; what is published stays. Next: recovery submit{}\n", count, look.options);
  return ExitStatus::done;
}

}  // namespace lenswright
