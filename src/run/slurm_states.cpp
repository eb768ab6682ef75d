#include "run/slurm_states.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <tuple>
#include <utility>

#include "base/error.hpp"

namespace lenswright {

namespace {

// What sbatch and sacct may name at most: Slurm's own MaxArraySize ends at 4,000,001.
constexpr int kLargestIndex = 4'000'000;

[[noreturn]] void unreadable(std::string_view program, std::string_view line) {
  throw SchedulerError(std::string(program), 0,
                       fmt::format("cannot read this line of its answer: {}", line.substr(0, 200)));
}

template <typename Number>
std::optional<Number> number_in(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "N/A", "Unknown", "None", "NONE": not yet.
std::int64_t time_in(std::string_view text) {
  return number_in<std::int64_t>(text).value_or(0);
}

std::string word_in(std::string_view text) {
  if (text == "(null)" || text == "None" || text == "None assigned" || text == "N/A") return {};
  return std::string(text);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// The last field takes the rest, bars included: it is free text.
template <std::size_t N>
std::array<std::string_view, N> fields_of(std::string_view program, std::string_view line) {
  std::array<std::string_view, N> fields;
  std::string_view rest = line;
  for (std::size_t field = 0; field + 1 < N; ++field) {
    const std::size_t bar = rest.find('|');
    if (bar == std::string_view::npos) unreadable(program, line);
    fields[field] = rest.substr(0, bar);
    rest.remove_prefix(bar + 1);
  }
  fields[N - 1] = rest;
  return fields;
}

// The value after `key=` in a line of `scontrol -o`; empty: not there.
std::string_view value_of(std::string_view line, std::string_view key) {
  const std::string wanted = fmt::format(" {}=", key);
  std::size_t begin = line.find(wanted);
  if (begin == std::string_view::npos) return {};
  begin += wanted.size();
  return line.substr(begin, std::min(line.find(' ', begin), line.size()) - begin);
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

std::string_view job_state_name(JobState state) {
  switch (state) {
    case JobState::pending:
      return "pending";
    case JobState::running:
      return "running";
    case JobState::done:
      return "done";
    case JobState::failed:
      return "failed";
  }
  return "";
}

std::string_view job_cause_name(JobCause cause) {
  switch (cause) {
    case JobCause::none:
      return "";
    case JobCause::timeout:
      return "TIMEOUT";
    case JobCause::out_of_memory:
      return "OUT_OF_MEMORY";
    case JobCause::node_fail:
      return "NODE_FAIL";
    case JobCause::cancelled:
      return "CANCELLED";
    case JobCause::exit_status:
      return "FAILED";
    case JobCause::signal:
      return "FAILED";
    case JobCause::dependency_never_met:
      return "DependencyNeverSatisfied";
    case JobCause::unknown:
      return "unknown";
  }
  return "";
}

std::string job_text(const SlurmJob& job) {
  return job.index ? fmt::format("{}_{}", job.array, *job.index) : fmt::format("{}", job.array);
}

std::string describe_end(const SlurmJob& job) {
  if (job.state != JobState::failed) {
    const bool telling = job.state == JobState::pending && !job.reason.empty();
    return telling ? fmt::format("pending ({})", job.reason) : std::string(job_state_name(job.state));
  }
  switch (job.cause) {
    case JobCause::exit_status:
      return job.exit_status == 0 ? job.word : fmt::format("FAILED with exit status {}", job.exit_status);
    case JobCause::signal:
      return fmt::format("FAILED by signal {}", job.signal);
    case JobCause::unknown:
      return job.word;
    case JobCause::node_fail:
      return job.nodes.empty() ? job.word : fmt::format("NODE_FAIL on {}", job.nodes);
    default:
      return std::string(job_cause_name(job.cause));
  }
}

void set_state(SlurmJob& job, std::string_view word, std::string_view reason) {
  job.word = word;
  job.reason = word_in(reason);
  job.cause = JobCause::none;
  const std::string_view state = word.substr(0, word.find(' '));  // "CANCELLED by 0"
  if (is_one_of(state,
                {"PENDING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT", "RESV_DEL_HOLD"})) {
    job.state = JobState::pending;
    if (reason != "DependencyNeverSatisfied") return;
    job.state = JobState::failed;
    job.cause = JobCause::dependency_never_met;
  } else if (is_one_of(state, {"RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED", "STOPPED", "SIGNALING",
                               "STAGE_OUT", "RESIZING"})) {
    job.state = JobState::running;
  } else if (state == "COMPLETED") {
    job.state = JobState::done;
  } else {
    job.state = JobState::failed;
    // Accounting writes "CANCELLED by UID" where somebody did it, and keeps the reason from before the end.
    const bool dependency =
        reason == "DependencyNeverSatisfied" || (reason == "Dependency" && word == "CANCELLED");
    if (is_one_of(state, {"TIMEOUT", "DEADLINE"}))
      job.cause = JobCause::timeout;
    else if (state == "OUT_OF_MEMORY")
      job.cause = JobCause::out_of_memory;
    else if (is_one_of(state, {"NODE_FAIL", "BOOT_FAIL"}))
      job.cause = JobCause::node_fail;
    else if (state == "CANCELLED")
      job.cause = dependency ? JobCause::dependency_never_met : JobCause::cancelled;
    else if (is_one_of(state, {"PREEMPTED", "REVOKED"}))
      job.cause = JobCause::cancelled;
    else if (state == "FAILED")
      job.cause = JobCause::exit_status;
    else
      job.cause = JobCause::unknown;
  }
}

void set_exit_code(SlurmJob& job, std::string_view code) {
  const std::size_t colon = code.find(':');
  if (colon == std::string_view::npos) return;
  job.exit_status = number_in<int>(code.substr(0, colon)).value_or(0);
  job.signal = number_in<int>(code.substr(colon + 1)).value_or(0);
  if (job.cause == JobCause::exit_status && job.signal != 0) job.cause = JobCause::signal;
}

std::vector<int> parse_array_ranges(std::string_view ranges) {
  std::vector<int> indices;
  std::string_view rest = ranges.substr(0, ranges.find('%'));
  while (!rest.empty()) {
    std::string_view part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    int step = 1;
    if (const std::size_t colon = part.find(':'); colon != std::string_view::npos) {
      step = number_in<int>(part.substr(colon + 1)).value_or(0);
      part = part.substr(0, colon);
    }
    const std::size_t dash = part.find('-');
    const auto first = number_in<int>(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number_in<int>(part.substr(dash + 1));
    if (!first || !last || step < 1 || *first < 0 || *last > kLargestIndex)
      unreadable("array ranges", ranges);
    for (int index = *first; index <= *last; index += step) indices.push_back(index);
  }
  if (indices.empty()) unreadable("array ranges", ranges);
  return indices;
}

// The controller, unlike accounting, has a reason of its own for what it cancelled itself, since it could not start any more.
static void tell_who_cancelled(SlurmJob& job) {
  if (job.word == "CANCELLED" && job.reason == "Dependency") job.cause = JobCause::cancelled;
}

std::vector<SlurmJob> parse_squeue(const std::string& text) {
  std::vector<SlurmJob> jobs;
  for (const std::string_view line : lines_of(text)) {
    const auto [id, array, index, state, reason, submit, start, end, nodes, name, comment] =
        fields_of<11>("squeue", line);
    SlurmJob job;
    const auto own = number_in<std::int64_t>(id), whole = number_in<std::int64_t>(array);
    if (!own || !whole) unreadable("squeue", line);
    job.job = *own;
    job.array = *whole;
    set_state(job, state, reason);
    tell_who_cancelled(job);
    job.submitted = time_in(submit);
    job.started = job.state == JobState::pending ? 0 : time_in(start);  // else an expectation
    job.ended = job.over() ? time_in(end) : 0;
    job.nodes = word_in(nodes);
    job.name = name;
    job.comment = word_in(comment);
    if (index == "N/A") {
      jobs.push_back(std::move(job));
      continue;
    }
    for (const int one : parse_array_ranges(index)) jobs.emplace_back(job).index = one;
  }
  return jobs;
}

std::vector<SlurmJob> parse_sacct(const std::string& text) {
  std::vector<SlurmJob> jobs;
  for (const std::string_view line : lines_of(text)) {
    const auto [id, raw, state, code, reason, submit, start, end, nodes, name, comment] =
        fields_of<11>("sacct", line);
    SlurmJob job;
    const std::size_t underscore = id.find('_');
    const auto array = number_in<std::int64_t>(id.substr(0, underscore));
    if (!array) unreadable("sacct", line);
    job.array = *array;
    job.job = number_in<std::int64_t>(raw).value_or(0);
    set_state(job, state, reason);
    set_exit_code(job, code);
    job.submitted = time_in(submit);
    job.started = time_in(start);
    job.ended = time_in(end);
    job.nodes = word_in(nodes);
    job.name = name;
    job.comment = comment;
    if (underscore == std::string_view::npos) {
      jobs.push_back(std::move(job));
      continue;
    }
    std::string_view elements = id.substr(underscore + 1);
    const bool range = elements.starts_with('[') && elements.ends_with(']');
    if (range) {
      elements = elements.substr(1, elements.size() - 2);
      job.job = 0;
    }
    for (const int one : parse_array_ranges(elements)) jobs.emplace_back(job).index = one;
  }
  return jobs;
}

std::vector<SlurmJob> parse_scontrol_jobs(const std::string& text) {
  std::vector<SlurmJob> jobs;
  for (const std::string_view line : lines_of(text)) {
    constexpr std::string_view kBegin = "JobId=";
    if (!line.starts_with(kBegin)) unreadable("scontrol show job", line);
    SlurmJob job;
    const auto id = number_in<std::int64_t>(line.substr(kBegin.size(), line.find(' ') - kBegin.size()));
    if (!id) unreadable("scontrol show job", line);
    job.job = *id;
    // The name comes before all the rest and may hold anything; what is looked for comes after it.
    const std::size_t after_name = std::min(line.find(" UserId="), line.size());
    const std::string_view head = line.substr(0, line.find(" JobName=")), rest = line.substr(after_name);
    job.array = number_in<std::int64_t>(value_of(head, "ArrayJobId")).value_or(*id);
    set_state(job, value_of(rest, "JobState"), value_of(rest, "Reason"));
    tell_who_cancelled(job);
    set_exit_code(job, value_of(rest, "ExitCode"));
    job.restarts = number_in<int>(value_of(rest, "Restarts")).value_or(0);
    job.submitted = time_in(value_of(rest, "SubmitTime"));
    job.started = job.state == JobState::pending ? 0 : time_in(value_of(rest, "StartTime"));
    job.ended = job.over() ? time_in(value_of(rest, "EndTime")) : 0;
    job.nodes = word_in(value_of(rest, "NodeList"));
    if (const std::size_t name = line.find(" JobName="); name != std::string_view::npos)
      job.name = line.substr(name + 9, after_name - name - 9);
    const std::string_view index = value_of(head, "ArrayTaskId");
    if (index.empty()) {
      jobs.push_back(std::move(job));
      continue;
    }
    for (const int one : parse_array_ranges(index)) jobs.emplace_back(job).index = one;
  }
  return jobs;
}

std::vector<SlurmJob> merged_jobs(const std::vector<SlurmJob>& controller,
                                  const std::vector<SlurmJob>& accounting) {
  std::map<std::pair<std::int64_t, int>, SlurmJob> jobs;
  const auto key = [](const SlurmJob& job) { return std::pair(job.array, job.index.value_or(-1)); };
  for (const SlurmJob& job : accounting) jobs[key(job)] = job;
  for (const SlurmJob& job : controller) {
    SlurmJob& merged = jobs[key(job)];
    const SlurmJob before = std::exchange(merged, job);
    if (merged.cause == JobCause::exit_status && merged.exit_status == 0 && before.cause != JobCause::none &&
        before.submitted == merged.submitted) {
      set_exit_code(merged, fmt::format("{}:{}", before.exit_status, before.signal));
    }
  }
  std::vector<SlurmJob> all;
  for (auto& [unused, job] : jobs) all.push_back(std::move(job));
  return all;
}

}  // namespace lenswright
