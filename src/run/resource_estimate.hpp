// resource_estimate.hpp: what a task would take where the campaign leaves its time or memory open: from what finished
// tasks of its stage took, else from what the stage's program foresees (--estimate).
//
// From finished tasks: the longest time and the largest memory of the latest ones, with a margin, scaled up for more
// products or fewer ranks, never down: a pass over the particles takes its time for one plane, too.
//
// Units: seconds of wall time; bytes per node
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/attempt.hpp"
#include "plan/element_resources.hpp"
#include "plan/plan.hpp"
#include "run/captured_command.hpp"

namespace lenswright {

// How the campaign's slurm section starts a stage.
struct LaunchShape {
  int ranks = 1, ranks_per_node = 1, nodes = 1;
};
LaunchShape launch_shape(const Campaign& campaign, Stage stage);

struct ForeseenCost {
  double seconds = 0;  // of one rank
  std::uint64_t memory_per_rank = 0;
  std::size_t products = 0;  // that this is for
};
// The lines "key: value  (in words)" that stage programs print; none: not all of them are there.
std::optional<ForeseenCost> read_estimate(const std::string& text);

class ResourceEstimates {
 public:
  ResourceEstimates() = default;
  explicit ResourceEstimates(const std::vector<Attempt>& records);
  // For stages without finished tasks whose time or mem the campaign leaves open: asks the stage's program about its
  // largest task of the plan, where that can start at once. What it can't tell stays open, with a note.
  void foresee(const Campaign& campaign, const Plan& plan, const std::filesystem::path& programs,
               CommandSource& commands);

  // Of a task of so many products; unset: not known.
  ElementResources of(const Campaign& campaign, Stage stage, std::size_t products) const;
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::map<Stage, std::vector<Attempt>> finished_;  // the latest
  std::map<Stage, ForeseenCost> foreseen_;
  std::vector<std::string> notes_;
};

}  // namespace lenswright
