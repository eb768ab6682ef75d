#include "stages/lensplane_work.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "stages/batch_feed.hpp"
#include "stages/kept_members.hpp"
#include "stages/pass_time.hpp"

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

// What a rank takes at most to keep its particles of one snapshot that are inside replacement regions.
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
  return KeptMembers::bytes(most, words);
}

std::size_t replacement_words(const Campaign& campaign, const std::vector<ProductId>& products) {
  std::set<int> models;
  for (const ProductId& id : products)
    if (campaign.models[static_cast<std::size_t>(id.model)].kind == ModelKind::replace)
      models.insert(id.model);
  return (models.size() + kSetBits - 1) / kSetBits;
}

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
    std::uint64_t largest_alone = 0;
    for (const ProductId& id : products_) largest_alone = std::max(largest_alone, sizes_.pass(pass_of(id)));
    LensplaneWork work;
    work.memory = divide_memory(budget, largest_of_all(context_.ranks, resident_memory()),
                                campaign.lensplanes.grid, largest_share(inputs_, campaign, context_.ranks),
                                replacement_words(campaign, products_), largest_alone);
    const std::uint64_t room = budget - work.memory.other_bytes;
    work.readings = divide(room);
    // Particles inside regions that stay need not be read again, and planes of few realizations at a time take less
    // memory.
    const std::uint64_t kept =
        kept_bytes(inputs_, campaign, context_.ranks, replacement_words(campaign, products_));
    if (std::vector<ReadTogether> fewer =
            room > kept ? divide_kept(room - kept) : std::vector<ReadTogether>{};
        !fewer.empty() &&
        (fewer.size() < work.readings.size() ||
         (fewer.size() == work.readings.size() && kept + largest(fewer) < largest(work.readings)))) {
      work.readings = std::move(fewer);
      work.kept = true;
      work.peak_bytes = kept;
    }
    work.peak_bytes += largest(work.readings) + work.memory.other_bytes;
    if (times_) estimate_times(work);
    return work;
  }

 private:
  LensplanePass pass_of(const ProductId& id) const {
    const Campaign& campaign = context_.campaign;
    return {snapshot_index_of(campaign, id),
            {{id.realization, campaign.slice_of_plane(id.index), {id.model}}}};
  }

  std::uint64_t largest(const std::vector<ReadTogether>& readings) const {
    std::uint64_t largest = 0;
    for (const ReadTogether& passes : readings) {
      const std::uint64_t whole = sizes_.whole(joined(passes));
      for (const LensplanePass& pass : passes) largest = std::max(largest, whole + sizes_.changes(pass));
    }
    return largest;
  }

  void estimate_times(LensplaneWork& work) const {
    for (const ReadTogether& passes : work.readings) {
      const LensplanePass all = joined(passes);
      for (const LensplanePass& pass : passes)
        work.seconds.push_back(&pass == &passes.front() ? times_->first_pass(pass, all)
                                                        : times_->later_pass(pass));
      work.particles +=
          static_cast<double>(times_->particles(all.snapshot_index, simulations_in(context_.campaign, all)));
    }
  }

  std::map<int, std::vector<ProductId>> products_of_snapshots() const {
    std::map<int, std::vector<ProductId>> by_snapshot;
    for (const ProductId& id : products_) by_snapshot[snapshot_index_of(context_.campaign, id)].push_back(id);
    return by_snapshot;
  }

  // Each pass reads.
  std::vector<ReadTogether> divide(std::uint64_t room) const {
    std::vector<ReadTogether> readings;
    for (const auto& [index, here] : products_of_snapshots()) {
      for (LensplanePass& pass : plan_passes(context_.campaign, index, here, [&](const LensplanePass& asked) {
             return sizes_.pass(asked) <= room &&
                    (request_.pass_seconds == 0 || times_->pass(asked) <= request_.pass_seconds);
           }))
        readings.push_back({std::move(pass)});
    }
    return readings;
  }

  // As few readings as possible, each for the planes of some realizations, one after another. None: it cannot be done.
  std::vector<ReadTogether> divide_kept(std::uint64_t room) const {
    std::vector<ReadTogether> readings;
    for (const auto& [index, here] : products_of_snapshots()) {
      std::set<int> realizations;
      for (const ProductId& id : here) realizations.insert(id.realization);
      std::vector<ReadTogether> found;
      for (std::size_t parts = 1; found.empty() && parts <= realizations.size(); ++parts)
        found = read_in_parts(index, here, {realizations.begin(), realizations.end()}, parts, room);
      if (found.empty()) return {};
      std::move(found.begin(), found.end(), std::back_inserter(readings));
    }
    return readings;
  }

  std::vector<ReadTogether> read_in_parts(int index, const std::vector<ProductId>& products,
                                          const std::vector<int>& realizations, std::size_t parts,
                                          std::uint64_t room) const {
    std::vector<ReadTogether> readings;
    for (std::size_t part = 0; part < parts; ++part) {
      const std::size_t begin = realizations.size() * part / parts,
                        end = realizations.size() * (part + 1) / parts;
      std::vector<ProductId> here;
      for (const ProductId& id : products)
        if (realizations[begin] <= id.realization && id.realization <= realizations[end - 1])
          here.push_back(id);
      const auto all = plan_passes(context_.campaign, index, here, [](const LensplanePass&) { return true; });
      const std::uint64_t whole = sizes_.whole(all.front());
      const auto has_room = [&](const LensplanePass& pass) { return whole + sizes_.changes(pass) <= room; };
      ReadTogether passes = plan_passes(context_.campaign, index, here, [&](const LensplanePass& pass) {
        return pass.units.front().realization == pass.units.back().realization && has_room(pass) &&
               (request_.pass_seconds == 0 || times_->later_pass(pass) <= request_.pass_seconds);
      });
      // One realization is the least that can be read for, whatever time that takes.
      const bool in_time = request_.pass_seconds == 0 || parts == realizations.size() ||
                           times_->first_pass(passes.front(), all.front()) <= request_.pass_seconds;
      if (!in_time || !std::all_of(passes.begin(), passes.end(), has_room)) return {};
      readings.push_back(std::move(passes));
    }
    return readings;
  }

  const StageContext& context_;
  const StageRequest& request_;
  const std::vector<ProductId>& products_;
  const InputsByIndex& inputs_;
  const PlaneSizes& sizes_;
  std::optional<PassTimes> times_;
};

}  // namespace

LensplaneWork plan_work(const StageContext& context, const StageRequest& request,
                        const std::vector<ProductId>& products, const std::map<int, LensplaneInputs>& inputs,
                        const PlaneSizes& sizes, std::uint64_t budget) {
  return WorkPlanner(context, request, products, inputs, sizes).plan(budget);
}

std::uint64_t largest_of_all(const Communicator& ranks, std::uint64_t mine) {
  std::uint64_t most = 0;
  for (const std::string& text : ranks.gather_all(std::to_string(mine)))
    most = std::max<std::uint64_t>(most, std::stoull(text));
  return most;
}

}  // namespace lenswright
