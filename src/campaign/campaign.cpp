#include "campaign/campaign.hpp"

#include <cassert>
#include <cstddef>
#include <iterator>

namespace lenswright {

std::string_view stage_name(Stage stage) {
  switch (stage) {
    case Stage::lensplanes:
      return "lensplanes";
    case Stage::lux:
      return "lux";
    case Stage::raytracing:
      return "raytracing";
    case Stage::statistics:
      return "statistics";
  }
  assert(false && "a stage without a name");
  return {};
}

std::optional<Stage> stage_from_name(std::string_view name) {
  for (const Stage stage : kStages) {
    if (stage_name(stage) == name) return stage;
  }
  return std::nullopt;
}

std::string_view assignment_name(Assignment assignment) {
  switch (assignment) {
    case Assignment::ngp:
      return "ngp";
    case Assignment::cic:
      return "cic";
    case Assignment::tsc:
      return "tsc";
  }
  assert(false && "a mass assignment without a name");
  return {};
}

std::string_view map_field_name(MapField field) {
  switch (field) {
    case MapField::kappa:
      return "kappa";
    case MapField::gamma1:
      return "gamma1";
    case MapField::gamma2:
      return "gamma2";
    case MapField::omega:
      return "omega";
  }
  assert(false && "a map field without a name");
  return {};
}

std::string_view map_format_name(MapFormat format) {
  switch (format) {
    case MapFormat::dat:
      return "dat";
    case MapFormat::fits:
      return "fits";
    case MapFormat::hdf5:
      return "hdf5";
  }
  assert(false && "a map format without a name");
  return {};
}

std::string_view interpolation_name(Interpolation interpolation) {
  switch (interpolation) {
    case Interpolation::bilinear:
      return "bilinear";
    case Interpolation::nearest:
      return "nearest";
    case Interpolation::bicubic:
      return "bicubic";
  }
  assert(false && "an interpolation without a name");
  return {};
}

std::string_view tracing_method_name(TracingMethod method) {
  switch (method) {
    case TracingMethod::full:
      return "full";
    case TracingMethod::born:
      return "born";
  }
  assert(false && "a method of tracing without a name");
  return {};
}

std::optional<int> Campaign::model_index(std::string_view model_name) const {
  for (std::size_t index = 0; index < models.size(); ++index) {
    if (models[index].name == model_name) return static_cast<int>(index);
  }
  return std::nullopt;
}

std::optional<int> Campaign::snapshot_index(int snapshot_number) const {
  for (std::size_t index = 0; index < snapshots.size(); ++index) {
    if (snapshots[index] == snapshot_number) return static_cast<int>(index);
  }
  return std::nullopt;
}

std::vector<Stage> stages_of(const Campaign& campaign) {
  std::vector<Stage> stages(std::begin(kStages), std::end(kStages));
  if (!campaign.statistics) std::erase(stages, Stage::statistics);
  return stages;
}

const std::filesystem::path& stage_root(const Campaign& campaign, Stage stage) {
  switch (stage) {
    case Stage::lensplanes:
      return campaign.lensplanes.root;
    case Stage::lux:
      return campaign.lux.root;
    case Stage::raytracing:
      return campaign.raytracing.root;
    case Stage::statistics:
      break;
  }
  static const std::filesystem::path kNone;
  return campaign.statistics ? campaign.statistics->root : kNone;
}

}  // namespace lenswright
