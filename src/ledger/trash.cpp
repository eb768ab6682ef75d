#include "ledger/trash.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <random>

#include "base/error.hpp"
#include "campaign/product_path.hpp"
#include "io/atomic_writer.hpp"
#include "ledger/receipt.hpp"
#include "ledger/root_marker.hpp"
#include "ledger/sealed_json.hpp"

namespace lenswright {

namespace {

constexpr int kTrashSchema = 1;

// As the folder's own listing says: a symbolic link, which could lead out of the root, shows as one.
std::optional<FileType> type_of(Disk& disk, const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  for (const DirectoryEntry& entry : disk.list(path.parent_path()))
    if (entry.name == name) return entry.status.type;
  return std::nullopt;
}

// Throws InputError for a path that leaves the root, is the root's own, or leads through a symbolic link.
void require_below_root(Disk& disk, const std::filesystem::path& root,
                        const std::filesystem::path& relative) {
  const auto refuse = [&](std::string_view why) {
    throw InputError(
        fmt::format("{} is not moved to the trash of {}: {}", relative.string(), root.string(), why));
  };
  if (relative.empty() || relative.is_absolute()) refuse("it is not a path below the root");
  const std::filesystem::path first = *relative.begin();
  if (first == kTrashFolder || first == kRootMarkerFile) refuse("it belongs to the root itself");
  std::filesystem::path folder = root;
  for (auto part = relative.begin(); part != relative.end(); ++part) {
    if (part->empty() || *part == "." || *part == "..") refuse("it is not a plain path below the root");
    folder /= *part;
    if (std::next(part) == relative.end()) break;
    if (type_of(disk, folder) != FileType::directory)
      refuse(fmt::format("{} is not a folder", folder.string()));
  }
}

std::string user() {
  const char* name = std::getenv("USER");
  return fmt::format("{} (uid {}) on {}", name != nullptr ? name : "unnamed", ::getuid(), host_name());
}

std::string entry_name(std::string time) {
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return fmt::format("{}-{:08x}", time, std::random_device{}());
}

}  // namespace

std::filesystem::path move_to_trash(Disk& disk, const Campaign& campaign, Stage stage,
                                    const std::string& relative_path, const std::string& why) {
  require_root(disk, campaign, stage);
  const std::filesystem::path& root = stage_root(campaign, stage);
  require_below_root(disk, root, relative_path);
  const std::filesystem::path from = root / relative_path;
  if (!type_of(disk, from)) throw InputError(fmt::format("{}: nothing there to move aside", from.string()));
  if (const auto trash = type_of(disk, root / kTrashFolder); trash && trash != FileType::directory)
    throw InputError(
        fmt::format("{} is not a folder: nothing is moved there", (root / kTrashFolder).string()));

  const std::string now = utc_now();
  const std::string entry = entry_name(now);
  const std::filesystem::path to = root / kTrashFolder / entry / relative_path;
  disk.create_directories(to.parent_path());
  // The record comes first: a crash in between leaves a record of a move that did not happen, which its
  // reader sees from the missing file, and never a file that nothing tells of.
  const nlohmann::json record{{"schema", kTrashSchema},
                              {"campaign", campaign.name},
                              {"stage", stage_name(stage)},
                              {"path", relative_path},
                              {"entry", entry},
                              {"when", now},
                              {"why", why},
                              {"who", user()}};
  publish_text(disk, campaign.state / "trash" / (entry + ".json"), seal_json(record));
  disk.rename(from, to);
  disk.sync_directory(to.parent_path());
  disk.sync_directory(from.parent_path());
  return to;
}

}  // namespace lenswright
