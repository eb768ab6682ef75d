// Rays through the potentials of a light cone into convergence, shear and rotation maps: all runs that fit into
// memory at once, all source planes in the same pass.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/units.hpp"
#include "campaign/product_graph.hpp"
#include "campaign/product_path.hpp"
#include "geometry/light_cone.hpp"
#include "geometry/philox.hpp"
#include "io/lux_config.hpp"
#include "io/plane_file.hpp"
#include "physics/raytracer.hpp"
#include "stages/map_publisher.hpp"
#include "stages/pass_plan.hpp"
#include "stages/plane_feed.hpp"
#include "stages/stage_estimate.hpp"
#include "stages/stage_run.hpp"

namespace lenswright {

namespace {

// Relative. config.dat may be of another code that rounds otherwise; redshifts rounded to three decimals, or
// another box, differ by far more.
constexpr double kGeometryTolerance = 1e-9;

LightCone cone_of(const Campaign& campaign) {
  return make_light_cone(campaign.omega_m, campaign.box_mpc_h, static_cast<int>(campaign.snapshots.size()),
                         campaign.planes_per_snapshot, campaign.plane_redshifts);
}

void require_geometry(const Campaign& campaign, const ProductId& id, const LuxConfig& found) {
  const LuxConfig expected = lux_config_of(cone_of(campaign));
  const std::string path = absolute_path(campaign, id).string();
  const auto refuse = [&](const std::string& what) {
    throw InputError(
        fmt::format("{} contradicts the campaign {}: {}; nothing is traced: correct box, snapshots, "
                    "planes_per_snapshot, cosmology or plane_redshifts, or make it anew with `{} "
                    "--force`",
                    path, campaign.file.string(), what, command_for(campaign, id)));
  };
  if (found.planes != expected.planes || found.snapshots != expected.snapshots)
    refuse(fmt::format("it is of {} planes and {} snapshots, the campaign of {} and {}", found.planes,
                       found.snapshots, expected.planes, expected.snapshots));
  const auto compare = [&](const char* name, const std::vector<double>& has,
                           const std::vector<double>& wants) {
    for (std::size_t k = 0; k < wants.size(); ++k)
      if (!(std::abs(has[k] - wants[k]) <= kGeometryTolerance * std::abs(wants[k])))
        refuse(fmt::format("{}[{}] is {} there and {} by the campaign", name, k, has[k], wants[k]));
  };
  compare("a", found.a, expected.a);
  compare("chi", found.chi, expected.chi);
  compare("chi_out", found.chi_out, expected.chi_out);
  compare("Ll", found.box_depth, expected.box_depth);
  compare("Lt", found.box_width, expected.box_width);
}

struct Geometry {
  LuxConfig config;
  ReceiptInput input;
};

// config.dat of one light cone, checked. Collective.
Geometry read_geometry(const StageContext& context, const ProductId& id, const KnownDigests& known) {
  Geometry geometry;
  together(context.ranks, [&] {
    read_input(context.campaign, id,
               [&] { geometry.config = read_lux_config(context.disk, absolute_path(context.campaign, id)); });
    // The format leaves no room for anything but these values.
    geometry.input = {product_name(context.campaign, id), digest_of(encode_lux_config(geometry.config))};
    compare_digest(known, geometry.input.name, geometry.input.digest);
    require_geometry(context.campaign, id, geometry.config);
  });
  return geometry;
}

PlaneStep step_at(const Campaign& campaign, const LuxConfig& config, int plane) {
  const std::size_t p = static_cast<std::size_t>(plane);
  PlaneStep step;
  step.chi = config.chi[p];
  step.a = config.a[p];
  step.method = campaign.raytracing.method;
  if (plane < campaign.last_source())
    step.advance = carry_to(config.chi[p - 1], config.chi[p], config.chi[p + 1]);
  if (std::binary_search(campaign.raytracing.sources.begin(), campaign.raytracing.sources.end(), plane))
    step.source = carry_to(config.chi[p - 1], config.chi[p], config.chi_out[p - 1]);
  return step;
}

// How each run sees the planes of a snapshot.
std::vector<RunTransform> frames_at(const Campaign& campaign, std::span<const ProductId> runs,
                                    int snapshot_index, double width) {
  std::vector<RunTransform> frames;
  for (const ProductId& run : runs)
    frames.push_back(campaign.raytracing.randomize
                         ? draw_run_transform(campaign.raytracing.seed, run.realization, run.index,
                                              campaign.snapshots[static_cast<std::size_t>(snapshot_index)],
                                              width)
                         : RunTransform{0, {width / 2.0, width / 2.0}});
  return frames;
}

std::vector<LensingMap> lensing_maps(const Campaign& campaign) {
  std::vector<LensingMap> maps;
  for (const MapField field : campaign.raytracing.fields) {
    switch (field) {
      case MapField::kappa:
        maps.push_back(LensingMap::kappa);
        break;
      case MapField::gamma1:
        maps.push_back(LensingMap::gamma1);
        break;
      case MapField::gamma2:
        maps.push_back(LensingMap::gamma2);
        break;
      case MapField::omega:
        maps.push_back(LensingMap::omega);
        break;
    }
  }
  return maps;
}

// Collective.
TraceDemand demand_of(const StageContext& context, std::size_t most_runs) {
  const RaytracingSettings& settings = context.campaign.raytracing;
  const NodeRanks node(context.ranks);
  TraceDemand demand;
  demand.runs = most_runs;
  demand.rays = static_cast<std::size_t>(settings.grid) * static_cast<std::size_t>(settings.grid);
  demand.maps = settings.fields.size() * settings.sources.size();
  demand.maps_in_one_file =
      std::find(settings.formats.begin(), settings.formats.end(), MapFormat::hdf5) != settings.formats.end();
  demand.plane_bytes = plane_file_size(context.campaign.lensplanes.grid, kPotentialFields);
  demand.ranks = demand.ranks_per_node = context.ranks.size();
  for (const std::string& size : context.ranks.gather_all(std::to_string(node.ranks().size())))
    demand.ranks_per_node = std::min(demand.ranks_per_node, std::stoi(size));
  return demand;
}

// Collective.
std::string estimate_of(const StageContext& context, const StageRequest& request,
                        const std::vector<std::span<const ProductId>>& cones, const TraceDemand& demand,
                        const PassPlan& plan, std::uint64_t budget) {
  const Campaign& campaign = context.campaign;
  const auto planes = static_cast<std::uint64_t>(campaign.last_source());
  StageEstimate estimate;
  estimate.what = "runs";
  estimate.memory_budget = budget;
  estimate.memory_per_rank = trace_bytes_per_rank(demand, plan.runs_per_pass, plan.plane_slots);
  estimate.passes = 0;
  for (const std::span<const ProductId> runs : cones) {
    estimate.products += runs.size();
    estimate.passes += (runs.size() + plan.runs_per_pass - 1) / plan.runs_per_pass;
  }
  estimate.bytes_read = estimate.passes * planes * demand.plane_bytes;  // once per node
  estimate.bytes_written = estimate.products * demand.maps * campaign.raytracing.formats.size() *
                           plane_file_size(campaign.raytracing.grid, kScalarFields);
  const double ray_planes = static_cast<double>(estimate.products * demand.rays * planes);
  estimate.seconds = ray_planes * trace_seconds_per_ray(campaign.lensplanes.grid) /
                         (request.threads * static_cast<double>(demand.ranks)) +
                     disk_seconds(estimate.bytes_read + estimate.bytes_written);
  return estimate_text(context, request, estimate);
}

}  // namespace

StageOutcome run_raytrace(const StageContext& context, const StageRequest& request) {
  const Campaign& campaign = context.campaign;
  const ReceiptIndex receipts = load_receipts(context);
  const Work work = choose_work(context, request, receipts);
  const KnownDigests known = require_inputs(context, work.products, receipts);
  StageOutcome outcome{request.products.size(), 0, request.products.size() - work.products.size()};
  if (work.products.empty()) {
    if (request.estimate_only) outcome.estimate = "runs: 0\n";
    return outcome;
  }

  // Runs of one light cone stand together: they share its planes.
  std::vector<std::span<const ProductId>> cones;
  for (std::size_t first = 0; first < work.products.size();) {
    std::size_t last = first + 1;
    while (last < work.products.size() && work.products[last].model == work.products[first].model &&
           work.products[last].realization == work.products[first].realization)
      ++last;
    cones.push_back(std::span(work.products).subspan(first, last - first));
    first = last;
  }
  std::vector<Geometry> geometries;
  for (const std::span<const ProductId> runs : cones)
    geometries.push_back(
        read_geometry(context, {ProductKind::geometry, runs[0].model, runs[0].realization, 0}, known));
  const std::size_t most_runs = std::max_element(cones.begin(), cones.end(), [](auto a, auto b) {
                                  return a.size() < b.size();
                                })->size();
  const TraceDemand demand = demand_of(context, most_runs);
  const std::uint64_t budget = memory_budget(context, request);
  const PassPlan passes = plan_passes(demand, budget);
  if (request.estimate_only) {
    outcome.estimate = estimate_of(context, request, cones, demand, passes, budget);
    return outcome;
  }
  PlaneFeed feed(context, known, passes.plane_slots);
  move_aside(context, work);

  ReceiptBook book(context, Stage::raytracing, request.threads);
  MapPublisher publisher(context, cone_of(campaign));
  const RayGrid grid{campaign.raytracing.grid, campaign.raytracing.field_deg * kRadiansPerDegree};
  const auto trace = [&](std::span<const ProductId> runs, const Geometry& geometry) {
    const std::string cone = combination_folder(campaign, runs[0].model, runs[0].realization);
    std::vector<ProductId> potentials;
    for (int plane = 1; plane <= campaign.last_source(); ++plane)
      potentials.push_back({ProductKind::potential, runs[0].model, runs[0].realization, plane});
    std::optional<Raytracer> tracer;
    together(context.ranks, [&] {
      tracer.emplace(grid, runs.size(), lensing_maps(campaign), campaign.raytracing.sources.size(),
                     Share{context.ranks.rank(), context.ranks.size()}, request.threads);
    });
    context.progress.begin(fmt::format("tracing {} runs of {}", runs.size(), cone), potentials.size(),
                           "planes");
    feed.start(potentials);
    std::size_t source = 0;
    for (const ProductId& potential : potentials) {
      stop_together(context.ranks);
      const int snapshot = snapshot_index_of(campaign, potential);
      const double width = geometry.config.box_width[static_cast<std::size_t>(snapshot)];
      const LensPlane plane{feed.next(), campaign.lensplanes.grid, width, campaign.raytracing.interpolation};
      const PlaneStep step = step_at(campaign, geometry.config, potential.index);
      tracer->pass(plane, step, frames_at(campaign, runs, snapshot, width), source);
      if (step.source) ++source;
      context.progress.advance(1);
    }
    context.progress.end();
    std::vector<ReceiptInput> inputs = feed.inputs_read();
    inputs.push_back(geometry.input);
    publisher.publish(*tracer, runs, inputs, book);
    outcome.made += runs.size();
  };
  with_receipts(book, [&] {
    for (std::size_t c = 0; c < cones.size(); ++c)
      for (std::size_t first = 0; first < cones[c].size(); first += passes.runs_per_pass)
        trace(cones[c].subspan(first, std::min(passes.runs_per_pass, cones[c].size() - first)),
              geometries[c]);
  });
  return outcome;
}

}  // namespace lenswright
