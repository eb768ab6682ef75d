// small_tree.hpp: a tiny campaign in a folder of its own whose products are sound files with made-up values.
//
// 3 models, 2 realizations, 3 snapshots of 2 planes (8 x 8 pixels), 3 runs of 2 fields at sources 3 and 4
// (4 x 4 rays): 36 mass planes, 36 potentials, 6 geometry files, 18 runs. Planes 5 and 6 stand behind the last
// source.
#pragma once

#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "campaign/load_campaign.hpp"
#include "campaign/product_path.hpp"
#include "io/lux_config.hpp"
#include "io/map_file.hpp"
#include "io/statistics_file.hpp"
#include "io/transforms_file.hpp"
#include "ledger/receipt.hpp"
#include "ledger/root_marker.hpp"
#include "ledger/scan.hpp"
#include "test_paths.hpp"

namespace lenswright::test {

inline std::string small_tree_yaml() {
  return R"(campaign: small-tree
state: state
cosmology: {omega_m: 0.3089, h: 0.6774}
box: 50.0
input: {dmo: sims/dmo, hydro: sims/hydro}
snapshots: [96, 80, 60]
planes_per_snapshot: 2
realizations: 2
models:
  - dmo
  - hydro
  - replace: {log10_mass_edges: [13.0, 15.0], open_bins: false, radius_factors: [1.0]}
lensplanes: {root: LP, grid: 8, assignment: tsc, seed: 2020}
lux: {root: LUX}
raytracing: {root: RT, grid: 4, field_deg: 5.0, runs: 3, seed: 1992, randomize: true, sources: [3, 4], fields: [kappa, gamma1], formats: [dat]}
)";
}

// `fields` values per pixel around `size`, between two markers.
inline std::string plane_bytes(int grid, int fields, double size) {
  const auto values =
      static_cast<std::size_t>(grid) * static_cast<std::size_t>(grid) * static_cast<std::size_t>(fields);
  std::string bytes(8 + 8 * values, '\0');
  std::memcpy(bytes.data(), &grid, 4);
  for (std::size_t k = 0; k < values; ++k) {
    const double value = size * (1.0 + 0.001 * static_cast<double>(k % 97));
    std::memcpy(bytes.data() + 4 + 8 * k, &value, 8);
  }
  std::memcpy(bytes.data() + bytes.size() - 4, &grid, 4);
  return bytes;
}

// One bin of everything, every number `value`.
inline StatisticsFile made_up_statistics(const Campaign& campaign, const ProductId& id, double value) {
  StatisticsFile file;
  file.model = campaign.models[static_cast<std::size_t>(id.model)].name;
  file.realization = id.realization;
  file.grid = campaign.raytracing.grid;
  file.field_deg = campaign.raytracing.field_deg;
  file.bins = {{1.0}, {4.0}, {50.0}, {90.0}, {72.0}, {4.0}, {0.0, 1.0}, {0.0, 1.0}, {0.0, 1.0}};
  MapStatistics map;
  for (std::size_t s = 0; s < kStatisticCount; ++s) map[static_cast<Statistic>(s)] = {value};
  for (const Statistic counts :
       {Statistic::pdf_kappa, Statistic::pdf_sigma, Statistic::peaks, Statistic::minima})
    map[counts] = {value, value, value};
  for (const int source : campaign.raytracing.sources) {
    SourceStatistics& of_source = file.sources.emplace_back();
    of_source.source = source;
    std::vector<const MapStatistics*> maps;
    for (int run = 1; run <= campaign.raytracing.runs; ++run) {
      of_source.runs.push_back(run);
      of_source.maps.push_back(map);
      maps.push_back(&map);
    }
    of_source.over_runs = ensemble_of(maps);
  }
  return file;
}

inline std::string sound_bytes(const Campaign& campaign, const ProductId& id, const ProductFile& file) {
  // Every product differs from every other.
  const double mark = 1.0 + 0.01 * id.index + 0.1 * id.model + 0.3 * id.realization +
                      (file.source ? 0.05 * *file.source : 0.0) +
                      (file.field ? 0.07 * static_cast<double>(*file.field) : 0.0);
  const auto snapshots = static_cast<int>(campaign.snapshots.size());
  const LightCone cone = make_light_cone(campaign.omega_m, campaign.box_mpc_h, snapshots,
                                         campaign.planes_per_snapshot, campaign.plane_redshifts);
  switch (file.layout) {
    case FileLayout::scalar_plane:
      return plane_bytes(file.grid, 1, id.kind == ProductKind::mass_plane ? 1e12 * mark : 0.01 * mark);
    case FileLayout::potential_plane:
      return plane_bytes(file.grid, 5, 1e-7 * mark);
    case FileLayout::lux_config:
      return encode_lux_config(lux_config_of(cone));
    case FileLayout::fits:
    case FileLayout::hdf5:
    case FileLayout::statistics:
      break;
  }
  const MapDescription description{campaign.name,
                                   campaign.models[static_cast<std::size_t>(id.model)].name,
                                   id.realization,
                                   id.index,
                                   campaign.raytracing.field_deg,
                                   campaign.raytracing.seed,
                                   "none"};
  const Grid2d<double> values(file.grid, 0.01 * mark);
  const auto map_of = [&](MapField field, int source) {
    return NamedMap{std::string(map_field_name(field)), source,
                    cone.z_source[static_cast<std::size_t>(source) - 1], &values};
  };
  std::vector<std::byte> bytes;
  if (file.layout == FileLayout::statistics) {
    bytes = encode_statistics(made_up_statistics(campaign, id, mark));
  } else if (file.layout == FileLayout::fits) {
    bytes =
        encode_fits_map(description, map_of(*file.field, *file.source), campaign.raytracing.fits_compression);
  } else {
    std::vector<NamedMap> maps;
    for (const int source : campaign.raytracing.sources)
      for (const MapField field : campaign.raytracing.fields) maps.push_back(map_of(field, source));
    bytes = encode_hdf5_maps(description, maps);
  }
  std::string text(bytes.size(), '\0');
  std::memcpy(text.data(), bytes.data(), bytes.size());
  return text;
}

