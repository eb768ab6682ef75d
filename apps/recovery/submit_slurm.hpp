// submit_slurm.hpp: submit's side of the cluster: what is in flight, the arrays of a plan, handing them over.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "run/lease.hpp"
#include "run/slurm_submission.hpp"
#include "survey.hpp"

namespace lenswright {

class SlurmSide {
 public:
  // Both must outlive this.
  SlurmSide(const Look& look, ProgressSink& progress);
  // What earlier submissions still have in flight. With the lease, what became of arrays whose answer was lost is
  // settled first, and what has ended is noted; without, nothing is written. Asks Slurm only if there is something to
  // ask about. Prints a sentence for what was settled. `assumed_lost`: see SlurmSubmission::settle_earlier.
  const InFlight& look_at_queue(const Lease* lease, const std::set<std::string>& assumed_lost);

  // Asks the cluster for its limits. Where its answer isn't needed, a silent cluster's are taken to be Slurm's own
  // defaults, and the answer is null; else Slurm's silence is thrown.
  SlurmClient* reach(bool needed);
  SlurmClient& client() { return client_; }
  // The plan as arrays within the cluster's limits, and a line about each. REQUIRES: reach() was called.
  void draw_up(const Plan& plan, const Advice& advice);
  std::string text() const;
  // The scripts as they would be; nothing is written. Throws InputError for what cannot stand in one.
  std::string scripts(const Plan& plan, const Survey& found, bool replace_mismatched) const;
  ExitStatus submit(const Plan& plan, const Survey& found, bool replace_mismatched, const Lease& lease);

 private:
  SubmissionSettings settings(const std::string& name, bool replace_mismatched) const;

  const Look& look_;
  ProgressSink& progress_;
  std::unique_ptr<CommandSource> commands_;
  SlurmClient client_;
  InFlight in_flight_;
  SlurmLimits limits_;
  std::string limits_note_;
  std::vector<JobArray> arrays_;
  std::size_t left_out_ = 0;  // tasks beyond what the cluster takes at once
};

// "slurm" or "local", and why, where `given` is empty: Slurm where the campaign has a slurm section and sbatch is in PATH.
struct ExecutorChoice {
  bool slurm = false;
  std::string because;  // empty: it was asked for
};
ExecutorChoice choose_executor(const Campaign& campaign, const std::string& given);  // throws UsageError

}  // namespace lenswright
