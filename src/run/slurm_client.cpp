#include "run/slurm_client.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <set>
#include <thread>

#include "base/error.hpp"
#include "base/stop_request.hpp"

namespace lenswright {

namespace {

// Jobs asked about in one command: far below what a command line holds.
constexpr std::size_t kIdsPerQuestion = 1000;
// Accounting is asked by name for what ended within these days: longer than any answer stays lost.
constexpr std::string_view kNamedSince = "now-30days";

// The controller was not reached, or its answer was not. On the way there or back: nobody can tell.
constexpr std::string_view kNoAnswer[] = {
    "timed out",
    "Unable to contact",
    "connect failure",
    "Zero Bytes were transmitted",
    "Transport endpoint",
    "Connection refused",
    "Connection reset",
    "onnection failure",
    "Unexpected message",
    "standby mode",
    "Slurm temporarily unable",
    "Resource temporarily unavailable",
};

// Said where there was no connection over which a request could have gone.
bool never_reached(const CommandAnswer& answer) {
  return !answer.timed_out && answer.status == 1 &&
         answer.err.find("Unable to contact slurm controller (connect failure)") != std::string::npos;
}

bool without_answer(const CommandAnswer& answer) {
  if (answer.timed_out || answer.status > 128) return true;
  return std::any_of(std::begin(kNoAnswer), std::end(kNoAnswer), [&](std::string_view words) {
    return answer.err.find(words) != std::string::npos || answer.out.find(words) != std::string::npos;
  });
}

std::string trimmed(std::string text) {
  const auto space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && space(text.back())) text.pop_back();
  std::size_t begin = 0;
  while (begin < text.size() && space(text[begin])) ++begin;
  return text.substr(begin);
}

std::string complaint_of(const CommandAnswer& answer) {
  std::string said = trimmed(answer.err);
  if (said.empty()) said = trimmed(answer.out);
  if (answer.timed_out) said += said.empty() ? "no answer in time" : "; no answer in time";
  return said;
}

// What is to be done is the same whatever was asked.
std::string silence(const CommandAnswer& answer) {
  return complaint_of(answer) +
         "\nSlurm's controller does not answer. Next: scontrol ping; once it says UP, run this again "
         "(slurm.command_timeout_seconds of the campaign says how long an answer may take)";
}

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Leading digits: "300 sec".
std::int64_t leading_number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// `scontrol show config`: "MaxArraySize            = 10001".
std::map<std::string, std::string> configuration_in(const std::string& text) {
  std::map<std::string, std::string> values;
  for (const std::string& line : split(text, '\n')) {
    const std::size_t equals = line.find('=');
    if (equals != std::string::npos)
      values[trimmed(line.substr(0, equals))] = trimmed(line.substr(equals + 1));
  }
  return values;
}

std::vector<std::string> foreign_variables() {
  constexpr std::string_view kPrefixes[] = {"SLURM_", "SBATCH_", "SQUEUE_", "SACCT_", "SCANCEL_"};
  constexpr std::string_view kKept[] = {"SLURM_CONF", "SLURM_CLUSTERS", "SLURM_JWT"};
  std::vector<std::string> names;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::string_view name = text.substr(0, text.find('='));
    const bool slurms = std::any_of(std::begin(kPrefixes), std::end(kPrefixes),
                                    [&](std::string_view prefix) { return name.starts_with(prefix); });
    if (slurms && std::find(std::begin(kKept), std::end(kKept), name) == std::end(kKept))
      names.emplace_back(name);
  }
  return names;
}

std::string user_name() {
  const passwd* entry = getpwuid(geteuid());
  return entry != nullptr ? entry->pw_name : fmt::format("{}", geteuid());
}

}  // namespace

SlurmClient::SlurmClient(CommandSource& commands, SlurmClientSettings settings)
    : commands_(commands), settings_(settings) {}

CommandAnswer SlurmClient::once(std::vector<std::string> arguments, std::chrono::milliseconds timeout) {
  Command command;
  command.arguments = std::move(arguments);
  // Times as seconds (no time zones to guess), index lists in full.
  command.environment = {{"SLURM_TIME_FORMAT", "%s"}, {"SLURM_BITSTR_LEN", "0"}, {"LC_ALL", "C"}};
  command.without = foreign_variables();
  return commands_.ask(command, timeout);
}

CommandAnswer SlurmClient::try_asking(std::vector<std::string> arguments) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + settings_.timeout;
  for (int left = silent_ ? 1 : settings_.tries;; --left) {
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    CommandAnswer answer = once(arguments, std::max(rest, std::chrono::milliseconds(1)));
    silent_ = without_answer(answer) && (answer.status != 0 || answer.timed_out);
    if (!silent_ || left <= 1 || Clock::now() + settings_.pause >= end) return answer;
    if (settings_.tell)
      settings_.tell(
          fmt::format("{} got no answer ({}): asking again", arguments.front(), complaint_of(answer)));
    throw_if_stop_requested();
    std::this_thread::sleep_for(settings_.pause);
  }
}

