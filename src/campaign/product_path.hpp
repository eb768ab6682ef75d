// product_path.hpp: every product's name and path, and back: the only file that makes or reads them.
//
// A product's name is "<stage>/<path below the stage's root>": "lensplanes/dmo/LP_03/lenspot12.dat",
// "lux/dmo/LP_03/config.dat", "raytracing/dmo/LP_03/run037" (a folder of maps). Maps made another way than the
// standard product's lie beside them: "run037_nearest", "run037_bicubic", "run037_born", "run037_born_nearest", and so do their statistics:
// "statistics/dmo/LP_03/kappa_stats.h5", "kappa_stats_born.h5".
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "campaign/product_id.hpp"

namespace lenswright {

inline constexpr std::string_view kTransformsFile = "transforms.h5";  // at the lensplane root
inline constexpr std::string_view kRootMarkerFile = ".lenswright-root.json";
inline constexpr std::string_view kTrashFolder = ".trash";

enum class FileLayout { scalar_plane, potential_plane, lux_config, fits, hdf5, statistics };

// One file of a product.
struct ProductFile {
  std::string path;  // below the stage's root
  FileLayout layout;
  int grid = 0;                       // pixels per side (planes and maps)
  std::optional<std::uint64_t> size;  // exact, where the format fixes it (dat, config.dat)
  std::optional<MapField> field;      // raytracing dat and FITS maps
  std::optional<int> source;          // raytracing dat and FITS maps
};

// What the folders of runs have at the end of their names: nothing for bilinear interpolation and full tracing,
// else as "_born_nearest".
std::string run_variant(const Campaign& campaign);
std::string realization_folder(int realization);                                       // "LP_03"
std::string combination_folder(const Campaign& campaign, int model, int realization);  // "dmo/LP_03"
std::string relative_path(const Campaign& campaign, const ProductId& id);  // file, or folder of a run
std::filesystem::path absolute_path(const Campaign& campaign, const ProductId& id);
std::string product_name(const Campaign& campaign, const ProductId& id);
std::vector<ProductFile> product_files(const Campaign& campaign, const ProductId& id);

// Inverse of relative_path and of product_files' paths; none: not a product that the campaign expects.
std::optional<ProductId> product_at(const Campaign& campaign, Stage stage, std::string_view relative_path);
// Inverse of product_name; also accepts the name of a file inside a run, and names without ".dat".
std::optional<ProductId> product_named(const Campaign& campaign, std::string_view name);

}  // namespace lenswright
