#include "ledger/database/record_publishing.hpp"

#include <cerrno>
#include <memory>
#include <span>

#include "base/error.hpp"
#include "io/atomic_writer.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

bool holds_text(Disk& disk, const fs::path& path, const std::string& text) {
  try {
    const auto status = disk.status(path);
    return status && status->size == text.size() && read_text(disk, path) == text;
  } catch (const IoError&) {
    return false;  // what cannot be read is written anew
  }
}

// Unlike a product, a record file may be replaced: it is made from the ledger, and can be again.
void replace_text(Disk& disk, const fs::path& path, const std::string& text) {
  const fs::path temporary = path.parent_path() / make_temporary_name(path.filename().string());
  try {
    const std::unique_ptr<WritableFile> file = disk.create(temporary);
    file->write(std::as_bytes(std::span(text)));
    file->sync();
    file->close();
    const auto status = disk.status(temporary);
    if (!status || status->size != text.size()) throw IoError(temporary, "write the records", EIO);
    disk.rename(temporary, path);
  } catch (const Failure&) {
    try {
      disk.remove(temporary);
    } catch (const Failure&) {
      // Left behind, it is recognised by its name.
    }
    throw;
  }
}

void remove_litter(Disk& disk, const fs::path& folder) {
  for (const DirectoryEntry& entry : disk.list(folder))
    if (const auto name = parse_temporary_name(entry.name); name && writer_is_dead(*name, entry.status))
      disk.remove(folder / entry.name);
}

}  // namespace

std::string records_of_group(const LedgerDatabase& ledger, const Campaign& campaign,
                             const std::string& group) {
  std::vector<KnownRecord> records;
  ledger.each_record(group, [&](const KnownRecord& record) { records.push_back(record); });
  return encode_records(campaign.name, group, records);
}

void publish_records(Disk& disk, const Campaign& campaign, const LedgerDatabase& ledger,
                     const std::set<std::string>& groups) {
  const fs::path folder = records_folder(campaign);
  disk.create_directories(folder);
  remove_litter(disk, folder);
  for (const std::string& group : groups) {
    const std::string text = records_of_group(ledger, campaign, group);
    if (holds_text(disk, folder / record_file_name(group), text)) continue;
    replace_text(disk, folder / record_file_name(group), text);
  }
  disk.sync_directory(folder);  // also for a merge that died between a rename and this
}

}  // namespace lenswright
