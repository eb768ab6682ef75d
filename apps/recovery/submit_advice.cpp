#include "submit_advice.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "io/atomic_writer.hpp"
#include "ledger/attempt.hpp"
#include "run/auto_retry.hpp"
#include "run/local_executor.hpp"
#include "run/slurm_site.hpp"
#include "run/submission_journal.hpp"
#include "run/task_advice.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

std::vector<std::int64_t> jobs_of(const std::vector<Submission>& submissions, bool closed_too) {
  std::vector<std::int64_t> jobs;
  for (const Submission& submission : submissions) {
    if (submission.closed && !closed_too) continue;
    for (const SubmittedArray& array : submission.arrays)
      if (array.answer && array.answer->job) jobs.push_back(*array.answer->job);
  }
  return jobs;
}

fs::path own_folder() {
  return fs::read_symlink("/proc/self/exe").parent_path();
}

}  // namespace

AdvisedPlan advise(const Look& look, Plan plan, bool retry_stopped, SlurmClient* client) {
  const Campaign& campaign = look.campaign;
  Disk& disk = real_disk();
  const auto commands = make_process_source();
  const Attempts attempts = load_attempts(disk, campaign);
  std::vector<std::string> notes = attempts.problems;

  const std::vector<Submission> submissions = read_submissions(disk, campaign);
  std::vector<SlurmJob> jobs;
  if (const std::vector<std::int64_t> ids = jobs_of(submissions, true); !ids.empty()) {
    try {
      if (client == nullptr) throw Failure("the cluster doesn't answer");
      jobs = client->jobs(ids);
    } catch (const StopRequested&) {
      throw;
    } catch (const Failure& failure) {
      notes.push_back(fmt::format("what became of earlier jobs is known from their own records only: {}",
                                  failure.what()));
    }
  }
  const std::vector<EndedElement> ended = ended_elements(disk, campaign, submissions, jobs, notes);
  const AttemptHistory history = attempt_history(campaign, attempts.records, ended);
  ResourceEstimates estimates(attempts.records);
  estimates.foresee(campaign, plan, own_folder(), *commands);
  for (const std::string& note : notes) fmt::print("{}\n", note);
  for (const std::string& note : estimates.notes()) fmt::print("{}\n", note);

  AdvisedPlan advised;
  advised.advice = task_advice(campaign, plan, history, estimates, {retry_stopped});
  for (const PlannedTask& task : plan.tasks) {
    const auto found = advised.advice.find({task.stage, task.task.index});
    if (found != advised.advice.end() && !found->second.stopped.empty())
      fmt::print("stopped: {}: {}\n", task_label(campaign, task), found->second.stopped);
  }
  advised.plan = without_stopped(campaign, std::move(plan), advised.advice);
  return advised;
}

void submit_auto_retry(const Look& look, int times, bool yes, bool replace_mismatched, SlurmClient& client) {
  const Campaign& campaign = look.campaign;
  Disk& disk = real_disk();
  const std::vector<Submission> submissions = read_submissions(disk, campaign);
  const std::vector<std::int64_t> jobs = jobs_of(submissions, false);
  if (jobs.empty()) return;
  const std::string& plan = submissions.back().name;
  AutoRetry retry;
  retry.times_left = times;
  retry.recovery = own_folder() / "recovery";
  retry.options = look.options;
  retry.yes = yes;
  retry.replace_mismatched = replace_mismatched;
  for (const auto& [stage, resources] : campaign.slurm)
    if (retry.site.empty()) retry.site = site_text(disk, campaign, stage);
  retry.reports = campaign.state / "reports";
  retry.folder = fs::current_path();
  const fs::path script = campaign.state / "plans" / plan / "auto-retry.sh";
  const fs::path log = campaign.state / "logs" / plan / "auto-retry.log";
  publish_text(disk, script, auto_retry_script(retry));
  write_follow_up(disk, campaign, plan, {auto_retry_name(campaign, plan), times, utc_now(), {}});

  const SubmitAnswer answer =
      client.submit(script, auto_retry_arguments(campaign, plan, jobs, retry.folder, log));
  if (answer.outcome == SubmitAnswer::Outcome::refused)
    write_follow_up_answer(disk, campaign, plan, {std::nullopt, answer.message, utc_now()});
  if (answer.outcome == SubmitAnswer::Outcome::accepted) {
    write_follow_up_answer(disk, campaign, plan, {answer.job, "answered by sbatch", utc_now()});
    fmt::print("after all of them: job {} {} and leaves a report in {}\n", answer.job,
               times > 0
                   ? fmt::format("plans again what lacks ({} time{} at most)", times, times == 1 ? "" : "s")
                   : "looks at what is there",
               retry.reports.string());
    return;
  }
  // It makes nothing by itself, and plans only what is not in flight: one too many or too few does no harm.
  fmt::print(
      "the job that would go on by itself was {}: {}\nnext, once the jobs have ended: recovery submit{}\n",
      answer.outcome == SubmitAnswer::Outcome::refused ? "refused" : "perhaps not submitted", answer.message,
      look.options);
}

}  // namespace lenswright
