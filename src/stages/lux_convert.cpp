// Mass planes to lensing potentials, and the geometry of each light cone.
//
// Memory per rank: the solver's 4 x 8 N^2 bytes and two row blocks.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "campaign/product_graph.hpp"
#include "campaign/product_path.hpp"
#include "geometry/light_cone.hpp"
#include "io/lux_config.hpp"
#include "io/plane_file.hpp"
#include "ledger/value_range.hpp"
#include "physics/poisson_fft.hpp"
#include "stages/stage_estimate.hpp"
#include "stages/stage_run.hpp"

namespace lenswright {

namespace {

// Rows that are read, or computed and written, at a time: half a megabyte of potential stays in a core's own cache
// until it is written. No less than a row for each thread.
int rows_per_block(int grid, int threads) {
  constexpr int kPixelsPerBlock = 1 << 14;
  return std::min(std::max(kPixelsPerBlock / grid, threads), grid);
}

class LuxConverter {
 public:
  LuxConverter(const StageContext& context, const KnownDigests& known, int threads)
      : context_(context), known_(known), threads_(threads) {}

  ProductRecord make(const ProductId& id) {
    return id.kind == ProductKind::geometry ? make_geometry(id) : make_potential(id);
  }

 private:
  ProductRecord record_of(const ProductId& id, const Published& published) const {
    const std::string path = relative_path(context_.campaign, id);
    return {product_name(context_.campaign, id),
            {{path, published.size, published.digest}},
            {},
            configuration_digest(context_.campaign, id)};
  }

  ProductRecord make_geometry(const ProductId& id) {
    const Campaign& campaign = context_.campaign;
    const LightCone cone =
        make_light_cone(campaign.omega_m, campaign.box_mpc_h, static_cast<int>(campaign.snapshots.size()),
                        campaign.planes_per_snapshot, campaign.plane_redshifts);
    return record_of(
        id, publish_text(context_.disk, absolute_path(campaign, id), encode_lux_config(lux_config_of(cone))));
  }

  ProductRecord make_potential(const ProductId& id) {
    const Campaign& campaign = context_.campaign;
    const int grid = campaign.lensplanes.grid, step = rows_per_block(grid, threads_);
    const std::size_t side = static_cast<std::size_t>(grid);
    if (!solver_)
      solver_ = std::make_unique<PoissonSolver>(
          PoissonGeometry{grid, campaign.box_mpc_h, campaign.slab_thickness_mpc_h(), campaign.omega_m},
          threads_);
    const ProductId input = inputs_of(campaign, id).front();
    const ReceiptInput read = read_mass(input, step);
    solver_->solve();

    PlaneWriter writer(context_.disk, absolute_path(campaign, id), grid, kPotentialFields);
    std::vector<double> fields(kPotentialFields * side * static_cast<std::size_t>(step));
    for (int first = 0; first < grid; first += step) {
      const int count = std::min(step, grid - first);
      const std::span<double> rows =
          std::span(fields).first(kPotentialFields * side * static_cast<std::size_t>(count));
      solver_->field_rows(first, count, rows);
      writer.write_rows(rows);
    }
    ProductRecord record = record_of(id, writer.publish());
    record.inputs.push_back(read);
    return record;
  }

  // Into the solver; checked against its receipt and for impossible values before anything is made of it.
  ReceiptInput read_mass(const ProductId& input, int step) {
    const Campaign& campaign = context_.campaign;
    const int grid = campaign.lensplanes.grid;
    const std::size_t side = static_cast<std::size_t>(grid);
    const std::filesystem::path path = absolute_path(campaign, input);
    const std::string name = product_name(campaign, input);
    Digest digest;
    read_input(campaign, input, [&] {
      PlaneReader reader(context_.disk, path, grid, kScalarFields);
      for (int first = 0; first < grid; first += step) {
        const std::size_t begin = side * static_cast<std::size_t>(first);
        const std::span<double> rows =
            solver_->mass().subspan(begin, side * static_cast<std::size_t>(std::min(step, grid - first)));
        reader.read_rows(rows);
        require_masses(input, begin, rows);
      }
      digest = reader.digest();
    });
    compare_digest(known_, name, digest);
    return {name, digest};
  }

