// recovery submit: makes again what is missing or damaged and what is made from it, and nothing else.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "audit.hpp"
#include "base/stop_request.hpp"
#include "campaign/product_path.hpp"
#include "command_line.hpp"
#include "io/atomic_writer.hpp"
#include "ledger/producers.hpp"
#include "ledger/staleness.hpp"
#include "plan_folder.hpp"
#include "report/terminal.hpp"
#include "run/campaign_lock.hpp"
#include "run/damaged_files.hpp"
#include "run/local_executor.hpp"
#include "run/volume_need.hpp"
#include "submit_advice.hpp"
#include "submit_slurm.hpp"
#include "survey.hpp"
#include "terminal_progress.hpp"
#include "verb.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

struct SubmitRequest {
  Look look;
  PlanOptions plan;
  bool dry_run = false;
  bool yes = false;
  bool show_scripts = false;
  bool retry_stopped = false;
  std::optional<int> auto_retry;
  ExecutorChoice executor;
  std::set<std::string> assumed_lost;
  std::optional<int> jobs, ranks;
};

std::optional<int> number_from(const cxxopts::ParseResult& parsed, const std::string& option) {
  if (parsed.count(option) == 0) return std::nullopt;
  return parsed[option].as<int>();
}

// Nothing is planned on what cannot be seen: an unmounted disk is not a thousand missing planes.
void require_seen(const Look& look, const Survey& found) {
  constexpr std::size_t kShown = 10;
  std::vector<const Finding*> unknown;
  for (const Finding& finding : found.scan.findings)
    if (finding.state == State::unknown) unknown.push_back(&finding);
  if (found.gaps.can_tell() && unknown.empty()) return;
  std::string message;
  for (std::size_t row = 0; row < std::min(kShown, unknown.size()); ++row)
    message += fmt::format("\n  {}: {}", unknown[row]->path, unknown[row]->because);
  if (unknown.size() > kShown) message += fmt::format("\n  and {} more", unknown.size() - kShown);
  throw InputError(
      fmt::format("nothing is planned: not everything can be looked at:{}\nnext: recovery diagnose{}",
                  message, look.options));
}

// Open MPI refuses to run as root unless told twice; that is the user's to decide, before anything is moved.
void require_mpirun_allowed() {
  if (geteuid() != 0) return;
  for (const char* name : {"OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"}) {
    if (std::getenv(name) != nullptr) continue;
    throw UsageError(
        "mpirun refuses to run as root: submit as another user, or, where root is meant (a container), say "
        "so with export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1");
  }
}

// Of sets that this plan would make into mixtures, or add to.
std::string mixture_of(const Campaign& campaign, const Plan& plan, const Survey& found) {
  std::set<ProductId> made;
  for (const PlannedTask& task : plan.tasks)
    made.insert(task.task.products.begin(), task.task.products.end());
  std::string question;
  for (const MixedProducers& mixed : mixed_by(campaign, found.scan, found.receipts, made))
    question += fmt::format("Producers would be mixed, whose last digits may differ: {}. ", describe(mixed));
  return question;
}

// The questions that a large, mixing or destructive plan raises; empty: none.
std::string fuse_of(const Campaign& campaign, const Plan& plan, const Survey& found) {
  const SafetySettings& safety = campaign.safety;
  std::string question = mixture_of(campaign, plan, found);
  if (std::cmp_greater(plan.moves.size(), safety.max_moved_files)) {
    question += fmt::format(
        "{} damaged files or stale products would move aside, more than safety.max_moved_files = {}. ",
        plan.moves.size(), safety.max_moved_files);
  }
  if (std::cmp_greater(plan.tasks.size(), safety.max_tasks))
    question +=
        fmt::format("{} tasks are more than safety.max_tasks = {}. ", plan.tasks.size(), safety.max_tasks);
  return question.empty() ? question : question + "Go on?";
}

