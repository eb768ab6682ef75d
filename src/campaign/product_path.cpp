#include "campaign/product_path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace lenswright {

namespace {

constexpr int kPlaneDigits = 2;        // lenspot03.dat, kappa40.dat
constexpr int kRealizationDigits = 2;  // LP_03
constexpr int kRunDigits = 3;          // run037
constexpr std::string_view kRealizationPrefix = "LP_";
constexpr std::string_view kPlanePrefix = "lenspot";
constexpr std::string_view kRunPrefix = "run";
constexpr std::string_view kGeometryFile = "config.dat";
constexpr std::string_view kDat = ".dat";
constexpr std::string_view kFits = ".fits";
constexpr std::string_view kStatisticsStem = "kappa_stats";
constexpr std::string_view kStatisticsSuffix = ".h5";

std::uint64_t scalar_plane_size(int grid) {
  const auto side = static_cast<std::uint64_t>(grid);
  return 8 + 8 * side * side;
}

std::uint64_t potential_plane_size(int grid) {
  const auto side = static_cast<std::uint64_t>(grid);
  return 8 + 40 * side * side;
}

std::uint64_t geometry_size(int planes, int snapshots) {
  const auto np = static_cast<std::uint64_t>(planes);
  const auto ns = static_cast<std::uint64_t>(snapshots);
  return 8 + 8 * (3 * np + 2) + 8 * 2 * ns + 4 * ns + 8 * 3 * ns + 3 * ns;
}

std::string plane_file(int index) {
  return fmt::format("{}{:02}{}", kPlanePrefix, index, kDat);
}

std::string run_folder(const Campaign& campaign, int run) {
  return fmt::format("{}{:03}{}", kRunPrefix, run, run_variant(campaign));
}

std::string statistics_file(const Campaign& campaign) {
  return fmt::format("{}{}{}", kStatisticsStem, run_variant(campaign), kStatisticsSuffix);
}

// kappa40, omega40, but gamma1_40: a digit at the end of the field's name is set apart.
std::string map_stem(MapField field, int source) {
  const bool digit = field == MapField::gamma1 || field == MapField::gamma2;
  return fmt::format("{}{}{:02}", map_field_name(field), digit ? "_" : "", source);
}

// Public kappaTNG names, both numbers from one.
std::string hdf5_file(const Campaign& campaign, int realization, int run) {
  return fmt::format("LP{:03}_run{:03}{}_maps.hdf5", realization + 1, run, run_variant(campaign));
}

// The number in `text` = prefix + exactly `digits` decimal digits + suffix.
std::optional<int> number_between(std::string_view text, std::string_view prefix, int digits,
                                  std::string_view suffix) {
  const auto width = static_cast<std::size_t>(digits);
  if (text.size() != prefix.size() + width + suffix.size()) return std::nullopt;
  if (!text.starts_with(prefix) || !text.ends_with(suffix)) return std::nullopt;
  int number = 0;
  for (const char c : text.substr(prefix.size(), width)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = 10 * number + (c - '0');
  }
  return number;
}

// Splits off the text before the first '/'; what is left stays in `path`.
std::string_view take_folder(std::string_view& path) {
  const std::size_t slash = path.find('/');
  const std::string_view folder = path.substr(0, slash);
  path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  return folder;
}

std::vector<ProductFile> map_files(const Campaign& campaign, const ProductId& id) {
  const RaytracingSettings& raytracing = campaign.raytracing;
  const std::string folder = relative_path(campaign, id) + "/";
  const int grid = raytracing.grid;
  std::vector<ProductFile> files;
  for (const MapFormat format : raytracing.formats) {
    if (format == MapFormat::hdf5) {
      files.push_back({folder + hdf5_file(campaign, id.realization, id.index), FileLayout::hdf5, grid,
                       std::nullopt, std::nullopt, std::nullopt});
      continue;
    }
    for (const int source : raytracing.sources) {
      for (const MapField field : raytracing.fields) {
        const std::string path = folder + map_stem(field, source);
        if (format == MapFormat::dat) {
          files.push_back({path + std::string(kDat), FileLayout::scalar_plane, grid, scalar_plane_size(grid),
                           field, source});
        } else {
          files.push_back({path + std::string(kFits), FileLayout::fits, grid, std::nullopt, field, source});
        }
      }
    }
  }
  return files;
}

// Whether a run of the campaign holds a map file of this name.
bool is_map_file(const Campaign& campaign, int realization, int run, std::string_view name) {
  const RaytracingSettings& raytracing = campaign.raytracing;
  for (const MapFormat format : raytracing.formats) {
    if (format == MapFormat::hdf5) {
      if (name == hdf5_file(campaign, realization, run)) return true;
      continue;
    }
    const std::string_view suffix = format == MapFormat::dat ? kDat : kFits;
    if (!name.ends_with(suffix)) continue;
    const std::string_view stem = name.substr(0, name.size() - suffix.size());
    for (const MapField field : raytracing.fields) {
      // Prefix first: a name is made only for the one field that fits.
      if (!stem.starts_with(map_field_name(field))) continue;
      const std::string prefix = map_stem(field, 0);
      const auto source = number_between(
          stem, std::string_view(prefix).substr(0, prefix.size() - kPlaneDigits), kPlaneDigits, "");
      if (source && std::binary_search(raytracing.sources.begin(), raytracing.sources.end(), *source)) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

std::string run_variant(const Campaign& campaign) {
  const RaytracingSettings& raytracing = campaign.raytracing;
  std::string variant;
  if (raytracing.method != TracingMethod::full)
    variant += fmt::format("_{}", tracing_method_name(raytracing.method));
  if (raytracing.interpolation != Interpolation::bilinear)
    variant += fmt::format("_{}", interpolation_name(raytracing.interpolation));
  return variant;
}

std::string realization_folder(int realization) {
  return fmt::format("{}{:02}", kRealizationPrefix, realization);
}

std::string combination_folder(const Campaign& campaign, int model, int realization) {
  return campaign.models[static_cast<std::size_t>(model)].name + "/" + realization_folder(realization);
}

std::string relative_path(const Campaign& campaign, const ProductId& id) {
  const std::string folder = combination_folder(campaign, id.model, id.realization) + "/";
  switch (id.kind) {
    case ProductKind::mass_plane:
    case ProductKind::potential:
      return folder + plane_file(id.index);
    case ProductKind::geometry:
      return folder + std::string(kGeometryFile);
    case ProductKind::run:
      return folder + run_folder(campaign, id.index);
    case ProductKind::statistics:
      break;
  }
  return folder + statistics_file(campaign);
}

std::filesystem::path absolute_path(const Campaign& campaign, const ProductId& id) {
  return stage_root(campaign, stage_of(id.kind)) / relative_path(campaign, id);
}

std::string product_name(const Campaign& campaign, const ProductId& id) {
  std::string name = fmt::format("{}/{}", stage_name(stage_of(id.kind)), relative_path(campaign, id));
  return name;
}

std::vector<ProductFile> product_files(const Campaign& campaign, const ProductId& id) {
  const int grid = campaign.lensplanes.grid;
  const auto snapshots = static_cast<int>(campaign.snapshots.size());
  switch (id.kind) {
    case ProductKind::mass_plane:
      return {{relative_path(campaign, id), FileLayout::scalar_plane, grid, scalar_plane_size(grid),
               std::nullopt, std::nullopt}};
    case ProductKind::potential:
      return {{relative_path(campaign, id), FileLayout::potential_plane, grid, potential_plane_size(grid),
               std::nullopt, std::nullopt}};
    case ProductKind::geometry:
      return {{relative_path(campaign, id), FileLayout::lux_config, 0,
               geometry_size(campaign.planes(), snapshots), std::nullopt, std::nullopt}};
    case ProductKind::run:
      return map_files(campaign, id);
    case ProductKind::statistics:
      break;
  }
  return {{relative_path(campaign, id), FileLayout::statistics, campaign.raytracing.grid, std::nullopt,
           std::nullopt, std::nullopt}};
}

std::optional<ProductId> product_at(const Campaign& campaign, Stage stage, std::string_view relative_path) {
  std::string_view rest = relative_path;
  const std::optional<int> model = campaign.model_index(take_folder(rest));
  const std::optional<int> realization =
      number_between(take_folder(rest), kRealizationPrefix, kRealizationDigits, "");
  if (!model || !realization || rest.empty()) return std::nullopt;

  const bool folder_follows = rest.find('/') != std::string_view::npos;
  const std::string_view leaf = take_folder(rest);
  ProductId id{ProductKind::mass_plane, *model, *realization, 0};
  if (stage == Stage::raytracing) {
    const std::optional<int> run = number_between(leaf, kRunPrefix, kRunDigits, run_variant(campaign));
    if (!run) return std::nullopt;
    id.kind = ProductKind::run;
    id.index = *run;
    if (folder_follows && !is_map_file(campaign, *realization, *run, rest)) return std::nullopt;
  } else {
    if (folder_follows) return std::nullopt;
    if (stage == Stage::statistics) {
      if (leaf != statistics_file(campaign)) return std::nullopt;
      id.kind = ProductKind::statistics;
    } else if (stage == Stage::lux && leaf == kGeometryFile) {
      id.kind = ProductKind::geometry;
    } else {
      const std::optional<int> plane = number_between(leaf, kPlanePrefix, kPlaneDigits, kDat);
      if (!plane) return std::nullopt;
      id.kind = stage == Stage::lensplanes ? ProductKind::mass_plane : ProductKind::potential;
      id.index = *plane;
    }
  }
  if (!ProductSet(campaign).contains(id)) return std::nullopt;
  return id;
}

std::optional<ProductId> product_named(const Campaign& campaign, std::string_view name) {
  std::string_view rest = name;
  const std::optional<Stage> stage = stage_from_name(take_folder(rest));
  if (!stage) return std::nullopt;
  if (auto id = product_at(campaign, *stage, rest)) return id;
  for (const std::string_view suffix : {kDat, kFits}) {
    if (auto id = product_at(campaign, *stage, std::string(rest) + std::string(suffix))) return id;
  }
  return std::nullopt;
}

}  // namespace lenswright
