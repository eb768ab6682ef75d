// retry_policy.hpp: what to change, by cause, when a task that failed goes again; or why it should not go again. Pure.
//
// Out of time: twice what it had. Out of memory: 1.5 times. Its node failed: not on that node. Cancelled, preempted: as
// before. The same deterministic failure twice: stop. Killed by signal 9 without a word: as before once, then with more
// memory, for the kernel kills so, too.
//
// Units: seconds of wall time; bytes of memory per node
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "campaign/campaign.hpp"
#include "plan/element_resources.hpp"

namespace lenswright {

enum class AttemptCause {
  done,
  timeout,  // killed at the limit, or stopped by itself shortly before it
  out_of_memory,
  node_fail,
  cancelled,  // by a user, the scheduler (preemption) or the system's TERM: nothing is known against the task
  killed,     // signal 9, and nobody says why
  crashed,    // another signal
  failed,     // the program said why and ended with a status
  unknown,
};
std::string_view attempt_cause_name(AttemptCause cause);  // "ran out of time"

// One attempt that is over.
struct PastAttempt {
  AttemptCause cause = AttemptCause::unknown;
  int status = 0, signal = 0;
  std::string message;        // the program's own; empty: none left
  std::string job;            // "17_3", for people; empty: none
  std::string nodes;          // "n[1-2]"
  std::string circumstances;  // code and configuration it ran with: a failure under others says nothing
  bool progressed = false;    // it published something
  std::optional<std::int64_t> seconds;  // what it was given, where known
  std::optional<std::uint64_t> mem;
};

struct RetryCaps {
  std::optional<std::int64_t> max_seconds;
  std::optional<std::uint64_t> max_mem;
  int retries = 3;  // failures without progress
};
// Of the campaign's slurm section.
RetryCaps retry_caps(const Campaign& campaign, Stage stage);
ElementResources campaign_resources(const Campaign& campaign, Stage stage);  // its time and mem, where given

// base: what the task would ask for without a history. Attempts in the order of their end.
TaskAdvice decide_retry(const ElementResources& base, std::span<const PastAttempt> attempts,
                        const RetryCaps& caps, const std::string& circumstances);

// "n[1-3,07],gpu2" -> n1, n2, n3, n07, gpu2; what is in no such form stands as it is.
std::set<std::string> node_names(const std::string& list);

}  // namespace lenswright
