// large_tree: a campaign of the real one's size (34 models, 10 realizations, 40 planes, 100 runs of 40 sources: 61,540
// products, 1,387,540 files) with tiny grids, and the receipts of the programs that would have made it: one per
// combination for planes and potentials, one per run for maps. For measuring what the ledger and a scan take.
//
//   large_tree FOLDER [MODELS [statistics]]    with `statistics` a fourth stage: 340 files of made-up numbers for all maps
//   large_tree FOLDER [MODELS [products]]      as many products as files: 90 models, 95 realizations, 80 planes, 3 runs of
//                                              one map: 1,402,200, and 34,200 receipts of 80 products at most
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "campaign/load_campaign.hpp"
#include "campaign/product_graph.hpp"
#include "campaign/product_path.hpp"
#include "geometry/light_cone.hpp"
#include "io/lux_config.hpp"
#include "io/statistics_file.hpp"
#include "io/transforms_file.hpp"
#include "ledger/receipt.hpp"
#include "ledger/root_marker.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;

enum class Shape { maps, statistics, products };

std::string campaign_text(int models, Shape shape) {
  const bool products = shape == Shape::products;
  const std::string replaced =
      models > 2 ? fmt::format(
                       "  - replace: {{log10_mass_edges: [12.0, 12.5, 13.0, 13.5, 15.0], open_bins: true, "
                       "radius_factors: [0.5, 1.0, 3.0, 5.0{}]}}\n",
                       products ? ", 1.5, 2.0, 2.5, 3.5, 4.0, 4.5, 5.5" : "")
                 : "";
  std::string sources = "80";
  if (!products) {
    sources = "1";
    for (int source = 2; source <= 40; ++source) sources += fmt::format(", {}", source);
  }
  return fmt::format(R"(campaign: large
state: state
cosmology: {{omega_m: 0.3089, h: 0.6774}}
box: 205.0
input: {{dmo: sims/dmo, hydro: sims/hydro}}
snapshots: [96, 90, 85, 80, 76, 71, 67, 63, 59, 56, 52, 49, 46, 43, 41, 38, 35, 33, 31, 29]
planes_per_snapshot: {}
realizations: {}
models:
  - dmo
  - hydro
{}lensplanes: {{root: LP, grid: 4, assignment: tsc, seed: 2020}}
lux: {{root: LUX}}
raytracing: {{root: RT, grid: 4, field_deg: 5.0, runs: {}, seed: 1992, sources: [{}]}}
{})",
                     products ? 4 : 2, products ? 95 : 10, replaced, products ? 3 : 100, sources,
                     shape == Shape::statistics
                         ? "statistics: {root: ST, smoothing_arcmin: [1], ell_bins: 24, snr: {lowest: -6, "
                           "highest: 12, bins: 18}, pdf_sigma: {lowest: -5, highest: 15, bins: 20}, "
                           "pdf_kappa: {lowest: -0.1, highest: 0.4, bins: 50}}\n"
                         : "");
}

// `fields` values per pixel around `size`, which differ from product to product.
std::string plane_bytes(int grid, int fields, double size) {
  const std::size_t values =
      static_cast<std::size_t>(grid) * static_cast<std::size_t>(grid) * static_cast<std::size_t>(fields);
  std::string bytes(8 + 8 * values, '\0');
  std::memcpy(bytes.data(), &grid, 4);
  for (std::size_t k = 0; k < values; ++k) {
    const double value = size * (1.0 + 0.001 * static_cast<double>(k));
    std::memcpy(bytes.data() + 4 + 8 * k, &value, 8);
  }
  std::memcpy(bytes.data() + bytes.size() - 4, &grid, 4);
  return bytes;
}

std::vector<double> edges_of(const BinSettings& bins) {
  std::vector<double> edges;
  for (int k = 0; k <= bins.bins; ++k)
    edges.push_back(bins.lowest + (bins.highest - bins.lowest) * k / bins.bins);
  return edges;
}

