#include "ledger/restored_record.hpp"

#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "campaign/product_path.hpp"
#include "io/atomic_writer.hpp"
#include "io/contained_path.hpp"
#include "io/copy_file.hpp"

namespace lenswright {

namespace {

std::optional<Receipt> receipt_named(Disk& disk, const Campaign& campaign, const std::string& name) {
  if (!is_receipt_name(name) || !why_not_contained(name).empty()) return std::nullopt;
  for (const std::filesystem::path& folder : {receipts_folder(campaign), receipts_archive(campaign)}) {
    try {
      if (disk.status(folder / name))
        return decode_receipt((folder / name).string(), read_text(disk, folder / name));
    } catch (const Failure&) {
      // Damaged, or archived in this moment.
    }
  }
  return std::nullopt;
}

// Every file that the record tells of, in the trash or beside its place there.
bool has_these_bytes(Disk& disk, const Campaign& campaign, const ProductRecord& record,
                     const TrashEntry& entry) {
  const std::filesystem::path& root = stage_root(campaign, entry.stage);
  const std::filesystem::path held = trashed_path(campaign, entry);
  return !record.files.empty() &&
         std::all_of(record.files.begin(), record.files.end(), [&](const ReceiptFile& file) {
           std::filesystem::path path = root / file.path;
           if (file.path == entry.path)
             path = held;
           else if (file.path.starts_with(entry.path + "/"))
             path = held / file.path.substr(entry.path.size() + 1);
           const std::optional<FileStatus> status = disk.entry_status(path);
           return status && status->type == FileType::regular && status->size == file.size &&
                  digest_of_file(disk, path) == file.digest;
         });
}

}  // namespace

bool record_restored(Disk& disk, const Campaign& campaign, const ReceiptIndex& receipts,
                     const TrashEntry& entry) {
  const std::optional<ProductId> id = product_at(campaign, entry.stage, entry.path);
  if (!id || receipt_in_place(campaign, receipts, entry) == entry.receipt) return false;
  std::optional<Receipt> receipt = receipt_named(disk, campaign, entry.receipt);
  if (!receipt || receipt->campaign != campaign.name || receipt->stage != entry.stage) return false;
  std::erase_if(receipt->products,
                [&](const ProductRecord& record) { return record.product != product_name(campaign, *id); });
  if (receipt->products.empty() || !has_these_bytes(disk, campaign, receipt->products.front(), entry))
    return false;
  const std::string configuration = receipt->products.front().configuration.hex();
  std::erase_if(receipt->configurations, [&](const auto& text) { return text.first != configuration; });
  receipt->notes = {{"provenance", "restored from the trash"}, {"made", receipt->finished}};
  receipt->finished = utc_now();
  write_receipt(disk, campaign, *receipt);
  return true;
}

std::string receipt_in_place(const Campaign& campaign, const ReceiptIndex& receipts,
                             const TrashEntry& entry) {
  const std::optional<ProductId> id = product_at(campaign, entry.stage, entry.path);
  if (!id) return {};
  const std::optional<KnownOrigin> origin = receipts.origin(product_name(campaign, *id));
  return origin ? std::string(origin->receipt) : std::string();
}

}  // namespace lenswright
