#include "campaign/effective_configuration.hpp"

#include <nlohmann/json.hpp>

#include "campaign/model.hpp"

namespace lenswright {

namespace {

using nlohmann::json;

std::string_view authority_name(TransformAuthority authority) {
  switch (authority) {
    case TransformAuthority::agree:
      return "agree";
    case TransformAuthority::file:
      return "file";
    case TransformAuthority::seed:
      break;
  }
  return "seed";
}

json models_of(const Campaign& campaign) {
  json models = json::array();
  for (const Model& model : campaign.models) {
    json entry{{"name", model.name}};
    if (const auto& replacement = model.replacement) {
      entry["log10_lower"] = replacement->log10_lower;
      entry["log10_upper"] = replacement->log10_upper ? json(*replacement->log10_upper) : json(nullptr);
      entry["radius_factor"] = replacement->radius_factor;
    }
    models.push_back(entry);
  }
  return models;
}

json raytracing_of(const RaytracingSettings& settings) {
  json fields = json::array();
  for (const MapField field : settings.fields) fields.push_back(map_field_name(field));
  json formats = json::array();
  for (const MapFormat format : settings.formats) formats.push_back(map_format_name(format));
  return {{"root", settings.root.string()},
          {"grid", settings.grid},
          {"field_deg", settings.field_deg},
          {"runs", settings.runs},
          {"seed", settings.seed},
          {"randomize", settings.randomize},
          {"sources", settings.sources},
          {"fields", fields},
          {"formats", formats},
          {"fits_compression", settings.fits_compression},
          {"interpolation", interpolation_name(settings.interpolation)},
          {"method", tracing_method_name(settings.method)}};
}

json bins_of(const BinSettings& bins) {
  return {{"lowest", bins.lowest}, {"highest", bins.highest}, {"bins", bins.bins}};
}

json statistics_of(const StatisticsSettings& settings) {
  return {{"root", settings.root.string()},
          {"smoothing_arcmin", settings.smoothing_arcmin},
          {"ell_bins", settings.ell_bins},
          {"snr", bins_of(settings.snr)},
          {"pdf_kappa", bins_of(settings.pdf_kappa)},
          {"pdf_sigma", bins_of(settings.pdf_sigma)}};
}

}  // namespace

std::string effective_configuration(const Campaign& campaign) {
  const LensplaneSettings& lensplanes = campaign.lensplanes;
  json slurm = json::object();
  for (const auto& [stage, resources] : campaign.slurm)
    slurm[std::string(stage_name(stage))] = resources.values;
  if (campaign.slurm_command_timeout_seconds != kSlurmCommandTimeoutSeconds)
    slurm["command_timeout_seconds"] = campaign.slurm_command_timeout_seconds;
  json text{{"campaign", campaign.name},
            {"state", campaign.state.string()},
            {"cosmology", {{"omega_m", campaign.omega_m}, {"h", campaign.h}}},
            {"box", campaign.box_mpc_h},
            {"input",
             {{"dmo", campaign.input.dmo.string()},
              {"hydro", campaign.input.hydro.string()},
              {"particle_types", campaign.input.particle_types},
              {"matches", campaign.input.matches ? json(campaign.input.matches->string()) : json(nullptr)}}},
            {"snapshots", campaign.snapshots},
            {"planes_per_snapshot", campaign.planes_per_snapshot},
            {"plane_redshifts", campaign.plane_redshifts ? json(*campaign.plane_redshifts) : json(nullptr)},
            {"realizations", campaign.realizations},
            {"models", models_of(campaign)},
            {"lensplanes",
             {{"root", lensplanes.root.string()},
              {"grid", lensplanes.grid},
              {"assignment", assignment_name(lensplanes.assignment)},
              {"seed", lensplanes.seed},
              {"transforms", authority_name(lensplanes.transforms)}}},
            {"lux", {{"root", campaign.lux.root.string()}}},
            {"raytracing", raytracing_of(campaign.raytracing)},
            {"goals",
             {{"kappa_maps_per_model",
               campaign.kappa_maps_per_model ? json(*campaign.kappa_maps_per_model) : json(nullptr)}}},
            {"safety",
             {{"max_moved_files", campaign.safety.max_moved_files},
              {"max_tasks", campaign.safety.max_tasks},
              {"trash_hours", campaign.safety.trash_hours}}},
            {"slurm", slurm}};
  // Without the section, the text is what it was before there was such a stage.
  if (campaign.statistics) text["statistics"] = statistics_of(*campaign.statistics);
  if (campaign.lux.keep != KeepPotentials::always) text["lux"]["keep"] = "until_traced";
  // A path may hold any bytes; what is not UTF-8 is shown with a replacement character.
  return text.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string work_configuration(const Campaign& campaign) {
  json text = json::parse(campaign.effective_json, nullptr, false);
  if (!text.is_object()) return campaign.effective_json;
  for (const char* key : {"goals", "safety", "slurm"}) text.erase(key);
  if (text.contains("lux")) text["lux"].erase("keep");
  return text.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace lenswright
