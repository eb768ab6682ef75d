#include "run/slurm_submission.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <thread>

#include "base/error.hpp"
#include "io/atomic_writer.hpp"
#include "ledger/receipt.hpp"
#include "run/local_executor.hpp"
#include "run/slurm_script.hpp"

namespace lenswright {

namespace fs = std::filesystem;

namespace {

using std::chrono::milliseconds;

// Since a time written by utc_now(); clocks of two hosts may differ, so never negative.
milliseconds age_of(const std::string& written) {
  std::tm time{};
  int milli = 0;
  if (std::sscanf(written.c_str(), "%d-%d-%dT%d:%d:%d.%d", &time.tm_year, &time.tm_mon, &time.tm_mday,
                  &time.tm_hour, &time.tm_min, &time.tm_sec, &milli) < 6)
    return milliseconds(0);
  time.tm_year -= 1900;
  time.tm_mon -= 1;
  const auto then = std::chrono::system_clock::from_time_t(timegm(&time)) + milliseconds(milli);
  return std::max(milliseconds(0),
                  std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now() - then));
}

// Refusals that say nothing about the script: how much one may have queued.
bool is_about_limits(const std::string& message) {
  for (const char* limit : {"MaxSubmitJob", "MaxJobCount", "GrpSubmit", "temporarily unable"})
    if (message.find(limit) != std::string::npos) return true;
  return false;
}

const PreparedArray& array_named(const std::vector<PreparedArray>& arrays, const std::string& name) {
  return *std::find_if(arrays.begin(), arrays.end(),
                       [&](const PreparedArray& array) { return array.intent.name == name; });
}

// Of each submission that may have something in flight, its arrays' ids.
std::vector<std::int64_t> ids_of(const std::vector<Submission>& submissions) {
  std::vector<std::int64_t> ids;
  for (const Submission& submission : submissions)
    for (const SubmittedArray& array : submission.arrays)
      if (!submission.closed && array.answer && array.answer->job) ids.push_back(*array.answer->job);
  for (const Submission& submission : submissions)
    if (!submission.closed && submission.follow_up && submission.follow_up->answer &&
        submission.follow_up->answer->job)
      ids.push_back(*submission.follow_up->answer->job);
  return ids;
}

// Indices of an array that wait or run. Ids come round again after a controller has lost its state: the name tells.
std::set<int> living_elements(const SubmittedArray& array, const std::vector<SlurmJob>& jobs) {
  std::set<int> living;
  if (!array.answer) living.insert(array.intent.elements.begin(), array.intent.elements.end());
  if (!array.answer || !array.answer->job) return living;
  for (const SlurmJob& job : jobs)
    if (job.array == *array.answer->job && job.name == array.intent.job_name && job.index && !job.over())
      living.insert(*job.index);
  return living;
}

std::vector<SlurmJob> ask(SlurmClient& client, const std::vector<std::int64_t>& ids) {
  return ids.empty() ? std::vector<SlurmJob>() : client.jobs(ids);
}

}  // namespace

const SlurmJob* follow_up_job(const Submission& submission, const std::vector<SlurmJob>& jobs) {
  if (!submission.follow_up || !submission.follow_up->answer || !submission.follow_up->answer->job)
    return nullptr;
  const auto found = std::find_if(jobs.begin(), jobs.end(), [&](const SlurmJob& job) {
    return job.array == *submission.follow_up->answer->job && job.name == submission.follow_up->job_name &&
           job.in_queue();
  });
  return found == jobs.end() ? nullptr : &*found;
}

