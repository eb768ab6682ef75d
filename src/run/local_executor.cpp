#include "run/local_executor.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <fstream>
#include <map>
#include <thread>
#include <utility>

#include "campaign/product_path.hpp"

namespace lenswright {

namespace {

constexpr std::chrono::milliseconds kAskForStopEvery{200};
constexpr std::size_t kLogTailLines = 10;

bool is_rule(const std::string& line) {
  return !line.empty() && line.find_first_not_of('-') == std::string::npos;
}

// The last lines of the program's own. mpirun frames what it says of a failed program in lines of dashes, and says
// more than would leave room for the reason; its words are shown where there are no others.
std::vector<std::string> last_lines(const std::filesystem::path& log) {
  std::deque<std::string> own, all;
  bool framed = false;
  const auto keep = [](std::deque<std::string>& lines, const std::string& line) {
    lines.push_back(line);
    if (lines.size() > kLogTailLines) lines.pop_front();
  };
  std::ifstream file(log);
  for (std::string line; std::getline(file, line);) {
    keep(all, line);
    if (is_rule(line))
      framed = !framed;
    else if (!framed)
      keep(own, line);
  }
  const std::deque<std::string>& lines = own.empty() ? all : own;
  return {lines.begin(), lines.end()};
}

// The state of one run: which tasks wait, run and have ended.
class Run {
 public:
  Run(const Campaign& campaign, const Plan& plan, const LocalExecutorSettings& settings,
      CommandRunner& runner, const BeforeTask& before_task, ProgressSink& progress)
      : campaign_(campaign),
        plan_(plan),
        settings_(settings),
        runner_(runner),
        before_task_(before_task),
        progress_(progress) {
    for (std::size_t task = 0; task < plan.tasks.size(); ++task) {
      const PlannedTask& planned = plan.tasks[task];
      position_[{planned.stage, planned.task.index}] = task;
      outcomes_.push_back({planned.stage, planned.task.index, TaskEnd::not_started, 0, {}});
      waiting_.push_back(task);
    }
  }

  std::vector<TaskOutcome> carry_out(const StopQuestion& stop) {
    progress_.begin("running tasks", plan_.tasks.size(), "tasks");
    bool stopping = false;
    while (true) {
      if (const auto reason = stop(); reason && !stopping) {
        stopping = true;
        pass_on(*reason);
      }
      if (!stopping) start_ready();
      if (running_.empty()) break;
      if (const auto ended = runner_.wait_any(kAskForStopEvery)) finish(*ended, stopping);
    }
    progress_.end();
    return std::move(outcomes_);
  }

 private:
  // Starts what can start; what waits for a task that did not end well is held back.
  void start_ready() {
    for (auto task = waiting_.begin(); task != waiting_.end();) {
      bool ready = true, held_back = false;
      for (const auto& needed : plan_.tasks[*task].after) {
        const auto position = position_.find(needed);
        if (position == position_.end()) continue;  // not of this plan: its products are there
        const bool ended = ended_[position->second];
        ready = ready && ended;
        held_back = held_back || (ended && outcomes_[position->second].end != TaskEnd::done);
      }
      if (held_back) {
        note_end(*task, TaskEnd::held_back, 0);
      } else if (!ready || running_.size() >= static_cast<std::size_t>(settings_.parallelism.jobs)) {
        ++task;
        continue;
      } else {
        start(*task);
      }
      // What ended just now may hold back others, but never one before it: the plan's order respects `after`.
      task = waiting_.erase(task);
    }
  }

  void start(std::size_t task) {
    const PlannedTask& planned = plan_.tasks[task];
    const Command command = task_command(campaign_, settings_, planned);
    outcomes_[task].log = command.output;
    try {
      before_task_(planned);
      running_[runner_.start(command)] = task;
      progress_.note(fmt::format("{}: started", task_label(campaign_, planned)));
    } catch (const Failure& failure) {
      progress_.note(failure.what());
      note_end(task, TaskEnd::failed, static_cast<int>(failure.status()));
    }
  }

  void finish(const CommandEnd& ended, bool stopping) {
    const auto entry = running_.find(ended.id);
    if (entry == running_.end()) return;
    const std::size_t task = entry->second;
    running_.erase(entry);
    const bool resumable = stopping || ended.status == static_cast<int>(ExitStatus::stopped_early);
    note_end(task,
             ended.status == 0 ? TaskEnd::done
             : resumable       ? TaskEnd::stopped_early
                               : TaskEnd::failed,
             ended.status);
  }

  void note_end(std::size_t task, TaskEnd end, int status) {
    TaskOutcome& outcome = outcomes_[task];
    outcome.end = end;
    outcome.status = status;
    ended_[task] = true;
    progress_.advance(1);
    std::string line = fmt::format("{}: {}", task_label(campaign_, plan_.tasks[task]), task_end_name(end));
    if (end == TaskEnd::failed || end == TaskEnd::stopped_early)
      line += fmt::format(" with exit status {}, log {}", status, outcome.log.string());
    progress_.note(line);
    if (end != TaskEnd::failed) return;
    for (const std::string& last : last_lines(outcome.log)) progress_.note(fmt::format("    | {}", last));
  }

