// record_file.hpp: what all merged receipts together know of one stage's products of one model: the file
// <state>/records/<stage>-<model>.records, which every program can read without the ledger.
//
// Text:    lines of words between tabs: a head; "receipt" lines; "inputs" lists, each used by many products;
//          "product" lines, each with its files; last a checksum of all before it.
// Written: by `recovery` whenever it merges receipts, whole, over the one before
// Throws:  FormatError for a torn or damaged file
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "campaign/campaign.hpp"
#include "ledger/receipt.hpp"

namespace lenswright {

// One product's record and what its receipt says of the run that made it.
struct KnownRecord {
  ProductRecord record;
  std::string finished;  // UTC
  int numerics = 0;
  std::string code_version;
  std::string receipt;  // file name
  bool operator==(const KnownRecord&) const = default;
};
// What a product was made from, as it stands in a receipt or in the text of a record file, whichever holds it.
class InputList {
 public:
  explicit InputList(const std::vector<ReceiptInput>& list) : list_(&list) {}
  explicit InputList(std::string_view lines) : lines_(lines) {}
  // The same for products that have one list together, and for no others.
  const void* identity() const { return list_ != nullptr ? static_cast<const void*>(list_) : lines_.data(); }
  std::vector<ReceiptInput> read() const;

 private:
  const std::vector<ReceiptInput>* list_ = nullptr;
  std::string_view lines_;
};
// What a record tells of where its product comes from, without its files.
struct KnownOrigin {
  Digest configuration;
  InputList inputs;
  int numerics = 0;
  std::string_view finished, code_version, receipt;
};
// Of two records of one product: whether `a` is to be believed rather than `b`. A total order, so that
// receipts may come in any.
bool newer(const KnownRecord& a, const KnownRecord& b);

std::filesystem::path records_folder(const Campaign& campaign);
// "lux-dmo" of "lux/dmo/LP_03/lenspot12.dat". Empty: no product's name.
std::string record_group(std::string_view product);
std::string record_file_name(std::string_view group);  // "lux-dmo.records"
// Whether everything in the record can stand in such a file: names without control characters, files below
// the stage's root and inside the product.
bool can_be_recorded(const ProductRecord& record);

// REQUIRES: can_be_recorded(); all of one group, sorted by product.
std::string encode_records(const std::string& campaign, const std::string& group,
                           const std::vector<KnownRecord>& records);
// The lines of one product alone; what a digest is taken of to know a record again.
std::string canonical_text(const KnownRecord& record);

// A record file in memory: its text, and where in it each product's lines stand; records are made when asked for.
class RecordFile {
 public:
  RecordFile(const std::filesystem::path& path, std::string text, const std::string& campaign);
  RecordFile(const RecordFile&) = delete;
  RecordFile& operator=(const RecordFile&) = delete;
  std::size_t size() const { return products_.size(); }
  std::optional<KnownRecord> find(std::string_view product) const;
  std::optional<KnownOrigin> origin(std::string_view product) const;  // valid as long as this
  // file_path: below the stage's root.
  std::optional<Digest> file_digest(std::string_view product, std::string_view file_path) const;

 private:
  struct ReceiptFacts {
    std::string_view finished, code_version, name;
    int numerics = 0;
  };
  // There may be a million: places in the text, and in the lists below.
  struct Place {
    std::uint32_t name = 0, files = 0;
    std::uint32_t configuration = 0, receipt = 0, inputs = 0;
  };
  bool is_of(const Place& place, std::string_view product) const;
  std::string_view name_of(const Place& place) const;
  std::string_view from(std::uint32_t place) const;  // to the end of the lines
  const Place* place_of(std::string_view product) const;
  std::string text_;
  std::vector<ReceiptFacts> receipts_;
  std::vector<Digest> configurations_;
  std::vector<std::uint32_t> inputs_;
  std::vector<Place> products_;  // by name
  // Where one was found last: they are asked for several times each, and mostly in their order.
  mutable std::atomic<std::size_t> last_ = 0;
};

}  // namespace lenswright
