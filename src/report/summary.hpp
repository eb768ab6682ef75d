// summary.hpp: what a scan found, in words of the campaign: the one value that every format draws (terminal,
// JSON), so that all show the same numbers.
//
// Pure: values in, a value out. Products outside the selection are not in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/producers.hpp"
#include "plan/plan.hpp"

namespace lenswright {

enum class Verdict { complete, gaps, cannot_tell };
std::string_view verdict_name(Verdict verdict);  // "complete", "gaps", "cannot tell"

struct StageSummary {
  std::string name;  // "lensplanes", "lux" (potentials), "geometry" (config.dat), "raytracing" (runs),
                     // "statistics"
  std::string unit;  // "planes", "potentials", "files", "runs"
  StageCounts counts;
  // Of those that are there: without a receipt; with one that says adopted.
  std::int64_t unverified = 0, adopted = 0;
  bool complete() const { return counts.in(State::complete) == counts.needed(); }
  std::int64_t damaged() const { return counts.in(State::truncated) + counts.in(State::corrupt); }
};

struct SnapshotSummary {
  int snapshot = 0;
  int array_index = 0;  // position in the campaign's list
  std::int64_t missing_planes = 0;
  std::vector<std::string> models_affected;
};

struct CombinationSummary {
  std::string model;
  int realization = 0;
  std::int64_t missing = 0;
};

// Products that cannot be made, by reason.
struct BlockedSummary {
  Stage stage = Stage::lensplanes;
  std::string because;
  std::int64_t products = 0;
  std::string example;  // product name
};

struct FindingSummary {
  Stage stage = Stage::lensplanes;
  std::optional<std::string> product;  // name; none: orphans, unreadable folders
  std::string path;
  State state = State::unknown;
  std::string because;
};

// The kinds of products that a summary of this selection has rows for, in its order, and what they are called there.
struct StageKind {
  ProductKind kind;
  std::string name, unit;
};
std::vector<StageKind> stage_kinds(const Campaign& campaign, const Selection& selection);

// One model's counts, for the model x stage table. Stages in the order of Summary::stages.
struct ModelSummary {
  struct Cell {
    std::int64_t expected = 0, complete = 0, unknown = 0;  // expected: without those released
  };
  std::string model, label;  // its name, and a short one for where the name is too long
  std::vector<Cell> cells;
  // One per complete run and source plane, whatever formats it is stored in.
  std::int64_t kappa_maps = 0;
};

struct Summary {
  std::string campaign;
  Tier tier = Tier::header;
  Verdict verdict = Verdict::complete;
  std::vector<StageSummary> stages;  // those selected; geometry after lux
  std::vector<SnapshotSummary> snapshots;
  int snapshots_expected = 0;
  std::string array;  // the affected snapshots' array indices, "0-4,6"
  std::vector<CombinationSummary> lux_combinations, raytracing_combinations, statistics_combinations;
  std::vector<BlockedSummary> blocked;
  std::vector<FindingSummary> findings;    // in product order
  std::string pattern;                     // one line; empty: no gaps
  std::vector<ModelSummary> models;        // those selected
  std::optional<std::int64_t> kappa_goal;  // per model; only where all runs are selected
  std::vector<std::string> receipt_problems;
  std::vector<MixedProducers> mixed;  // sets of products of more than one producer

  bool below_goal() const;  // some model has fewer complete kappa maps than the goal
  std::int64_t total(State state) const;
};

// What the summary is made of; all must outlive the call only.
struct SummarySources {
  const Campaign& campaign;
  Tier tier;
  const Selection& selection;
  const ScanResult& scan;
  const Gaps& gaps;
  const std::vector<BlockedProduct>& blocked;
  const std::vector<std::string>& receipt_problems;
  const Producers* producers = nullptr;  // null: not asked
};
Summary summarise(const SummarySources& sources);

}  // namespace lenswright