  void pass_on(ExitStatus reason) {
    const int signal_number = reason == ExitStatus::stopped_early ? SIGUSR1 : SIGINT;
    progress_.note(
        fmt::format("stopping: running tasks ({}) are told to end and waited for", running_.size()));
    for (const auto& [id, task] : running_) runner_.send_signal(id, signal_number);
  }

  const Campaign& campaign_;
  const Plan& plan_;
  const LocalExecutorSettings& settings_;
  CommandRunner& runner_;
  const BeforeTask& before_task_;
  ProgressSink& progress_;
  std::map<std::pair<Stage, int>, std::size_t> position_;
  std::vector<TaskOutcome> outcomes_;
  std::vector<bool> ended_ = std::vector<bool>(plan_.tasks.size(), false);
  std::vector<std::size_t> waiting_;    // in the plan's order
  std::map<int, std::size_t> running_;  // by the runner's id
};

}  // namespace

int available_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) return std::max(1, CPU_COUNT(&cores));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

Parallelism settle_parallelism(int cores, std::optional<int> jobs, std::optional<int> ranks) {
  if (jobs && *jobs < 1) throw UsageError(fmt::format("--jobs {}: at least 1", *jobs));
  if (ranks && *ranks < 1) throw UsageError(fmt::format("--ranks {}: at least 1", *ranks));
  if (jobs && *jobs > cores)
    throw UsageError(fmt::format("--jobs {}: this machine has {} cores, one per job at least", *jobs, cores));
  const int settled_jobs = jobs.value_or(1);
  const int settled_ranks = ranks.value_or(cores / settled_jobs);
  if (settled_jobs > 1 && settled_jobs * settled_ranks > cores) {
    throw UsageError(
        fmt::format("--jobs {} with --ranks {} is more than the {} cores here; at most --ranks {}",
                    settled_jobs, settled_ranks, cores, cores / settled_jobs));
  }
  return {settled_jobs, settled_ranks};
}

std::string_view task_end_name(TaskEnd end) {
  switch (end) {
    case TaskEnd::done:
      return "done";
    case TaskEnd::stopped_early:
      return "stopped early";
    case TaskEnd::failed:
      return "failed";
    case TaskEnd::held_back:
      return "held back, a task before it did not end well";
    case TaskEnd::not_started:
      return "not started";
  }
  return "?";
}

std::string_view program_of(Stage stage) {
  switch (stage) {
    case Stage::lensplanes:
      return "lensplane";
    case Stage::lux:
      return "lux_convert";
    case Stage::raytracing:
      return "raytrace";
    case Stage::statistics:
      return "kappa_stats";
  }
  return "?";
}

std::string task_file_name(Stage stage) {
  return fmt::format("{}.tasks.json", stage_name(stage));
}

std::string task_label(const Campaign& campaign, const PlannedTask& task) {
  const std::string label = fmt::format("{} task {}", stage_name(task.stage), task.task.index);
  if (task.task.products.empty()) return label;
  const ProductId& first = task.task.products.front();
  const std::size_t count = task.task.products.size();
  const std::string products = fmt::format("{} product{}", count, count == 1 ? "" : "s");
  if (task.stage == Stage::lensplanes) {
    const int snapshot = campaign.snapshots.at(static_cast<std::size_t>(snapshot_index_of(campaign, first)));
    return fmt::format("{} (snapshot {}, {})", label, snapshot, products);
  }
  return fmt::format("{} ({}, {})", label, combination_folder(campaign, first.model, first.realization),
                     products);
}

Command task_command(const Campaign& campaign, const LocalExecutorSettings& settings,
                     const PlannedTask& task) {
  Command command;
  const auto add = [&](std::initializer_list<std::string_view> words) {
    for (const std::string_view word : words) command.arguments.emplace_back(word);
  };
  const std::string ranks = fmt::format("{}", settings.parallelism.ranks);
  const std::string index = fmt::format("{}", task.task.index);
  const std::filesystem::path program = settings.programs / program_of(task.stage);
  const std::filesystem::path tasks = settings.task_files / task_file_name(task.stage);
  // Tasks that run at once share the cores: bound to cores, they would all sit on the first ones.
  add({"mpirun", "-n", ranks, "--bind-to", "none"});
  if (settings.parallelism.ranks > settings.cores) add({"--oversubscribe"});
  // A rank per hardware thread is what available_cores() counts.
  command.environment.emplace("OMPI_MCA_hwloc_base_use_hwthreads_as_cpus", "1");
  add({program.native(), "--config", campaign.file.native()});
  for (const std::string& override_text : campaign.overrides) add({"--set", override_text});
  add({"--tasks", tasks.native(), "--task", index});
  if (settings.replace_mismatched) add({"--replace-mismatched"});
  command.output = settings.logs / fmt::format("{}-{}.log", stage_name(task.stage), task.task.index);
  return command;
}

std::vector<TaskOutcome> run_locally(const Campaign& campaign, const Plan& plan,
                                     const LocalExecutorSettings& settings, CommandRunner& runner,
                                     const BeforeTask& before_task, const StopQuestion& stop,
                                     ProgressSink& progress) {
  return Run(campaign, plan, settings, runner, before_task, progress).carry_out(stop);
}

}  // namespace lenswright