std::vector<PreparedArray> prepare_arrays(const Campaign& campaign, const Plan& plan,
                                          const std::vector<JobArray>& arrays, const ReceiptIndex& receipts,
                                          const SubmissionSettings& settings) {
  std::vector<PreparedArray> prepared;
  for (const JobArray& array : arrays) {
    PreparedArray next;
    ArrayIntent& intent = next.intent;
    intent.name = array.name;
    intent.job_name = fmt::format("{}_{}_{}", array.name, campaign.name, settings.name);
    intent.comment = fmt::format("lenswright {} {} {}", campaign.name, settings.name, array.name);
    intent.stage = array.stage;
    intent.script = settings.folder / (array.name + ".sh");
    intent.tasks = settings.folder / (array.name + ".tasks.json");
    intent.elements = array.indices();
    intent.at_once = array.at_once;
    intent.log = settings.logs / (array.name + "-%a.log");
    for (const ArrayNeed& need : array.after)
      intent.after.push_back({arrays[need.array].name, need.elements, need.pairwise});
    intent.resources = resources_of(campaign, array);
    intent.attempt = settings.attempt;
    next.tasks = encode_task_file(campaign, task_file_of(campaign, plan, array, receipts));
    intent.tasks_digest = digest_of(next.tasks);

    ScriptValues values;
    values.stage = array.stage;
    values.name = intent.name;
    values.job_name = intent.job_name;
    values.comment = intent.comment;
    values.campaign = campaign.name;
    values.elements = intent.elements;
    values.at_once = intent.at_once;
    values.resources = intent.resources;
    if (const auto site = settings.sites.find(array.stage); site != settings.sites.end())
      values.site = site->second;
    values.folder = settings.folder;
    values.log = intent.log;
    values.program = settings.programs / program_of(array.stage);
    values.config = campaign.file;
    values.tasks = intent.tasks;
    values.overrides = campaign.overrides;
    values.tasks_digest = intent.tasks_digest;
    values.replace_mismatched = settings.replace_mismatched;
    next.script = slurm_script(values);
    intent.script_digest = digest_of(next.script);
    prepared.push_back(std::move(next));
  }
  return prepared;
}

void write_arrays(Disk& disk, const std::vector<PreparedArray>& arrays) {
  for (const PreparedArray& array : arrays) {
    publish_text(disk, array.intent.tasks, array.tasks);
    publish_text(disk, array.intent.script, array.script);
  }
}

std::string dependency_text(const ArrayIntent& intent, const std::vector<PreparedArray>& arrays,
                            const std::map<std::string, std::int64_t>& jobs) {
  std::string text;
  for (const ArrayParent& parent : intent.after) {
    const std::int64_t job = jobs.at(parent.array);
    text += text.empty() ? "" : ",";
    if (parent.pairwise) {
      text += fmt::format("aftercorr:{}", job);
    } else if (parent.elements == array_named(arrays, parent.array).intent.elements) {
      text += fmt::format("afterok:{}", job);
    } else {
      text += "afterok";
      for (const int element : parent.elements) text += fmt::format(":{}_{}", job, element);
    }
  }
  return text;
}

SlurmSubmission::SlurmSubmission(Disk& disk, const Campaign& campaign, SlurmClient& client,
                                 const Lease& lease, ProgressSink& progress, Patience patience)
    : disk_(disk),
      campaign_(campaign),
      client_(client),
      lease_(lease),
      progress_(progress),
      patience_(patience) {}

// The id under which the queue knows the array; none: it doesn't, though `age` and the patience from then on are over.
std::optional<std::int64_t> SlurmSubmission::ask_queue(const ArrayIntent& intent, milliseconds age) {
  const auto until = std::chrono::steady_clock::now() + patience_.grace - age;
  while (true) {
    std::set<std::int64_t> ids;
    for (const SlurmJob& job : client_.jobs_named(intent.job_name)) ids.insert(job.array);
    if (ids.size() > 1)
      throw InputError(fmt::format(
          "the queue has {} jobs of the unique name {}: {} and {}. Nothing is submitted; cancel one of "
          "them with scancel, and run again",
          ids.size(), intent.job_name, *ids.begin(), *ids.rbegin()));
    if (!ids.empty()) return *ids.begin();
    if (std::chrono::steady_clock::now() >= until) return std::nullopt;
    std::this_thread::sleep_for(patience_.look_every);
  }
}

