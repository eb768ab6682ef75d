#include "run/volume_need.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "campaign/product_path.hpp"
#include "campaign/statistics_section.hpp"

namespace lenswright {

namespace {

// Beside the pixels: two FITS blocks of header and padding; what an HDF5 file needs for its groups.
constexpr std::uint64_t kFitsOverhead = 4 * 2880;
constexpr std::uint64_t kHdf5Overhead = 64 * 1024;

std::uint64_t bytes_of(const Campaign& campaign, const ProductFile& file) {
  if (file.size) return *file.size;
  if (file.layout == FileLayout::statistics) return statistics_bytes(campaign);
  const std::uint64_t map = 8 * static_cast<std::uint64_t>(file.grid) * static_cast<std::uint64_t>(file.grid);
  if (file.layout == FileLayout::fits) return map + kFitsOverhead;
  const std::uint64_t maps = campaign.raytracing.fields.size() * campaign.raytracing.sources.size();
  return maps * map + kHdf5Overhead;
}

// From MiB up to what keeps the number short.
std::string size_text(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"MiB", "GiB", "TiB"};
  double size = static_cast<double>(bytes) / (1024.0 * 1024.0);
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < std::size(kUnits); ++unit) size /= 1024;
  return fmt::format("{:.3f} {}", size, kUnits[unit]);
}

}  // namespace

bool VolumeNeed::enough() const {
  return bytes <= free.bytes_free && (!free.inodes_counted || inodes <= free.inodes_free);
}

std::string describe(const VolumeNeed& need) {
  std::string stages;
  for (const Stage stage : need.stages)
    stages += fmt::format("{}{}", stages.empty() ? "" : ", ", stage_name(stage));
  std::string text =
      fmt::format("{} ({}): {} in {} files and folders to write, {} free", stages, need.root.string(),
                  size_text(need.bytes), need.inodes, size_text(need.free.bytes_free));
  if (need.free.inodes_counted) text += fmt::format(" and {} inodes", need.free.inodes_free);
  return text;
}

std::vector<VolumeNeed> volume_needs(Disk& disk, const Campaign& campaign, const Plan& plan) {
  std::vector<VolumeNeed> needs;
  std::map<std::uint64_t, std::size_t> position;  // by device
  for (const Stage stage : kStages) {
    if (plan.count(stage) == 0) continue;
    const std::filesystem::path& root = stage_root(campaign, stage);
    const auto status = disk.status(root);
    if (!status)
      throw InputError(fmt::format("the {} root {} does not exist", stage_name(stage), root.string()));
    const auto [entry, is_new] = position.try_emplace(status->device, needs.size());
    if (is_new) needs.push_back({{}, root, 0, 0, disk.space(root)});
    VolumeNeed& need = needs[entry->second];
    need.stages.push_back(stage);
    for (const PlannedTask& task : plan.tasks) {
      if (task.stage != stage) continue;
      for (const ProductId& product : task.task.products) {
        if (product.kind == ProductKind::run) ++need.inodes;
        for (const ProductFile& file : product_files(campaign, product)) {
          need.bytes += bytes_of(campaign, file);
          ++need.inodes;
        }
      }
    }
  }
  return needs;
}

void require_space(const std::vector<VolumeNeed>& needs) {
  std::string message;
  for (const VolumeNeed& need : needs)
    if (!need.enough()) message += fmt::format("\n  {}", describe(need));
  if (message.empty()) return;
  throw InputError(
      fmt::format("not enough room for what would be made:{}\nmake room, or narrow the work with --stage, "
                  "--model, --realization, --snapshot",
                  message));
}

}  // namespace lenswright
