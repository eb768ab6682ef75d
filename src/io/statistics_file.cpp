#include "io/statistics_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <span>

#include "base/error.hpp"
#include "io/hdf5.hpp"

namespace lenswright {

namespace {

constexpr const char* kFormat = "lenswright kappa statistics";
// For people who open the file without this project's documentation.
constexpr const char* kPixelWindow =
    "none divided out: rays sample the field at points, so the map's pixels have no window; the smoothing of "
    "the "
    "lens planes (mass assignment, interpolation) is in the maps";
constexpr const char* kEdges =
    "maps are not periodic: c_ell without taper; c_ell_e and c_ell_b with a taper over a tenth of the side "
    "at each "
    "edge, divided by its mean square; smoothed statistics and peaks without a strip of 3 smoothing scales "
    "along "
    "each edge";
constexpr const char* kHistograms =
    "counts: below the lowest edge, then bins [edge, next edge), then at the highest edge or above";

struct Entry {
  Statistic statistic;
  std::string_view name;
};
constexpr Entry kEntries[] = {
    {Statistic::mean, "mean"},
    {Statistic::variance, "variance"},
    {Statistic::skewness, "skewness"},
    {Statistic::kurtosis, "kurtosis"},
    {Statistic::lowest, "lowest"},
    {Statistic::highest, "highest"},
    {Statistic::pdf_kappa, "pdf_kappa"},
    {Statistic::pdf_sigma, "pdf_sigma"},
    {Statistic::c_ell, "c_ell"},
    {Statistic::c_ell_e, "c_ell_e"},
    {Statistic::c_ell_b, "c_ell_b"},
    {Statistic::smoothed_mean, "smoothed_mean"},
    {Statistic::smoothed_sigma, "smoothed_sigma"},
    {Statistic::peaks, "peaks"},
    {Statistic::minima, "minima"},
};
static_assert(std::size(kEntries) == kStatisticCount);

struct BinsEntry {
  const char* name;
  std::vector<double> StatisticsBins::*values;
};
constexpr BinsEntry kBinsEntries[] = {
    {"smoothing_arcmin", &StatisticsBins::smoothing_arcmin},
    {"smoothed_pixels", &StatisticsBins::smoothed_pixels},
    {"ell_lower", &StatisticsBins::ell_lower},
    {"ell_upper", &StatisticsBins::ell_upper},
    {"ell_mean", &StatisticsBins::ell_mean},
    {"ell_modes", &StatisticsBins::ell_modes},
    {"snr_edges", &StatisticsBins::snr_edges},
    {"pdf_kappa_edges", &StatisticsBins::pdf_kappa_edges},
    {"pdf_sigma_edges", &StatisticsBins::pdf_sigma_edges},
};

std::string group_of(int source) {
  return fmt::format("z{:02}", source);
}

bool optional(Statistic statistic) {
  return statistic == Statistic::c_ell_e || statistic == Statistic::c_ell_b;
}

// Of one map; empty: one number.
std::vector<std::uint64_t> shape_of(Statistic statistic, const StatisticsBins& bins) {
  const std::uint64_t scales = bins.smoothing_arcmin.size();
  switch (statistic) {
    case Statistic::pdf_kappa:
      return {bins.pdf_kappa_edges.size() + 1};
    case Statistic::pdf_sigma:
      return {bins.pdf_sigma_edges.size() + 1};
    case Statistic::c_ell:
    case Statistic::c_ell_e:
    case Statistic::c_ell_b:
      return {bins.ell_mean.size()};
    case Statistic::smoothed_mean:
    case Statistic::smoothed_sigma:
      return {scales};
    case Statistic::peaks:
    case Statistic::minima:
      return {scales, bins.snr_edges.size() + 1};
    default:
      return {};
  }
}

std::uint64_t product_of(std::span<const std::uint64_t> shape) {
  std::uint64_t product = 1;
  for (const std::uint64_t extent : shape) product *= extent;
  return product;
}

void write_scalar(hdf5::MemoryFile& file, const char* name, std::int64_t value) {
  file.write_attribute("/", name, std::span<const std::int64_t>(&value, 1), true);
}

// Datasets of one map's statistics, or of many: `rows` of them, none for a single one.
void write_maps(hdf5::MemoryFile& file, const std::string& group, const StatisticsBins& bins,
                std::span<const MapStatistics> maps, bool rows) {
  for (const Entry& entry : kEntries) {
    if (maps.front()[entry.statistic].empty()) continue;
    std::vector<std::uint64_t> shape = shape_of(entry.statistic, bins);
    if (rows || shape.empty()) shape.insert(shape.begin(), maps.size());
    std::vector<double> values;
    for (const MapStatistics& map : maps)
      values.insert(values.end(), map[entry.statistic].begin(), map[entry.statistic].end());
    file.write_dataset(fmt::format("{}/{}", group, entry.name), shape, std::span<const double>(values));
  }
}

class Reader {
 public:
  Reader(const std::string& path, const std::vector<std::byte>& bytes) : path_(path), file_(path, bytes) {}
  Reader(const std::filesystem::path& path, const std::vector<Statistic>& of_maps,
         const std::vector<int>& ensembles_of)
      : path_(path.string()), file_(path), part_(Part{of_maps, ensembles_of}) {}

