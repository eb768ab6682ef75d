// recovery_history.hpp: what each submit found lacking, which programs then ran, for how long, what of it is there now, and
// what the way before would have made again.
//
// The way before:  one script per snapshot makes all planes of a model's realizations, one per (model, realization) all
//                  its potentials or maps; whoever missed one product ran the whole unit again.
// First making:    a submit that found every mass plane of the campaign lacking has not recovered anything.
// Pure. Units: seconds as named; times UTC, ISO 8601
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/attempt.hpp"
#include "ledger/scan.hpp"
#include "plan/past_plan.hpp"

namespace lenswright {

// One run of a verb that changed something, from the event log.
struct Happening {
  std::string when, who, command, outcome;
  std::vector<std::string> changes;
};

struct StageHistory {
  std::string stage;
  std::int64_t lacking = 0;       // products that were to be made
  std::int64_t complete_now = 0;  // of them
  std::int64_t units = 0;         // (snapshot, model) of mass planes, (model, realization) of all others
  std::int64_t old_way = 0;       // products of those units in full
};

struct RecoveryStep {
  std::string plan;
  std::string found;  // when it was written
  std::string by;     // who submitted; empty: not known
  bool first_making = false;
  std::vector<StageHistory> stages;  // those with anything lacking
  std::vector<int> snapshots;        // numbers, of mass planes
  std::int64_t models = 0, realizations = 0;
  std::int64_t truncated = 0, corrupt = 0, other_moved = 0;  // files moved aside
  std::int64_t blocked = 0, no_longer_expected = 0;
  std::int64_t runs = 0, runs_failed = 0;  // of programs on its tasks
  std::vector<std::string> jobs, hosts;    // each once; jobs: Slurm's ids
  std::string began, ended;                // first and last of the runs; empty: none left a record
  double wall_seconds = 0;                 // from began to ended
  double cpu_seconds = 0;                  // of all ranks of all runs
  std::int64_t lacking() const;
  std::int64_t complete_now() const;
  std::int64_t old_way() const;
};

struct RecoveryHistory {
  std::vector<RecoveryStep> steps;    // oldest first
  std::vector<Happening> happenings;  // the last of them that changed something, oldest first
  std::int64_t happenings_total = 0;
  std::vector<std::string> problems;  // of records that could not be read
  // Over all steps that are no first making.
  std::int64_t recoveries() const;
  std::int64_t lacking() const;
  std::int64_t old_way() const;
  double cpu_seconds() const;
};

inline constexpr std::size_t kHappeningsKept = 40;

// attempts: any; those whose task file lies in a plan's folder count for it.
RecoveryHistory history_of(const Campaign& campaign, const ScanResult& scan,
                           const std::vector<PastPlan>& plans, const std::vector<Attempt>& attempts,
                           const std::vector<Happening>& happenings);

// Seconds between two times as receipts write them; 0 if either is none.
double seconds_between(const std::string& from, const std::string& to);

}  // namespace lenswright
