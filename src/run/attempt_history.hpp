// attempt_history.hpp: what became of earlier attempts at each piece of work, put together from the programs' own
// records, the scheduler's word, and the journal of submissions (what each had been given).
//
// The program's record comes before the scheduler's word, which may be another one (srun's, the script's); but that a
// node failed, or memory was taken away, only the scheduler can know. An element of which nobody knows anything, or
// that never ran, is no attempt.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ledger/attempt.hpp"
#include "run/retry_policy.hpp"
#include "run/slurm_states.hpp"
#include "run/submission_journal.hpp"

namespace lenswright {

// One element of a submitted array that is over.
struct EndedElement {
  Stage stage = Stage::lensplanes;
  std::vector<ProductId> products;
  SlurmJob job;
  std::map<std::string, std::string> resources;  // as asked for
  std::string configuration;                     // digest (hex) that it was submitted under
};
// Of the submissions, as far as `jobs` knows them. What cannot be read is told in `problems`.
std::vector<EndedElement> ended_elements(Disk& disk, const Campaign& campaign,
                                         const std::vector<Submission>& submissions,
                                         const std::vector<SlurmJob>& jobs,
                                         std::vector<std::string>& problems);

struct KnownAttempt {
  PastAttempt past;
  std::int64_t ended = 0;  // Unix seconds
  std::vector<ProductId>
      asked;  // where the record doesn't say what it published: compare with what lacks now
  bool progress_known = true;
};

struct AttemptHistory {
  // By stage and work unit (ledger/attempt), in the order of their end.
  std::map<std::pair<Stage, std::string>, std::vector<KnownAttempt>> attempts;
  std::vector<std::string> problems;
};
// "0.1.0-abc/00112233...": of a record, or of this program under a campaign.
std::string circumstances_of(const Attempt& attempt);
std::string circumstances_now(const Campaign& campaign);

AttemptHistory attempt_history(const Campaign& campaign, const std::vector<Attempt>& records,
                               const std::vector<EndedElement>& elements);

}  // namespace lenswright
