// gaps.hpp: what a scan means: counts per stage, affected snapshots and combinations, what is blocked, and
// the pattern behind it.
//
// Pure: values in, values out.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "campaign/product_graph.hpp"
#include "ledger/scan.hpp"

namespace lenswright {

// Whether the snapshot and (dmo only) the catalogue or matches of each snapshot can be seen.
struct InputAvailability {
  std::vector<std::string> dmo;  // per snapshot index: empty if there, else a sentence why not
  std::vector<std::string> hydro;
  std::vector<std::string> halos;
  // Empty if every input of this model's planes of the snapshot is there.
  std::string missing_for(const Model& model, int snapshot_index) const;
};

struct StageCounts {
  std::int64_t expected = 0;
  std::array<std::int64_t, kStateCount> by_state{};  // over products in the selection
  std::int64_t blocked = 0;  // not complete, and an input neither complete nor rebuildable from what is there
  std::int64_t in(State state) const { return by_state[static_cast<std::size_t>(state)]; }
  // Released products need not be there.
  std::int64_t needed() const { return expected - in(State::released); }
  std::int64_t to_make() const { return in(State::missing) + in(State::truncated) + in(State::corrupt); }
};

struct SnapshotGap {
  int snapshot_index = 0;
  std::int64_t missing_planes = 0;  // to make
  std::vector<int> models;          // affected, ascending
};

struct CombinationGap {
  int model = 0, realization = 0;
  std::int64_t missing = 0;  // products to make
};

struct Gaps {
  StageCounts lensplanes, lux, geometry, raytracing,
      statistics;                      // lux: potentials only; raytracing counts runs
  std::vector<SnapshotGap> snapshots;  // in the campaign's order
  std::vector<CombinationGap> lux_combinations, raytracing_combinations, statistics_combinations;
  std::string pattern;    // one line, e.g. "all 20 gaps are tails of a model's write order: a killed loop";
                          // empty: no gaps
  bool complete() const;  // everything in the selection complete
  bool can_tell() const;  // nothing unknown
};

// State of a product to be made anew: missing, truncated or corrupt.
bool to_be_made(State state);

Gaps find_gaps(const Campaign& campaign, const ScanResult& scan, const Selection& selection,
               const InputAvailability& inputs);

}  // namespace lenswright
