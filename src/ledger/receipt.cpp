#include "ledger/receipt.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <random>

#include "base/error.hpp"
#include "campaign/product_path.hpp"
#include "campaign/stage_configuration.hpp"
#include "io/atomic_writer.hpp"
#include "ledger/sealed_json.hpp"

namespace lenswright {

namespace {

constexpr std::int64_t kAny = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kIntMax = std::numeric_limits<int>::max();

nlohmann::json to_json(const ProductRecord& record) {
  nlohmann::json files = nlohmann::json::array(), inputs = nlohmann::json::array();
  for (const ReceiptFile& file : record.files)
    files.push_back({{"path", file.path}, {"size", file.size}, {"digest", file.digest.hex()}});
  for (const ReceiptInput& input : record.inputs)
    inputs.push_back({{"name", input.name}, {"digest", input.digest.hex()}});
  return {{"product", record.product},
          {"files", std::move(files)},
          {"inputs", std::move(inputs)},
          {"configuration", record.configuration.hex()}};
}

ProductRecord record_from(const JsonFields& fields) {
  ProductRecord record;
  record.product = fields.text("product");
  for (std::size_t i = 0; i < fields.array("files").size(); ++i) {
    const JsonFields file = fields.element("files", i);
    record.files.push_back({file.text("path"), file.size("size"), file.digest("digest")});
  }
  for (std::size_t i = 0; i < fields.array("inputs").size(); ++i) {
    const JsonFields input = fields.element("inputs", i);
    record.inputs.push_back({input.text("name"), input.digest("digest")});
  }
  record.configuration = fields.digest("configuration");
  return record;
}

// "2026-01-31T12:34:56.789Z" -> "20260131T123456.789Z", for file names
std::string compact(std::string time) {
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return time;
}

}  // namespace

int numerics_version(Stage stage) {
  switch (stage) {
    case Stage::lensplanes:
      return 1;
    case Stage::lux:
      return 1;
    case Stage::raytracing:
      return 1;
    case Stage::statistics:
      return 1;
  }
  std::abort();
}

Digest configuration_digest(const Campaign& campaign, const ProductId& id) {
  return digest_of(product_configuration(campaign, id));
}

std::string encode_receipt(const Receipt& receipt) {
  nlohmann::json products = nlohmann::json::array();
  for (const ProductRecord& record : receipt.products) products.push_back(to_json(record));
  return seal_json({{"schema", kReceiptSchema},
                    {"campaign", receipt.campaign},
                    {"stage", stage_name(receipt.stage)},
                    {"code_version", receipt.code_version},
                    {"compiler", receipt.compiler},
                    {"host", receipt.host},
                    {"numerics", receipt.numerics},
                    {"pid", receipt.pid},
                    {"ranks", receipt.ranks},
                    {"threads", receipt.threads},
                    {"started", receipt.started},
                    {"finished", receipt.finished},
                    {"notes", receipt.notes},
                    {"products", std::move(products)},
                    {"configurations", receipt.configurations}});
}

Receipt decode_receipt(const std::string& path, const std::string& text) {
  const std::filesystem::path file = path;
  const nlohmann::json object = unseal_json(file, text);
  const JsonFields fields(file, object);
  fields.integer("schema", 1, kReceiptSchema);
  Receipt receipt;
  receipt.campaign = fields.text("campaign");
  const std::optional<Stage> stage = stage_from_name(fields.text("stage"));
  if (!stage) fields.fail("stage", "lensplanes, lux, raytracing or statistics", fields.text("stage"));
  receipt.stage = *stage;
  receipt.code_version = fields.text("code_version");
  receipt.compiler = fields.text("compiler");
  receipt.host = fields.text("host");
  receipt.numerics = static_cast<int>(fields.integer("numerics", 0, kIntMax));
  receipt.pid = static_cast<long>(fields.integer("pid", 0, kAny));
  receipt.ranks = static_cast<int>(fields.integer("ranks", 1, kIntMax));
  receipt.threads = static_cast<int>(fields.integer("threads", 1, kIntMax));
  receipt.started = fields.text("started");
  receipt.finished = fields.text("finished");
  receipt.notes = fields.texts("notes");
  for (std::size_t i = 0; i < fields.array("products").size(); ++i)
    receipt.products.push_back(record_from(fields.element("products", i)));
  // Receipts had none at first.
  if (object.contains("configurations")) receipt.configurations = fields.texts("configurations");
  return receipt;
}

std::filesystem::path receipts_folder(const Campaign& campaign) {
  return campaign.state / "receipts";
}

std::filesystem::path receipts_archive(const Campaign& campaign) {
  return receipts_folder(campaign) / "archive";
}

bool is_receipt_name(std::string_view file_name) {
  return file_name.ends_with(".json") && !file_name.starts_with('.');
}

std::filesystem::path write_receipt(Disk& disk, const Campaign& campaign, const Receipt& receipt) {
  const std::string name = fmt::format("{}-{}-{}-{}-{:08x}.json", stage_name(receipt.stage),
                                       compact(utc_now()), receipt.host, receipt.pid, std::random_device{}());
  const std::filesystem::path path = receipts_folder(campaign) / name;
  Receipt written = receipt;
  for (const ProductRecord& record : receipt.products) {
    const std::optional<ProductId> id = product_named(campaign, record.product);
    if (!id) continue;
    std::string text = product_configuration(campaign, *id);
    if (digest_of(text) == record.configuration)
      written.configurations.emplace(record.configuration.hex(), std::move(text));
  }
  publish_text(disk, path, encode_receipt(written));
  return path;
}

std::string utc_now() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, milliseconds);
}

}  // namespace lenswright
