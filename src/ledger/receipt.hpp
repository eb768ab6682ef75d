// receipt.hpp: what one run of a program leaves in the state directory about the products it published.
//
// One file per program run, <state>/receipts/<stage>-<UTC time>-<host>-<pid>-<random>.json, written like a
// product. Never changed afterwards.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
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
  // What the digests of `configuration` stand for, by digest (hex); write_receipt() adds what the campaign knows.
  std::map<std::string, std::string> configurations{};
};

Digest configuration_digest(const Campaign& campaign, const ProductId& id);

std::string encode_receipt(const Receipt& receipt);
Receipt decode_receipt(const std::string& path, const std::string& text);  // throws FormatError
std::filesystem::path receipts_folder(const Campaign& campaign);
std::filesystem::path receipts_archive(const Campaign& campaign);  // of those merged into the ledger
bool is_receipt_name(std::string_view file_name);                  // not a temporary or foreign file
std::filesystem::path write_receipt(Disk& disk, const Campaign& campaign, const Receipt& receipt);
std::string utc_now();  // "2026-01-31T12:34:56.789Z"

}  // namespace lenswright