  void require_masses(const ProductId& input, std::size_t begin, std::span<const double> rows) const {
    const std::array<ValueRange, 1> range{mass_range(context_.campaign)};
    const std::optional<std::size_t> bad = first_outside(rows, range);
    if (!bad) return;
    const std::size_t side = static_cast<std::size_t>(context_.campaign.lensplanes.grid);
    const std::size_t pixel = begin + *bad;
    throw InputError(
        fmt::format("damaged input: {} holds {:g} Msun/h at pixel ({}, {}), outside the sane range from {:g} "
                    "to {:g}; make it anew with `{} --force`",
                    product_name(context_.campaign, input), rows[*bad], pixel / side, pixel % side,
                    range[0].lowest, range[0].highest, command_for(context_.campaign, input)));
  }

  const StageContext& context_;
  const KnownDigests& known_;
  int threads_;
  std::unique_ptr<PoissonSolver> solver_;
};

constexpr std::uint64_t kMegabyte = 1 << 20;

// Every rank holds one solver and one row block; the rest of a program is small.
std::uint64_t bytes_per_rank(int grid) {
  constexpr std::uint64_t kProgram = 64 * kMegabyte;
  return PoissonSolver::bytes(grid) + kProgram;
}

// Collective.
std::string estimate_of(const StageContext& context, const StageRequest& request, const Work& work) {
  const int grid = context.campaign.lensplanes.grid;
  const auto planes = static_cast<std::size_t>(
      std::count_if(work.products.begin(), work.products.end(),
                    [](const ProductId& id) { return id.kind == ProductKind::potential; }));
  const auto ranks = static_cast<std::size_t>(context.ranks.size());
  StageEstimate estimate;
  estimate.what = "products";
  estimate.products = work.products.size();
  estimate.memory_budget = memory_budget(context, request);
  estimate.memory_per_rank = bytes_per_rank(grid);
  estimate.bytes_read = planes * plane_file_size(grid, kScalarFields);
  estimate.bytes_written = planes * plane_file_size(grid, kPotentialFields);
  const double rounds = static_cast<double>((planes + ranks - 1) / ranks);
  estimate.seconds = rounds * conversion_seconds(grid) / request.threads +
                     disk_seconds(estimate.bytes_read + estimate.bytes_written);
  return estimate_text(context, request, estimate);
}

void require_memory(const StageContext& context, const StageRequest& request) {
  const int grid = context.campaign.lensplanes.grid;
  const std::uint64_t need = bytes_per_rank(grid);
  const std::uint64_t budget = memory_budget(context, request);
  if (need > budget)
    throw UsageError(
        fmt::format("--memory: {} MB per rank do not hold a plane of {} x {} pixels; {} MB are needed: "
                    "give more, or fewer ranks per node",
                    budget / kMegabyte, grid, grid, need / kMegabyte + 1));
}

}  // namespace

StageOutcome run_lux_convert(const StageContext& context, const StageRequest& request) {
  const ReceiptIndex receipts = load_receipts(context);
  const Work work = choose_work(context, request, receipts);
  const KnownDigests known = require_inputs(context, work.products, receipts);
  if (!work.products.empty()) require_memory(context, request);
  if (request.estimate_only) {
    StageOutcome outcome{request.products.size(), 0, request.products.size() - work.products.size()};
    outcome.estimate = estimate_of(context, request, work);
    return outcome;
  }
  move_aside(context, work);

  LuxConverter converter(context, known, request.threads);
  ReceiptBook book(context, Stage::lux, request.threads);
  const std::size_t ranks = static_cast<std::size_t>(context.ranks.size());
  const std::size_t rank = static_cast<std::size_t>(context.ranks.rank());
  StageOutcome outcome{request.products.size(), 0, request.products.size() - work.products.size()};
  context.progress.begin("converting mass planes", work.products.size(), "products");
  with_receipts(book, [&] {
    // In rounds of one product per rank: after each, all know whether to go on.
    for (std::size_t first = 0; first < work.products.size(); first += ranks) {
      stop_together(context.ranks);
      together(context.ranks, [&] {
        if (first + rank < work.products.size()) book.add(converter.make(work.products[first + rank]));
      });
      const std::size_t made = std::min(ranks, work.products.size() - first);
      outcome.made += made;
      context.progress.advance(made);
      book.write_if_due();
    }
  });
  context.progress.end();
  return outcome;
}

}  // namespace lenswright