  StatisticsFile read() {
    StatisticsFile result;
    if (!file_.has_attribute("/", "format") || file_.text_attribute("/", "format") != kFormat)
      fail(fmt::format("the attribute format = \"{}\"", kFormat), "another file");
    if (const std::int64_t schema = whole("schema"); schema != kStatisticsSchema)
      fail(fmt::format("schema {}", kStatisticsSchema), fmt::format("schema {}", schema));
    result.model = file_.text_attribute("/", "model");
    result.realization = static_cast<int>(whole("realization"));
    result.grid = static_cast<int>(whole("grid"));
    const std::vector<double> field = file_.real_attribute("/", "field_deg");
    if (field.size() != 1 || !(field[0] > 0)) fail("a positive field_deg", "another value");
    result.field_deg = field[0];
    for (const BinsEntry& entry : kBinsEntries)
      result.bins.*entry.values = finite(std::string("bins/") + entry.name);
    require_bins(result.bins);
    for (const std::string& group : file_.children("/"))
      if (group != "bins") result.sources.push_back(read_source(group, result.bins));
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& expected, const std::string& found) const {
    throw FormatError(path_, 0, expected, found);
  }

  std::int64_t whole(const char* name) const {
    const std::vector<std::int64_t> values = file_.integer_attribute("/", name);
    if (values.size() != 1) fail(fmt::format("one value of {}", name), fmt::format("{}", values.size()));
    return values[0];
  }

  std::vector<double> finite(const std::string& dataset) const {
    std::vector<double> values = file_.read_real(dataset);
    for (std::size_t k = 0; k < values.size(); ++k)
      if (!std::isfinite(values[k]))
        fail(fmt::format("finite numbers in {}", dataset), fmt::format("{} at element {}", values[k], k));
    return values;
  }

  void require_bins(const StatisticsBins& bins) const {
    const std::size_t ell = bins.ell_mean.size();
    if (ell == 0 || bins.ell_lower.size() != ell || bins.ell_upper.size() != ell ||
        bins.ell_modes.size() != ell || bins.smoothed_pixels.size() != bins.smoothing_arcmin.size() ||
        bins.snr_edges.size() < 2 || bins.pdf_kappa_edges.size() < 2 || bins.pdf_sigma_edges.size() < 2)
      fail("bins that fit together", "bins of different lengths");
  }

  // `rows`: one per map, or none for a single one.
  std::vector<double> shaped(const std::string& dataset, std::vector<std::uint64_t> shape) const {
    if (const std::vector<std::uint64_t> found = file_.shape(dataset); found != shape)
      fail(fmt::format("{} of shape [{}]", dataset, fmt::join(shape, ", ")),
           fmt::format("[{}]", fmt::join(found, ", ")));
    return finite(dataset);
  }

  std::vector<MapStatistics> read_maps(const std::string& group, const StatisticsBins& bins,
                                       std::size_t count, bool rows) const {
    std::vector<MapStatistics> maps(count);
    for (const Entry& entry : kEntries) {
      const std::string dataset = fmt::format("{}/{}", group, entry.name);
      if (rows && part_ && !among(part_->of_maps, entry.statistic)) continue;
      if (optional(entry.statistic) && !file_.exists(dataset)) continue;
      std::vector<std::uint64_t> shape = shape_of(entry.statistic, bins);
      const std::uint64_t each = product_of(shape);
      if (rows || shape.empty()) shape.insert(shape.begin(), count);
      const std::vector<double> values = shaped(dataset, shape);
      for (std::size_t m = 0; m < count; ++m)
        maps[m][entry.statistic].assign(values.begin() + static_cast<std::ptrdiff_t>(m * each),
                                        values.begin() + static_cast<std::ptrdiff_t>((m + 1) * each));
    }
    return maps;
  }

