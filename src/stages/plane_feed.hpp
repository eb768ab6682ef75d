// plane_feed.hpp: one potential after another in the memory of each node, read once per node whatever the number
// of ranks, and the next one while the present one is used.
//
// Throws: InputError on all ranks if a plane is damaged: size, markers, values out of all range, or another
//         digest than its receipt's
#pragma once

#include <cstddef>
#include <future>
#include <memory>
#include <vector>

#include "physics/node_memory.hpp"
#include "physics/ray_step.hpp"
#include "stages/stage_run.hpp"

namespace lenswright {

class PlaneFeed {
 public:
  // Collective. slots: planes in memory at a time, 1 or 2.
  PlaneFeed(const StageContext& context, const KnownDigests& known, int slots);
  // Begins with the first of `potentials`.
  void start(std::vector<ProductId> potentials);
  // Collective. The next potential, N x N x 5; valid until the call after the next, with one slot until the next.
  std::span<const double> next();
  // Collective. Digests of the potentials read since start(), in their order; the same on all ranks.
  std::vector<ReceiptInput> inputs_read() const;

 private:
  void read(std::size_t which);

  const StageContext& context_;
  const KnownDigests& known_;
  NodeRanks node_;
  std::vector<std::unique_ptr<NodeArray>> slots_;
  std::vector<ProductId> potentials_;
  std::vector<Digest> digests_;  // on the first rank of each node
  std::size_t next_ = 0;
  std::future<void> reading_;  // last: its end is awaited before the memory goes
};

}  // namespace lenswright
