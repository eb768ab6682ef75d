// element_status.hpp: what became of each element that was handed to Slurm: the journal says that it exists, Slurm what
// it knows of it, and the products on disk decide.
//
// Pure. An element is done when its products are complete, whatever Slurm says; one that Slurm calls COMPLETED without
// them has failed. Units: times in Unix seconds, 0: not known.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "run/slurm_states.hpp"
#include "run/submission_journal.hpp"

namespace lenswright {

struct ElementStatus {
  std::string submission, array;  // names in the journal
  Stage stage = Stage::lensplanes;
  std::int64_t job = 0;  // the array's id; 0: none
  int element = 0;
  JobState state = JobState::pending;
  JobCause cause = JobCause::none;  // of a failed one
  std::string because;              // a sentence; empty: done as it should be, or nothing to say
  std::string waits_for;            // Slurm's reason of a pending one: "Resources"; empty: none given
  std::size_t products = 0, complete = 0;
  bool in_queue = false;  // Slurm still has it: to be cancelled, if anything is
  std::string nodes;
  std::int64_t started = 0, ended = 0;
  std::filesystem::path log;  // may not exist yet
};

// Elements of the array in the journal's order. `products` as element_products gives it, `jobs` all that Slurm
// knows (of other arrays too), `complete` what a look at the disk found.
std::vector<ElementStatus> element_statuses(const std::string& submission, const SubmittedArray& array,
                                            const std::map<int, std::vector<ProductId>>& products,
                                            const std::vector<SlurmJob>& jobs,
                                            const std::function<bool(const ProductId&)>& complete);

// What remains of a stage, from the mean time of its finished elements; nothing is said without any.
struct StageEstimate {
  Stage stage = Stage::lensplanes;
  std::size_t pending = 0, running = 0;  // elements
  std::int64_t seconds_each = 0;         // mean of those that ended well; 0: none yet
  std::int64_t seconds_left = 0;  // elapsed time with as many at once as run now; 0: nothing left, or unknown
};
// Stages with pending or running elements, in order. `now`: Unix seconds.
std::vector<StageEstimate> estimate_rest(const std::vector<ElementStatus>& elements, std::int64_t now);

}  // namespace lenswright
