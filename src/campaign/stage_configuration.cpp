#include "campaign/stage_configuration.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/units.hpp"

namespace lenswright {

namespace {

using nlohmann::json;

bool holds_format(const Campaign& campaign, MapFormat format) {
  const std::vector<MapFormat>& formats = campaign.raytracing.formats;
  return std::find(formats.begin(), formats.end(), format) != formats.end();
}

// All that omega_m does to a mass plane: the quantum that masses are rounded to, a power of two
// (docs/formats.md, "Mass assignment").
double mass_quantum_msun_h(const Campaign& campaign) {
  const double box = campaign.box_mpc_h;
  const double largest_sum = 1.5 * kRhoCritical0 * campaign.omega_m * box * box * box;
  int exponent = 0;
  std::frexp(largest_sum, &exponent);  // largest_sum < 2^exponent, and not below half of that
  return std::ldexp(1.0, exponent - 63);
}

// Snapshot, catalogue and transform are inputs with digests of their own.
json mass_plane(const Campaign& campaign, const ProductId& id) {
  const Model& model = campaign.models[static_cast<std::size_t>(id.model)];
  json text{{"assignment", assignment_name(campaign.lensplanes.assignment)},
            {"box_mpc_h", campaign.box_mpc_h},
            {"grid", campaign.lensplanes.grid},
            {"mass_quantum_msun_h", mass_quantum_msun_h(campaign)},
            {"planes_per_snapshot", campaign.planes_per_snapshot},
            {"slice", campaign.slice_of_plane(id.index)},
            {"snapshot", campaign.snapshots[static_cast<std::size_t>(snapshot_index_of(campaign, id))]}};
  if (model.kind == ModelKind::dmo) {
    text["model"] = "dmo";
    return text;
  }
  std::vector<int> types = campaign.input.particle_types;  // sums are exact: the order makes no difference
  std::sort(types.begin(), types.end());
  text["particle_types"] = types;
  text["model"] = "hydro";
  if (!model.replacement) return text;
  const HaloReplacement& replacement = *model.replacement;
  text["model"] = {{"halos", campaign.input.matches ? "matches" : "fof"},
                   {"log10_lower", replacement.log10_lower},
                   {"log10_upper", replacement.log10_upper ? json(*replacement.log10_upper) : json(nullptr)},
                   {"radius_factor", replacement.radius_factor}};
  return text;
}

json potential(const Campaign& campaign) {
  return {{"box_mpc_h", campaign.box_mpc_h},
          {"grid", campaign.lensplanes.grid},
          {"omega_m", campaign.omega_m},
          {"planes_per_snapshot", campaign.planes_per_snapshot}};
}

json geometry(const Campaign& campaign) {
  json text{{"box_mpc_h", campaign.box_mpc_h},
            {"planes_per_snapshot", campaign.planes_per_snapshot},
            {"snapshots", campaign.snapshots.size()}};
  // Scale factors come from one or the other; distances from neither.
  if (campaign.plane_redshifts) {
    text["plane_redshifts"] = *campaign.plane_redshifts;
  } else {
    text["omega_m"] = campaign.omega_m;
  }
  return text;
}

json run(const Campaign& campaign, const ProductId& id) {
  const RaytracingSettings& raytracing = campaign.raytracing;
  const bool fits = holds_format(campaign, MapFormat::fits);
  const bool hdf5 = holds_format(campaign, MapFormat::hdf5);
  json fields = json::array();
  for (const MapField field : raytracing.fields) fields.push_back(map_field_name(field));
  std::sort(fields.begin(), fields.end());
  json formats = json::array();
  for (const MapFormat format : raytracing.formats) formats.push_back(map_format_name(format));
  std::sort(formats.begin(), formats.end());

  json text{{"box_mpc_h", campaign.box_mpc_h},
            {"field_deg", raytracing.field_deg},
            {"fields", fields},
            {"formats", formats},
            {"grid", raytracing.grid},
            {"planes_per_snapshot", campaign.planes_per_snapshot},
            {"randomize", raytracing.randomize},
            {"sources", raytracing.sources}};
  // Named only where they differ from the standard product's, whose text stays what it was before they existed.
  if (raytracing.interpolation != Interpolation::bilinear)
    text["interpolation"] = interpolation_name(raytracing.interpolation);
  if (raytracing.method != TracingMethod::full) text["method"] = tracing_method_name(raytracing.method);
  if (raytracing.randomize) {
    // Shift and symmetry are drawn per (realization, run, snapshot) for the snapshots in front of the last
    // source.
    const int crossed = campaign.snapshot_index_of_plane(campaign.last_source() - 1) + 1;
    text["realization"] = id.realization;
    text["run"] = id.index;
    text["snapshots"] = std::vector<int>(campaign.snapshots.begin(), campaign.snapshots.begin() + crossed);
  }
  if (raytracing.randomize || fits || hdf5) text["seed"] = raytracing.seed;
  if (fits || hdf5) {
    // What these formats say of themselves beside the pixels: names, and source redshifts from the cosmology.
    text["campaign"] = campaign.name;
    text["model"] = campaign.models[static_cast<std::size_t>(id.model)].name;
    text["realization"] = id.realization;
    text["run"] = id.index;
    text["omega_m"] = campaign.omega_m;
  }
  if (fits) text["fits_compression"] = raytracing.fits_compression;
  return text;
}

json bins_of(const BinSettings& bins) {
  return {{"bins", bins.bins}, {"highest", bins.highest}, {"lowest", bins.lowest}};
}

// Which maps: all runs, and of the fields those that statistics are made of; how they are stored makes no
// difference.
json statistics(const Campaign& campaign, const ProductId& id) {
  const StatisticsSettings& settings = *campaign.statistics;
  const RaytracingSettings& raytracing = campaign.raytracing;
  const auto kept = [&](MapField field) {
    return std::find(raytracing.fields.begin(), raytracing.fields.end(), field) != raytracing.fields.end();
  };
  return {{"ell_bins", settings.ell_bins},
          {"field_deg", raytracing.field_deg},
          {"grid", raytracing.grid},
          {"model", campaign.models[static_cast<std::size_t>(id.model)].name},
          {"pdf_kappa", bins_of(settings.pdf_kappa)},
          {"pdf_sigma", bins_of(settings.pdf_sigma)},
          {"realization", id.realization},
          {"runs", raytracing.runs},
          {"shear", kept(MapField::gamma1) && kept(MapField::gamma2)},
          {"smoothing_arcmin", settings.smoothing_arcmin},
          {"snr", bins_of(settings.snr)},
          {"sources", raytracing.sources}};
}

}  // namespace

std::string product_configuration(const Campaign& campaign, const ProductId& id) {
  json text;
  switch (id.kind) {
    case ProductKind::mass_plane:
      text = mass_plane(campaign, id);
      break;
    case ProductKind::potential:
      text = potential(campaign);
      break;
    case ProductKind::geometry:
      text = geometry(campaign);
      break;
    case ProductKind::run:
      text = run(campaign, id);
      break;
    case ProductKind::statistics:
      text = statistics(campaign, id);
      break;
  }
  return text.dump();  // object keys are sorted, numbers the shortest that read back
}

ProductId configuration_twin(const Campaign& campaign, const ProductId& id) {
  switch (id.kind) {
    case ProductKind::mass_plane:
      return {id.kind, id.model, 0, id.index};
    case ProductKind::potential:
      return {id.kind, 0, 0, 1};
    case ProductKind::geometry:
      return {id.kind, 0, 0, 0};
    case ProductKind::run: {
      const bool named = holds_format(campaign, MapFormat::fits) || holds_format(campaign, MapFormat::hdf5);
      if (named) return id;
      return campaign.raytracing.randomize ? ProductId{id.kind, 0, id.realization, id.index}
                                           : ProductId{id.kind, 0, 0, 1};
    }
    case ProductKind::statistics:
      break;
  }
  return id;
}

}  // namespace lenswright
