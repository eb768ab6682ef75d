// task_advice.hpp: what each task of a plan should ask the cluster for: from what became of earlier attempts, from
// finished tasks of its kind, else from the stage programs' own estimates.
//
// Order: 1. base = the campaign's time and mem; where it leaves one open, the estimate (resource_estimate)
//        2. scaled by the causes of the task's earlier failures (retry_policy), within the campaign's caps
#pragma once

#include "plan/element_resources.hpp"
#include "plan/plan.hpp"
#include "run/attempt_history.hpp"
#include "run/resource_estimate.hpp"

namespace lenswright {

struct AdviceOptions {
  bool retry_stopped = false;  // also what failed the same way twice
};

Advice task_advice(const Campaign& campaign, const Plan& plan, const AttemptHistory& history,
                   const ResourceEstimates& estimates, const AdviceOptions& options);

// The plan without the tasks that are stopped and those that wait for them; their products count as blocked, with the
// diagnosis.
Plan without_stopped(const Campaign& campaign, Plan plan, const Advice& advice);

}  // namespace lenswright
