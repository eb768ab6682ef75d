#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "io/plane_file.hpp"
#include "physics/node_memory.hpp"
#include "stages/dmo_planes.hpp"
#include "stages/lensplane_inputs.hpp"
#include "stages/lensplane_memory.hpp"
#include "stages/lensplane_pass.hpp"
#include "stages/lensplane_plan.hpp"
#include "stages/lensplane_transforms.hpp"
#include "stages/pass_time.hpp"
#include "stages/plane_sizes.hpp"
#include "stages/stage_run.hpp"

namespace lenswright {

namespace {

using InputsByIndex = std::map<int, LensplaneInputs>;

// The most particles of one simulation that one rank reads.
std::uint64_t largest_share(const InputsByIndex& inputs, const Campaign& campaign,
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

// What a rank takes at most to keep its particles of one snapshot in memory.
std::uint64_t kept_bytes(const InputsByIndex& inputs, const Campaign& campaign, const Communicator& ranks,
                         std::size_t words) {
  std::uint64_t most = 0;
  for (const auto& [index, snapshot] : inputs) {
    std::vector<std::uint64_t> particles(static_cast<std::size_t>(ranks.size()));
    for (const auto& [simulation, header] : snapshot.snapshots) {
      const std::vector<SnapshotChunk> chunks =
          snapshot_chunks(header, particle_types_of(campaign, simulation));
      const std::vector<int> readers = readers_of(chunks, ranks.size());
      for (std::size_t n = 0; n < chunks.size(); ++n)
        particles[static_cast<std::size_t>(readers[n])] += chunks[n].count;
    }
    most = std::max(most, *std::max_element(particles.begin(), particles.end()));
  }
  return ParticleStore::bytes(most, words);
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

// How the work is divided, and what it takes; the same on all ranks.
struct LensplaneWork {
  LensplaneMemory memory;
  std::vector<LensplanePass> passes;
  std::uint64_t peak_bytes = 0;  // of a rank
  bool kept = false;             // particles stay in memory between the passes over a snapshot
  bool written_beside = false;   // the last planes of a pass are written while the next one reads
  std::vector<double> seconds;   // per pass; empty: nobody asked
  double particles = 0;          // read, over all passes and ranks
};

class WorkPlanner {
 public:
  WorkPlanner(const StageContext& context, const StageRequest& request,
              const std::vector<ProductId>& products, const InputsByIndex& inputs, const PlaneSizes& sizes)
      : context_(context), request_(request), products_(products), inputs_(inputs), sizes_(sizes) {}

  LensplaneWork plan(std::uint64_t budget) {
    const Campaign& campaign = context_.campaign;
    if (request_.estimate_only || request_.pass_seconds > 0)
      times_.emplace(campaign, inputs_, context_.ranks.size(),
                     measure_speed(context_, inputs_.begin()->second, request_.threads));
    std::uint64_t largest = 0, largest_written = 0;
    for (const ProductId& id : products_) {
      const LensplanePass alone = pass_of(id);
      largest = std::max(largest, sizes_.pass(alone));
      largest_written = std::max(largest_written, sizes_.largest_written(alone));
    }
    LensplaneWork work;
    work.memory = divide_memory(budget, largest_of_all(context_.ranks, resident_memory()),
                                campaign.lensplanes.grid, largest_share(inputs_, campaign, context_.ranks),
                                replacement_words(campaign, products_), largest);
    std::uint64_t room = budget - work.memory.other_bytes;
    work.passes = divide(room);
    const std::uint64_t kept =
        kept_bytes(inputs_, campaign, context_.ranks, replacement_words(campaign, products_));
    if (room >= kept + largest) {
      // Particles that stay need not be read again, and planes of few realizations at a time take less memory.
      std::vector<LensplanePass> shorter = divide(room - kept, true);
      if (work.passes.size() > inputs_.size() || kept + largest_pass(shorter) < largest_pass(work.passes)) {
        work.passes = std::move(shorter);
        work.kept = true;
        work.peak_bytes = kept;
        room -= kept;
      }
    }
    // A plane still being written takes room in the next pass: only if that costs no pass more.
    if (room >= largest_written + largest) {
      std::vector<LensplanePass> beside = divide(room - largest_written, work.kept);
      if (beside.size() == work.passes.size()) {
        work.passes = std::move(beside);
        work.written_beside = true;
      }
    }
    work.peak_bytes += largest_pass(work.passes) + work.memory.other_bytes;
    if (times_) estimate_times(work);
    if (work.written_beside && work.passes.size() > 1) work.peak_bytes += largest_written;
    return work;
  }

 private:
  LensplanePass pass_of(const ProductId& id) const {
    const Campaign& campaign = context_.campaign;
    return {snapshot_index_of(campaign, id),
            {{id.realization, campaign.slice_of_plane(id.index), {id.model}}}};
  }

  std::uint64_t largest_pass(const std::vector<LensplanePass>& passes) const {
    std::uint64_t largest = 0;
    for (const LensplanePass& pass : passes) largest = std::max(largest, sizes_.pass(pass));
    return largest;
  }

  void estimate_times(LensplaneWork& work) const {
    std::map<int, std::set<Simulation>> in_memory;
    for (const LensplanePass& pass : work.passes) {
      std::set<Simulation> read;
      std::set<Simulation>& there = in_memory[pass.snapshot_index];
      for (const Simulation simulation : simulations_in(context_.campaign, pass))
        if (!there.contains(simulation)) read.insert(simulation);
      if (work.kept) there.insert(read.begin(), read.end());
      work.seconds.push_back(times_->pass(pass, read.empty()));
      work.particles += static_cast<double>(times_->particles(pass.snapshot_index, read));
    }
  }

  std::vector<LensplanePass> divide(std::uint64_t room, bool by_realization = false) const {
    std::map<int, std::vector<ProductId>> by_snapshot;
    for (const ProductId& id : products_) by_snapshot[snapshot_index_of(context_.campaign, id)].push_back(id);
    std::vector<LensplanePass> passes;
    for (const auto& [index, here] : by_snapshot) {
      std::vector<LensplanePass> more =
          plan_passes(context_.campaign, index, here, [&](const LensplanePass& pass) {
            const bool one = pass.units.front().realization == pass.units.back().realization;
            return (one || !by_realization) && sizes_.pass(pass) <= room &&
                   (request_.pass_seconds == 0 || times_->pass(pass) <= request_.pass_seconds);
          });
      std::move(more.begin(), more.end(), std::back_inserter(passes));
    }
    return passes;
  }

  const StageContext& context_;
  const StageRequest& request_;
  const std::vector<ProductId>& products_;
  const InputsByIndex& inputs_;
  const PlaneSizes& sizes_;
  std::optional<PassTimes> times_;
};

std::string passes_text(std::size_t passes) {
  return passes == 1 ? "1 pass" : fmt::format("{} passes", passes);
}

std::string duration_text(double seconds) {
  return seconds < 100 ? fmt::format("{:.0f} s", seconds) : fmt::format("{:.0f} min", seconds / 60);
}

void tell(const StageContext& context, const StageRequest& request, const LensplaneWork& work,
          std::size_t products, std::uint64_t budget) {
  context.progress.note(fmt::format("{} mass planes in {} over the particles{}: {} of {} per rank", products,
                                    passes_text(work.passes.size()),
                                    work.kept ? ", which stay in memory" : "", memory_text(work.peak_bytes),
                                    memory_text(budget)));
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
  line("passes", std::to_string(work.passes.size()));
  bytes("bytes_read", static_cast<std::uint64_t>(work.particles * kParticleBytes));
  bytes("bytes_written", written);
  line("seconds", fmt::format("{:.0f}", std::ceil(seconds)), duration_text(seconds));
  line("seconds_longest_pass", fmt::format("{:.0f}", std::ceil(longest)), duration_text(longest));
  return text;
}

void make_pass(const LensplaneSetting& setting, const LensplaneInputs& inputs, const LensplanePass& pass,
               const std::string& title, SnapshotFingerprints& fingerprints, DmoPlanes& dmo_planes,
               PlaneWriting& writing, bool goes_on, StageOutcome& outcome) {
  const auto start = [&] {
    auto run = std::make_unique<LensplanePassRun>(setting, inputs, pass, title);
    run->start_from(dmo_planes);
    return run;
  };
  std::unique_ptr<LensplanePassRun> run = start();
  while (!run->read_particles(fingerprints, dmo_planes)) {
    setting.context.progress.note(
        "published dmo planes were made of other particles than the snapshot now holds: not used");
    run.reset();  // before its planes are allocated again
    run = start();
  }
  outcome.made += run->publish(writing, goes_on);
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
  const InputsByIndex inputs = require_simulations(context, work.products);
  const std::uint64_t budget = memory_budget(context, request);
  const TransformSet foreseen = foreseen_transforms(context);
  const RankGroups groups(context.ranks, request.most_sharing);
  PlaneSizes sizes(campaign, foreseen, inputs);
  sizes.find_tiles(work.products, context.ranks);
  const LensplaneWork plan = WorkPlanner(context, request, work.products, inputs, sizes).plan(budget);
  if (request.estimate_only) {
    outcome.estimate = estimate_lines(context, request, plan, work.products.size(), budget);
    return outcome;
  }
  const TransformSet transforms = settle_transforms(context);
  DmoPlanes dmo_planes(context, receipts, transforms, work.products);
  move_aside(context, work);
  tell(context, request, plan, work.products.size(), budget);

  ParticleStore store;
  PlaneMemory memory(groups);
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
                                 memory,
                                 assignment,
                                 buffers,
                                 plan.kept ? &store : nullptr};
  SnapshotFingerprints fingerprints;
  ReceiptBook book(context, Stage::lensplanes, request.threads);
  PlaneWriting writing(book);
  try {
    for (std::size_t n = 0; n < plan.passes.size(); ++n) {
      const LensplanePass& pass = plan.passes[n];
      stop_together(context.ranks);
      const std::string title =
          plan.passes.size() == 1 ? "" : fmt::format(", pass {} of {}", n + 1, plan.passes.size());
      const bool goes_on = plan.written_beside && n + 1 < plan.passes.size();
      make_pass(setting, inputs.at(pass.snapshot_index), pass, title, fingerprints, dmo_planes, writing,
                goes_on, outcome);
      if (!goes_on) together(context.ranks, [&] { writing.finish(); });
      book.write_if_due();
    }
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
