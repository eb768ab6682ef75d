#include "submit_slurm.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <sstream>

#include "base/stop_request.hpp"
#include "campaign/effective_configuration.hpp"
#include "io/atomic_writer.hpp"
#include "job_look.hpp"
#include "plan/array_spec.hpp"
#include "plan_folder.hpp"
#include "run/damaged_files.hpp"
#include "run/slurm_script.hpp"
#include "run/slurm_site.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

constexpr int kSlurmsOwnArraySize = 1001;
constexpr std::size_t kReasonsShown = 3;  // of an array; each element may have one of its own

bool is_in_path(const char* program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (access((fs::path(folder.empty() ? "." : folder) / program).c_str(), X_OK) == 0) return true;
  return false;
}

// Slurm's silence, with what it means here.
template <typename Question>
auto before_anything(const Question& question) {
  try {
    return question();
  } catch (const SchedulerError& error) {
    throw SchedulerError(error.command(), error.exit_status(), error.complaint() + "\nnothing is submitted");
  }
}

// The smallest limits of all accounts and QOS that the campaign's stages are charged to.
SlurmLimits limits_of(SlurmClient& client, const Campaign& campaign) {
  std::set<std::pair<std::string, std::string>> charged;
  for (const auto& [stage, resources] : campaign.slurm) {
    const auto value = [&values = resources.values](const char* key) {
      const auto found = values.find(key);
      return found == values.end() ? std::string() : found->second;
    };
    charged.emplace(value("account"), value("qos"));
  }
  if (charged.empty()) charged.emplace();
  std::optional<SlurmLimits> least;
  for (const auto& [account, qos] : charged) {
    const SlurmLimits limits = client.limits(account, qos);
    if (!least) least = limits;
    if (!limits.max_submit || (least->max_submit && *least->max_submit <= *limits.max_submit)) continue;
    least->max_submit = limits.max_submit;
    least->max_submit_from = limits.max_submit_from;
  }
  return *least;
}

// 1; run by the job that follows a submission: one more than that had.
int attempt_of(const std::vector<Submission>& submissions) {
  const char* job = std::getenv("SLURM_JOB_NAME");
  int attempt = 1;
  for (const Submission& submission : submissions)
    if (job != nullptr && submission.follow_up && submission.follow_up->job_name == job)
      attempt = submission.attempt + 1;
  return attempt;
}

std::string needs_text(const std::vector<JobArray>& arrays, const JobArray& array) {
  std::string text;
  for (const ArrayNeed& need : array.after) {
    const JobArray& parent = arrays[need.array];
    text += text.empty() ? ", after " : " and ";
    if (need.pairwise)
      text += parent.name + ", element by element";
    else if (need.elements == parent.indices())
      text += parent.name;
    else
      text += fmt::format("{} element{} {}", parent.name, need.elements.size() == 1 ? "" : "s",
                          array_spec(need.elements));
  }
  return text;
}

// Empty unless more elements of the stage may run at once than its array_limit says.
std::string limit_text(const Campaign& campaign, const std::vector<JobArray>& arrays, Stage stage) {
  int together = 0, count = 0;
  for (const JobArray& array : arrays)
    if (array.stage == stage) together += array.at_once, ++count;
  const auto resources = campaign.slurm.find(stage);
  if (resources == campaign.slurm.end()) return {};
  const auto limit = resources->second.values.find("array_limit");
  if (limit == resources->second.values.end() || std::stoll(limit->second) >= together) return {};
  return fmt::format("  array_limit {} of {}: each of its {} arrays runs one element at least, so up to {}\n",
                     limit->second, stage_name(stage), count, together);
}

}  // namespace

