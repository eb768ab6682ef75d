// slurm_states.hpp: what Slurm's programs print about jobs, read into one value per array element.
//
// In:     lines of squeue, sacct and scontrol in the formats named here (slurm_client asks in these)
// Out:    SlurmJob, one per element; range rows such as `7_[2-3%2]` are expanded
// Units:  times in Unix seconds, 0: not known or not yet; memory in bytes
// Throws: SchedulerError for a line that is not in the format asked for
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lenswright {

enum class JobState { pending, running, done, failed };
std::string_view job_state_name(JobState state);  // "pending"

// Why an element failed, or never will run.
enum class JobCause {
  none,                  // it has not failed
  timeout,               // TIMEOUT, DEADLINE
  out_of_memory,         // OUT_OF_MEMORY
  node_fail,             // NODE_FAIL, BOOT_FAIL
  cancelled,             // CANCELLED, PREEMPTED, REVOKED
  exit_status,           // FAILED with an exit status
  signal,                // FAILED by a signal
  dependency_never_met,  // pending for ever, or cancelled, since what it waits for failed
  unknown,               // a state that is none of these
};
// As Slurm writes it: "TIMEOUT", "OUT_OF_MEMORY", "NODE_FAIL", "CANCELLED", "FAILED", "DependencyNeverSatisfied".
std::string_view job_cause_name(JobCause cause);

// One element of an array, or a job that is none.
struct SlurmJob {
  std::int64_t array = 0;    // the array's job id (what sbatch answered); a job that is no array: its own id
  std::optional<int> index;  // in the array
  std::int64_t job = 0;      // the element's own job id; 0: has none yet (sacct range rows)
  std::string name, comment;
  JobState state = JobState::pending;
  JobCause cause = JobCause::none;
  std::string word;     // Slurm's own: "COMPLETED", "CANCELLED by 0"
  std::string reason;   // Slurm's own: "Dependency", "NonZeroExitCode"; empty: none
  int exit_status = 0;  // where known
  int signal = 0;
  int restarts = 0;   // how often it was requeued, where known
  std::string nodes;  // "n[1-2]"; empty: none yet
  std::int64_t submitted = 0, started = 0, ended = 0;

  // Won't run any more. One that waits for what failed is over, though Slurm keeps it in its queue.
  bool over() const { return state == JobState::done || state == JobState::failed; }
  bool in_queue() const { return !over() || word == "PENDING"; }
};

// "7_3" of element 3 of array 7, "7" of a job: as scancel and scontrol take it.
std::string job_text(const SlurmJob& job);
// "FAILED with exit status 3", "TIMEOUT", "pending (Resources)".
std::string describe_end(const SlurmJob& job);

// State, cause (and a never satisfied dependency) from Slurm's words.
void set_state(SlurmJob& job, std::string_view word, std::string_view reason);

inline constexpr std::string_view kSqueueFormat = "%A|%F|%K|%T|%r|%V|%S|%e|%N|%j|%k";
inline constexpr std::string_view kSacctFormat =
    "JobID,JobIDRaw,State,ExitCode,Reason,Submit,Start,End,NodeList,JobName,Comment";

std::vector<SlurmJob> parse_squeue(const std::string& text);
std::vector<SlurmJob> parse_sacct(const std::string& text);
std::vector<SlurmJob> parse_scontrol_jobs(const std::string& text);  // scontrol -o show job

// "3:0" -> exit status 3, "0:9" -> signal 9.
void set_exit_code(SlurmJob& job, std::string_view code);

// One value per element, in the order of arrays and indices: the controller's word where it knows the element,
// else accounting's, which lags. A job that is done for both keeps the exit status either knows.
std::vector<SlurmJob> merged_jobs(const std::vector<SlurmJob>& controller,
                                  const std::vector<SlurmJob>& accounting);

// "0-4,6,8-12%3" -> 0...4, 6, 8...12; a step as in "0-8:4". Throws SchedulerError.
std::vector<int> parse_array_ranges(std::string_view ranges);

}  // namespace lenswright
