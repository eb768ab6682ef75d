// slurm_submission.hpp: hands job arrays to Slurm exactly once, and knows what of earlier ones is still in flight.
//
// Per array: intent into the journal, sbatch, answer into the journal. If sbatch's answer is lost, the queue is asked
// for the array's unique name. If it doesn't know that within `grace` either, nobody can tell: a controller that was
// stopped for a while takes in requests whose senders are long gone. So everything stops with an explanation; the next
// submit asks again, and goes on once the queue knows the job or the user says that there is none.
// Throws: SchedulerError, IoError; InputError if the lease is lost or nobody can tell what became of an array
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "plan/job_arrays.hpp"
#include "run/lease.hpp"
#include "run/slurm_client.hpp"
#include "run/submission_journal.hpp"

namespace lenswright {

// An array with its files' texts, ready to be written and handed over.
struct PreparedArray {
  ArrayIntent intent;
  std::string script, tasks;
};

struct SubmissionSettings {
  std::string name;                    // of the plan, and so of the submission
  std::filesystem::path folder, logs;  // of the plan
  std::filesystem::path programs;      // folder of the stage programs
  std::map<Stage, std::string> sites;  // text of each stage's site preset
  bool replace_mismatched = false;
  int attempt = 1;
};
// Pure. Throws InputError for a value that cannot stand in a script.
std::vector<PreparedArray> prepare_arrays(const Campaign& campaign, const Plan& plan,
                                          const std::vector<JobArray>& arrays, const ReceiptIndex& receipts,
                                          const SubmissionSettings& settings);
void write_arrays(Disk& disk, const std::vector<PreparedArray>& arrays);

// "afterok:7_4:7_9", "aftercorr:8", "afterok:7" (all of its elements); empty: waits for nothing.
// `jobs`: the ids of its parents by array name; REQUIRES: all are there.
std::string dependency_text(const ArrayIntent& intent, const std::vector<PreparedArray>& arrays,
                            const std::map<std::string, std::int64_t>& jobs);

struct Patience {
  std::chrono::milliseconds grace{60000};  // from the loss on the queue is asked this long before all stops
  std::chrono::milliseconds look_every{2000};
};

// What is submitted already and not at its end.
struct InFlight {
  std::set<ProductId> products;
  std::int64_t elements = 0;
};

class SlurmSubmission {
 public:
  // All must outlive this; `lease` is the campaign's.
  SlurmSubmission(Disk& disk, const Campaign& campaign, SlurmClient& client, const Lease& lease,
                  ProgressSink& progress, Patience patience = {});
  // Intents without an answer, of submits that ended in between: the queue says what became of them. Returns a
  // sentence for each. `assumed_lost`: names of jobs that the user says never came into being; should one do so after
  // all, its elements end at once. Throws InputError for what neither the queue nor the user knows, UsageError for a
  // name that nobody asks about.
  std::vector<std::string> settle_earlier(std::set<std::string> assumed_lost = {});
  // Empty, or why the cluster would not take one of the scripts; limits on how much one may have queued don't count.
  std::string test(const std::vector<PreparedArray>& arrays);
  // `between` is called before each sbatch and may throw.
  void submit(const Submission& submission, const std::vector<PreparedArray>& arrays,
              const std::function<void()>& between);

 private:
  std::optional<std::int64_t> ask_queue(const ArrayIntent& intent, std::chrono::milliseconds age);
  void require_known(const ArrayIntent& intent, const std::vector<PreparedArray>& arrays,
                     const std::map<std::string, std::int64_t>& jobs);

  Disk& disk_;
  const Campaign& campaign_;
  SlurmClient& client_;
  const Lease& lease_;
  ProgressSink& progress_;
  Patience patience_;
  std::set<std::string> known_;  // parents that the queue has shown
};

// The job that goes on by itself after the submission, if it waits or runs; else nullptr.
const SlurmJob* follow_up_job(const Submission& submission, const std::vector<SlurmJob>& jobs);

// Asks the queue; changes nothing. REQUIRES: every intent has an answer (settle_earlier), else those without count as
// in flight with all their elements.
InFlight find_in_flight(Disk& disk, const Campaign& campaign, const std::vector<Submission>& submissions,
                        SlurmClient& client);
// Notes those of which nothing is in flight any more, so that the queue needn't be asked for them again.
void close_ended(Disk& disk, const Campaign& campaign, const std::vector<Submission>& submissions,
                 SlurmClient& client);

}  // namespace lenswright