ExecutorChoice choose_executor(const Campaign& campaign, const std::string& given) {
  if (given == "local") return {false, {}};
  if (given == "slurm") {
    if (is_in_path("sbatch")) return {true, {}};
    throw UsageError(
        "--executor slurm: there is no sbatch in PATH; run this on a login node of the cluster, or use "
        "--executor "
        "local");
  }
  if (!given.empty()) throw UsageError(fmt::format("--executor {}: there are local and slurm", given));
  if (campaign.slurm.empty()) return {false, "the campaign has no slurm section"};
  if (!is_in_path("sbatch")) return {false, "there is no sbatch in PATH"};
  return {true, "the campaign has a slurm section and sbatch is in PATH"};
}

SlurmSide::SlurmSide(const Look& look, ProgressSink& progress)
    : look_(look),
      progress_(progress),
      commands_(make_process_source()),
      client_(*commands_, client_settings(look.campaign)) {}

const InFlight& SlurmSide::look_at_queue(const Lease* lease, const std::set<std::string>& assumed_lost) {
  Disk& disk = real_disk();
  std::vector<Submission> submissions = read_submissions(disk, look_.campaign);
  if (assumed_lost.empty() &&
      std::all_of(submissions.begin(), submissions.end(), [](const Submission& one) { return one.closed; }))
    return in_flight_;
  if (!is_in_path("squeue"))
    throw SchedulerError(
        "squeue", 2,
        "is not in PATH, but jobs of earlier submits may wait or run, and what they make must not "
        "be made twice; run this where the cluster can be asked");
  if (lease != nullptr) {
    SlurmSubmission settling(disk, look_.campaign, client_, *lease, progress_);
    for (const std::string& sentence : before_anything([&] { return settling.settle_earlier(assumed_lost); }))
      fmt::print("{}\n", sentence);
    submissions = read_submissions(disk, look_.campaign);
  }
  in_flight_ = before_anything([&] { return find_in_flight(disk, look_.campaign, submissions, client_); });
  if (lease != nullptr) close_ended(disk, look_.campaign, submissions, client_);
  return in_flight_;
}

SlurmClient* SlurmSide::reach(bool needed) {
  limits_.max_array_size = kSlurmsOwnArraySize;
  if (!needed && !client_.controller_answers()) {
    limits_note_ = "the cluster doesn't answer: its limits are taken to be Slurm's own\n";
    return nullptr;
  }
  limits_ = before_anything([&] { return limits_of(client_, look_.campaign); });
  return &client_;
}

void SlurmSide::draw_up(const Plan& plan, const Advice& advice) {
  ArrayLimits limits{limits_.max_array_size, -1};
  for (const std::int64_t most : {limits_.max_submit.value_or(0), limits_.max_job_count})
    if (most > 0) {
      const std::int64_t left = std::max<std::int64_t>(0, most - in_flight_.elements);
      limits.elements = limits.elements < 0 ? left : std::min(limits.elements, left);
    }
  arrays_ = job_arrays(look_.campaign, plan, advice, limits);
  std::size_t tasks = 0;
  for (const JobArray& array : arrays_)
    for (const ArrayElement& element : array.elements) tasks += element.tasks.size();
  left_out_ = plan.tasks.size() - tasks;
}

std::string SlurmSide::text() const {
  std::string text = limits_note_;
  text += fmt::format("for Slurm: {} array{}, {} elements\n", arrays_.size(), arrays_.size() == 1 ? "" : "s",
                      count_elements(arrays_));
  for (const JobArray& array : arrays_) {
    const std::string resources = resources_text(resources_of(look_.campaign, array));
    text += fmt::format("  {} --array={}{}{}{}\n", array.name, array_spec(array.indices()),
                        array.at_once > 0 ? fmt::format("%{}", array.at_once) : "",
                        needs_text(arrays_, array), resources.empty() ? "" : "; " + resources);
    const std::size_t shown =
        array.reasons.size() <= kReasonsShown + 1 ? array.reasons.size() : kReasonsShown;
    for (std::size_t i = 0; i < shown; ++i) text += fmt::format("    {}\n", array.reasons[i]);
    if (shown < array.reasons.size())
      text += fmt::format("    and {} more of that kind\n", array.reasons.size() - shown);
  }
  for (const Stage stage : kStages) text += limit_text(look_.campaign, arrays_, stage);
  if (left_out_ > 0)
    text += fmt::format(
        "left for a later submit: {} tasks, since the cluster takes no more at once ({}, {} of its {} jobs "
        "in "
        "flight)\n",
        left_out_,
        limits_.max_submit_from.empty() ? fmt::format("MaxJobCount {}", limits_.max_job_count)
                                        : limits_.max_submit_from,
        in_flight_.elements, limits_.max_submit.value_or(limits_.max_job_count));
  return text;
}

