// Statistics of the convergence maps, one file per (model, realization): each map is read once and measured by one
// thread of one rank.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/stop_request.hpp"
#include "campaign/product_graph.hpp"
#include "campaign/product_path.hpp"
#include "campaign/statistics_section.hpp"
#include "io/plane_file.hpp"
#include "stages/run_maps.hpp"
#include "stages/run_statistics.hpp"
#include "stages/stage_estimate.hpp"
#include "stages/stage_run.hpp"

namespace lenswright {

namespace {

constexpr std::uint64_t kMegabyte = 1 << 20;

bool holds(const Campaign& campaign, MapField field) {
  const std::vector<MapField>& fields = campaign.raytracing.fields;
  return std::find(fields.begin(), fields.end(), field) != fields.end();
}

bool holds_shear(const Campaign& campaign) {
  return holds(campaign, MapField::gamma1) && holds(campaign, MapField::gamma2);
}

// Fields that are read per source plane.
std::uint64_t fields_read(const Campaign& campaign) {
  return holds_shear(campaign) ? 3 : 1;
}

// Whether the maps of a run come all at once.
bool in_one_file(const Campaign& campaign) {
  const std::vector<MapFormat>& formats = campaign.raytracing.formats;
  return std::all_of(formats.begin(), formats.end(), [](MapFormat f) { return f == MapFormat::hdf5; });
}

struct MemoryNeed {
  std::uint64_t fixed = 0;       // of a rank
  std::uint64_t per_thread = 0;  // more
};

MemoryNeed memory_need(const Campaign& campaign) {
  constexpr std::uint64_t kProgram = 64 * kMegabyte;
  const std::uint64_t map = plane_file_size(campaign.raytracing.grid, kScalarFields);
  MemoryNeed need;
  need.fixed = kProgram + 4 * statistics_bytes(campaign);
  // The file's bytes and the maps made of them; FITS: of one map.
  need.fixed += in_one_file(campaign)
                    ? 2 * map * campaign.raytracing.sources.size() * campaign.raytracing.fields.size()
                    : map;
  need.per_thread = fields_read(campaign) * map + KappaStatistics::workspace_bytes(campaign.raytracing.grid);
  return need;
}

// As many threads as memory has room for.
int threads_within(const Campaign& campaign, int asked, std::uint64_t budget) {
  const MemoryNeed need = memory_need(campaign);
  if (need.fixed + need.per_thread > budget)
    throw UsageError(fmt::format(
        "--memory: {} MB per rank do not hold what maps of {} x {} rays take; {} MB are needed: give "
        "more, or fewer ranks per node",
        budget / kMegabyte, campaign.raytracing.grid, campaign.raytracing.grid,
        (need.fixed + need.per_thread) / kMegabyte + 1));
  return static_cast<int>(
      std::min<std::uint64_t>(static_cast<std::uint64_t>(asked), (budget - need.fixed) / need.per_thread));
}

// The maps of one source plane of one run, waiting to be measured.
struct Item {
  std::size_t run = 0, source = 0;  // positions in the rank's runs and in the campaign's sources
  Grid2d<double> kappa, gamma1, gamma2;
};

class Statistician {
 public:
  Statistician(const StageContext& context, const KnownDigests& known, int threads)
      : context_(context), known_(known), kernel_(statistics_settings(context.campaign)), threads_(threads) {
    for (int t = 0; t < threads; ++t) workspaces_.push_back(kernel_.workspace());
  }
  const EllBins& ell() const { return kernel_.ell(); }

