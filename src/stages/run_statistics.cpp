#include "stages/run_statistics.hpp"

#include <cassert>
#include <cmath>
#include <cstring>

#include "base/units.hpp"

namespace lenswright {

namespace {

constexpr double kArcminPerDegree = 60.0;

template <typename Number>
void append(std::string& bytes, const Number& number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof(Number));
}

// Between ranks of one job: the same machine type, so numbers go as they are.
class Unpacker {
 public:
  explicit Unpacker(const std::string& bytes) : bytes_(bytes) {}
  bool at_end() const { return at_ == bytes_.size(); }
  std::uint64_t number() {
    std::uint64_t value = 0;
    take(&value, sizeof(value));
    return value;
  }
  std::vector<double> numbers() {
    std::vector<double> values(number());
    take(values.data(), values.size() * sizeof(double));
    return values;
  }
  std::string text() {
    std::string value(number(), '\0');
    take(value.data(), value.size());
    return value;
  }

 private:
  void take(void* into, std::size_t size) {
    assert(size <= bytes_.size() - at_ && "packed statistics end early");
    std::memcpy(into, bytes_.data() + at_, size);
    at_ += size;
  }
  const std::string& bytes_;
  std::size_t at_ = 0;
};

EqualBins equal_bins(const BinSettings& settings) {
  return {settings.lowest, settings.highest, settings.bins};
}

std::vector<double> as_numbers(const std::vector<std::int64_t>& counts) {
  return {counts.begin(), counts.end()};
}

}  // namespace

void append_packed(const RunStatistics& statistics, std::string& bytes) {
  append(bytes, std::uint64_t{statistics.product});
  append(bytes, static_cast<std::uint64_t>(statistics.run));
  append(bytes, std::uint64_t{statistics.maps.size()});
  for (const MapStatistics& map : statistics.maps)
    for (std::size_t s = 0; s < kStatisticCount; ++s) {
      const std::vector<double>& values = map[static_cast<Statistic>(s)];
      append(bytes, std::uint64_t{values.size()});
      bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double));
    }
  append(bytes, std::uint64_t{statistics.inputs.size()});
  for (const ReceiptInput& input : statistics.inputs) {
    append(bytes, std::uint64_t{input.name.size()});
    bytes += input.name;
    append(bytes, input.digest.high);
    append(bytes, input.digest.low);
  }
}

std::vector<RunStatistics> unpacked(const std::string& bytes) {
  std::vector<RunStatistics> all;
  for (Unpacker from(bytes); !from.at_end();) {
    RunStatistics statistics;
    statistics.product = from.number();
    statistics.run = static_cast<int>(from.number());
    statistics.maps.resize(from.number());
    for (MapStatistics& map : statistics.maps)
      for (std::size_t s = 0; s < kStatisticCount; ++s) map[static_cast<Statistic>(s)] = from.numbers();
    statistics.inputs.resize(from.number());
    for (ReceiptInput& input : statistics.inputs) {
      input.name = from.text();
      input.digest.high = from.number();
      input.digest.low = from.number();
    }
    all.push_back(std::move(statistics));
  }
  return all;
}

KappaStatisticsSettings statistics_settings(const Campaign& campaign) {
  const StatisticsSettings& settings = *campaign.statistics;
  KappaStatisticsSettings result;
  result.grid = campaign.raytracing.grid;
  result.side_rad = campaign.raytracing.field_deg * kRadiansPerDegree;
  for (const double scale : settings.smoothing_arcmin)
    result.smoothing_rad.push_back(scale / kArcminPerDegree * kRadiansPerDegree);
  result.ell_bins = settings.ell_bins;
  result.heights = equal_bins(settings.snr);
  result.pdf_kappa = equal_bins(settings.pdf_kappa);
  result.pdf_sigma = equal_bins(settings.pdf_sigma);
  return result;
}

StatisticsBins statistics_bins(const Campaign& campaign, const EllBins& ell) {
  const StatisticsSettings& settings = *campaign.statistics;
  StatisticsBins bins;
  bins.smoothing_arcmin = settings.smoothing_arcmin;
  const int grid = campaign.raytracing.grid;
  for (const double scale : statistics_settings(campaign).smoothing_rad) {
    const double pixels = scale * grid / (campaign.raytracing.field_deg * kRadiansPerDegree);
    const double inner = std::max(0, grid - 2 * margin_of(pixels));
    bins.smoothed_pixels.push_back(inner * inner);
  }
  bins.ell_lower = ell.lower();
  bins.ell_upper = ell.upper();
  bins.ell_mean = ell.mean();
  bins.ell_modes = as_numbers(ell.modes());
  bins.snr_edges = equal_bins(settings.snr).edges();
  bins.pdf_kappa_edges = equal_bins(settings.pdf_kappa).edges();
  bins.pdf_sigma_edges = equal_bins(settings.pdf_sigma).edges();
  return bins;
}

MapStatistics map_statistics(const KappaMeasures& measures) {
  MapStatistics map;
  map[Statistic::mean] = {measures.moments.mean};
  map[Statistic::variance] = {measures.moments.variance};
  map[Statistic::skewness] = {measures.moments.skewness};
  map[Statistic::kurtosis] = {measures.moments.kurtosis};
  map[Statistic::lowest] = {measures.moments.lowest};
  map[Statistic::highest] = {measures.moments.highest};
  map[Statistic::pdf_kappa] = as_numbers(measures.pdf_kappa);
  map[Statistic::pdf_sigma] = as_numbers(measures.pdf_sigma);
  map[Statistic::c_ell] = measures.c_ell;
  map[Statistic::c_ell_e] = measures.shear.e;
  map[Statistic::c_ell_b] = measures.shear.b;
  const auto add = [](std::vector<double>& to, const std::vector<std::int64_t>& counts) {
    to.insert(to.end(), counts.begin(), counts.end());
  };
  for (const PeakCounts& scale : measures.smoothed) {
    map[Statistic::smoothed_mean].push_back(scale.mean);
    map[Statistic::smoothed_sigma].push_back(scale.sigma);
    add(map[Statistic::peaks], scale.peaks);
    add(map[Statistic::minima], scale.minima);
  }
  return map;
}

}  // namespace lenswright