CommandAnswer SlurmClient::ask(std::vector<std::string> arguments) {
  CommandAnswer answer = try_asking(arguments);
  if (answer.status == 0 && !answer.timed_out) return answer;
  Command command;
  command.arguments = std::move(arguments);
  throw SchedulerError(shell_line(command), answer.status, silent_ ? silence(answer) : complaint_of(answer));
}

SubmitAnswer SlurmClient::submit(const std::filesystem::path& script,
                                 const std::vector<std::string>& arguments) {
  std::vector<std::string> words{"sbatch", "--parsable"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  words.push_back(script.string());
  const CommandAnswer answer = once(std::move(words), settings_.timeout);
  SubmitAnswer submitted;
  submitted.message = complaint_of(answer);
  if (answer.status != 0 || answer.timed_out) {
    // sbatch complains before it gives up; one that ended without a word was itself ended by something.
    if (never_reached(answer) || (!without_answer(answer) && !submitted.message.empty()))
      submitted.outcome = SubmitAnswer::Outcome::refused;
    return submitted;
  }
  const std::string printed = trimmed(answer.out);
  const auto job = number_in(std::string_view(printed).substr(0, printed.find(';')));  // "7;cluster"
  if (!job || *job <= 0) {
    submitted.message = fmt::format("sbatch printed \"{}\" where a job id should be", printed);
    return submitted;
  }
  submitted.outcome = SubmitAnswer::Outcome::accepted;
  submitted.job = *job;
  submitted.message = trimmed(answer.err);  // warnings
  return submitted;
}

std::string SlurmClient::test_only(const std::filesystem::path& script,
                                   const std::vector<std::string>& arguments) {
  std::vector<std::string> words{"sbatch", "--test-only"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  words.push_back(script.string());
  const CommandAnswer answer = try_asking(words);
  if (answer.status == 0 && !answer.timed_out) return {};
  if (without_answer(answer))
    throw SchedulerError("sbatch --test-only " + script.string(), answer.status, silence(answer));
  const std::string said = complaint_of(answer);
  return said.empty() ? fmt::format("sbatch --test-only ended with {}", answer.status) : said;
}

bool SlurmClient::accounting() {
  if (!accounting_) {
    const auto values = configuration_in(ask({"scontrol", "show", "config"}).out);
    const auto type = values.find("AccountingStorageType");
    accounting_ =
        type != values.end() && type->second != "accounting_storage/none" && type->second != "(null)";
  }
  return *accounting_;
}

std::vector<SlurmJob> SlurmClient::from_accounting(const std::vector<std::string>& selection) {
  if (!accounting()) return {};
  std::vector<std::string> words{"sacct", "-n", "-P", "-X"};
  words.insert(words.end(), selection.begin(), selection.end());
  words.insert(words.end(), {"-o", std::string(kSacctFormat)});
  return parse_sacct(ask(std::move(words)).out);
}

// squeue tells no exit codes; scontrol tells them one array at a time.
void SlurmClient::add_exit_codes(std::vector<SlurmJob>& jobs) {
  std::set<std::int64_t> arrays;
  for (const SlurmJob& job : jobs)
    if (job.cause == JobCause::exit_status || (job.state == JobState::pending && job.reason == "BeginTime"))
      arrays.insert(job.array);
  std::map<std::int64_t, SlurmJob> known;
  for (const std::int64_t array : arrays) {
    const CommandAnswer answer = try_asking({"scontrol", "-o", "show", "job", fmt::format("{}", array)});
    if (silent_) return;                                   // the ends are known, their codes aren't
    if (answer.status != 0 || answer.timed_out) continue;  // forgotten since
    for (const SlurmJob& job : parse_scontrol_jobs(answer.out)) known[job.job] = job;
  }
  for (SlurmJob& job : jobs) {
    const auto found = known.find(job.job);
    if (found == known.end()) continue;
    job.restarts = found->second.restarts;
    if (found->second.state == job.state)
      set_exit_code(job, fmt::format("{}:{}", found->second.exit_status, found->second.signal));
  }
}

std::vector<SlurmJob> SlurmClient::jobs(const std::vector<std::int64_t>& ids) {
  std::vector<SlurmJob> live, past;
  for (std::size_t first = 0; first < ids.size(); first += kIdsPerQuestion) {
    const std::size_t last = std::min(ids.size(), first + kIdsPerQuestion);
    std::vector<std::string> texts;
    for (std::size_t i = first; i < last; ++i) texts.push_back(fmt::format("{}", ids[i]));
    const std::string list = fmt::format("{}", fmt::join(texts, ","));
    const std::vector<std::string> question{
        "squeue", "-h", "-r", "-t", "all", "-j", list, "-o", std::string(kSqueueFormat)};
    const CommandAnswer answer = try_asking(question);
    // Of several ids it leaves out those it has forgotten; a single one is an error.
    const bool forgotten = answer.status != 0 && answer.err.find("Invalid job id") != std::string::npos;
    if (!forgotten && (answer.status != 0 || answer.timed_out))
      throw SchedulerError("squeue -j " + list.substr(0, 100), answer.status,
                           silent_ ? silence(answer) : complaint_of(answer));
    for (SlurmJob& job : parse_squeue(answer.out)) live.push_back(std::move(job));
    for (SlurmJob& job : from_accounting({"-j", list})) past.push_back(std::move(job));
  }
  add_exit_codes(live);
  return merged_jobs(live, past);
}

std::vector<SlurmJob> SlurmClient::jobs_named(const std::string& name) {
  if (name.empty() || name.find(',') != std::string::npos)
    throw Failure(fmt::format("cannot ask Slurm for jobs named \"{}\"", name));
  const std::string user = user_name();
  std::vector<SlurmJob> live = parse_squeue(
      ask({"squeue", "-h", "-r", "-t", "all", "-u", user, "-n", name, "-o", std::string(kSqueueFormat)}).out);
  add_exit_codes(live);
  return merged_jobs(live, from_accounting({"-u", user, "--name", name, "-S", std::string(kNamedSince)}));
}

SlurmLimits SlurmClient::limits(const std::string& account, const std::string& qos) {
  const auto values = configuration_in(ask({"scontrol", "show", "config"}).out);
  const auto value = [&](const std::string& key) {
    const auto found = values.find(key);
    return found == values.end() ? std::string() : found->second;
  };
  SlurmLimits limits;
  limits.max_array_size = static_cast<int>(leading_number(value("MaxArraySize")));
  limits.max_job_count = leading_number(value("MaxJobCount"));
  limits.min_job_age_seconds = static_cast<int>(leading_number(value("MinJobAge")));
  limits.cluster = value("ClusterName");
  if (limits.max_array_size <= 0 || limits.max_job_count <= 0)
    throw SchedulerError("scontrol show config", 0, "no MaxArraySize or MaxJobCount in its answer");
  limits.accounting = accounting();
  if (!limits.accounting) return limits;

  const auto smaller = [&](const std::string& text, const std::string& from) {
    const auto limit = number_in(text);
    if (!limit || (limits.max_submit && *limits.max_submit <= *limit)) return;
    limits.max_submit = *limit;
    limits.max_submit_from = from;
  };
  const std::string user = user_name();
  // Without a database there is nothing to read; sbatch itself says what it refuses.
  const auto rows = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"sacctmgr", "-n", "-P", "show"});
    const CommandAnswer answer = try_asking(std::move(words));
    return answer.status == 0 ? split(answer.out, '\n') : std::vector<std::string>{};
  };
  std::string used_account = account, used_qos = qos;
  for (const std::string& row : rows({"user", user, "format=User,DefaultAccount"})) {
    const auto fields = split(row, '|');
    if (fields.size() == 2 && fields[0] == user && used_account.empty()) used_account = fields[1];
  }
  for (const std::string& row :
       rows({"assoc", "where", "cluster=" + limits.cluster, "account=" + used_account,
             "format=User,Account,MaxSubmit,GrpSubmit,DefaultQOS"})) {
    const auto fields = split(row, '|');
    if (fields.size() != 5 || (fields[0] != user && !fields[0].empty())) continue;
    const std::string whose =
        fmt::format("account {}{}{}", fields[1], fields[0].empty() ? "" : ", user ", fields[0]);
    if (!fields[0].empty()) smaller(fields[2], "MaxSubmitJobs of " + whose);
    smaller(fields[3], "GrpSubmitJobs of " + whose);
    if (used_qos.empty() && !fields[0].empty()) used_qos = fields[4];
  }
  if (used_qos.empty()) used_qos = "normal";
  for (const std::string& row : rows({"qos", "format=Name,MaxSubmitPU,MaxSubmitPA,GrpSubmit"})) {
    const auto fields = split(row, '|');
    if (fields.size() != 4 || fields[0] != used_qos) continue;
    smaller(fields[1], "MaxSubmitJobsPerUser of QOS " + used_qos);
    smaller(fields[2], "MaxSubmitJobsPerAccount of QOS " + used_qos);
    smaller(fields[3], "GrpSubmitJobs of QOS " + used_qos);
  }
  return limits;
}

void SlurmClient::cancel(const std::vector<std::string>& jobs) {
  for (std::size_t first = 0; first < jobs.size(); first += kIdsPerQuestion) {
    std::vector<std::string> words{"scancel"};
    const std::size_t last = std::min(jobs.size(), first + kIdsPerQuestion);
    words.insert(words.end(), jobs.begin() + static_cast<std::ptrdiff_t>(first),
                 jobs.begin() + static_cast<std::ptrdiff_t>(last));
    ask(std::move(words));
  }
}

void SlurmClient::hold(const std::string& job) {
  ask({"scontrol", "hold", job});
}

void SlurmClient::release(const std::string& job) {
  ask({"scontrol", "release", job});
}

void SlurmClient::update_dependency(const std::string& job, const std::string& dependency) {
  ask({"scontrol", "update", "JobId=" + job, "Dependency=" + dependency});
}

bool SlurmClient::controller_answers() {
  try {
    const CommandAnswer answer = once({"scontrol", "ping"}, settings_.timeout);
    return answer.status == 0 && answer.out.find("is UP") != std::string::npos;
  } catch (const Failure&) {
    return false;  // no scontrol here
  }
}

}  // namespace lenswright