// Before stale planes move aside: lensplane stops where transforms.h5 and the seed contradict each other.
void require_transforms(const Look& look, const Survey& found, const Plan& plan) {
  const bool makes_stale_planes = std::any_of(plan.moves.begin(), plan.moves.end(), [](const Finding& move) {
    return move.state == State::stale && move.stage == Stage::lensplanes;
  });
  if (!makes_stale_planes) return;
  const fs::path path = look.campaign.lensplanes.root / kTransformsFile;
  for (const Finding& finding : found.scan.findings)
    if (!finding.product && finding.path == path.string())
      throw InputError(fmt::format("{} is {}: {}; nothing is moved or made until that is settled",
                                   path.string(), state_name(finding.state), finding.because));
}

std::optional<ExitStatus> asked_to_stop() {
  try {
    throw_if_stop_requested();
    return std::nullopt;
  } catch (const StopRequested& request) {
    return request.status();
  }
}

PlanFolder write_local_plan(Disk& disk, const Campaign& campaign, const Plan& plan,
                            const ReceiptIndex& receipts) {
  PlanFolder folder = write_plan_folder(disk, campaign, plan);
  for (const Stage stage : kStages)
    if (plan.count(stage) > 0)
      publish_text(disk, folder.plan / task_file_name(stage),
                   encode_task_file(campaign, task_file_of(campaign, plan, stage, receipts)));
  return folder;
}

// What is on disk now decides, not what the tasks say.
std::size_t report_products(Disk& disk, const Campaign& campaign, const Plan& plan, Tier tier,
                            std::size_t shown) {
  const ReceiptIndex receipts = ReceiptIndex::load(disk, campaign);
  Staleness staleness(campaign, disk, receipts);
  std::size_t planned = 0, complete = 0;
  for (const PlannedTask& task : plan.tasks) {
    for (const ProductId& product : task.task.products) {
      ++planned;
      const Finding finding = check_product(campaign, disk, product, tier, receipts, &staleness);
      if (finding.state == State::complete) {
        ++complete;
        continue;
      }
      if (planned - complete <= shown)
        fmt::print("  {} {}: {}\n", state_name(finding.state), product_name(campaign, product),
                   finding.because);
    }
  }
  if (shown > 0 && planned - complete > shown) fmt::print("  and {} more\n", planned - complete - shown);
  fmt::print("{} of {} planned products are complete\n", complete, planned);
  return planned - complete;
}

ExitStatus carry_out(const SubmitRequest& request, const Survey& found, const Plan& plan,
                     ProgressSink& progress) {
  const Campaign& campaign = request.look.campaign;
  Disk& disk = real_disk();
  LocalExecutorSettings settings;
  settings.cores = available_cores();
  settings.parallelism = settle_parallelism(settings.cores, request.jobs, request.ranks);
  settings.programs = fs::read_symlink("/proc/self/exe").parent_path();
  settings.replace_mismatched = request.plan.replace_mismatched;
  const PlanFolder folders = write_local_plan(disk, campaign, plan, found.receipts);
  audit_change(fmt::format("planned {} tasks in {}; {} damaged files or stale products to move aside",
                           plan.tasks.size(), folders.plan.string(), plan.moves.size()));
  settings.task_files = folders.plan;
  settings.logs = folders.logs;
  fmt::print("plan: {}\nlogs: {}\n{} at once, {} ranks each\n", folders.plan.string(), folders.logs.string(),
             settings.parallelism.jobs, settings.parallelism.ranks);
  std::fflush(stdout);
  remove_dead_files(disk, plan.dead_temporary_files);

  DamagedFiles damaged(disk, campaign, found.receipts, request.look.tier, plan);
  const auto runner = make_process_runner();
  const std::vector<TaskOutcome> outcomes = run_locally(
      campaign, plan, settings, *runner, [&](const PlannedTask& task) { damaged.move_aside(task); },
      asked_to_stop, progress);
  std::size_t failed = 0, early = 0;
  for (const TaskOutcome& outcome : outcomes) {
    failed += outcome.end == TaskEnd::failed ? 1 : 0;
    early += outcome.end == TaskEnd::stopped_early ? 1 : 0;
  }
  constexpr std::size_t kLackingShown = 10;  // after a stop it is plain why they are not there
  const std::size_t lacking =
      report_products(disk, campaign, plan, request.look.tier, asked_to_stop() ? 0 : kLackingShown);
  if (const auto stopped = asked_to_stop(); stopped && lacking > 0) {
    fmt::print("stopped; what is finished stays. Next: recovery submit{}\n", request.look.options);
    return *stopped;
  }
  if (failed > 0)
    fmt::print("{} of {} tasks failed; their logs are in {}\n", failed, outcomes.size(),
               folders.logs.string());
  if (lacking > 0) {
    fmt::print("next: recovery diagnose{}\n", request.look.options);
    return early > 0 && failed == 0 ? ExitStatus::stopped_early : ExitStatus::gaps;
  }
  const bool gaps_left = !plan.blocked.empty() || !plan.left_mismatched.empty() || !plan.left_stale.empty();
  fmt::print("next: recovery {}{}\n", gaps_left ? "diagnose" : "verify", request.look.options);
  return gaps_left ? ExitStatus::gaps : ExitStatus::done;
}