SubmissionSettings SlurmSide::settings(const std::string& name, bool replace_mismatched) const {
  SubmissionSettings settings;
  settings.name = name;
  settings.folder = look_.campaign.state / "plans" / name;
  settings.logs = look_.campaign.state / "logs" / name;
  settings.programs = fs::read_symlink("/proc/self/exe").parent_path();
  for (const Stage stage : kStages) settings.sites[stage] = site_text(real_disk(), look_.campaign, stage);
  settings.replace_mismatched = replace_mismatched;
  return settings;
}

std::string SlurmSide::scripts(const Plan& plan, const Survey& found, bool replace_mismatched) const {
  std::string text;
  for (const PreparedArray& array :
       prepare_arrays(look_.campaign, plan, arrays_, found.receipts, settings("<plan>", replace_mismatched)))
    text += fmt::format("--- {}\n{}", array.intent.script.filename().string(), array.script);
  return text;
}

ExitStatus SlurmSide::submit(const Plan& plan, const Survey& found, bool replace_mismatched,
                             const Lease& lease) {
  const Campaign& campaign = look_.campaign;
  Disk& disk = real_disk();
  if (arrays_.empty()) {
    fmt::print("nothing is submitted now; next: recovery submit{} once jobs have ended\n", look_.options);
    return ExitStatus::gaps;
  }
  const PlanFolder folder = write_plan_folder(disk, campaign, plan);
  SubmissionSettings settings = this->settings(folder.name, replace_mismatched);
  settings.attempt = attempt_of(read_submissions(disk, campaign));
  const std::vector<PreparedArray> arrays = prepare_arrays(campaign, plan, arrays_, found.receipts, settings);
  write_arrays(disk, arrays);
  fmt::print("plan: {}\nlogs: {}\n", folder.plan.string(), folder.logs.string());
  std::fflush(stdout);
  SlurmSubmission slurm(disk, campaign, client_, lease, progress_);
  if (const std::string refusal = slurm.test(arrays); !refusal.empty())
    throw SchedulerError(
        "sbatch --test-only", 1,
        refusal + "\nnothing is submitted; correct the slurm section of " + campaign.file.string());

  // Before any element can start: what lies in its place must not be taken for done.
  remove_dead_files(disk, plan.dead_temporary_files);
  DamagedFiles damaged(disk, campaign, found.receipts, look_.tier, plan);
  for (const JobArray& array : arrays_)
    for (const ArrayElement& element : array.elements)
      for (const std::size_t task : element.tasks) damaged.move_aside(plan.tasks[task]);

  Submission submission;
  submission.name = folder.name;
  submission.written = utc_now();
  submission.by = describe(this_process());
  submission.cluster = limits_.cluster;
  submission.configuration = digest_of(work_configuration(campaign)).hex();
  submission.options = look_.options;
  submission.attempt = settings.attempt;
  slurm.submit(submission, arrays, [] { throw_if_stop_requested(); });
  fmt::print("submitted: {} array{}, {} elements\nnext: recovery status{}\n", arrays.size(),
             arrays.size() == 1 ? "" : "s", count_elements(arrays_), look_.options);
  return ExitStatus::done;
}

}  // namespace lenswright
