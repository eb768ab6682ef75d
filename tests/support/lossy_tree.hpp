// lossy_tree.hpp: the whole L205n2500TNG campaign with its real losses on disk: 34 models, 13,600 planes and potentials,
// 34,000 runs.
//
// The files are links to one sparse file of each layout, of the right size and with the right markers.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <system_error>

#include "campaign/load_campaign.hpp"
#include "campaign/product_path.hpp"
#include "io/lux_config.hpp"
#include "io/transforms_file.hpp"
#include "ledger/root_marker.hpp"
#include "real_losses.hpp"
#include "test_paths.hpp"

namespace lenswright::test {

inline void must(bool done, const std::filesystem::path& path) {
  if (!done) throw std::system_error(errno, std::generic_category(), path.string());
}

inline void write_sparse_plane(const std::filesystem::path& path, int grid, std::uint64_t size) {
  write_file(path, std::string(reinterpret_cast<const char*>(&grid), sizeof(grid)));
  std::filesystem::resize_file(path, size);
  const int file = ::open(path.c_str(), O_WRONLY);
  must(file >= 0, path);
  must(::pwrite(file, &grid, sizeof(grid), static_cast<off_t>(size - sizeof(grid))) == sizeof(grid), path);
  must(::close(file) == 0, path);
}

// The tree as it was found after the losses; nobody had made statistics of its maps.
class LossyTree {
 public:
  // `more`: overrides of production.yaml beside those that put the tree into its folder.
  explicit LossyTree(const std::vector<std::string>& more = {})
      : campaign_(load_campaign(source("configs/production.yaml"), overrides(folder_.path(), more))),
        lost_(real_losses(campaign_)) {
    for (const Stage stage : stages_of(campaign_)) {
      std::filesystem::create_directories(stage_root(campaign_, stage));
      mark_root(real_disk(), campaign_, stage);
    }
    write_transforms(real_disk(), campaign_.lensplanes.root / kTransformsFile,
                     draw_transforms(campaign_.lensplanes.seed, campaign_.realizations, campaign_.snapshots,
                                     campaign_.planes_per_snapshot, campaign_.box_mpc_h));
    const ProductSet products(campaign_);
    for (const ProductKind kind : kProductKinds)
      for (std::size_t i = 0; i < products.count(kind); ++i)
        if (const ProductId id = products.at(kind, i); !lost_.contains(id)) link(id);
  }
  const Campaign& campaign() const { return campaign_; }
  const std::filesystem::path& folder() const { return folder_.path(); }
  const std::set<ProductId>& lost() const { return lost_; }

 private:
  static std::vector<std::string> overrides(const std::filesystem::path& folder,
                                            const std::vector<std::string>& more) {
    std::vector<std::string> all = {"state=" + (folder / "state").string(),
                                    "lensplanes.root=" + (folder / "LP").string(),
                                    "lux.root=" + (folder / "LUX").string(),
                                    "raytracing.root=" + (folder / "RT").string(), "statistics=~"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  void link(const ProductId& id) const {
    for (const ProductFile& file : product_files(campaign_, id)) {
      const std::filesystem::path master = folder_ / ("master" + std::to_string(static_cast<int>(id.kind)));
      if (!std::filesystem::exists(master)) write_master(master, file);
      const std::filesystem::path path = stage_root(campaign_, stage_of(id.kind)) / file.path;
      if (::link(master.c_str(), path.c_str()) == 0) continue;
      std::filesystem::create_directories(path.parent_path());
      must(::link(master.c_str(), path.c_str()) == 0, path);
    }
  }
  void write_master(const std::filesystem::path& master, const ProductFile& file) const {
    if (file.layout != FileLayout::lux_config) {
      write_sparse_plane(master, file.grid, file.size.value());
      return;
    }
    const LightCone cone =
        make_light_cone(campaign_.omega_m, campaign_.box_mpc_h, static_cast<int>(campaign_.snapshots.size()),
                        campaign_.planes_per_snapshot, campaign_.plane_redshifts);
    write_file(master, encode_lux_config(lux_config_of(cone)));
  }

  TemporaryFolder folder_;
  Campaign campaign_;
  std::set<ProductId> lost_;
};

}  // namespace lenswright::test
