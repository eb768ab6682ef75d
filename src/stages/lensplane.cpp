#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>

#include "base/error.hpp"
#include "base/stop_request.hpp"
#include "io/plane_file.hpp"
#include "physics/node_memory.hpp"
#include "stages/dmo_planes.hpp"
#include "stages/kept_members.hpp"
#include "stages/lensplane_inputs.hpp"
#include "stages/lensplane_pass.hpp"
#include "stages/lensplane_transforms.hpp"
#include "stages/lensplane_work.hpp"
#include "stages/stage_run.hpp"

namespace lenswright {

namespace {

std::string passes_text(std::size_t passes) {
  return passes == 1 ? "1 pass" : fmt::format("{} passes", passes);
}

std::string duration_text(double seconds) {
  return seconds < 100 ? fmt::format("{:.0f} s", seconds) : fmt::format("{:.0f} min", seconds / 60);
}

void tell(const StageContext& context, const StageRequest& request, const LensplaneWork& work,
          std::size_t products, std::uint64_t budget) {
  context.progress.note(fmt::format("{} mass planes in {} over the particles{}: {} of {} per rank", products,
                                    passes_text(work.passes()),
                                    work.kept ? fmt::format(", of which {} read{} them", work.readings.size(),
                                                            work.readings.size() == 1 ? "s" : "")
                                              : "",
                                    memory_text(work.peak_bytes), memory_text(budget)));
  if (request.pass_seconds == 0) return;
  const double longest = *std::max_element(work.seconds.begin(), work.seconds.end());
  if (longest > request.pass_seconds)
    context.progress.note(fmt::format("--pass-time {}: the smallest possible pass takes about {}",
                                      duration_text(request.pass_seconds), duration_text(longest)));
}

std::string estimate_lines(const StageContext& context, const StageRequest& request,
                           const LensplaneWork& work, std::size_t products, std::uint64_t budget) {
  constexpr double kParticleBytes = 4 * sizeof(double);
  const NodeRanks node(context.ranks);
  const std::uint64_t ranks_per_node =
      largest_of_all(context.ranks, static_cast<std::uint64_t>(node.ranks().size()));
  const std::uint64_t written = products * plane_file_size(context.campaign.lensplanes.grid, kScalarFields);
  double seconds = 0, longest = 0;
  for (const double pass : work.seconds) {
    seconds += pass;
    longest = std::max(longest, pass);
  }
  std::string text;
  const auto line = [&](const std::string& key, const std::string& value, const std::string& readable = {}) {
    text += fmt::format("{}: {}{}\n", key, value, readable.empty() ? "" : "  (" + readable + ")");
  };
  const auto bytes = [&](const std::string& key, std::uint64_t value) {
    line(key, std::to_string(value), memory_text(value));
  };
  line("planes", std::to_string(products));
  line("ranks", std::to_string(context.ranks.size()), fmt::format("{} on a node", ranks_per_node));
  line("threads", std::to_string(request.threads), "per rank");
  bytes("memory_budget_per_rank", budget);
  bytes("memory_per_rank", work.peak_bytes);
  bytes("memory_per_node", work.peak_bytes * ranks_per_node);
  line("passes", std::to_string(work.passes()));
  bytes("bytes_read", static_cast<std::uint64_t>(work.particles * kParticleBytes));
  bytes("bytes_written", written);
  line("seconds", fmt::format("{:.0f}", std::ceil(seconds)), duration_text(seconds));
  line("seconds_longest_pass", fmt::format("{:.0f}", std::ceil(longest)), duration_text(longest));
  return text;
}

// What the passes of a run have in common, and what they leave each other.
struct PassSeries {
  const LensplaneSetting& setting;
  DmoPlanes& dmo_planes;
  PlaneWriting& writing;
  ReceiptBook& book;
  const LensplaneWork& plan;
  SnapshotFingerprints fingerprints;
  std::size_t passes = 0;  // so far
  std::size_t made = 0;