class SmallTree {
 public:
  // With all roots, markers, transforms and products, unless `empty`: then nothing but the campaign file.
  enum class Filled { whole, empty };
  explicit SmallTree(Filled filled = Filled::whole, const std::vector<std::string>& overrides = {}) {
    write_file(folder_ / "campaign.yaml", small_tree_yaml());
    campaign_ = std::make_unique<const Campaign>(load_campaign(folder_ / "campaign.yaml", overrides));
    if (filled == Filled::empty) return;
    for (const Stage stage : stages_of(*campaign_)) {
      std::filesystem::create_directories(stage_root(*campaign_, stage));
      mark_root(real_disk(), *campaign_, stage);
    }
    write_transforms(
        real_disk(), campaign_->lensplanes.root / kTransformsFile,
        draw_transforms(campaign_->lensplanes.seed, campaign_->realizations, campaign_->snapshots,
                        campaign_->planes_per_snapshot, campaign_->box_mpc_h));
    for (const ProductId& id : all()) write(id);
  }
  const Campaign& campaign() const { return *campaign_; }
  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }

  std::vector<ProductId> all() const {
    std::vector<ProductId> products;
    const ProductSet set(*campaign_);
    for (const ProductKind kind : kProductKinds)
      for (std::size_t i = 0; i < set.count(kind); ++i) products.push_back(set.at(kind, i));
    return products;
  }
  std::vector<std::filesystem::path> files(const ProductId& id) const {
    std::vector<std::filesystem::path> paths;
    for (const ProductFile& file : product_files(*campaign_, id))
      paths.push_back(stage_root(*campaign_, stage_of(id.kind)) / file.path);
    return paths;
  }
  std::filesystem::path file(const ProductId& id) const { return files(id).front(); }
  void write(const ProductId& id) const {
    for (const ProductFile& file : product_files(*campaign_, id)) {
      const std::filesystem::path path = stage_root(*campaign_, stage_of(id.kind)) / file.path;
      std::filesystem::create_directories(path.parent_path());
      write_file(path, sound_bytes(*campaign_, id, file));
    }
  }
  void remove(const ProductId& id) const { std::filesystem::remove_all(absolute_path(*campaign_, id)); }
  // As the programs leave it: one receipt of each stage, of all that lies there.
  ReceiptIndex receipts() const {
    ReceiptIndex index;
    for (const Stage stage : stages_of(*campaign_)) index.add(receipt(stage));
    return index;
  }
  Receipt receipt(Stage stage) const {
    Receipt receipt;
    receipt.campaign = campaign_->name;
    receipt.stage = stage;
    receipt.host = "testhost";
    receipt.numerics = numerics_version(stage);
    receipt.pid = 4711;
    receipt.started = "2026-01-31T12:00:00.000Z";
    receipt.finished = "2026-01-31T12:34:56.789Z";
    for (const ProductId& id : all()) {
      if (stage_of(id.kind) != stage) continue;
      ProductRecord record;
      record.product = product_name(*campaign_, id);
      record.configuration = configuration_digest(*campaign_, id);
      for (const ProductFile& file : product_files(*campaign_, id)) {
        const std::string bytes = read_file(stage_root(*campaign_, stage) / file.path);
        record.files.push_back({file.path, bytes.size(), digest_of(std::string_view(bytes))});
      }
      receipt.products.push_back(record);
    }
    return receipt;
  }
  ScanResult scanned(Tier tier, const Selection& selection = {}, const ReceiptIndex& receipts = {},
                     Disk& disk = real_disk()) const {
    SilentProgress silent;
    return scan(*campaign_, disk, tier, selection, receipts, silent);
  }
  Finding checked(const ProductId& id, Tier tier, const ReceiptIndex& receipts = {}) const {
    return check_product(*campaign_, real_disk(), id, tier, receipts);
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<const Campaign> campaign_;
};

inline void cut(const std::filesystem::path& path, std::uint64_t size) {
  std::filesystem::resize_file(path, size);
}

inline void flip_bit(const std::filesystem::path& path, std::uint64_t bit) {
  std::string bytes = read_file(path);
  bytes[bit / 8] = static_cast<char>(static_cast<unsigned char>(bytes[bit / 8]) ^ (1U << (bit % 8)));
  write_file(path, bytes);
}

}  // namespace lenswright::test
