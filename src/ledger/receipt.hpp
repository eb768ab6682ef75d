// receipt.hpp: what one run of a program leaves in the state directory about the products it published.
//
// One file per program run, <state>/receipts/<stage>-<UTC time>-<host>-<pid>-<random>.json, written like a
// product. Never changed afterwards.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "campaign/product_id.hpp"
#include "io/checksum.hpp"
#include "io/disk.hpp"

namespace lenswright {

inline constexpr int kReceiptSchema = 1;
// Raised whenever the bytes of a stage's products change for the same configuration and inputs.
int numerics_version(Stage stage);

struct ReceiptFile {
  std::string path;  // below the stage's root
  std::uint64_t size = 0;
  Digest digest;
  bool operator==(const ReceiptFile&) const = default;
};

struct ReceiptInput {
  std::string name;  // product name, "dmo/snapshot 96", "transform of realization 3, snapshot 96", ...
  Digest digest;
  bool operator==(const ReceiptInput&) const = default;
};

struct ProductRecord {
  std::string product;  // product name
  std::vector<ReceiptFile> files;
  std::vector<ReceiptInput> inputs;
  Digest configuration;  // of product_configuration()
  bool operator==(const ProductRecord&) const = default;
};

struct Receipt {
  std::string campaign;
  Stage stage = Stage::lensplanes;
  std::string code_version, compiler, host;
  int numerics = 0;
  long pid = 0;
  int ranks = 1, threads = 1;
  std::string started, finished;             // UTC, ISO 8601 with milliseconds
  std::map<std::string, std::string> notes;  // further facts: job id, array element, peak memory
  std::vector<ProductRecord> products;
};

Digest configuration_digest(const Campaign& campaign, const ProductId& id);

std::string encode_receipt(const Receipt& receipt);
Receipt decode_receipt(const std::string& path, const std::string& text);  // throws FormatError
std::filesystem::path receipts_folder(const Campaign& campaign);
std::filesystem::path write_receipt(Disk& disk, const Campaign& campaign, const Receipt& receipt);
std::string utc_now();  // "2026-01-31T12:34:56.789Z"

// What the receipts know of each product: the newest record per product.
class ReceiptIndex {
 public:
  // An unreadable or damaged receipt is noted in problems(), not thrown: its products count as having none.
  static ReceiptIndex load(Disk& disk, const Campaign& campaign);
  const ProductRecord* find(const std::string& product) const;
  const Digest* file_digest(const std::string& product, const std::string& file_path) const;
  // Of the run that made it: the numerics version and the code; none and empty without a record.
  std::optional<int> numerics(const std::string& product) const;
  std::string code_version(const std::string& product) const;
  std::size_t size() const { return records_.size(); }
  const std::vector<std::string>& problems() const { return problems_; }
  void add(const Receipt& receipt);

 private:
  struct Entry {
    ProductRecord record;
    std::string finished;
    int numerics = 0;
    std::string code_version;
  };
  std::unordered_map<std::string, Entry> records_;
  std::vector<std::string> problems_;
};

}  // namespace lenswright
