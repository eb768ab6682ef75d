// local_executor.hpp: carries out a plan on this machine: tasks in dependency order, several at once within
// the machine's cores, each an MPI program of its own with a log file of its own.
//
// A failed task holds back only what is made from its products. When asked to stop, running tasks get the
// signal passed on and are waited for; what they published stays.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/progress.hpp"
#include "plan/plan.hpp"
#include "run/command_runner.hpp"

namespace lenswright {

struct Parallelism {
  int jobs = 1;   // tasks at once
  int ranks = 1;  // of each task
};

int available_cores();  // of this process
// jobs x ranks stays within the cores; ranks alone may exceed them. Unset: one job on all cores, or the
// cores shared evenly between the jobs. Throws UsageError.
Parallelism settle_parallelism(int cores, std::optional<int> jobs, std::optional<int> ranks);

struct LocalExecutorSettings {
  Parallelism parallelism;
  int cores = 1;
  std::filesystem::path programs;    // folder of lensplane, lux_convert, raytrace, kappa_stats
  std::filesystem::path task_files;  // folder of <stage>.tasks.json
  std::filesystem::path logs;        // folder, made by the caller
  bool replace_mismatched = false;
};

enum class TaskEnd {
  done,           // exit status 0
  stopped_early,  // 75, or ended by the signal we passed on: resumable
  failed,         // any other exit status, or could not start
  held_back,      // a task that makes its inputs did not end well
  not_started,    // asked to stop before
};
std::string_view task_end_name(TaskEnd end);

struct TaskOutcome {
  Stage stage = Stage::lensplanes;
  int index = 0;
  TaskEnd end = TaskEnd::not_started;
  int status = 0;             // exit status, where it ran
  std::filesystem::path log;  // empty where it did not run
};

std::string_view program_of(Stage stage);  // "lensplane", "lux_convert", "raytrace", "kappa_stats"
std::string task_file_name(Stage stage);   // "lux.tasks.json"
// "lensplanes task 3 (snapshot 80, 2 products)"
std::string task_label(const Campaign& campaign, const PlannedTask& task);
Command task_command(const Campaign& campaign, const LocalExecutorSettings& settings,
                     const PlannedTask& task);

// Called right before a task starts; a Failure thrown here is the task's failure.
using BeforeTask = std::function<void(const PlannedTask&)>;
// Set once the user or the system wants us to stop: interrupted or stopped_early.
using StopQuestion = std::function<std::optional<ExitStatus>()>;

// One outcome per task, in the plan's order.
std::vector<TaskOutcome> run_locally(const Campaign& campaign, const Plan& plan,
                                     const LocalExecutorSettings& settings, CommandRunner& runner,
                                     const BeforeTask& before_task, const StopQuestion& stop,
                                     ProgressSink& progress);

}  // namespace lenswright
