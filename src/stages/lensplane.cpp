#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.hpp"
#include "stages/lensplane_inputs.hpp"
#include "stages/lensplane_memory.hpp"
#include "stages/lensplane_pass.hpp"
#include "stages/lensplane_plan.hpp"
#include "stages/lensplane_transforms.hpp"
#include "stages/stage_run.hpp"

namespace lenswright {

namespace {

// The most particles of one simulation that one rank reads.
std::uint64_t largest_share(const std::map<int, LensplaneInputs>& inputs, const Campaign& campaign,
                            const Communicator& ranks) {
  std::uint64_t most = 0;
  for (const auto& [index, snapshot] : inputs) {
    for (const auto& [simulation, header] : snapshot.snapshots) {
      std::uint64_t particles = 0;
      for (const int type : particle_types_of(campaign, simulation))
        particles += header.total[static_cast<std::size_t>(type)];
      most = std::max(most, particles);
    }
  }
  const auto size = static_cast<std::uint64_t>(ranks.size());
  return (most + size - 1) / size + kChunkParticles;
}

std::size_t replacement_words(const Campaign& campaign, const std::vector<ProductId>& products) {
  std::set<int> models;
  for (const ProductId& id : products)
    if (campaign.models[static_cast<std::size_t>(id.model)].kind == ModelKind::replace)
      models.insert(id.model);
  return (models.size() + kSetBits - 1) / kSetBits;
}

std::uint64_t largest_of_all(const Communicator& ranks, std::uint64_t mine) {
  std::uint64_t most = 0;
  for (const std::string& text : ranks.gather_all(std::to_string(mine)))
    most = std::max<std::uint64_t>(most, std::stoull(text));
  return most;
}

std::vector<LensplanePass> plan_all(const Campaign& campaign, const std::vector<ProductId>& products,
                                    std::size_t most_planes) {
  std::map<int, std::vector<ProductId>> by_snapshot;
  for (const ProductId& id : products) by_snapshot[snapshot_index_of(campaign, id)].push_back(id);
  std::vector<LensplanePass> passes;
  for (const auto& [index, here] : by_snapshot) {
    std::vector<LensplanePass> more = plan_passes(campaign, index, here, most_planes);
    std::move(more.begin(), more.end(), std::back_inserter(passes));
  }
  return passes;
}

std::string estimate(const Campaign& campaign, const std::vector<LensplanePass>& passes, std::size_t products,
                     const LensplaneMemory& memory, std::uint64_t budget) {
  std::size_t most = 0;
  for (const LensplanePass& pass : passes) most = std::max(most, resident_planes(campaign, pass));
  return fmt::format(
      "{} mass planes in {} over the particles; at most {} planes of {} at once: {} of {} per rank", products,
      passes.size() == 1 ? "1 pass" : fmt::format("{} passes", passes.size()), most,
      memory_text(memory.plane_bytes), memory_text(memory.other_bytes + most * memory.plane_bytes),
      memory_text(budget));
}

}  // namespace

StageOutcome run_lensplane(const StageContext& context, const StageRequest& request) {
  const Campaign& campaign = context.campaign;
  const ReceiptIndex receipts = load_receipts(context);
  const Work work = choose_work(context, request, receipts);
  StageOutcome outcome;
  outcome.asked = request.products.size();
  outcome.were_complete = outcome.asked - work.products.size();
  if (work.products.empty()) return outcome;

  // Everything that can be wrong with inputs, transforms and memory is found before anything is moved or written.
  const std::map<int, LensplaneInputs> inputs = require_simulations(context, work.products);
  const std::uint64_t budget = memory_budget(context, request);
  const LensplaneMemory memory = divide_memory(
      budget, largest_of_all(context.ranks, resident_memory()), campaign.lensplanes.grid,
      largest_share(inputs, campaign, context.ranks), replacement_words(campaign, work.products));
  const std::vector<LensplanePass> passes = plan_all(campaign, work.products, memory.most_planes);
  const TransformSet transforms = settle_transforms(context);
  move_aside(context, work);
  context.progress.note(estimate(campaign, passes, work.products.size(), memory, budget));

  const LensplaneSetting setting{context, transforms, MassQuantum(campaign.omega_m, campaign.box_mpc_h),
                                 request.threads, memory.batch_particles};
  LensplanePassRun::Fingerprints fingerprints;
  ReceiptBook book(context, Stage::lensplanes, request.threads);
  try {
    for (const LensplanePass& pass : passes) {
      stop_together(context.ranks);
      LensplanePassRun run(setting, inputs.at(pass.snapshot_index), pass);
      run.read_particles(fingerprints);
      outcome.made += run.publish(book);
      book.write_if_due();
    }
  } catch (const Failure&) {
    // All ranks fail together: what is published gets its receipt.
    book.write();
    throw;
  }
  book.write();
  return outcome;
}

}  // namespace lenswright