std::vector<std::string> SlurmSubmission::settle_earlier(std::set<std::string> assumed_lost) {
  std::vector<std::string> sentences, open;
  for (const Submission& submission : read_submissions(disk_, campaign_))
    for (const SubmittedArray& array : submission.arrays) {
      if (array.answer) continue;
      progress_.note(fmt::format("asking the queue what became of {}", array.intent.job_name));
      auto job = ask_queue(array.intent, age_of(array.intent.written));
      const bool assumed = assumed_lost.erase(array.intent.job_name) > 0;
      if (!job && !assumed) {
        open.push_back(array.intent.job_name);
        continue;
      }
      lease_.require_held();
      if (!job) {
        withdraw(disk_, array.intent);
        job = ask_queue(array.intent, patience_.grace);  // it may have come in before that
      }
      const std::string message =
          job ? fmt::format("{}: sbatch's answer was lost; the queue knows it as job {}",
                            array.intent.job_name, *job)
              : fmt::format(
                    "{}: sbatch's answer was lost, the queue knows no such job, and it is taken for "
                    "not submitted, as you say; should it come up after all, its elements end at once",
                    array.intent.job_name);
      write_answer(disk_, campaign_, submission.name, array.intent.name, {job, message, utc_now()});
      sentences.push_back(message);
    }
  if (!open.empty())
    throw InputError(fmt::format(
        "sbatch's answer for {0} was lost, and the queue knows no such job. A busy or stopped controller can "
        "still take it in, so nothing is submitted that might be made twice. Wait, and run this again; or "
        "make "
        "sure that it isn't there (squeue --me --states=all --name={0}; sacct --name={0}) and no sbatch of "
        "yours still runs, then add --assume-lost {1}",
        fmt::join(open, ","), fmt::join(open, " --assume-lost ")));
  if (!assumed_lost.empty())
    throw UsageError(
        fmt::format("--assume-lost {}: no job of that name lacks sbatch's answer", *assumed_lost.begin()));
  return sentences;
}

std::string SlurmSubmission::test(const std::vector<PreparedArray>& arrays) {
  progress_.begin("asking the cluster about the scripts", arrays.size(), "scripts");
  std::string refusal;
  for (const PreparedArray& array : arrays) {
    const std::string message = client_.test_only(array.intent.script);
    progress_.advance(1);
    if (message.empty() || is_about_limits(message)) continue;
    refusal = fmt::format("{}: {}", array.intent.script.string(), message);
    break;
  }
  progress_.end();
  return refusal;
}

// Slurm runs a job whose parent it doesn't know as if the parent had succeeded.
void SlurmSubmission::require_known(const ArrayIntent& intent, const std::vector<PreparedArray>& arrays,
                                    const std::map<std::string, std::int64_t>& jobs) {
  std::vector<std::int64_t> ids;
  for (const ArrayParent& parent : intent.after)
    if (!known_.contains(parent.array)) ids.push_back(jobs.at(parent.array));
  if (ids.empty()) return;
  const std::vector<SlurmJob> found = client_.jobs(ids);
  for (const ArrayParent& parent : intent.after) {
    const ArrayIntent& other = array_named(arrays, parent.array).intent;
    std::set<int> there;
    for (const SlurmJob& job : found)
      if (job.array == jobs.at(parent.array) && job.name == other.job_name && job.index)
        there.insert(*job.index);
    if (known_.contains(parent.array)) continue;
    for (const int element : other.elements)
      if (!there.contains(element))
        throw InputError(fmt::format(
            "{} would wait for element {} of job {} ({}), which the queue doesn't know: Slurm would run it "
            "at once. "
            "It and what comes after it is not submitted; next: recovery status, then recovery submit again",
            intent.name, element, jobs.at(parent.array), other.job_name));
    known_.insert(parent.array);
  }
}

