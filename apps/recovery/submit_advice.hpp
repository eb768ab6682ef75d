// submit_advice.hpp: submit's side of earlier attempts: what they say for this plan, in numbers and in words.
#pragma once

#include "plan/element_resources.hpp"
#include "run/slurm_client.hpp"
#include "survey.hpp"

namespace lenswright {

struct AdvisedPlan {
  Plan plan;  // without what is stopped, and what waits for that
  Advice advice;
};
// Asks the queue what became of earlier elements, and, where nothing of a stage has finished yet and the campaign leaves
// time or mem open, the stage's program. Without a client only the elements' own records tell. Prints a line for each
// task that is stopped.
AdvisedPlan advise(const Look& look, Plan plan, bool retry_stopped, SlurmClient* client);

// The job after all others of this campaign that are in flight: it plans again up to `times`, and leaves a report.
// REQUIRES: the campaign's lease is held, and the submission is in the journal.
void submit_auto_retry(const Look& look, int times, bool yes, bool replace_mismatched, SlurmClient& client);

}  // namespace lenswright