  // Reads run by run, one file after the other, and measures as many maps at once as there are threads. Throws
  // StopRequested between maps, but not where the walltime is near: what is in hand takes minutes, and is lost if not
  // published.
  std::vector<RunStatistics> measure(const std::vector<ProductId>& runs, std::vector<std::size_t> products) {
    const Campaign& campaign = context_.campaign;
    const std::size_t sources = campaign.raytracing.sources.size();
    std::vector<RunStatistics> result;
    std::vector<Item> batch;
    for (std::size_t r = 0; r < runs.size(); ++r) {
      result.push_back({products[r], runs[r].index, std::vector<MapStatistics>(sources), {}});
      RunMaps maps(context_, known_, runs[r]);
      for (std::size_t s = 0; s < sources; ++s) {
        if (!stop_for_walltime()) throw_if_stop_requested();
        const int source = campaign.raytracing.sources[s];
        Item item{r, s, maps.take(MapField::kappa, source), {}, {}};
        if (holds_shear(campaign)) {
          item.gamma1 = maps.take(MapField::gamma1, source);
          item.gamma2 = maps.take(MapField::gamma2, source);
        }
        batch.push_back(std::move(item));
        if (batch.size() == workspaces_.size()) measure_batch(batch, result);
      }
      result.back().inputs = maps.inputs();
    }
    measure_batch(batch, result);
    return result;
  }

 private:
  void measure_batch(std::vector<Item>& batch, std::vector<RunStatistics>& result) {
    const int count = static_cast<int>(batch.size());
#pragma omp parallel for num_threads(threads_) schedule(static, 1)
    for (int k = 0; k < count; ++k) {
      const std::size_t at = static_cast<std::size_t>(k);
      const Item& item = batch[at];
      result[item.run].maps[item.source] = map_statistics(
          kernel_.measure(item.kappa.values(), item.gamma1.values(), item.gamma2.values(), workspaces_[at]));
    }
    batch.clear();
  }