ExitStatus submit(const SubmitRequest& request) {
  const Look& look = request.look;
  Disk& disk = real_disk();
  const auto progress = make_terminal_progress();
  // Held from before the look until the work is done: what is planned here is planned nowhere else.
  std::optional<CampaignLock> lock;
  if (!request.dry_run) lock.emplace(disk, look.campaign);
  if (lock) audit_begin(look.campaign);
  if (lock && !lock->taken_over().empty())
    fmt::print("an earlier submit ended without a word: {}; going on in its place\n", lock->taken_over());

  SlurmSide slurm(look, *progress);
  PlanOptions options = request.plan;
  options.in_flight = slurm.look_at_queue(lock ? &*lock : nullptr, request.assumed_lost).products;
  const Survey found = survey(look, disk, *progress);
  require_seen(look, found);
  Plan plan = make_plan(look.campaign, found.scan, look.selection, found.inputs, options);
  Advice advice;
  if (request.executor.slurm && !plan.tasks.empty()) {
    SlurmClient* client = slurm.reach(!request.dry_run);
    AdvisedPlan advised = advise(look, std::move(plan), request.retry_stopped, client);
    plan = std::move(advised.plan);
    advice = std::move(advised.advice);
  }
  const bool gaps_left = !plan.blocked.empty() || !plan.left_mismatched.empty() || !plan.left_stale.empty();
  require_transforms(look, found, plan);
  fmt::print("campaign {}, tier {}\n{}", look.campaign.name, tier_name(look.tier),
             draw_plan(look.campaign, plan, terminal_style()));
  if (plan.tasks.empty()) {
    if (!request.dry_run) remove_dead_files(disk, plan.dead_temporary_files);
    fmt::print(
        "{}\n",
        gaps_left && plan.blocked.empty()
            ? fmt::format("nothing to make but what is left alone; next: recovery diagnose{}", look.options)
        : gaps_left ? fmt::format("nothing can be made; next: recovery diagnose{}", look.options)
        : !plan.in_flight.empty()
            ? fmt::format("nothing to submit: all that lacks is in flight; next: recovery status{}",
                          look.options)
            : "nothing to do: all is complete");
    return gaps_left ? ExitStatus::gaps : ExitStatus::done;
  }
  const std::vector<VolumeNeed> needs = volume_needs(disk, look.campaign, plan);
  for (const VolumeNeed& need : needs) fmt::print("space: {}\n", describe(need));
  fmt::print("executor: {}{}\n", request.executor.slurm ? "slurm" : "local",
             request.executor.because.empty() ? "" : ", since " + request.executor.because);
  if (request.executor.slurm) {
    slurm.draw_up(plan, advice);
    fmt::print("{}", slurm.text());
    if (request.show_scripts) fmt::print("{}", slurm.scripts(plan, found, options.replace_mismatched));
  }
  if (request.dry_run) {
    if (!std::all_of(needs.begin(), needs.end(), [](const VolumeNeed& need) { return need.enough(); }))
      fmt::print("not enough room: the real submit would refuse\n");
    if (const std::string question = fuse_of(look.campaign, plan, found); !question.empty())
      fmt::print("the real submit would ask: {}\n", question);
    fmt::print("dry run: nothing done; next: recovery submit{}{}{}\n", look.options,
               request.plan.replace_mismatched ? " --replace-mismatched" : "",
               request.plan.include_stale ? " --include-stale" : "");
    return gaps_left ? ExitStatus::gaps : ExitStatus::done;
  }
  require_space(needs);
  if (!request.executor.slurm) require_mpirun_allowed();
  if (const std::string question = fuse_of(look.campaign, plan, found);
      !question.empty() && !confirmed(question, request.yes)) {
    fmt::print("nothing done\n");
    return ExitStatus::gaps;
  }
  if (!request.executor.slurm) return carry_out(request, found, plan, *progress);
  const ExitStatus status = slurm.submit(plan, found, options.replace_mismatched, *lock);
  if (request.auto_retry && status == ExitStatus::done)
    submit_auto_retry(look, *request.auto_retry, request.yes, options.replace_mismatched, slurm.client());
  return status;
}

}  // namespace

