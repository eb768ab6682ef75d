// soundness.hpp: what the statistics of the maps say of a campaign: mean and scatter over realizations per model, the ratio
// to dmo, and maps that do not go with the others of their model.
//
// Mean and scatter: of the realizations' means over their runs; scatter is the standard deviation of one realization, with
//                   n - 1, 0 for a single one. Ratios are taken realization by realization, in which the fields of view
//                   are the same, so that most of the sample variance falls out.
// Odd maps:         of map_outliers.hpp. Where most of the other models' maps (of three at least) do not go with dmo's map of
//                   the same run, dmo's is the odd one, and is told in their place.
// Expectation:      mean kappa is 0, since every plane's mean is set to zero (Born; up to the field's size). No Limber
//                   spectrum: it needs the matter power spectrum of the simulation, which the campaign does not know.
// Pure. Units: C_ell in steradians, kappa without, smoothing in arcmin
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "campaign/campaign.hpp"
#include "io/statistics_file.hpp"
#include "report/map_outliers.hpp"

namespace lenswright {

// Per x: mean and scatter over realizations; NaN where there is none (a ratio to zero).
struct SoundnessCurve {
  std::vector<double> mean, scatter;
};
struct SoundnessValue {
  double mean = 0, scatter = 0;
};

struct ModelSoundness {
  std::string model, label;
  bool baryons = true;  // not dmo
  std::int64_t realizations = 0, maps = 0;
  SoundnessValue mean, sigma, skewness, kurtosis;
  SoundnessCurve c_ell, pdf, peaks, minima;  // pdf: density in kappa; peaks, minima: per map and bin
  SoundnessCurve c_ell_ratio, pdf_ratio, peaks_ratio;  // to dmo; empty without dmo, and of dmo itself
};

struct SourceSoundness {
  int source = 0;                       // one-based source plane
  double redshift = 0;                  // of its far edge, from the cosmology; 0: not known
  std::vector<double> ell, kappa, snr;  // middles of the bins
  double smoothing_arcmin = 0;          // of peaks and minima
  std::vector<ModelSoundness> models;   // those with any statistics, in the campaign's order
};

struct OutlierEntry {
  std::string model, product, statistic, because;  // product: the run's name
  int realization = 0, run = 0, source = 0;
  double sigmas = 0;
  bool to_dmo = false;  // by its ratio to dmo's map of the same run
};

struct Soundness {
  bool in_campaign = false;  // the campaign has the stage
  std::int64_t files = 0;    // statistics files read
  std::int64_t maps = 0;     // whose statistics were looked at, over all sources
  std::int64_t ensembles = 0,
               small_ensembles = 0;  // of (model, source); small: too few maps to tell outliers
  std::vector<SourceSoundness> sources;
  std::vector<OutlierEntry> outliers;  // the farthest off first, kOutliersKept at most
  std::int64_t outliers_total = 0, maps_flagged = 0;
  std::vector<std::string> problems;  // files that could not be read, or have other bins
};
inline constexpr std::size_t kOutliersKept = 200;

// What has to be read of each file.
inline const std::vector<Statistic> kSoundnessStatistics = {Statistic::mean, Statistic::variance,
                                                            Statistic::c_ell};

class SoundnessGathering {
 public:
  // sources: to be shown; their ensembles must have been read.
  SoundnessGathering(const Campaign& campaign, std::vector<int> sources);
  // The complete statistics files of one model, any number of realizations. Each model once; dmo before all others, or
  // their maps are not held against its maps.
  void add(int model, const std::vector<StatisticsFile>& files);
  void problem(std::string sentence) { soundness_.problems.push_back(std::move(sentence)); }
  Soundness take();

 private:
  using Place = std::tuple<int, int, int>;  // source, realization, run
  void flag(int model, int source, const MapOutlier& outlier);
  void blame_dmo();
  void tell_rare_fields();

  const Campaign& campaign_;
  std::vector<int> sources_;
  Soundness soundness_;
  // source -> model -> realization -> over_runs.mean
  std::map<int, std::map<int, std::map<int, MapStatistics>>> means_;
  std::map<int, std::map<int, std::int64_t>> maps_;
  std::optional<StatisticsBins> bins_;  // of the first file
  int dmo_ = -1;                        // its index, once added
  std::map<Place, MapStatistics> dmo_maps_;
  std::map<Place, int> pairs_;               // models that have a map there, but dmo
  std::set<std::pair<int, Place>> to_twin_;  // flagged by their ratio to dmo's alone: model and place
  std::set<std::pair<int, Place>> flagged_;
};

// The last source plane and the one nearest the middle.
std::vector<int> sources_to_show(const Campaign& campaign);

}  // namespace lenswright
