#include "ledger/backup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <thread>

#include "base/error.hpp"
#include "base/stop_request.hpp"
#include "base/version.hpp"
#include "campaign/product_path.hpp"
#include "io/atomic_writer.hpp"
#include "io/copy_file.hpp"
#include "io/folder_tree.hpp"
#include "ledger/actor.hpp"
#include "ledger/backup_parts.hpp"
#include "ledger/receipt_index.hpp"
#include "ledger/sealed_json.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

constexpr int kBackupSchema = 1;
constexpr int kAttempts = 3;
constexpr std::size_t kLongestName = 64;

std::string encode_manifest(const Campaign& campaign, const BackupManifest& backup) {
  nlohmann::json files = nlohmann::json::array();
  for (const BackupFile& file : backup.files)
    files.push_back({{"path", file.path}, {"size", file.size}, {"digest", file.digest.hex()}});
  return seal_json({{"schema", kBackupSchema},
                    {"campaign", campaign.name},
                    {"name", backup.name},
                    {"when", backup.when},
                    {"who", backup.who},
                    {"why", backup.why},
                    {"code_version", backup.code_version},
                    {"products", backup.products},
                    {"files", std::move(files)}});
}

BackupManifest decode_manifest(const Campaign& campaign, const fs::path& path, const std::string& text) {
  const nlohmann::json object = unseal_json(path, text);
  const JsonFields fields(path, object);
  fields.integer("schema", 1, kBackupSchema);
  if (fields.text("campaign") != campaign.name)
    fields.fail("campaign", campaign.name, fields.text("campaign"));
  BackupManifest backup;
  backup.name = fields.text("name");
  if (const std::string folder = path.parent_path().filename().string(); backup.name != folder)
    fields.fail("name", folder, backup.name);
  backup.when = fields.text("when");
  backup.who = fields.text("who");
  backup.why = fields.text("why");
  backup.code_version = fields.text("code_version");
  backup.products = fields.size("products");
  for (std::size_t i = 0; i < fields.array("files").size(); ++i) {
    const JsonFields file = fields.element("files", i);
    backup.files.push_back({file.text("path"), file.size("size"), file.digest("digest")});
  }
  return backup;
}

void require_plain_name(const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
  if (!plain || name.size() > kLongestName)
    throw InputError(fmt::format("a backup's name has letters, digits, '.', '_' and '-', at most {} of them",
                                 kLongestName));
}

// What makers that no longer live have left.
void remove_dead(Disk& disk, const Campaign& campaign) {
  for (const DirectoryEntry& entry : disk.list(backups_folder(campaign)))
    if (const auto name = parse_temporary_name(entry.name); name && writer_is_dead(*name, entry.status))
      remove_tree(disk, backups_folder(campaign) / entry.name);
}

// SQLite's file format, 1.3: bytes 24 to 27 count the transactions that changed the file.
std::optional<std::uint32_t> changes_of(Disk& disk, const fs::path& ledger) {
  if (disk.entry_status(ledger.string() + "-journal")) return std::nullopt;  // in the middle of one
  constexpr std::uint64_t kCounterAt = 24;
  std::uint32_t count = 0;
  const std::unique_ptr<ReadableFile> file = disk.open(ledger);
  if (file->size() < kCounterAt + sizeof(count)) return 0;
  file->read_at(kCounterAt, std::as_writable_bytes(std::span(&count, 1)));
  return count;
}

// A copy of one moment: nothing was written from before it was begun until after it was done.
Published copy_ledger(Disk& disk, const fs::path& ledger, const fs::path& to) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::optional<std::uint32_t> before = changes_of(disk, ledger);
    if (before) {
      const Published copy = copy_file(disk, ledger, to);
      if (changes_of(disk, ledger) == before) return copy;
      disk.remove(to);
    }
    std::this_thread::sleep_for(std::chrono::seconds(attempt + 1));
  }
  throw InputError(
      fmt::format("{} is being written, or its writer died in the middle: when no recovery runs, "
                  "recovery ledger puts it right; then try again",
                  ledger.string()));
}

// Writes a backup into a folder that has not got its name yet.
class BackupWriter {
 public:
  BackupWriter(Disk& disk, const Campaign& campaign, fs::path folder)
      : disk_(disk), folder_(std::move(folder)) {
    disk_.create_directories(folder_);
    const BackupListing earlier = list_backups(disk_, campaign);
    if (earlier.backups.empty()) return;
    earlier_folder_ = backup_folder(campaign, earlier.backups.back().name);
    for (const BackupFile& file : earlier.backups.back().files) earlier_[file.path] = file;
  }
  void add(const PlacedFile& file) {
    held_.insert(file.path);
    const fs::path to = folder_ / file.path;
    make_folder(to.parent_path());
    if (file.lasting && linked(file, to)) return;
    const Published copy =
        file.path == kBackupLedger ? copy_ledger(disk_, file.place, to) : copy_file(disk_, file.place, to);
    files_.push_back({file.path, copy.size, copy.digest});
  }
  // produce: calls what it is given with one piece of the file after another.
  using Write = std::function<void(std::string_view)>;
  void add_made(std::string_view path, const std::function<void(const Write&)>& produce) {
    AtomicWriter writer(disk_, folder_ / path);
    constexpr std::size_t kBlock = std::size_t{1} << 20;
    std::string block;
    const auto flush = [&] {
      writer.write(std::as_bytes(std::span(block)));
      block.clear();
    };
    produce([&](std::string_view text) {
      block += text;
      if (block.size() >= kBlock) flush();
    });
    flush();
    const Published written = writer.publish();
    files_.push_back({std::string(path), written.size, written.digest});
  }
  bool holds(const std::string& path) const { return held_.contains(path); }
  std::vector<BackupFile> finish() {
    for (const fs::path& made : made_) disk_.sync_directory(made);
    std::sort(files_.begin(), files_.end(),
              [](const BackupFile& a, const BackupFile& b) { return a.path < b.path; });
    return std::move(files_);
  }

