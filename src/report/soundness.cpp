#include "report/soundness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <set>

#include "campaign/product_path.hpp"
#include "geometry/cosmology.hpp"
#include "report/coverage.hpp"

namespace lenswright {

namespace {

constexpr double kWantedSmoothing = 2.0;  // arcmin, of the peaks that are shown
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::vector<double> middles(const std::vector<double>& edges) {
  std::vector<double> result;
  for (std::size_t k = 0; k + 1 < edges.size(); ++k) result.push_back(0.5 * (edges[k] + edges[k + 1]));
  return result;
}

std::size_t smoothing_index(const StatisticsBins& bins) {
  std::size_t best = 0;
  for (std::size_t k = 1; k < bins.smoothing_arcmin.size(); ++k)
    if (std::abs(bins.smoothing_arcmin[k] - kWantedSmoothing) <
        std::abs(bins.smoothing_arcmin[best] - kWantedSmoothing))
      best = k;
  return best;
}

// Counts of a histogram's own bins, without what lies below and above.
std::vector<double> inner(const std::vector<double>& counts, std::size_t row, std::size_t edges) {
  const std::size_t each = edges + 1;
  if (counts.size() < (row + 1) * each) return {};
  const auto begin = counts.begin() + static_cast<std::ptrdiff_t>(row * each);
  return {begin + 1, begin + static_cast<std::ptrdiff_t>(each) - 1};
}

std::vector<double> density(const MapStatistics& map, const StatisticsBins& bins) {
  const std::vector<double>& counts = map[Statistic::pdf_kappa];
  const double pixels = std::accumulate(counts.begin(), counts.end(), 0.0);
  std::vector<double> result = inner(counts, 0, bins.pdf_kappa_edges.size());
  for (std::size_t k = 0; k < result.size() && pixels > 0; ++k)
    result[k] /= pixels * (bins.pdf_kappa_edges[k + 1] - bins.pdf_kappa_edges[k]);
  return result;
}

SoundnessCurve curve_of(const std::vector<std::vector<double>>& rows) {
  SoundnessCurve curve;
  if (rows.empty()) return curve;
  const double count = static_cast<double>(rows.size());
  for (std::size_t k = 0; k < rows.front().size(); ++k) {
    double sum = 0, squares = 0;
    for (const auto& row : rows) sum += row[k];
    const double mean = sum / count;
    for (const auto& row : rows) squares += (row[k] - mean) * (row[k] - mean);
    curve.mean.push_back(mean);
    curve.scatter.push_back(rows.size() > 1 ? std::sqrt(squares / (count - 1)) : 0);
  }
  return curve;
}

std::vector<double> ratio(const std::vector<double>& above, const std::vector<double>& below) {
  std::vector<double> result;
  for (std::size_t k = 0; k < above.size(); ++k) result.push_back(below[k] > 0 ? above[k] / below[k] : kNone);
  return result;
}

// Numbers of other bins can't be held against each other.
bool same_bins(const StatisticsBins& a, const StatisticsBins& b) {
  return a.ell_mean.size() == b.ell_mean.size() && a.snr_edges == b.snr_edges &&
         a.pdf_kappa_edges == b.pdf_kappa_edges && a.smoothing_arcmin == b.smoothing_arcmin;
}

using Realizations = std::map<int, MapStatistics>;
using Extract = std::function<std::vector<double>(const MapStatistics&)>;

SoundnessCurve over(const Realizations& maps, const Extract& extract) {
  std::vector<std::vector<double>> rows;
  for (const auto& [realization, map] : maps) rows.push_back(extract(map));
  return curve_of(rows);
}
SoundnessCurve ratio_over(const Realizations& maps, const Realizations* dmo, const Extract& extract) {
  std::vector<std::vector<double>> rows;
  for (const auto& [realization, map] : maps) {
    if (dmo == nullptr) break;
    if (const auto twin = dmo->find(realization); twin != dmo->end())
      rows.push_back(ratio(extract(map), extract(twin->second)));
  }
  return curve_of(rows);
}
SoundnessValue value_over(const Realizations& maps, const std::function<double(const MapStatistics&)>& of) {
  const SoundnessCurve curve = over(maps, [&](const MapStatistics& map) { return std::vector{of(map)}; });
  return {curve.mean.at(0), curve.scatter.at(0)};
}

ModelSoundness model_soundness(const StatisticsBins& bins, const Realizations& maps,
                               const Realizations* dmo) {
  ModelSoundness model;
  model.realizations = std::ssize(maps);
  const std::size_t scale = smoothing_index(bins);
  const Extract c_ell = [](const MapStatistics& map) { return map[Statistic::c_ell]; };
  const Extract pdf = [&](const MapStatistics& map) { return density(map, bins); };
  const auto counts = [&](Statistic statistic) -> Extract {
    return [&bins, scale, statistic](const MapStatistics& map) {
      return inner(map[statistic], scale, bins.snr_edges.size());
    };
  };
  model.mean = value_over(maps, [](const MapStatistics& map) { return map.scalar(Statistic::mean); });
  model.sigma =
      value_over(maps, [](const MapStatistics& map) { return std::sqrt(map.scalar(Statistic::variance)); });
  model.skewness = value_over(maps, [](const MapStatistics& map) { return map.scalar(Statistic::skewness); });
  model.kurtosis = value_over(maps, [](const MapStatistics& map) { return map.scalar(Statistic::kurtosis); });
  model.c_ell = over(maps, c_ell);
  model.pdf = over(maps, pdf);
  model.peaks = over(maps, counts(Statistic::peaks));
  model.minima = over(maps, counts(Statistic::minima));
  model.c_ell_ratio = ratio_over(maps, dmo, c_ell);
  model.pdf_ratio = ratio_over(maps, dmo, pdf);
  model.peaks_ratio = ratio_over(maps, dmo, counts(Statistic::peaks));
  return model;
}

}  // namespace

std::vector<int> sources_to_show(const Campaign& campaign) {
  const std::vector<int>& all = campaign.raytracing.sources;
  if (all.empty()) return {};
  const int middle = all[(all.size() - 1) / 2];
  return middle == all.back() ? std::vector{middle} : std::vector{middle, all.back()};
}

SoundnessGathering::SoundnessGathering(const Campaign& campaign, std::vector<int> sources)
    : campaign_(campaign), sources_(std::move(sources)) {
  soundness_.in_campaign = campaign.statistics.has_value();
}

void SoundnessGathering::add(int model, const std::vector<StatisticsFile>& files) {
  std::map<int, std::vector<EnsembleMap>> ensembles;  // by source
  const bool is_dmo = campaign_.models[static_cast<std::size_t>(model)].kind == ModelKind::dmo;
  if (is_dmo) dmo_ = model;
  for (const StatisticsFile& file : files) {
    ++soundness_.files;
    if (!bins_) bins_ = file.bins;
    if (!same_bins(*bins_, file.bins)) {
      problem(
          fmt::format("{}, realization {}: its statistics have other bins than those before; make them again",
                      file.model, file.realization));
      continue;
    }
    for (const SourceStatistics& source : file.sources) {
      for (std::size_t m = 0; m < source.maps.size(); ++m) {
        const Place place{source.source, file.realization, source.runs[m]};
        const auto twin = dmo_maps_.find(place);
        const bool paired = !is_dmo && twin != dmo_maps_.end();
        ensembles[source.source].push_back(
            {file.realization, source.runs[m], &source.maps[m], paired ? &twin->second : nullptr});
        if (paired) ++pairs_[place];
        if (is_dmo) {
          MapStatistics& kept = dmo_maps_[place];
          for (const Statistic statistic : kSoundnessStatistics) kept[statistic] = source.maps[m][statistic];
        }
      }
      if (std::find(sources_.begin(), sources_.end(), source.source) == sources_.end()) continue;
      means_[source.source][model][file.realization] = source.over_runs.mean;
      maps_[source.source][model] += std::ssize(source.maps);
    }
  }
  for (const auto& [source, maps] : ensembles) {
    ++soundness_.ensembles;
    soundness_.maps += std::ssize(maps);
    if (maps.size() < kFewestMaps) ++soundness_.small_ensembles;
    for (const MapOutlier& outlier : map_outliers(maps)) flag(model, source, outlier);
  }
}

void SoundnessGathering::flag(int model, int source, const MapOutlier& outlier) {
  const ProductId run{ProductKind::run, model, outlier.realization, outlier.run};
  soundness_.outliers.push_back({campaign_.models[static_cast<std::size_t>(model)].name,
                                 product_name(campaign_, run), std::string(statistic_name(outlier.statistic)),
                                 outlier.because, outlier.realization, outlier.run, source, outlier.sigmas,
                                 outlier.to_twin});
  const Place place{source, outlier.realization, outlier.run};
  (outlier.to_twin ? to_twin_ : flagged_).emplace(model, place);
}

// Many models that part from one map of dmo's at one place: that map.
void SoundnessGathering::blame_dmo() {
  constexpr int kFewestModels = 3;
  std::map<Place, int> parting;
  for (const auto& [model, place] : to_twin_) ++parting[place];
  std::set<Place> blamed;
  for (const auto& [place, models] : parting)
    if (const int all = pairs_.at(place); all >= kFewestModels && 2 * models > all) blamed.insert(place);
  std::map<Place, OutlierEntry> farthest;
  auto& outliers = soundness_.outliers;
  std::erase_if(outliers, [&](const OutlierEntry& entry) {
    const Place place{entry.source, entry.realization, entry.run};
    if (!entry.to_dmo || !blamed.contains(place)) return false;
    OutlierEntry& worst = farthest[place];
    if (std::abs(entry.sigmas) > std::abs(worst.sigmas)) worst = entry;
    return true;
  });
  for (auto& [place, entry] : farthest) {
    entry.because = fmt::format("{} of {} other models do not go with it; of {}, {}", parting.at(place),
                                pairs_.at(place), entry.model, entry.because);
    entry.model = campaign_.models[static_cast<std::size_t>(dmo_)].name;
    entry.product = product_name(campaign_, {ProductKind::run, dmo_, entry.realization, entry.run});
    entry.sigmas = -entry.sigmas;
    outliers.push_back(std::move(entry));
    flagged_.emplace(dmo_, place);
  }
  for (const auto& [model, place] : to_twin_)
    if (!blamed.contains(place)) flagged_.emplace(model, place);
  soundness_.maps_flagged = std::ssize(flagged_);
}

// A field of view that is odd in most models alike is hardly wrong: they were traced one by one.
void SoundnessGathering::tell_rare_fields() {
  constexpr int kFewestModels = 3;
  std::map<Place, std::set<std::string>> odd;
  for (const OutlierEntry& entry : soundness_.outliers)
    if (!entry.to_dmo) odd[{entry.source, entry.realization, entry.run}].insert(entry.model);
  for (OutlierEntry& entry : soundness_.outliers) {
    const Place place{entry.source, entry.realization, entry.run};
    const auto pairs = pairs_.find(place);
    if (entry.to_dmo || pairs == pairs_.end()) continue;
    const int all = pairs->second + 1, alike = static_cast<int>(odd.at(place).size());
    if (all >= kFewestModels && 2 * alike > all)
      entry.because += fmt::format(
          "; this run is odd in {} of {} models: a rare field of view, or all are "
          "wrong alike",
          alike, all);
  }
}

Soundness SoundnessGathering::take() {
  for (const int number : sources_) {
    if (!means_.contains(number)) continue;
    const StatisticsBins& bins = *bins_;
    SourceSoundness source;
    source.source = number;
    if (campaign_.omega_m > 0)
      source.redshift = Cosmology(campaign_.omega_m).redshift_at(number * campaign_.slab_thickness_mpc_h());
    source.ell = bins.ell_mean;
    source.kappa = middles(bins.pdf_kappa_edges);
    source.snr = middles(bins.snr_edges);
    if (!bins.smoothing_arcmin.empty())
      source.smoothing_arcmin = bins.smoothing_arcmin[smoothing_index(bins)];
    const auto& models = means_.at(number);
    const Realizations* dmo = nullptr;
    for (const auto& [model, maps] : models)
      if (campaign_.models[static_cast<std::size_t>(model)].kind == ModelKind::dmo) dmo = &maps;
    for (const auto& [index, maps] : models) {
      const Model& description = campaign_.models[static_cast<std::size_t>(index)];
      ModelSoundness model = model_soundness(bins, maps, description.kind == ModelKind::dmo ? nullptr : dmo);
      model.model = description.name;
      model.label = model_label(description);
      model.baryons = description.kind != ModelKind::dmo;
      model.maps = maps_.at(number).at(index);
      source.models.push_back(std::move(model));
    }
    soundness_.sources.push_back(std::move(source));
  }
  tell_rare_fields();
  blame_dmo();
  auto& outliers = soundness_.outliers;
  std::stable_sort(outliers.begin(), outliers.end(), [](const OutlierEntry& a, const OutlierEntry& b) {
    return std::abs(a.sigmas) > std::abs(b.sigmas);
  });
  soundness_.outliers_total = std::ssize(outliers);
  if (outliers.size() > kOutliersKept) outliers.resize(kOutliersKept);
  return std::move(soundness_);
}

}  // namespace lenswright
