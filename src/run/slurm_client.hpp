// slurm_client.hpp: what is asked of a Slurm cluster, as few operations over its own programs (sbatch, squeue,
// scontrol, sacct, sacctmgr, scancel, found in PATH).
//
// SBATCH_*, SQUEUE_*, SACCT_* and SLURM_* variables of the caller (he may sit inside a job) don't reach them, except
// those that say which cluster (SLURM_CONF, SLURM_CLUSTERS, SLURM_JWT).
//
// Throws: SchedulerError when a question is not answered, with what was tried and what to do next; questions are asked
//         again while the controller is busy or away, for `timeout` at most. A submission is never tried twice: its
//         answer may be lost, and only the caller can find out. StopRequested between two tries.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "run/captured_command.hpp"
#include "run/slurm_states.hpp"

namespace lenswright {

struct SubmitAnswer {
  enum class Outcome {
    accepted,  // `job` is its id
    refused,   // the cluster said no, or there was no way to it; nothing was submitted
    unknown,   // no answer, or one that cannot be read: the job may be there
  };
  Outcome outcome = Outcome::unknown;
  std::int64_t job = 0;
  std::string message;  // refused, unknown: what sbatch said, one line per complaint
};

struct SlurmLimits {
  int max_array_size = 0;          // an index is below it
  std::int64_t max_job_count = 0;  // jobs (elements count each) the controller keeps, of all users
  std::optional<std::int64_t>
      max_submit;               // elements one may have queued at once: the smallest limit that applies
  std::string max_submit_from;  // "MaxSubmitJobs of association account=astro user=jo"
  bool accounting = false;      // sacct answers
  std::string cluster;
  int min_job_age_seconds = 0;  // how long squeue remembers a job that ended
};

struct SlurmClientSettings {
  // Of one question with its repetitions, or of one submission; a command that hangs is killed then. A controller that
  // is away takes Slurm's commands about 9 s each.
  std::chrono::milliseconds timeout{60'000};
  int tries = 3;                           // of questions; never of submissions
  std::chrono::milliseconds pause{2'000};  // between tries
  // Told a sentence where an answer is late, and the question is asked again.
  std::function<void(const std::string&)> tell = nullptr;
};

class SlurmClient {
 public:
  explicit SlurmClient(CommandSource& commands, SlurmClientSettings settings = {});

  // sbatch --parsable ARGUMENTS SCRIPT. Arguments stand before the script ("--array=0-4", "--dependency=...").
  SubmitAnswer submit(const std::filesystem::path& script, const std::vector<std::string>& arguments = {});
  // sbatch --test-only: whether it would be accepted. Empty: yes; else why not. (Uses up a job id.)
  std::string test_only(const std::filesystem::path& script, const std::vector<std::string>& arguments = {});

  // All elements of these arrays or jobs that the controller or accounting knows; those nobody knows any longer
  // are not in the answer.
  std::vector<SlurmJob> jobs(const std::vector<std::int64_t>& ids);
  // Of this user, by exact name (comma-free), ended ones included: is the submission whose answer was lost there?
  // The controller's word is complete for min_job_age_seconds after a job ends; after that accounting's, which lags.
  std::vector<SlurmJob> jobs_named(const std::string& name);

  // What applies to this user's jobs under an account and QOS (empty: his defaults).
  SlurmLimits limits(const std::string& account = {}, const std::string& qos = {});

  // "7", "7_3" (job_text). Cancelling what ended or never was is no error.
  void cancel(const std::vector<std::string>& jobs);
  void hold(const std::string& job);
  void release(const std::string& job);
  // scontrol update: replaces what it waits for; empty: nothing.
  void update_dependency(const std::string& job, const std::string& dependency);
  // Whether the controller answers at all; never throws for a silent one.
  bool controller_answers();

 private:
  CommandAnswer ask(std::vector<std::string> arguments);         // throws unless it ends with 0
  CommandAnswer try_asking(std::vector<std::string> arguments);  // again while the controller is busy
  CommandAnswer once(std::vector<std::string> arguments, std::chrono::milliseconds timeout);
  bool accounting();
  std::vector<SlurmJob> from_accounting(const std::vector<std::string>& selection);
  void add_exit_codes(std::vector<SlurmJob>& jobs);

  CommandSource& commands_;
  SlurmClientSettings settings_;
  std::optional<bool> accounting_;
  bool silent_ = false;  // the last question went unanswered: the next is asked once only
};

}  // namespace lenswright
