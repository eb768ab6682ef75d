#include "ledger/receipt_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <mutex>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/error.hpp"

namespace lenswright {

namespace {

// A run's files are asked for one after the other, by a few threads.
constexpr std::size_t kRemembered = 16;
constexpr std::string_view kRecordsEnd = ".records";

}  // namespace

struct ReceiptIndex::Contents {
  std::unordered_map<std::string, std::shared_ptr<const KnownRecord>> unmerged;
  std::size_t unmerged_receipts = 0;

  // Of the record files; under the mutex but for what load() writes.
  Disk* disk = nullptr;
  std::string campaign;
  std::filesystem::path folder;
  std::set<std::string, std::less<>> groups;  // whose record files are there
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<const RecordFile>, std::less<>> files;  // null: damaged
  std::array<std::shared_ptr<const KnownRecord>, kRemembered> remembered;
  std::size_t oldest = 0;
  std::vector<std::string> problems;

  void load_receipts(const Campaign& of, ReceiptIndex& index);
  void list_record_files();
  const RecordFile* file(const std::string& group);
  std::shared_ptr<const KnownRecord> merged(const std::string& product);
};

void ReceiptIndex::Contents::load_receipts(const Campaign& of, ReceiptIndex& index) {
  const std::filesystem::path receipts = receipts_folder(of);
  std::vector<DirectoryEntry> entries;
  try {
    if (!disk->status(receipts)) return;  // nothing made yet
    entries = disk->list(receipts);
  } catch (const IoError& error) {
    problems.push_back(fmt::format("the receipts cannot be read: {}", error.what()));
    return;
  }
  for (const DirectoryEntry& entry : entries) {
    if (!is_receipt_name(entry.name)) continue;
    const std::filesystem::path path = receipts / entry.name;
    try {
      const Receipt receipt = decode_receipt(path.string(), read_text(*disk, path));
      if (receipt.campaign == of.name)
        index.add(receipt, entry.name);
      else
        problems.push_back(fmt::format("{}: is of campaign \"{}\", not \"{}\": left out", path.string(),
                                       receipt.campaign, of.name));
    } catch (const Failure& failure) {
      // Merged and archived since the folder was read: the record files, read later, have it.
      const auto* error = dynamic_cast<const IoError*>(&failure);
      if (error != nullptr && error->error_number() == ENOENT) continue;
      problems.push_back(fmt::format("{}: its products count as without receipt", failure.what()));
    }
  }
}

void ReceiptIndex::Contents::list_record_files() {
  try {
    if (!disk->status(folder)) return;
    for (const DirectoryEntry& entry : disk->list(folder))
      if (entry.name.ends_with(kRecordsEnd) && !entry.name.starts_with('.'))
        groups.insert(entry.name.substr(0, entry.name.size() - kRecordsEnd.size()));
  } catch (const IoError& error) {
    problems.push_back(fmt::format("the record files cannot be read: {}", error.what()));
  }
}

const RecordFile* ReceiptIndex::Contents::file(const std::string& group) {
  if (!groups.contains(group)) return nullptr;
  const auto [place, is_new] = files.try_emplace(group);
  if (!is_new) return place->second.get();
  const std::filesystem::path path = folder / record_file_name(group);
  try {
    place->second = std::make_unique<const RecordFile>(path, read_text(*disk, path), campaign);
  } catch (const Failure& failure) {
    problems.push_back(
        fmt::format("{}: its products count as without receipt; make it again with `recovery ledger rebuild`",
                    failure.what()));
  }
  return place->second.get();
}

std::shared_ptr<const KnownRecord> ReceiptIndex::Contents::merged(const std::string& product) {
  if (groups.empty()) return nullptr;
  const std::lock_guard guard(mutex);
  for (const auto& known : remembered)
    if (known && known->record.product == product) return known;
  const RecordFile* records = file(record_group(product));
  std::optional<KnownRecord> found = records != nullptr ? records->find(product) : std::nullopt;
  if (!found) return nullptr;
  auto known = std::make_shared<const KnownRecord>(std::move(*found));
  remembered[oldest] = known;
  oldest = (oldest + 1) % kRemembered;
  return known;
}

ReceiptIndex::ReceiptIndex() : contents_(std::make_unique<Contents>()) {}
ReceiptIndex::~ReceiptIndex() = default;
ReceiptIndex::ReceiptIndex(ReceiptIndex&&) noexcept = default;
ReceiptIndex& ReceiptIndex::operator=(ReceiptIndex&&) noexcept = default;

ReceiptIndex ReceiptIndex::load(Disk& disk, const Campaign& campaign) {
  ReceiptIndex index;
  Contents& contents = *index.contents_;
  contents.disk = &disk;
  contents.campaign = campaign.name;
  contents.folder = records_folder(campaign);
  // In this order: a receipt that is archived in between stands in a record file by then.
  contents.load_receipts(campaign, index);
  contents.list_record_files();
  return index;
}

void ReceiptIndex::add(const Receipt& receipt, const std::string& name) {
  ++contents_->unmerged_receipts;
  for (const ProductRecord& record : receipt.products) {
    auto candidate = std::make_shared<const KnownRecord>(
        KnownRecord{record, receipt.finished, receipt.numerics, receipt.code_version, name});
    std::shared_ptr<const KnownRecord>& known = contents_->unmerged[record.product];
    if (!known || !newer(*known, *candidate)) known = std::move(candidate);
  }
}

std::shared_ptr<const KnownRecord> ReceiptIndex::known(const std::string& product) const {
  std::shared_ptr<const KnownRecord> merged = contents_->merged(product);
  const auto unmerged = contents_->unmerged.find(product);
  if (unmerged == contents_->unmerged.end()) return merged;
  return merged && newer(*merged, *unmerged->second) ? merged : unmerged->second;
}

std::optional<KnownOrigin> ReceiptIndex::origin(const std::string& product) const {
  std::optional<KnownOrigin> merged;
  if (!contents_->groups.empty()) {
    const std::lock_guard guard(contents_->mutex);
    if (const RecordFile* records = contents_->file(record_group(product)); records != nullptr)
      merged = records->origin(product);
  }
  const auto unmerged = contents_->unmerged.find(product);
  if (unmerged == contents_->unmerged.end()) return merged;
  const KnownRecord& known = *unmerged->second;
  if (merged && std::tie(merged->finished, merged->receipt) >
                    std::tuple(std::string_view(known.finished), std::string_view(known.receipt)))
    return merged;
  return KnownOrigin{known.record.configuration,
                     InputList(known.record.inputs),
                     known.numerics,
                     known.finished,
                     known.code_version,
                     known.receipt};
}

std::shared_ptr<const ProductRecord> ReceiptIndex::find(const std::string& product) const {
  const std::shared_ptr<const KnownRecord> found = known(product);
  return found ? std::shared_ptr<const ProductRecord>(found, &found->record) : nullptr;
}

std::optional<int> ReceiptIndex::numerics(const std::string& product) const {
  const auto found = known(product);
  return found ? std::optional(found->numerics) : std::nullopt;
}

std::string ReceiptIndex::code_version(const std::string& product) const {
  const auto found = known(product);
  return found ? found->code_version : std::string();
}

std::optional<Digest> ReceiptIndex::file_digest(const std::string& product,
                                                const std::string& file_path) const {
  if (!contents_->unmerged.contains(product)) {
    if (contents_->groups.empty()) return std::nullopt;
    const std::lock_guard guard(contents_->mutex);
    const RecordFile* records = contents_->file(record_group(product));
    return records != nullptr ? records->file_digest(product, file_path) : std::nullopt;
  }
  const auto record = find(product);
  if (!record) return std::nullopt;
  const auto file = std::find_if(record->files.begin(), record->files.end(),
                                 [&](const ReceiptFile& candidate) { return candidate.path == file_path; });
  return file == record->files.end() ? std::nullopt : std::optional(file->digest);
}

bool ReceiptIndex::empty() const {
  return contents_->unmerged.empty() && contents_->groups.empty();
}

std::size_t ReceiptIndex::unmerged() const {
  return contents_->unmerged_receipts;
}

void ReceiptIndex::read_all() const {
  const std::lock_guard guard(contents_->mutex);
  for (const std::string& group : contents_->groups) contents_->file(group);
}

std::size_t ReceiptIndex::size() const {
  read_all();
  const std::lock_guard guard(contents_->mutex);
  std::size_t count = 0;
  for (const auto& [group, file] : contents_->files) count += file ? file->size() : 0;
  for (const auto& [product, record] : contents_->unmerged) {
    const RecordFile* file = contents_->file(record_group(product));
    count += file != nullptr && file->find(product) ? 0 : 1;
  }
  return count;
}

std::vector<std::string> ReceiptIndex::problems() const {
  const std::lock_guard guard(contents_->mutex);
  return contents_->problems;
}

}  // namespace lenswright
