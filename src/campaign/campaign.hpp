// campaign.hpp: one campaign, loaded, checked and frozen; every program works from this value alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ray_method.hpp"
#include "campaign/model.hpp"

namespace lenswright {

// Not every campaign has the last one: see stages_of.
enum class Stage { lensplanes, lux, raytracing, statistics };
inline constexpr Stage kStages[] = {Stage::lensplanes, Stage::lux, Stage::raytracing, Stage::statistics};
std::string_view stage_name(Stage stage);  // "lensplanes", "lux", "raytracing", "statistics"
std::optional<Stage> stage_from_name(std::string_view name);

enum class Assignment { ngp, cic, tsc };
enum class MapField { kappa, gamma1, gamma2, omega };
enum class MapFormat { dat, fits, hdf5 };
// What holds when transforms.h5 and the seed disagree; `agree`: neither, stop and explain.
enum class TransformAuthority { agree, file, seed };
enum class KeepPotentials { always, until_traced };
std::string_view assignment_name(Assignment assignment);
std::string_view map_field_name(MapField field);
std::string_view map_format_name(MapFormat format);
std::string_view interpolation_name(Interpolation interpolation);
std::string_view tracing_method_name(TracingMethod method);

struct InputSettings {
  std::filesystem::path dmo;  // holds snapdir_NNN/, groups_NNN/
  std::filesystem::path hydro;
  std::vector<int> particle_types{0, 1, 4, 5};  // of the hydro run; dmo holds type 1 only
  std::optional<std::filesystem::path>
      matches;  // folder of matches_snapNNN.hdf5: halos with a hydro counterpart
};

struct LensplaneSettings {
  std::filesystem::path root;
  int grid = 4096;  // pixels per side
  Assignment assignment = Assignment::tsc;
  std::uint32_t seed = 0;
  TransformAuthority transforms = TransformAuthority::agree;
};

struct LuxSettings {
  std::filesystem::path root;
  KeepPotentials keep = KeepPotentials::always;  // until_traced: `recovery release` may let them go
};

struct RaytracingSettings {
  std::filesystem::path root;
  int grid = 1024;  // rays per side
  double field_deg = 5.0;
  int runs = 100;  // per model and realization
  std::uint64_t seed = 0;
  bool randomize = true;
  std::vector<int> sources;  // source planes, one-based, ascending: far edge of slab s
  std::vector<MapField> fields{MapField::kappa};
  std::vector<MapFormat> formats{MapFormat::dat};
  bool fits_compression = false;  // tile-compressed FITS
  // Bilinear and full make the standard product. What other ways make has names of its own (product_path).
  Interpolation interpolation = Interpolation::bilinear;
  TracingMethod method = TracingMethod::full;
};

// Equal bins from lowest to highest.
struct BinSettings {
  double lowest = 0, highest = 1;
  int bins = 1;
  bool operator==(const BinSettings&) const = default;
};

// Statistics of the maps, per model and realization. A campaign may do without.
struct StatisticsSettings {
  std::filesystem::path root;
  std::vector<double> smoothing_arcmin{1.0, 2.0, 5.0};  // standard deviations of the Gaussian, ascending
  int ell_bins = 24;  // equal in log ell, from the field's first mode to the grid's Nyquist frequency
  BinSettings snr{-6, 12, 36};  // peaks and minima: (kappa - mean) / sigma of the smoothed map
  BinSettings pdf_kappa{-0.1, 0.4, 100};
  BinSettings pdf_sigma{-5, 15, 80};  // (kappa - mean) / sigma
};

// Above these, recovery asks (or wants --yes) before it acts.
struct SafetySettings {
  int max_moved_files = 500;  // damaged files moved aside by one submit
  int max_tasks = 2000;       // tasks of one submit
  int trash_hours = 24;       // kept at least this long
};

// Checked here, used by the Slurm executor.
struct SlurmResources {
  std::map<std::string, std::string> values;  // partition, nodes, ntasks, time, mem, ...; defaults merged in
};
inline constexpr int kSlurmCommandTimeoutSeconds = 60;  // unless the campaign says otherwise

struct Campaign {
  std::string name;                    // also the campaign's id in markers and receipts
  std::filesystem::path file;          // absolute path of the campaign file
  std::vector<std::string> overrides;  // "path.to.key=value", as given
  std::filesystem::path state;         // plans, receipts, logs
  double omega_m = 0;                  // flat, w = -1
  double h = 0;
  double box_mpc_h = 0;
  InputSettings input;
  std::vector<int> snapshots;  // from the observer outwards
  int planes_per_snapshot = 2;
  std::optional<std::vector<double>> plane_redshifts;  // one per plane
  int realizations = 0;
  std::vector<Model> models;
  LensplaneSettings lensplanes;
  LuxSettings lux;
  RaytracingSettings raytracing;
  std::optional<StatisticsSettings> statistics;      // none: the campaign has no such stage
  std::optional<std::int64_t> kappa_maps_per_model;  // the goal that verify reports
  SafetySettings safety;
  std::map<Stage, SlurmResources> slurm;
  int slurm_command_timeout_seconds = kSlurmCommandTimeoutSeconds;  // of squeue, sbatch, ...
  std::string effective_json;  // the whole effective configuration, canonical (sorted keys), goes into plans

  int planes() const { return static_cast<int>(snapshots.size()) * planes_per_snapshot; }
  double slab_thickness_mpc_h() const { return box_mpc_h / planes_per_snapshot; }
  int snapshot_index_of_plane(int plane) const { return plane / planes_per_snapshot; }  // plane zero-based
  int slice_of_plane(int plane) const { return plane % planes_per_snapshot; }
  int last_source() const { return raytracing.sources.back(); }
  std::optional<int> model_index(std::string_view model_name) const;
  std::optional<int> snapshot_index(int snapshot_number) const;
  // model_index * realizations + realization: the campaign-wide array index
  int combination_index(int model, int realization) const { return model * realizations + realization; }
};

// The stages that the campaign has: all but statistics, and statistics where it has that section.
std::vector<Stage> stages_of(const Campaign& campaign);
const std::filesystem::path& stage_root(const Campaign& campaign,
                                        Stage stage);  // empty for a stage it has not

}  // namespace lenswright
