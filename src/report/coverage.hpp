// coverage.hpp: how much of the campaign is there, by model and realization of each stage, and which planes of which
// snapshot are not.
//
// Pure: values in, a value out. Products outside the selection are not in it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/scan.hpp"

namespace lenswright {

// Products of one (model, realization) of a stage.
struct CoverageCell {
  std::int64_t expected = 0, complete = 0, missing = 0;
  std::int64_t damaged = 0;   // truncated or corrupt
  std::int64_t unusable = 0;  // mismatched or stale: sound in themselves
  std::int64_t unknown = 0;
  bool operator==(const CoverageCell&) const = default;
};
// What a map shows of a cell, the worst first: unknown, damaged, unusable; none of it there, some of it, all.
enum class CellState { nothing_expected, complete, partly, none, unusable, damaged, unknown };
inline constexpr int kCellStateCount = 7;
CellState cell_state(const CoverageCell& cell);
std::string_view cell_state_name(CellState state);  // "complete", "partly there", ...

struct StageCoverage {
  std::string stage, unit;                       // as in StageSummary
  std::vector<std::vector<CoverageCell>> cells;  // model x realization, in the order of Coverage's lists
  std::int64_t in(CellState state) const;        // cells
};

struct Coverage {
  std::vector<std::string> models;  // names of those selected
  std::vector<std::string> labels;  // the same, short
  std::vector<int> realizations;    // those selected
  std::vector<StageCoverage> stages;
  std::vector<int> snapshots;                          // numbers, from the observer outwards
  std::vector<std::vector<std::int64_t>> lost_planes;  // snapshot x model: mass planes that are not complete
  std::int64_t planes_per_cell = 0;                    // expected of one snapshot and model
  std::int64_t planes_lost() const;
};

// A model's name as short as a table's margin wants it: "dmo", "hydro", "1.00e12-3.16e12, R 0.5".
std::string model_label(const Model& model);

Coverage coverage_of(const Campaign& campaign, const Selection& selection, const ScanResult& scan);

}  // namespace lenswright