  std::string title() const {
    return plan.passes() == 1 ? "" : fmt::format(", pass {} of {}", passes + 1, plan.passes());
  }
};

void put_down_kept(const LensplaneSetting& setting, const KeptMembers& kept, LensplanePassRun& run,
                   const std::string& title) {
  ProgressSink& progress = setting.context.progress;
  progress.begin("putting down what is inside halos" + title, kept.batches().size(), "batches");
  together(setting.context.ranks, [&] {
    for (const KeptMembers::Batch& batch : kept.batches()) {
      throw_if_stop_requested();
      run.put_down(batch.simulation, batch.particles, batch.members, batch.word);
      progress.advance(1);
    }
  });
  progress.end();
}

void make_passes(PassSeries& series, const LensplaneInputs& inputs, const ReadTogether& passes) {
  const LensplaneSetting& setting = series.setting;
  const Communicator& ranks = setting.context.ranks;
  stop_together(ranks);
  // What is inside regions goes to the planes of a single pass at once, to those of several from memory.
  std::optional<LensplaneReading> reading;
  std::unique_ptr<LensplanePassRun> run;
  std::optional<KeptMembers> kept;
  const auto take = [&](Simulation simulation, const ParticleBatch& batch,
                        const std::vector<BatchMembers>& members) {
    if (!run) return kept->add(simulation, batch, members);
    for (std::size_t word = 0; word < members.size(); ++word)
      run->put_down(simulation, batch, members[word], word);
  };
  while (true) {
    kept.emplace(setting.batch_particles);
    reading.emplace(setting, inputs, passes, series.title());
    reading->start_from(series.dmo_planes);
    if (passes.size() == 1)
      run = std::make_unique<LensplanePassRun>(setting, *reading, passes.front(), series.title());
    if (reading->read_particles(series.fingerprints, series.dmo_planes, take)) break;
    setting.context.progress.note(
        "published dmo planes were made of other particles than the snapshot now holds: not used");
    run.reset();  // before its planes are allocated again
  }
  for (const LensplanePass& pass : passes) {
    stop_together(ranks);
    if (!run) run = std::make_unique<LensplanePassRun>(setting, *reading, pass, series.title());
    if (passes.size() > 1) put_down_kept(setting, *kept, *run, series.title());
    series.made += run->publish(series.writing);
    if (series.book.is_due()) {
      together(ranks, [&] { series.writing.finish(); });
      series.book.write();
    }
    ++series.passes;
    run.reset();
  }
}

}  // namespace

StageOutcome run_lensplane(const StageContext& context, const StageRequest& request) {
  const Campaign& campaign = context.campaign;
  return_freed_memory();
  const ReceiptIndex receipts = load_receipts(context);
  const Work work = choose_work(context, request, receipts);
  StageOutcome outcome;
  outcome.asked = request.products.size();
  outcome.were_complete = outcome.asked - work.products.size();
  if (work.products.empty()) {
    if (request.estimate_only) outcome.estimate = "planes: 0\n";
    return outcome;
  }

  // Everything that can be wrong with inputs, transforms and memory is found before anything is moved or written.
  const std::map<int, LensplaneInputs> inputs = require_simulations(context, work.products);
  const std::uint64_t budget = memory_budget(context, request);
  const TransformSet foreseen = foreseen_transforms(context);
  const RankGroups groups(context.ranks, request.most_sharing);
  PlaneSizes sizes(campaign, foreseen, inputs);
  sizes.find_tiles(work.products, context.ranks);
  const LensplaneWork plan = plan_work(context, request, work.products, inputs, sizes, budget);
  if (request.estimate_only) {
    outcome.estimate = estimate_lines(context, request, plan, work.products.size(), budget);
    return outcome;
  }
  const TransformSet transforms = settle_transforms(context);
  DmoPlanes dmo_planes(context, receipts, transforms, work.products);
  move_aside(context, work);
  tell(context, request, plan, work.products.size(), budget);

  PlaneMemory whole_memory(groups), tile_memory(groups);
  // The memory of one pass's particles is the next one's.
  MassAssignment assignment(kernel_of(campaign.lensplanes.assignment), campaign.lensplanes.grid,
                            campaign.box_mpc_h, campaign.planes_per_snapshot, request.threads);
  BatchFeed::Buffers buffers;
  const LensplaneSetting setting{context,
                                 transforms,
                                 MassQuantum(campaign.omega_m, campaign.box_mpc_h),
                                 request.threads,
                                 plan.memory.batch_particles,
                                 groups,
                                 sizes,
                                 whole_memory,
                                 tile_memory,
                                 assignment,
                                 buffers};
  ReceiptBook book(context, Stage::lensplanes, request.threads);
  PlaneWriting writing(context, book);
  PassSeries series{setting, dmo_planes, writing, book, plan, {}, 0, 0};
  try {
    for (const ReadTogether& passes : plan.readings)
      make_passes(series, inputs.at(passes.front().snapshot_index), passes);
    together(context.ranks, [&] { writing.finish(); });
    outcome.made = series.made;
  } catch (const Failure&) {
    // All ranks fail together: what is published gets its receipt.
    writing.finish_quietly();
    book.write();
    throw;
  }
  book.write();
  return outcome;
}

}  // namespace lenswright
