#include "run/attempt_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <ctime>
#include <set>

#include "base/error.hpp"
#include "base/version.hpp"
#include "campaign/effective_configuration.hpp"
#include "campaign/slurm_values.hpp"
#include "io/checksum.hpp"

namespace lenswright {

namespace {

constexpr int kSignalStatus = 128;  // of shells: 128 + signal

// "2026-01-31T12:34:56.789Z"; 0: not such a text
std::int64_t unix_seconds(const std::string& utc) {
  std::tm time{};
  if (strptime(utc.c_str(), "%Y-%m-%dT%H:%M:%S", &time) == nullptr) return 0;
  return static_cast<std::int64_t>(timegm(&time));
}

std::int64_t number_from(const std::string& digits) {
  std::int64_t number = -1;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

AttemptCause cause_of_signal(int number) {
  if (number == SIGKILL) return AttemptCause::killed;
  return number == SIGTERM || number == SIGINT || number == SIGUSR1 ? AttemptCause::cancelled
                                                                    : AttemptCause::crashed;
}

void set_cause(PastAttempt& past, const SlurmJob& job) {
  past.status = job.exit_status;
  switch (job.cause) {
    case JobCause::none:
      past.cause =
          AttemptCause::unknown;  // ended well, without a word of the program: what it should have made lacks
      return;
    case JobCause::timeout:
      past.cause = AttemptCause::timeout;
      return;
    case JobCause::out_of_memory:
      past.cause = AttemptCause::out_of_memory;
      return;
    case JobCause::node_fail:
      past.cause = AttemptCause::node_fail;
      return;
    case JobCause::cancelled:
      past.cause = AttemptCause::cancelled;
      return;
    case JobCause::signal:
      past.signal = job.signal;
      past.cause = cause_of_signal(job.signal);
      return;
    case JobCause::exit_status:
      if (job.exit_status == static_cast<int>(ExitStatus::stopped_early)) {
        past.cause = AttemptCause::timeout;
      } else if (job.exit_status > kSignalStatus && job.exit_status < kSignalStatus + SIGRTMIN) {
        past.signal = job.exit_status - kSignalStatus;
        past.cause = cause_of_signal(past.signal);
      } else {
        past.cause = AttemptCause::failed;
      }
      return;
    case JobCause::dependency_never_met:
    case JobCause::unknown:
      past.cause = AttemptCause::unknown;
      return;
  }
}

AttemptCause cause_of(const Attempt& record) {
  switch (record.end) {
    case AttemptEnd::done:
      return AttemptCause::done;
    case AttemptEnd::out_of_time:
      return AttemptCause::timeout;
    case AttemptEnd::stopped:
      return AttemptCause::cancelled;
    case AttemptEnd::out_of_memory:
      return AttemptCause::out_of_memory;
    case AttemptEnd::failed:
      return AttemptCause::failed;
  }
  return AttemptCause::unknown;
}

KnownAttempt known(const Attempt& record) {
  KnownAttempt attempt;
  PastAttempt& past = attempt.past;
  past.cause = cause_of(record);
  past.status = record.status;
  past.message = record.message;
  past.job = job_text(record.job);
  past.nodes = record.job.nodes;
  past.circumstances = circumstances_of(record);
  past.progressed = record.left.size() < record.asked;
  attempt.ended = unix_seconds(record.finished);
  return attempt;
}

void set_given(PastAttempt& past, const EndedElement& element) {
  if (const auto time = element.resources.find("time"); time != element.resources.end())
    past.seconds = slurm_seconds(time->second);
  if (const auto mem = element.resources.find("mem"); mem != element.resources.end())
    past.mem = slurm_bytes(mem->second);
}

bool of_element(const Attempt& record, const EndedElement& element) {
  if (record.stage != element.stage) return false;
  if (element.job.index)
    return number_from(record.job.array_job) == element.job.array &&
           number_from(record.job.element) == *element.job.index;
  return number_from(record.job.job) == element.job.array;
}

// What the scheduler knows of the last start changes what its record says.
void correct(PastAttempt& past, const SlurmJob& job) {
  if (past.cause == AttemptCause::done) return;
  if (job.cause == JobCause::node_fail) past.cause = AttemptCause::node_fail;
  if (job.cause == JobCause::out_of_memory) past.cause = AttemptCause::out_of_memory;
  if (job.cause == JobCause::timeout && past.cause == AttemptCause::cancelled)
    past.cause = AttemptCause::timeout;
}

}  // namespace

std::vector<EndedElement> ended_elements(Disk& disk, const Campaign& campaign,
                                         const std::vector<Submission>& submissions,
                                         const std::vector<SlurmJob>& jobs,
                                         std::vector<std::string>& problems) {
  std::map<std::int64_t, std::vector<const SlurmJob*>> of_array;
  for (const SlurmJob& job : jobs)
    if (job.over()) of_array[job.array].push_back(&job);
  std::vector<EndedElement> ended;
  for (const Submission& submission : submissions) {
    for (const SubmittedArray& array : submission.arrays) {
      if (!array.answer || !array.answer->job) continue;
      const auto known_jobs = of_array.find(*array.answer->job);
      if (known_jobs == of_array.end()) continue;
      try {
        const auto products = element_products(disk, campaign, array.intent);
        for (const SlurmJob* job : known_jobs->second) {
          const auto element = job->index ? products.find(*job->index) : products.begin();
          if (element == products.end()) continue;
          ended.push_back(
              {array.intent.stage, element->second, *job, array.intent.resources, submission.configuration});
        }
      } catch (const Failure& failure) {
        problems.push_back(fmt::format("{}: what became of its elements is left out", failure.what()));
      }
    }
  }
  return ended;
}

std::string circumstances_of(const Attempt& attempt) {
  return attempt.code_version + "/" + attempt.configuration;
}

std::string circumstances_now(const Campaign& campaign) {
  return code_version() + "/" + digest_of(work_configuration(campaign)).hex();
}

AttemptHistory attempt_history(const Campaign& campaign, const std::vector<Attempt>& records,
                               const std::vector<EndedElement>& elements) {
  AttemptHistory history;
  const std::string configuration = digest_of(work_configuration(campaign)).hex();
  std::vector<KnownAttempt> of_record;
  for (const Attempt& record : records) of_record.push_back(known(record));
  for (const EndedElement& element : elements) {
    std::size_t last = records.size();  // record of the element's last start
    for (std::size_t n = 0; n < records.size(); ++n) {
      if (!of_element(records[n], element)) continue;
      set_given(of_record[n].past, element);
      if (last == records.size() || records[n].job.restarts >= records[last].job.restarts) last = n;
    }
    if (last < records.size() && records[last].job.restarts >= element.job.restarts) {
      correct(of_record[last].past, element.job);
      continue;
    }
    if (element.job.cause == JobCause::dependency_never_met || element.job.started == 0) continue;
    KnownAttempt attempt;
    set_cause(attempt.past, element.job);
    set_given(attempt.past, element);
    attempt.past.job = job_text(element.job);
    attempt.past.nodes = element.job.nodes;
    // Without a record the code is not known: only another configuration tells it apart.
    if (element.configuration != configuration) attempt.past.circumstances = "/" + element.configuration;
    attempt.ended = element.job.ended;
    attempt.asked = element.products;
    attempt.progress_known = false;
    for (const std::string& unit : work_units(campaign, element.products))
      history.attempts[{element.stage, unit}].push_back(attempt);
  }
  for (std::size_t n = 0; n < records.size(); ++n)
    for (const std::string& unit : records[n].units)
      history.attempts[{records[n].stage, unit}].push_back(of_record[n]);
  for (auto& [unit, attempts] : history.attempts)
    std::stable_sort(attempts.begin(), attempts.end(),
                     [](const KnownAttempt& a, const KnownAttempt& b) { return a.ended < b.ended; });
  return history;
}

}  // namespace lenswright