  const StageContext& context_;
  const KnownDigests& known_;
  KappaStatistics kernel_;
  int threads_;
  std::vector<KappaStatistics::Workspace> workspaces_;
};

// What all ranks found of one product, in the order of runs, as the file that it becomes.
StatisticsFile file_of(const Campaign& campaign, const ProductId& id, const EllBins& ell,
                       const std::vector<const RunStatistics*>& runs) {
  StatisticsFile file;
  file.model = campaign.models[static_cast<std::size_t>(id.model)].name;
  file.realization = id.realization;
  file.grid = campaign.raytracing.grid;
  file.field_deg = campaign.raytracing.field_deg;
  file.bins = statistics_bins(campaign, ell);
  for (std::size_t s = 0; s < campaign.raytracing.sources.size(); ++s) {
    SourceStatistics& source = file.sources.emplace_back();
    source.source = campaign.raytracing.sources[s];
    std::vector<const MapStatistics*> maps;
    for (const RunStatistics* run : runs) {
      source.runs.push_back(run->run);
      source.maps.push_back(run->maps[s]);
      maps.push_back(&run->maps[s]);
    }
    source.over_runs = ensemble_of(maps);
  }
  return file;
}

ProductRecord publish(const StageContext& context, const ProductId& id, const EllBins& ell,
                      const std::vector<const RunStatistics*>& runs) {
  const Campaign& campaign = context.campaign;
  const Published published = publish_bytes(context.disk, absolute_path(campaign, id),
                                            encode_statistics(file_of(campaign, id, ell, runs)));
  ProductRecord record{product_name(campaign, id),
                       {{relative_path(campaign, id), published.size, published.digest}},
                       {},
                       configuration_digest(campaign, id)};
  for (const RunStatistics* run : runs)
    record.inputs.insert(record.inputs.end(), run->inputs.begin(), run->inputs.end());
  return record;
}

// Products that are worked on together, so that the ranks have several runs each and few wait at the end.
std::size_t products_at_once(const StageContext& context) {
  constexpr std::size_t kRunsPerRank = 4;
  const auto runs = static_cast<std::size_t>(context.campaign.raytracing.runs);
  const std::size_t wanted = kRunsPerRank * static_cast<std::size_t>(context.ranks.size());
  return (wanted + runs - 1) / runs;
}

// Collective.
void make_together(const StageContext& context, std::span<const ProductId> products,
                   Statistician& statistician, ReceiptBook& book) {
  const std::size_t rank = static_cast<std::size_t>(context.ranks.rank());
  const std::size_t ranks = static_cast<std::size_t>(context.ranks.size());
  std::string found;
  together(context.ranks, [&] {
    std::vector<ProductId> runs;
    std::vector<std::size_t> of;
    std::size_t turn = 0;
    for (std::size_t p = 0; p < products.size(); ++p)
      for (const ProductId& run : inputs_of(context.campaign, products[p]))
        if (turn++ % ranks == rank) {
          runs.push_back(run);
          of.push_back(p);
        }
    for (const RunStatistics& statistics : statistician.measure(runs, of)) append_packed(statistics, found);
  });
  const std::vector<std::string> parts = context.ranks.gather_all(found);
  together(context.ranks, [&] {
    if (rank >= products.size()) return;
    std::vector<std::vector<RunStatistics>> of_ranks;
    for (const std::string& part : parts) of_ranks.push_back(unpacked(part));
    for (std::size_t p = rank; p < products.size(); p += ranks) {
      std::vector<const RunStatistics*> runs;
      for (const std::vector<RunStatistics>& list : of_ranks)
        for (const RunStatistics& statistics : list)
          if (statistics.product == p) runs.push_back(&statistics);
      std::sort(runs.begin(), runs.end(), [](const auto* a, const auto* b) { return a->run < b->run; });
      book.add(publish(context, products[p], statistician.ell(), runs));
    }
  });
}

// Collective.
std::string estimate_of(const StageContext& context, const StageRequest& request, std::size_t products,
                        std::uint64_t budget) {
  const Campaign& campaign = context.campaign;
  const int threads = threads_within(campaign, request.threads, budget);
  const MemoryNeed need = memory_need(campaign);
  StageEstimate estimate;
  estimate.what = "products";
  estimate.products = products;
  estimate.memory_budget = budget;
  estimate.memory_per_rank = need.fixed + static_cast<std::uint64_t>(threads) * need.per_thread;
  const std::uint64_t maps =
      products * static_cast<std::uint64_t>(campaign.raytracing.runs) * campaign.raytracing.sources.size();
  const std::uint64_t fields =
      in_one_file(campaign) ? campaign.raytracing.fields.size() : fields_read(campaign);
  estimate.bytes_read = maps * fields * plane_file_size(campaign.raytracing.grid, kScalarFields);
  estimate.bytes_written = products * statistics_bytes(campaign);
  estimate.seconds = static_cast<double>(maps) * statistics_seconds(statistics_settings(campaign)) *
                         (holds_shear(campaign) ? 1.5 : 1.0) / (threads * context.ranks.size()) +
                     disk_seconds(estimate.bytes_read + estimate.bytes_written);
  return estimate_text(context, request, estimate);
}

}  // namespace

StageOutcome run_kappa_stats(const StageContext& context, const StageRequest& request) {
  const Campaign& campaign = context.campaign;
  const ReceiptIndex receipts = load_receipts(context);
  const Work work = choose_work(context, request, receipts);
  const KnownDigests known = require_inputs(context, work.products, receipts);
  StageOutcome outcome{request.products.size(), 0, request.products.size() - work.products.size()};
  if (work.products.empty()) {
    if (request.estimate_only) outcome.estimate = "products: 0\n";
    return outcome;
  }
  const std::uint64_t budget = memory_budget(context, request);
  if (request.estimate_only) {
    outcome.estimate = estimate_of(context, request, work.products.size(), budget);
    return outcome;
  }
  Statistician statistician(context, known, threads_within(campaign, request.threads, budget));
  move_aside(context, work);

  ReceiptBook book(context, Stage::statistics, request.threads);
  const std::size_t maps =
      static_cast<std::size_t>(campaign.raytracing.runs) * campaign.raytracing.sources.size();
  context.progress.begin("measuring maps", work.products.size() * maps, "maps");
  with_receipts(book, [&] {
    const std::size_t step = products_at_once(context);
    for (std::size_t first = 0; first < work.products.size(); first += step) {
      stop_together(context.ranks);
      const std::size_t count = std::min(step, work.products.size() - first);
      make_together(context, std::span(work.products).subspan(first, count), statistician, book);
      outcome.made += count;
      context.progress.advance(count * maps);
      book.write_if_due();
    }
  });
  context.progress.end();
  return outcome;
}

}  // namespace lenswright