// Numbers of the size of real ones that differ by a percent from map to map.
std::string statistics_text(const Campaign& campaign, const ProductId& id) {
  const StatisticsSettings& settings = *campaign.statistics;
  StatisticsFile file;
  file.model = campaign.models[static_cast<std::size_t>(id.model)].name;
  file.realization = id.realization;
  file.grid = campaign.raytracing.grid;
  file.field_deg = campaign.raytracing.field_deg;
  file.bins.smoothing_arcmin = settings.smoothing_arcmin;
  file.bins.smoothed_pixels.assign(settings.smoothing_arcmin.size(), 1e6);
  for (int b = 0; b < settings.ell_bins; ++b) {
    file.bins.ell_lower.push_back(72 * std::pow(1.3, b));
    file.bins.ell_upper.push_back(72 * std::pow(1.3, b + 1));
    file.bins.ell_mean.push_back(82 * std::pow(1.3, b));
    file.bins.ell_modes.push_back(4 * std::pow(1.7, b));
  }
  file.bins.snr_edges = edges_of(settings.snr);
  file.bins.pdf_kappa_edges = edges_of(settings.pdf_kappa);
  file.bins.pdf_sigma_edges = edges_of(settings.pdf_sigma);
  const double baryons = 1 - 0.004 * id.model;
  for (const int number : campaign.raytracing.sources) {
    SourceStatistics& source = file.sources.emplace_back();
    source.source = number;
    for (int run = 1; run <= campaign.raytracing.runs; ++run) {
      const double own = 1 + 0.01 * ((7 * run + 3 * id.realization + number) % 11 - 5);
      MapStatistics map;
      map[Statistic::mean] = {1e-5 * (own - 1)};
      map[Statistic::variance] = {1e-5 * number * own * baryons};
      map[Statistic::skewness] = {1.5 * own};
      map[Statistic::kurtosis] = {6 * own};
      map[Statistic::lowest] = {-0.05};
      map[Statistic::highest] = {0.3};
      const auto counts = [&](int bins) {
        std::vector<double> values;
        for (int k = 0; k < bins + 2; ++k) values.push_back(std::floor(1000 * own / (1 + 0.1 * k)));
        return values;
      };
      map[Statistic::pdf_kappa] = counts(settings.pdf_kappa.bins);
      map[Statistic::pdf_sigma] = counts(settings.pdf_sigma.bins);
      for (const double ell : file.bins.ell_mean)
        map[Statistic::c_ell].push_back(1e-9 * own * std::pow(ell / 1000, -1.2) * (ell > 1000 ? baryons : 1));
      for (std::size_t scale = 0; scale < settings.smoothing_arcmin.size(); ++scale) {
        map[Statistic::smoothed_mean].push_back(0);
        map[Statistic::smoothed_sigma].push_back(0.01);
        const std::vector<double> heights = counts(settings.snr.bins);
        for (const Statistic statistic : {Statistic::peaks, Statistic::minima})
          map[statistic].insert(map[statistic].end(), heights.begin(), heights.end());
      }
      source.runs.push_back(run);
      source.maps.push_back(std::move(map));
    }
    std::vector<const MapStatistics*> maps;
    for (const MapStatistics& map : source.maps) maps.push_back(&map);
    source.over_runs = ensemble_of(maps);
  }
  const std::vector<std::byte> bytes = encode_statistics(file);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Not durable, and not by the library's writer: a million of those would take hours.
void put(const fs::path& path, const std::string& bytes) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (file < 0) throw IoError(path, "create", errno);
  if (::write(file, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    throw IoError(path, "write", errno);
  ::close(file);
}

constexpr std::size_t kMostInAReceipt = 80;  // of Shape::products

class LargeTree {
 public:
  LargeTree(const Campaign& campaign, Shape shape)
      : campaign_(campaign),
        shape_(shape),
        geometry_(encode_lux_config(lux_config_of(
            make_light_cone(campaign.omega_m, campaign.box_mpc_h, static_cast<int>(campaign.snapshots.size()),
                            campaign.planes_per_snapshot, campaign.plane_redshifts)))) {}

  void make() {
    for (const Stage stage : stages_of(campaign_)) {
      fs::create_directories(stage_root(campaign_, stage));
      mark_root(real_disk(), campaign_, stage);
    }
    fs::create_directories(receipts_folder(campaign_));
    write_transforms(real_disk(), campaign_.lensplanes.root / kTransformsFile,
                     draw_transforms(campaign_.lensplanes.seed, campaign_.realizations, campaign_.snapshots,
                                     campaign_.planes_per_snapshot, campaign_.box_mpc_h));
    const ProductSet products(campaign_);
    for (int model = 0; model < static_cast<int>(campaign_.models.size()); ++model)
      for (int realization = 0; realization < campaign_.realizations; ++realization) {
        std::vector<ReceiptInput> planes, potentials, runs;
        for (const Stage stage : stages_of(campaign_)) {
          fs::create_directories(stage_root(campaign_, stage) /
                                 combination_folder(campaign_, model, realization));
          std::vector<ProductRecord> records;
          for (const ProductKind kind : kinds_of(stage))
            for (int i = 0; i < products.per_combination(kind); ++i) {
              const std::size_t each = static_cast<std::size_t>(products.per_combination(kind));
              const ProductId id = products.at(
                  kind, static_cast<std::size_t>(campaign_.combination_index(model, realization)) * each +
                            static_cast<std::size_t>(i));
              ProductRecord record = made(id);
              if (kind == ProductKind::mass_plane) {
                record.inputs = {{"dmo/snapshot", digest_of(std::string_view("snapshot"))}};
                planes.push_back({record.product, record.files[0].digest});
              } else if (kind == ProductKind::potential) {
                record.inputs = {planes[static_cast<std::size_t>(id.index) - 1]};
                potentials.push_back({record.product, record.files[0].digest});
              } else if (kind == ProductKind::geometry) {
                potentials.push_back({record.product, record.files[0].digest});
              } else if (kind == ProductKind::run) {
                record.inputs = potentials;
                for (const auto& file : record.files)
                  runs.push_back(
                      {record.product + "/" + fs::path(file.path).filename().string(), file.digest});
              } else {
                record.inputs = runs;
              }
              records.push_back(std::move(record));
              if (shape_ == Shape::products ? records.size() == kMostInAReceipt : kind == ProductKind::run)
                leave(stage, std::exchange(records, {}));
            }
          if (!records.empty()) leave(stage, std::move(records));
        }
      }
  }

 private:
  ProductRecord made(const ProductId& id) {
    ProductRecord record;
    record.product = product_name(campaign_, id);
    record.configuration = configuration_digest(campaign_, id);
    const double mark = 1.0 + 1e-9 * static_cast<double>(++made_);
    if (id.kind == ProductKind::run) fs::create_directory(absolute_path(campaign_, id));
    for (const ProductFile& file : product_files(campaign_, id)) {
      const std::string bytes =
          file.layout == FileLayout::statistics   ? statistics_text(campaign_, id)
          : file.layout == FileLayout::lux_config ? geometry_
          : file.layout == FileLayout::potential_plane
              ? plane_bytes(file.grid, 5, 1e-7 * mark)
              : plane_bytes(file.grid, 1, file.field ? 0.01 * mark + 1e-4 * *file.source : 1e12 * mark);
      put(stage_root(campaign_, stage_of(id.kind)) / file.path, bytes);
      record.files.push_back({file.path, bytes.size(), digest_of(std::string_view(bytes))});
    }
    return record;
  }

  void leave(Stage stage, std::vector<ProductRecord> records) {
    Receipt receipt;
    receipt.campaign = campaign_.name;
    receipt.stage = stage;
    receipt.code_version = "0.1.0 (bench)";
    receipt.compiler = "GNU";
    receipt.host = "node";
    receipt.numerics = numerics_version(stage);
    receipt.pid = 4711;
    receipt.started = receipt.finished = "2026-01-31T12:34:56.789Z";
    receipt.notes = {{"slurm_job", std::to_string(100000 + receipts_)}};
    receipt.products = std::move(records);
    put(receipts_folder(campaign_) / fmt::format("{}-{:06}.json", stage_name(stage), receipts_++),
        encode_receipt(receipt));
  }

  const Campaign& campaign_;
  Shape shape_;
  std::string geometry_;
  std::size_t made_ = 0;
  int receipts_ = 0;
};

}  // namespace
}  // namespace lenswright

int main(int argc, char** argv) {
  using namespace lenswright;
  try {
    const std::string word = argc > 3 ? argv[3] : "";
    const Shape shape = word == "statistics" ? Shape::statistics
                        : word == "products" ? Shape::products
                                             : Shape::maps;
    if (argc < 2 || argc > 4 || (argc == 4 && shape == Shape::maps))
      throw UsageError("large_tree FOLDER [MODELS [statistics | products]]");
    const fs::path folder = fs::absolute(argv[1]);
    if (fs::exists(folder)) throw UsageError(fmt::format("{}: exists already", folder.string()));
    fs::create_directories(folder);
    std::ofstream(folder / "campaign.yaml") << campaign_text(argc > 2 ? std::stoi(argv[2]) : 34, shape);
    const Campaign campaign = load_campaign(folder / "campaign.yaml");
    LargeTree(campaign, shape).make();
    return 0;
  } catch (const std::exception& failure) {
    std::cerr << "large_tree: " << failure.what() << "\n";
    return 2;
  }
}
