#include "campaign/statistics_section.hpp"

#include <fmt/format.h>

#include <string>

namespace lenswright {

namespace {

constexpr std::uint64_t kMostBins = 10000;
constexpr double kWidestSmoothing = 600;  // arcmin

void read_bins(Section& parent, std::string_view key, BinSettings& bins, Problems& problems) {
  Section section = parent.section(key, Need::optional);
  if (!section.present()) return;
  section.number("lowest", bins.lowest, {}, Need::required);
  section.number("highest", bins.highest, {}, Need::required);
  section.whole_number("bins", bins.bins, 1, kMostBins, Need::required);
  section.close();
  if (bins.lowest < bins.highest) return;
  const std::string name = parent.name_of(key);
  problems.add(parent.value(key, Need::optional)->place,
               fmt::format("{}: lowest is {}, highest is {}; allowed: lowest below highest", name,
                           bins.lowest, bins.highest));
}

void read_smoothing(Section& section, std::vector<double>& scales, Problems& problems) {
  const ConfigNode* node = section.value("smoothing_arcmin", Need::optional);
  if (node == nullptr) return;
  scales.clear();
  for (const ConfigNode& item : read_list(*node, section.name_of("smoothing_arcmin"), problems)) {
    const auto scale = read_number(item, "a smoothing scale", {0, kWidestSmoothing, false, true}, problems);
    if (!scale) continue;
    if (!scales.empty() && *scale <= scales.back()) {
      problems.add(item.place, fmt::format("{}: {} comes after {}; allowed: ascending, once each",
                                           section.name_of("smoothing_arcmin"), *scale, scales.back()));
      continue;
    }
    scales.push_back(*scale);
  }
}

}  // namespace

void read_statistics_settings(Section& section, StatisticsSettings& settings, Problems& problems) {
  read_smoothing(section, settings.smoothing_arcmin, problems);
  section.whole_number("ell_bins", settings.ell_bins, 1, kMostBins, Need::optional);
  read_bins(section, "snr", settings.snr, problems);
  read_bins(section, "pdf_kappa", settings.pdf_kappa, problems);
  read_bins(section, "pdf_sigma", settings.pdf_sigma, problems);
}

std::uint64_t statistics_bytes(const Campaign& campaign) {
  constexpr std::uint64_t kHeaders = 64 * 1024;
  const StatisticsSettings& settings = *campaign.statistics;
  const auto count = [](int bins) { return static_cast<std::uint64_t>(bins); };
  const std::uint64_t scales = settings.smoothing_arcmin.size();
  // Moments, PDFs with what lies outside, spectra of kappa, E, B and EB, peaks and minima; then the covariance.
  const std::uint64_t row = 16 + count(settings.pdf_kappa.bins) + count(settings.pdf_sigma.bins) +
                            4 * count(settings.ell_bins) + 2 * scales * (count(settings.snr.bins) + 4);
  const std::uint64_t rows = count(campaign.raytracing.runs) + 2;
  const std::uint64_t covariance = count(settings.ell_bins) * count(settings.ell_bins);
  return kHeaders + sizeof(double) * campaign.raytracing.sources.size() * (rows * row + covariance);
}

}  // namespace lenswright
