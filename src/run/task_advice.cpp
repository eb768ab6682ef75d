#include "run/task_advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "campaign/slurm_values.hpp"

namespace lenswright {

namespace {

bool has_memory_setting(const Campaign& campaign, Stage stage) {
  const auto resources = campaign.slurm.find(stage);
  return resources != campaign.slurm.end() &&
         (resources->second.values.contains("mem") || resources->second.values.contains("mem_per_cpu"));
}

template <typename Value>
std::optional<Value> at_most(std::optional<Value> value, const std::optional<Value>& cap) {
  return value && cap ? std::min(*value, *cap) : value;
}

// The attempts at any of the task's units, in the order of their end, each once.
std::vector<PastAttempt> attempts_at(const Campaign& campaign, const PlannedTask& task,
                                     const AttemptHistory& history) {
  const std::set<ProductId> lacking(task.task.products.begin(), task.task.products.end());
  std::vector<PastAttempt> attempts;
  for (const std::string& unit : work_units(campaign, task.task.products)) {
    const auto known = history.attempts.find({task.stage, unit});
    if (known == history.attempts.end()) continue;
    for (const KnownAttempt& attempt : known->second) {
      PastAttempt past = attempt.past;
      if (!attempt.progress_known)
        past.progressed = std::any_of(attempt.asked.begin(), attempt.asked.end(), [&](const ProductId& id) {
          return work_unit(campaign, id) == unit && !lacking.contains(id);
        });
      attempts.push_back(std::move(past));
    }
  }
  return attempts;
}

}  // namespace

Advice task_advice(const Campaign& campaign, const Plan& plan, const AttemptHistory& history,
                   const ResourceEstimates& estimates, const AdviceOptions& options) {
  const std::string circumstances = circumstances_now(campaign);
  Advice advice;
  for (const PlannedTask& task : plan.tasks) {
    const RetryCaps caps = retry_caps(campaign, task.stage);
    const ElementResources given = campaign_resources(campaign, task.stage);
    ElementResources base = given;
    std::string estimated;
    const ElementResources estimate = estimates.of(campaign, task.stage, task.task.products.size());
    if (!base.seconds && estimate.seconds) {
      base.seconds = at_most(estimate.seconds, caps.max_seconds);
      estimated = fmt::format("time {} by estimate", slurm_time_text(*base.seconds));
    }
    if (!has_memory_setting(campaign, task.stage) && estimate.mem) {
      base.mem = at_most(estimate.mem, caps.max_mem);
      estimated +=
          fmt::format("{}mem {} by estimate", estimated.empty() ? "" : "; ", slurm_memory_text(*base.mem));
    }
    TaskAdvice one = decide_retry(base, attempts_at(campaign, task, history), caps, circumstances);
    if (options.retry_stopped) one.stopped.clear();
    if (!estimated.empty()) one.because = one.because.empty() ? estimated : estimated + "; " + one.because;
    // The campaign's own values stay the campaign's.
    if (one.resources.seconds == given.seconds) one.resources.seconds.reset();
    if (one.resources.mem == given.mem) one.resources.mem.reset();
    if (one.resources != ElementResources{} || !one.because.empty() || !one.stopped.empty())
      advice[{task.stage, task.task.index}] = std::move(one);
  }
  return advice;
}

Plan without_stopped(const Campaign&, Plan plan, const Advice& advice) {
  std::map<std::pair<Stage, int>, std::string> left_out;
  std::vector<PlannedTask> kept;
  std::set<ProductId> stays;
  for (PlannedTask& task : plan.tasks) {  // in an order that respects `after`
    const std::pair<Stage, int> key{task.stage, task.task.index};
    std::string because, root;
    if (const auto found = advice.find(key); found != advice.end()) because = root = found->second.stopped;
    for (const auto& needed : task.after) {
      const auto stopped = left_out.find(needed);
      if (!because.empty() || stopped == left_out.end()) continue;
      root = stopped->second;
      because = fmt::format("made from what {} task {} was to make, which is stopped: {}",
                            stage_name(needed.first), needed.second, root);
    }
    if (because.empty()) {
      kept.push_back(std::move(task));
      continue;
    }
    left_out.emplace(key, root);
    for (const ProductId& id : task.task.products) {
      plan.blocked.push_back({id, because});
      stays.insert(id);
    }
  }
  plan.tasks = std::move(kept);
  // What lies in their place stays there.
  std::erase_if(plan.moves,
                [&](const Finding& finding) { return finding.product && stays.contains(*finding.product); });
  return plan;
}

}  // namespace lenswright
