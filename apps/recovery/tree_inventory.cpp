#include "tree_inventory.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/stop_request.hpp"
#include "campaign/product_path.hpp"

namespace lenswright {

namespace {

constexpr std::size_t kExamples = 5;

class Walk {
 public:
  Walk(Disk& disk, const Campaign& campaign, Stage stage, ProgressSink& progress)
      : disk_(disk), campaign_(campaign), stage_(stage), progress_(progress) {}

  TreeInventory take() {
    progress_.begin(fmt::format("looking at {}", stage_root(campaign_, stage_).string()), 0, "files");
    visit_folder("");
    progress_.end();
    return inventory_;
  }

 private:
  void visit_folder(const std::string& below) {
    throw_if_stop_requested();
    for (const DirectoryEntry& entry : disk_.list(stage_root(campaign_, stage_) / below)) {
      if (below.empty() && (entry.name == kTrashFolder || entry.name == kRootMarkerFile)) continue;
      const std::string path = below.empty() ? entry.name : fmt::format("{}/{}", below, entry.name);
      if (entry.status.type == FileType::directory)
        visit_folder(path);
      else
        visit_file(path, entry.status);
    }
  }

  void visit_file(const std::string& path, const FileStatus& status) {
    progress_.advance(1);
    if (stage_ == Stage::lensplanes && path == kTransformsFile) {
      ++inventory_.expected;
      return;
    }
    const std::optional<ProductId> product = product_at(campaign_, stage_, path);
    if (!product || status.type != FileType::regular) {
      ++inventory_.orphans;
      note(path, "not expected by the campaign");
      return;
    }
    if (product != last_product_) {
      last_product_ = product;
      files_ = product_files(campaign_, *product);
    }
    for (const ProductFile& file : files_) {
      if (file.path != path || !file.size || *file.size == status.size) continue;
      ++inventory_.other_size;
      note(path, fmt::format("{} bytes, expected {}", status.size, *file.size));
      return;
    }
    ++inventory_.expected;
  }

  void note(const std::string& path, const std::string& because) {
    if (inventory_.examples.size() < kExamples)
      inventory_.examples.push_back(fmt::format("{}: {}", path, because));
  }

  Disk& disk_;
  const Campaign& campaign_;
  Stage stage_;
  ProgressSink& progress_;
  TreeInventory inventory_;
  std::optional<ProductId> last_product_;  // whose files these are: a run's maps come one after the other
  std::vector<ProductFile> files_;
};

}  // namespace

TreeInventory take_inventory(Disk& disk, const Campaign& campaign, Stage stage, ProgressSink& progress) {
  return Walk(disk, campaign, stage, progress).take();
}

}  // namespace lenswright