ExitStatus run_submit(int argc, char** argv) {
  cxxopts::Options options = verb_options(
      "submit",
      "Makes again what is missing or damaged, and what is made from it; nothing healthy is touched. "
      "Damaged files move to .trash of their stage's root first. Exit status 0: all planned is there, or "
      "handed to Slurm, 1: gaps remain, 2: nothing could be planned or handed over.");
  add_selection_options(options);
  options.add_options()("dry-run", "show the plan and do nothing")(
      "executor",
      "local (this machine) or slurm (unset: slurm where the campaign has a slurm section and sbatch is in "
      "PATH)",
      cxxopts::value<std::string>()->default_value(""),
      "NAME")("show-scripts", "slurm: show the batch scripts, too")("jobs", "tasks at once (1)",
                                                                    cxxopts::value<int>(), "N")(
      "ranks", "MPI ranks of each task (as many as the cores allow)", cxxopts::value<int>(), "P")(
      "yes", "go on where the fuses of the campaign's safety section would ask")(
      "replace-mismatched", "move sound products of another grid aside and make them anew")(
      "include-stale",
      "move products of an earlier configuration or earlier inputs aside and make them, and what is made "
      "from "
      "them, anew");
  options.add_options()(
      "auto-retry",
      "slurm: after all jobs, a small one plans again what lacks, up to N times, and leaves "
      "a report in the state folder",
      cxxopts::value<int>(),
      "N")("retry-stopped", "slurm: also what failed the same way twice, or too often")(
      "assume-lost",
      "slurm: go on as if this job, for which sbatch's answer was lost and which the queue doesn't know, was "
      "never submitted",
      cxxopts::value<std::vector<std::string>>(), "NAME");
  const auto parsed = parse_verb(options, argc, argv);
  if (!parsed) return ExitStatus::done;
  SubmitRequest request;
  request.look = look_from(*parsed);
  request.plan.replace_mismatched = parsed->count("replace-mismatched") > 0;
  request.plan.include_stale = parsed->count("include-stale") > 0;
  request.dry_run = parsed->count("dry-run") > 0;
  request.yes = parsed->count("yes") > 0;
  request.show_scripts = parsed->count("show-scripts") > 0;
  request.executor = choose_executor(request.look.campaign, (*parsed)["executor"].as<std::string>());
  request.retry_stopped = parsed->count("retry-stopped") > 0;
  request.auto_retry = number_from(*parsed, "auto-retry");
  if (parsed->count("assume-lost") > 0)
    for (const std::string& name : (*parsed)["assume-lost"].as<std::vector<std::string>>())
      request.assumed_lost.insert(name);
  if (request.auto_retry && (*request.auto_retry < 0 || !request.executor.slurm))
    throw UsageError("--auto-retry N: at least 0, and with --executor slurm");
  request.jobs = number_from(*parsed, "jobs");
  request.ranks = number_from(*parsed, "ranks");
  settle_parallelism(available_cores(), request.jobs, request.ranks);
  return submit(request);
}

}  // namespace lenswright
