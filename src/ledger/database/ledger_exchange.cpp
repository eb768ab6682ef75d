#include "ledger/database/ledger_exchange.hpp"

#include <fmt/format.h>

#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "base/error.hpp"
#include "io/atomic_writer.hpp"
#include "ledger/actor.hpp"
#include "ledger/receipt_index.hpp"
#include "ledger/sealed_json.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kExchangeSchema = 1;
constexpr const char* kFormat = "lenswright ledger";
constexpr std::int64_t kIntMax = std::numeric_limits<int>::max();

json json_of(const LedgerReceipt& receipt) {
  const Receipt& facts = receipt.facts;
  return {{"receipt", receipt.name},
          {"bytes", receipt.bytes.hex()},
          {"stage", stage_name(facts.stage)},
          {"code_version", facts.code_version},
          {"compiler", facts.compiler},
          {"host", facts.host},
          {"numerics", facts.numerics},
          {"pid", facts.pid},
          {"ranks", facts.ranks},
          {"threads", facts.threads},
          {"started", facts.started},
          {"finished", facts.finished},
          {"notes", facts.notes}};
}

json json_of(const KnownRecord& known) {
  json files = json::array(), inputs = json::array();
  for (const ReceiptFile& file : known.record.files)
    files.push_back({{"path", file.path}, {"size", file.size}, {"digest", file.digest.hex()}});
  for (const ReceiptInput& input : known.record.inputs)
    inputs.push_back({{"name", input.name}, {"digest", input.digest.hex()}});
  return {{"product", known.record.product},
          {"receipt", known.receipt},
          {"configuration", known.record.configuration.hex()},
          {"files", std::move(files)},
          {"inputs", std::move(inputs)}};
}

std::string dumped(const json& object, const fs::path& ledger) {
  try {
    return object.dump();
  } catch (const json::exception& error) {
    throw FormatError(
        ledger, 0, "text in UTF-8",
        fmt::format("{}: the ledger is damaged, make it again with `recovery ledger rebuild`", error.what()));
  }
}

std::string last_line(std::size_t receipts, std::size_t products, const Digest& before) {
  return json{{"receipts", receipts}, {"products", products}, {"checksum", before.hex()}}.dump() + "\n";
}

Receipt receipt_from(const JsonFields& fields, const std::string& campaign) {
  Receipt receipt;
  receipt.campaign = campaign;
  const std::optional<Stage> stage = stage_from_name(fields.text("stage"));
  if (!stage) fields.fail("stage", "a stage", fields.text("stage"));
  receipt.stage = *stage;
  receipt.code_version = fields.text("code_version");
  receipt.compiler = fields.text("compiler");
  receipt.host = fields.text("host");
  receipt.numerics = static_cast<int>(fields.integer("numerics", 0, kIntMax));
  receipt.pid = static_cast<long>(fields.integer("pid", 0, std::numeric_limits<std::int64_t>::max()));
  receipt.ranks = static_cast<int>(fields.integer("ranks", 1, kIntMax));
  receipt.threads = static_cast<int>(fields.integer("threads", 1, kIntMax));
  receipt.started = fields.text("started");
  receipt.finished = fields.text("finished");
  receipt.notes = fields.texts("notes");
  return receipt;
}

ProductRecord record_from(const JsonFields& fields) {
  ProductRecord record;
  record.product = fields.text("product");
  record.configuration = fields.digest("configuration");
  for (std::size_t i = 0; i < fields.array("files").size(); ++i) {
    const JsonFields file = fields.element("files", i);
    record.files.push_back({file.text("path"), file.size("size"), file.digest("digest")});
  }
  for (std::size_t i = 0; i < fields.array("inputs").size(); ++i) {
    const JsonFields input = fields.element("inputs", i);
    record.inputs.push_back({input.text("name"), input.digest("digest")});
  }
  return record;
}

// Receipts by name, with their products.
std::map<std::string, Receipt> read_exchange(const Campaign& campaign, const fs::path& path,
                                             const std::string& text) {
  const std::size_t last = text.size() < 2 ? std::string::npos : text.rfind('\n', text.size() - 2);
  if (last == std::string::npos || text.back() != '\n')
    throw FormatError(path, text.size(), "a last line with the checksum", "none: the export is torn");
  const std::string_view body(text.data(), last + 1);
  const auto refuse_end = [&] {
    throw FormatError(path, last + 1, "the counts and the checksum of all lines before",
                      "others or none: the export is torn or damaged");
  };
  const Digest digest = digest_of(body);
  if (text.find(digest.hex(), last) == std::string::npos) refuse_end();
  std::size_t products = 0;
  std::map<std::string, Receipt> receipts;
  bool head = true;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t line_end = body.find('\n', at);
    const json line = parse_json_object(path, std::string(body.substr(at, line_end - at)));
    at = line_end + 1;
    const JsonFields fields(path, line);
    if (head) {
      if (fields.text("format") != kFormat) fields.fail("format", kFormat, fields.text("format"));
      fields.integer("schema", 1, kExchangeSchema);
      if (fields.text("campaign") != campaign.name)
        fields.fail("campaign", fmt::format("\"{}\"", campaign.name), fields.text("campaign"));
      head = false;
    } else if (line.contains("product")) {
      const auto receipt = receipts.find(fields.text("receipt"));
      if (receipt == receipts.end())
        fields.fail("receipt", "one of the lines before", fields.text("receipt"));
      receipt->second.products.push_back(record_from(fields));
      ++products;
    } else {
      receipts.emplace(fields.text("receipt"), receipt_from(fields, campaign.name));
    }
  }
  if (std::string_view(text).substr(last + 1) != last_line(receipts.size(), products, digest)) refuse_end();
  return receipts;
}

