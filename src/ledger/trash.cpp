#include "ledger/trash.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "campaign/product_path.hpp"
#include "io/atomic_writer.hpp"
#include "io/contained_path.hpp"
#include "ledger/trash_record.hpp"

namespace lenswright {

std::filesystem::path move_to_trash(Disk& disk, const Campaign& campaign, Stage stage,
                                    const std::string& relative_path, const std::string& why,
                                    const std::string& receipt) {
  require_trash(disk, campaign, stage);
  const std::filesystem::path& root = stage_root(campaign, stage);
  const std::filesystem::path from = contained_path(disk, root, relative_path);
  if (const std::string first = std::filesystem::path(relative_path).begin()->string();
      first == kTrashFolder || first == kRootMarkerFile)
    throw InputError(
        fmt::format("{} is not moved to the trash: it belongs to the root itself", from.string()));
  if (!disk.entry_status(from))
    throw InputError(fmt::format("{}: nothing there to move aside", from.string()));

  TrashRecord record = new_trash_record(stage, relative_path, why);
  record.receipt = receipt;
  const std::filesystem::path to = trash_entry_folder(campaign, stage, record.entry) / relative_path;
  disk.create_directories(to.parent_path());
  // The record comes first: a crash in between leaves a record of a move that did not happen, which its
  // reader sees from the missing file, and never a file that nothing tells of.
  publish_text(disk, trash_record_file(campaign, record.entry), encode_trash_record(campaign, record));
  disk.rename(from, to);
  disk.sync_directory(to.parent_path());
  disk.sync_directory(from.parent_path());
  return to;
}

}  // namespace lenswright