  SourceStatistics read_source(const std::string& group, const StatisticsBins& bins) const {
    SourceStatistics source;
    const char* const last = group.data() + group.size();
    const auto [end, error] = std::from_chars(group.data() + 1, last, source.source);
    if (group.front() != 'z' || error != std::errc() || end != last || group != group_of(source.source))
      fail("groups bins, z01, z02, ...", "an object " + group);
    for (const std::int64_t run : file_.read_integer(group + "/runs"))
      source.runs.push_back(static_cast<int>(run));
    if (source.runs.empty()) fail("at least one run in " + group, "none");
    source.maps = read_maps(group, bins, source.runs.size(), true);
    if (part_ && !among(part_->ensembles_of, source.source)) return source;
    source.over_runs.mean = read_maps(group + "/over_runs/mean", bins, 1, false)[0];
    source.over_runs.scatter = read_maps(group + "/over_runs/scatter", bins, 1, false)[0];
    if (part_) return source;
    source.over_runs.c_ell_covariance =
        shaped(group + "/over_runs/c_ell_covariance", {bins.ell_mean.size(), bins.ell_mean.size()});
    return source;
  }

  template <typename Value>
  static bool among(const std::vector<Value>& values, Value value) {
    return std::find(values.begin(), values.end(), value) != values.end();
  }

  struct Part {
    std::vector<Statistic> of_maps;
    std::vector<int> ensembles_of;
  };

  std::string path_;
  hdf5::File file_;
  std::optional<Part> part_;  // none: all
};

}  // namespace

std::string_view statistic_name(Statistic statistic) {
  return kEntries[static_cast<std::size_t>(statistic)].name;
}

std::vector<std::byte> encode_statistics(const StatisticsFile& file) {
  hdf5::MemoryFile out;
  out.write_attribute("/", "format", std::string(kFormat));
  write_scalar(out, "schema", kStatisticsSchema);
  out.write_attribute("/", "model", file.model);
  write_scalar(out, "realization", file.realization);
  write_scalar(out, "grid", file.grid);
  out.write_attribute("/", "field_deg", std::span<const double>(&file.field_deg, 1), true);
  out.write_attribute("/", "pixel_window", std::string(kPixelWindow));
  out.write_attribute("/", "edges", std::string(kEdges));
  out.write_attribute("/", "histograms", std::string(kHistograms));
  out.create_group("bins");
  for (const BinsEntry& entry : kBinsEntries) {
    const std::vector<double>& values = file.bins.*entry.values;
    const std::uint64_t size = values.size();
    out.write_dataset(std::string("bins/") + entry.name, std::span<const std::uint64_t>(&size, 1),
                      std::span<const double>(values));
  }
  for (const SourceStatistics& source : file.sources) {
    const std::string group = group_of(source.source);
    out.create_group(group);
    const std::vector<std::int64_t> runs(source.runs.begin(), source.runs.end());
    const std::uint64_t count = runs.size();
    out.write_dataset(group + "/runs", std::span<const std::uint64_t>(&count, 1),
                      std::span<const std::int64_t>(runs));
    write_maps(out, group, file.bins, source.maps, true);
    for (const char* name : {"/over_runs", "/over_runs/mean", "/over_runs/scatter"})
      out.create_group(group + name);
    write_maps(out, group + "/over_runs/mean", file.bins, {&source.over_runs.mean, 1}, false);
    write_maps(out, group + "/over_runs/scatter", file.bins, {&source.over_runs.scatter, 1}, false);
    const std::array<std::uint64_t, 2> square{file.bins.ell_mean.size(), file.bins.ell_mean.size()};
    out.write_dataset(group + "/over_runs/c_ell_covariance", square,
                      std::span<const double>(source.over_runs.c_ell_covariance));
  }
  return out.bytes();
}

StatisticsFile decode_statistics(const std::string& path, const std::vector<std::byte>& bytes) {
  return Reader(path, bytes).read();
}

StatisticsFile read_statistics(const std::filesystem::path& path, const std::vector<Statistic>& of_maps,
                               const std::vector<int>& ensembles_of) {
  return Reader(path, of_maps, ensembles_of).read();
}

}  // namespace lenswright
