// recovery status: how far the campaign is on the cluster: what waits, runs, is done, failed and why, by products on
// disk first and Slurm's word second.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>
#include <thread>

#include "base/stop_request.hpp"
#include "campaign/product_path.hpp"
#include "command_line.hpp"
#include "job_look.hpp"
#include "ledger/attempt.hpp"
#include "report/job_status.hpp"
#include "run/campaign_lock.hpp"
#include "run/element_status.hpp"
#include "run/slurm_submission.hpp"
#include "survey.hpp"
#include "terminal_progress.hpp"
#include "verb.hpp"

namespace lenswright {

namespace {

constexpr std::uint64_t kTailBytes = 8192;  // of a log, looked at for its last lines
constexpr std::size_t kTailLines = 6;
constexpr int kWatchSeconds = 30;

struct StatusRequest {
  Look look;
  bool json = false;
  std::size_t failed_shown = 10;
};

std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Who holds the campaign's lease, if he may still live.
std::string at_work(Disk& disk, const Campaign& campaign) {
  const auto file = lock_file(campaign);
  if (!disk.status(file)) return {};
  try {
    const LeaseHolder holder = decode_lease(file.string(), read_text(disk, file));
    return may_live(holder) ? describe(holder) : std::string();
  } catch (const Failure&) {
    return {};  // released in between, or being written
  }
}

void add_last_lines(Disk& disk, FailedElement& failed) {
  try {
    if (!disk.status(failed.log)) {
      failed.no_log = "not there: it never ran, or not yet";
      return;
    }
    const auto file = disk.open(failed.log);
    const std::uint64_t size = file->size(), length = std::min(size, kTailBytes);
    std::string text(length, '\0');
    file->read_at(size - length, std::as_writable_bytes(std::span(text.data(), text.size())));
    while (!text.empty() && text.back() == '\n') text.pop_back();
    while (!text.empty() && failed.last_lines.size() < kTailLines) {
      const std::size_t begin = text.rfind('\n');
      failed.last_lines.insert(failed.last_lines.begin(),
                               text.substr(begin == std::string::npos ? 0 : begin + 1));
      text.resize(begin == std::string::npos ? 0 : begin);
    }
    if (failed.last_lines.empty()) failed.no_log = "empty";
  } catch (const IoError& error) {
    failed.no_log = error.what();
  }
}

// The program's own last words tell more than its exit status.
std::string words_of(const std::vector<Attempt>& attempts, const ElementStatus& element) {
  const std::string array = fmt::format("{}", element.job), index = fmt::format("{}", element.element);
  for (auto attempt = attempts.rbegin(); attempt != attempts.rend(); ++attempt)
    if (attempt->job.array_job == array && attempt->job.element == index) return attempt->message;
  return {};
}

std::vector<StageProgress> progress_of(const Summary& summary) {
  std::vector<StageProgress> stages;
  for (const StageSummary& stage : summary.stages)
    stages.push_back({stage.name, stage.unit, stage.counts.in(State::complete), stage.counts.needed()});
  return stages;
}

// Elements of all shown submissions. What failed in one and was submitted again in a later one is left out: the later
// one tells.
std::vector<ElementStatus> elements_of(Disk& disk, const Campaign& campaign, const JobLook& jobs,
                                       const ScanResult& scan, std::vector<std::string>& problems) {
  const auto complete = [&](const ProductId& id) { return scan.state(id) == State::complete; };
  std::vector<ElementStatus> elements;
  std::set<ProductId> later;
  for (auto submission = jobs.submissions.rbegin(); submission != jobs.submissions.rend(); ++submission) {
    std::vector<ElementStatus> of_this;
    std::set<ProductId> its_products;
    for (const SubmittedArray& array : submission->arrays) {
      std::map<int, std::vector<ProductId>> products;
      try {
        products = element_products(disk, campaign, array.intent);
      } catch (const Failure& failure) {
        problems.push_back(
            fmt::format("what {} was to make is not known: {}", array.intent.name, failure.what()));
      }
      for (ElementStatus& element :
           element_statuses(submission->name, array, products, jobs.jobs, complete)) {
        const std::vector<ProductId>& its = products[element.element];
        its_products.insert(its.begin(), its.end());
        const bool again = element.state == JobState::failed && !its.empty() &&
                           std::all_of(its.begin(), its.end(), [&](const ProductId& id) {
                             return complete(id) || later.contains(id);
                           });
        if (!again) of_this.push_back(std::move(element));
      }
    }
    later.insert(its_products.begin(), its_products.end());
    elements.insert(elements.begin(), std::make_move_iterator(of_this.begin()),
                    std::make_move_iterator(of_this.end()));
  }
  return elements;
}

std::vector<SubmissionProgress> submissions_of(const JobLook& jobs,
                                               const std::vector<ElementStatus>& elements) {
  std::vector<SubmissionProgress> submissions;
  for (const Submission& submission : jobs.submissions) {
    SubmissionProgress progress{submission.name, submission.by, submission.written, submission.attempt, {}};
    if (const SlurmJob* next = follow_up_job(submission, jobs.jobs); next != nullptr)
      progress.follow_up = {next->job, submission.follow_up->times_left, next->state == JobState::running};
    for (const SubmittedArray& array : submission.arrays) {
      ArrayProgress row;
      row.stage = stage_name(array.intent.stage);
      row.array = array.intent.name;
      row.job = array.answer ? array.answer->job.value_or(0) : 0;
      for (const ElementStatus& element : elements) {
        if (element.submission != submission.name || element.array != array.intent.name) continue;
        const bool held_back = element.cause == JobCause::dependency_never_met;
        switch (element.state) {
          case JobState::pending:
            ++row.pending;
            break;
          case JobState::running:
            ++row.running;
            break;
          case JobState::done:
            ++row.done;
            break;
          case JobState::failed:
            ++(held_back ? row.held_back : row.failed);
            break;
        }
        if (element.state == JobState::pending && !element.waits_for.empty())
          ++row.reasons[element.waits_for];
        if (element.state == JobState::failed)
          ++row.reasons[element.cause == JobCause::unknown ? "without its products"
                                                           : std::string(job_cause_name(element.cause))];
      }
      progress.arrays.push_back(std::move(row));
    }
    submissions.push_back(std::move(progress));
  }
  return submissions;
}

void add_failed(Disk& disk, const Campaign& campaign, const std::vector<ElementStatus>& elements,
                JobStatus& status) {
  std::optional<Attempts> attempts;
  for (const ElementStatus& element : elements) {
    if (element.state != JobState::failed || element.cause == JobCause::dependency_never_met) continue;
    if (!attempts) attempts = load_attempts(disk, campaign);
    FailedElement failed;
    failed.stage = stage_name(element.stage);
    failed.array = element.array;
    failed.element = element.element;
    if (element.job != 0) failed.job = fmt::format("{}_{}", element.job, element.element);
    failed.because = element.because;
    if (const std::string words = words_of(attempts->records, element); !words.empty())
      failed.because += ": " + words.substr(0, words.find('\n'));
    failed.nodes = element.nodes;
    failed.log = element.log.string();
    add_last_lines(disk, failed);
    status.failed.push_back(std::move(failed));
  }
}

struct Answer {
  JobStatus status;
  Verdict verdict = Verdict::complete;
};

Answer ask(const StatusRequest& request, SlurmClient& client) {
  const Look& look = request.look;
  Disk& disk = real_disk();
  SilentProgress silent;
  // Slurm first: what ends in between is found on disk, and not taken for failed.
  const JobLook jobs = look_at_jobs(disk, look.campaign, client);
  const Survey found = survey(look, disk, silent);
  const Summary summary = summary_of(look, found);
  Answer answer;
  answer.verdict = summary.verdict;
  JobStatus& status = answer.status;
  status.campaign = look.campaign.name;
  status.at_work = at_work(disk, look.campaign);
  status.stages = progress_of(summary);
  if (!jobs.problem.empty()) {
    answer.verdict = Verdict::cannot_tell;
    status.problems.push_back(jobs.problem + "; what is on disk is shown, what waits or runs is not known");
    status.next = fmt::format("recovery status{}, where the cluster can be asked", look.options);
    return answer;
  }
  const auto elements = elements_of(disk, look.campaign, jobs, found.scan, status.problems);
  status.submissions = submissions_of(jobs, elements);
  add_failed(disk, look.campaign, elements, status);
  for (const StageEstimate& rest : estimate_rest(elements, unix_now())) {
    status.rest.push_back({std::string(stage_name(rest.stage)), static_cast<std::int64_t>(rest.pending),
                           static_cast<std::int64_t>(rest.running), rest.seconds_each, rest.seconds_left});
  }
  if (summary.verdict == Verdict::cannot_tell) {
    status.next = fmt::format("recovery diagnose{}", look.options);
  } else if (!status.complete()) {
    const bool wait = status.in_progress() > 0 || !status.at_work.empty();
    status.next = fmt::format("recovery {}{}", wait ? "status --watch" : "submit", look.options);
  }
  return answer;
}

ExitStatus watch(const StatusRequest& request, SlurmClient& client, std::optional<int> every) {
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  while (true) {
    const Answer answer = ask(request, client);
    if (every && terminal && !request.json) fmt::print("\033[H\033[2J");
    JobStatusView view;
    view.style = terminal_style();
    view.failed = request.failed_shown;
    fmt::print("{}", request.json ? job_status_json(answer.status) : draw_job_status(answer.status, view));
    std::fflush(stdout);
    const bool over = answer.status.in_progress() == 0 && answer.status.at_work.empty() &&
                      answer.verdict != Verdict::cannot_tell;
    if (!every || over) return status_of(answer.verdict);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(*every);
    while (std::chrono::steady_clock::now() < until) {
      throw_if_stop_requested();
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    if (!terminal && !request.json) fmt::print("\n");
  }
}

}  // namespace

ExitStatus run_status(int argc, char** argv) {
  cxxopts::Options options = verb_options("status",
                                          "Shows how far the campaign is: products on disk per stage, and of "
                                          "what was submitted to Slurm what waits, "
                                          "runs, is done, or failed and why, with the end of each log, and "
                                          "an estimate of what is left. Exit status 0: "
                                          "all products are there, 1: not all, 2: cannot tell.");
  options.add_options()("watch", "again every N seconds until nothing waits or runs (30)",
                        cxxopts::value<int>()->implicit_value(std::to_string(kWatchSeconds)),
                        "N")("json", "as JSON (docs/status-json.md); with --watch one object after another")(
      "all", "show every failed element, not the first ten only")(
      "tier", "how closely to look: quick (exists, size), header (markers too), full (every byte, digests)",
      cxxopts::value<std::string>()->default_value("header"), "TIER");
  const auto parsed = parse_verb(options, argc, argv);
  if (!parsed) return ExitStatus::done;
  std::optional<int> every;
  if (parsed->count("watch") > 0) {
    every = (*parsed)["watch"].as<int>();
    if (*every < 1) throw UsageError(fmt::format("--watch {}: at least 1 second", *every));
  }
  StatusRequest request;
  request.look = look_from(*parsed);
  request.json = parsed->count("json") > 0;
  if (parsed->count("all") > 0) request.failed_shown = static_cast<std::size_t>(-1);
  const auto commands = make_process_source();
  SlurmClient client(*commands, client_settings(request.look.campaign));
  return watch(request, client, every);
}

}  // namespace lenswright