// Empty: all its files are there, of the sizes it tells.
std::string not_there(Disk& disk, const Campaign& campaign, Stage stage, const ProductRecord& record) {
  if (!can_be_recorded(record) || !record.product.starts_with(fmt::format("{}/", stage_name(stage))))
    return "no product can have this name";
  const fs::path& root = stage_root(campaign, stage);
  if (root.empty()) return "the campaign has no such stage";
  for (const ReceiptFile& file : record.files) {
    const auto status = disk.status(root / file.path);
    if (!status) return fmt::format("{} is not there", (root / file.path).string());
    if (status->size != file.size)
      return fmt::format("{} has {} bytes, not {}", (root / file.path).string(), status->size, file.size);
  }
  return {};
}

}  // namespace

std::size_t export_ledger(const LedgerDatabase& ledger, const Campaign& campaign,
                          const std::function<void(std::string_view)>& write) {
  DigestStream digest;
  const fs::path file = ledger_file(campaign);
  const auto put = [&](const json& object) {
    const std::string line = dumped(object, file) + "\n";
    digest.add(std::as_bytes(std::span(line)));
    write(line);
  };
  std::size_t receipts = 0, products = 0;
  put({{"format", kFormat}, {"schema", kExchangeSchema}, {"campaign", campaign.name}});
  ledger.each_receipt([&](const LedgerReceipt& receipt) {
    put(json_of(receipt));
    ++receipts;
  });
  ledger.each_record("", [&](const KnownRecord& known) {
    put(json_of(known));
    ++products;
  });
  write(last_line(receipts, products, digest.digest()));
  return products;
}

ImportOutcome import_ledger(Disk& disk, const Campaign& campaign, const fs::path& path,
                            const std::string& text) {
  std::map<std::string, Receipt> receipts = read_exchange(campaign, path, text);
  const ReceiptIndex index = ReceiptIndex::load(disk, campaign);
  ImportOutcome outcome;
  std::vector<std::pair<fs::path, std::string>> written;
  for (auto& [name, receipt] : receipts) {
    std::vector<ProductRecord> news;
    for (ProductRecord& record : receipt.products) {
      if (const auto known = index.known(record.product); known && known->finished >= receipt.finished) {
        ++outcome.known;
      } else if (std::string why = not_there(disk, campaign, receipt.stage, record); !why.empty()) {
        outcome.left_out.push_back(fmt::format("{}: {}", record.product, why));
      } else {
        news.push_back(std::move(record));
      }
    }
    if (news.empty()) continue;
    outcome.taken += news.size();
    receipt.products = std::move(news);
    receipt.notes["imported_from"] = name;
    std::string encoded = encode_receipt(receipt);
    // The name follows from the content: the same import twice is one receipt.
    const std::string file =
        fmt::format("{}-imported-{}.json", stage_name(receipt.stage), digest_of(encoded).hex());
    if (!disk.status(receipts_archive(campaign) / file))
      written.emplace_back(receipts_folder(campaign) / file, std::move(encoded));
  }
  for (const auto& [file, encoded] : written) publish_text(disk, file, encoded);
  return outcome;
}

void require_importable(const Campaign& campaign, const fs::path& path, const std::string& text) {
  read_exchange(campaign, path, text);
}

fs::path set_ledger_aside(Disk& disk, const Campaign& campaign) {
  const fs::path folder = campaign.state / "replaced" / compact_time(utc_now());
  disk.create_directories(folder);
  const fs::path ledger = ledger_file(campaign);
  // The ledger goes last: as long as it is there, nothing takes the archive for one without a ledger. Its journal,
  // which belongs to it, before it: beside another ledger it would be played back into that.
  for (const fs::path& from :
       {receipts_folder(campaign), records_folder(campaign), fs::path(ledger.string() + "-journal"), ledger})
    if (disk.status(from)) disk.rename(from, folder / from.filename());
  disk.sync_directory(folder);
  disk.sync_directory(campaign.state);
  return folder;
}

}  // namespace lenswright