 private:
  void make_folder(const fs::path& folder) {
    if (made_.insert(folder).second) disk_.create_directories(folder);
  }
  bool linked(const PlacedFile& file, const fs::path& to) {
    const auto found = earlier_.find(file.path);
    if (found == earlier_.end() || found->second.size != file.size) return false;
    const fs::path copy = earlier_folder_ / file.path;
    const std::optional<FileStatus> status = disk_.entry_status(copy);
    if (!status || status->type != FileType::regular || status->size != file.size) return false;
    try {
      if (!disk_.link_if_absent(copy, to)) return false;
    } catch (const IoError&) {
      return false;  // a file system without hard links, or too many of them
    }
    files_.push_back(found->second);
    return true;
  }

  Disk& disk_;
  fs::path folder_, earlier_folder_;
  std::map<std::string, BackupFile> earlier_;
  std::set<fs::path> made_;
  std::set<std::string> held_;
  std::vector<BackupFile> files_;
};

// Receipts and plans may move on while they are read (a receipt into the archive): then look again.
void add_placed(Disk& disk, const Campaign& campaign, BackupWriter& writer, ProgressSink& progress) {
  for (int attempt = 1;; ++attempt) {
    const std::vector<PlacedFile> files = placed_files(disk, campaign);
    bool all = true;
    progress.begin("backing up", files.size(), "files");
    for (const PlacedFile& file : files) {
      throw_if_stop_requested();
      progress.advance(1);
      if (writer.holds(file.path)) continue;
      if (!disk.status(file.place)) {
        all = false;
        continue;
      }
      writer.add(file);
    }
    progress.end();
    if (all || attempt == kAttempts) return;
  }
}

// Returns the number of products.
std::uint64_t write_checksums(Disk& disk, const Campaign& campaign, const BackupWriter::Write& write) {
  const ReceiptIndex receipts = ReceiptIndex::load(disk, campaign);
  const ProductSet set(campaign);
  std::uint64_t products = 0;
  for (const ProductKind kind : kProductKinds) {
    for (std::size_t position = 0; position < set.count(kind); ++position) {
      const auto record = receipts.find(product_name(campaign, set.at(kind, position)));
      if (record == nullptr) continue;
      ++products;
      for (const ReceiptFile& file : record->files)
        write(fmt::format("{}  {}/{}\n", file.digest.hex(), stage_name(stage_of(kind)), file.path));
    }
  }
  return products;
}

}  // namespace

fs::path backups_folder(const Campaign& campaign) {
  return campaign.state / "backups";
}

fs::path backup_folder(const Campaign& campaign, const std::string& name) {
  return backups_folder(campaign) / name;
}

BackupManifest create_backup(Disk& disk, const Campaign& campaign, const std::string& name,
                             const std::string& why, ProgressSink& progress) {
  require_plain_name(name);
  disk.create_directories(backups_folder(campaign));
  remove_dead(disk, campaign);
  BackupManifest backup;
  backup.when = utc_now();
  backup.name = compact_time(backup.when) + (name.empty() ? "" : "-" + name);
  backup.who = acting_user();
  backup.why = why;
  backup.code_version = code_version();
  const fs::path making = backups_folder(campaign) / make_temporary_name(backup.name);
  try {
    BackupWriter writer(disk, campaign, making);
    add_placed(disk, campaign, writer, progress);
    writer.add_made(kBackupConfiguration,
                    [&](const BackupWriter::Write& write) { write(campaign.effective_json + "\n"); });
    writer.add_made(kBackupChecksums, [&](const BackupWriter::Write& write) {
      backup.products = write_checksums(disk, campaign, write);
    });
    backup.files = writer.finish();
    publish_text(disk, making / kBackupManifest, encode_manifest(campaign, backup));
    if (!disk.rename_if_absent(making, backup_folder(campaign, backup.name)))
      throw InputError(fmt::format("{} is there already; try again", backup.name));
    disk.sync_directory(backups_folder(campaign));
  } catch (const Failure&) {
    try {
      remove_tree(disk, making);
    } catch (const Failure&) {
      // Its name tells the next backup that it is litter.
    }
    throw;
  }
  return backup;
}

BackupListing list_backups(Disk& disk, const Campaign& campaign) {
  BackupListing listing;
  if (!disk.status(backups_folder(campaign))) return listing;
  for (const DirectoryEntry& entry : disk.list(backups_folder(campaign))) {
    if (entry.name.starts_with('.') || entry.status.type != FileType::directory) continue;
    const fs::path manifest = backup_folder(campaign, entry.name) / kBackupManifest;
    try {
      if (disk.status(manifest))
        listing.backups.push_back(decode_manifest(campaign, manifest, read_text(disk, manifest)));
      else
        listing.problems.push_back(
            fmt::format("{}: has no {}", manifest.parent_path().string(), kBackupManifest));
    } catch (const Failure& failure) {
      listing.problems.push_back(failure.what());
    }
  }
  return listing;
}

BackupManifest find_backup(Disk& disk, const Campaign& campaign, const std::string& name) {
  const BackupListing listing = list_backups(disk, campaign);
  for (auto backup = listing.backups.rbegin(); backup != listing.backups.rend(); ++backup)
    if (name == "latest" || backup->name == name || backup->name == compact_time(backup->when) + "-" + name)
      return *backup;
  std::string message = fmt::format("there is no backup \"{}\"; recovery backup list shows them", name);
  for (const std::string& problem : listing.problems) message += "\n  " + problem;
  throw InputError(message);
}

}  // namespace lenswright