void SlurmSubmission::submit(const Submission& submission, const std::vector<PreparedArray>& arrays,
                             const std::function<void()>& between) {
  write_submission(disk_, campaign_, submission);
  std::map<std::string, std::int64_t> jobs;
  progress_.begin("submitting", arrays.size(), "arrays");
  for (const PreparedArray& array : arrays) {
    between();
    require_known(array.intent, arrays, jobs);
    lease_.require_held();
    ArrayIntent intent = array.intent;
    intent.written = utc_now();
    write_intent(disk_, campaign_, submission.name, intent);
    const auto started = std::chrono::steady_clock::now();
    std::vector<std::string> arguments;
    if (const std::string dependency = dependency_text(intent, arrays, jobs); !dependency.empty())
      arguments.push_back("--dependency=" + dependency);
    const SubmitAnswer answer = client_.submit(intent.script, arguments);
    const auto note = [&](std::optional<std::int64_t> job, const std::string& message) {
      write_answer(disk_, campaign_, submission.name, intent.name, {job, message, utc_now()});
    };
    const std::string so_far =
        fmt::format("{} of {} arrays are submitted, and stay", jobs.size(), arrays.size());
    if (answer.outcome == SubmitAnswer::Outcome::refused) {
      note(std::nullopt, answer.message);
      throw SchedulerError(
          "sbatch " + intent.script.string(), 1,
          fmt::format("{}\n{}; once the cause is away: recovery submit", answer.message, so_far));
    }
    std::optional<std::int64_t> job;
    if (answer.outcome == SubmitAnswer::Outcome::accepted) {
      job = answer.job;
      note(job, "answered by sbatch");
    } else {
      progress_.note(
          fmt::format("sbatch's answer for {} is lost ({}): asking the queue", intent.name, answer.message));
      std::string queue = "the queue knows no job " + intent.job_name;
      try {
        job = ask_queue(intent,
                        std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - started));
      } catch (const SchedulerError& silent) {
        queue = fmt::format("the queue cannot be asked for job {} ({}: {})", intent.job_name,
                            silent.command().substr(0, silent.command().find(' ')),
                            silent.complaint().substr(0, silent.complaint().find('\n')));
      }
      // Nothing is noted: the next submit asks again.
      if (!job)
        throw SchedulerError(
            "sbatch " + intent.script.string(), 1,
            fmt::format("no answer ({}), and {}. Whether it is submitted cannot be told, so it is not tried "
                        "again; {}. Look with squeue --me; recovery submit asks the queue again, and goes on "
                        "once it is there, or once you say --assume-lost {}",
                        answer.message, queue, so_far, intent.job_name));
      note(job, fmt::format("sbatch's answer was lost; found in the queue by its name"));
    }
    jobs[intent.name] = *job;
    progress_.advance(1);
  }
  progress_.end();
}

InFlight find_in_flight(Disk& disk, const Campaign& campaign, const std::vector<Submission>& submissions,
                        SlurmClient& client) {
  InFlight found;
  const std::vector<SlurmJob> jobs = ask(client, ids_of(submissions));
  for (const Submission& submission : submissions) {
    if (submission.closed) continue;
    for (const SubmittedArray& array : submission.arrays) {
      const std::set<int> living = living_elements(array, jobs);
      if (living.empty()) continue;
      found.elements += std::ssize(living);
      for (const auto& [index, products] : element_products(disk, campaign, array.intent))
        if (living.contains(index)) found.products.insert(products.begin(), products.end());
    }
  }
  return found;
}

void close_ended(Disk& disk, const Campaign& campaign, const std::vector<Submission>& submissions,
                 SlurmClient& client) {
  const std::vector<SlurmJob> jobs = ask(client, ids_of(submissions));
  for (const Submission& submission : submissions) {
    const bool ended =
        std::all_of(submission.arrays.begin(), submission.arrays.end(),
                    [&](const SubmittedArray& array) { return living_elements(array, jobs).empty(); }) &&
        follow_up_job(submission, jobs) == nullptr;
    if (!submission.closed && ended) write_closed(disk, campaign, submission.name);
  }
}

}  // namespace lenswright
