#include "ledger/database/ledger_database.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "ledger/database/ledger_schema.hpp"
#include "ledger/database/ledger_statements.hpp"

namespace lenswright {

namespace {

Digest seal_of(const std::vector<ReceiptInput>& inputs) {
  std::string text;
  for (const ReceiptInput& input : inputs) text += fmt::format("{} {}\n", input.digest.hex(), input.name);
  return digest_of(text);
}

int open_flags(LedgerDatabase::Access access) {
  return access == LedgerDatabase::Access::read ? SQLite::OPEN_READONLY
                                                : SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE;
}

}  // namespace

std::filesystem::path ledger_file(const Campaign& campaign) {
  return campaign.state / "ledger.sqlite";
}

std::filesystem::path ledger_lease(const Campaign& campaign) {
  return campaign.state / "ledger.lock";
}

std::int64_t LedgerDatabase::Statements::input_set(const std::vector<ReceiptInput>& inputs) {
  const DigestBlob seal = blob_of(seal_of(inputs));
  const auto find = prepared(find_set, "SELECT id FROM input_sets WHERE seal = ?");
  find->bind(1, seal.data(), static_cast<int>(seal.size()));
  if (find->executeStep()) return find->getColumn(0).getInt64();
  const auto add = prepared(add_set, "INSERT INTO input_sets (seal) VALUES (?)");
  add->bind(1, seal.data(), static_cast<int>(seal.size()));
  add->exec();
  const std::int64_t set = database.getLastInsertRowid();
  for (std::size_t position = 0; position < inputs.size(); ++position) {
    const auto put = prepared(add_input, "INSERT INTO inputs VALUES (?, ?, ?, ?)");
    const DigestBlob digest = blob_of(inputs[position].digest);
    put->bind(1, set);
    put->bind(2, static_cast<std::int64_t>(position));
    put->bind(3, inputs[position].name);
    put->bind(4, digest.data(), static_cast<int>(digest.size()));
    put->exec();
  }
  return set;
}

void LedgerDatabase::Statements::put_files(std::int64_t product, const ProductRecord& record) {
  const std::size_t own = own_path(record.product).size();
  for (std::size_t position = 0; position < record.files.size(); ++position) {
    const ReceiptFile& of = record.files[position];
    const auto put = prepared(add_file, "INSERT INTO files VALUES (?, ?, ?, ?, ?)");
    const DigestBlob digest = blob_of(of.digest);
    put->bind(1, product);
    put->bind(2, static_cast<std::int64_t>(position));
    put->bind(3, of.path.substr(own));
    put->bind(4, static_cast<std::int64_t>(of.size));
    put->bind(5, digest.data(), static_cast<int>(digest.size()));
    put->exec();
  }
}

LedgerDatabase::LedgerDatabase(const std::filesystem::path& file, const std::string& campaign,
                               Access access) {
  try {
    statements_ = std::make_unique<Statements>(file, open_flags(access));
    Statements& s = *statements_;
    s.database.exec("PRAGMA foreign_keys = OFF");
    if (access == Access::write) {
      s.database.exec("PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA; PRAGMA cache_size = -65536");
      // Looked at and made within one transaction: two who come at the same time make it once.
      s.database.exec("BEGIN IMMEDIATE");
      if (s.count("SELECT count(*) FROM sqlite_master WHERE name = 'meta'") == 0) {
        s.database.exec(kLedgerTables);
        s.set_meta("schema", std::to_string(kLedgerSchema));
        s.set_meta("campaign", campaign);
        s.set_meta(kProductSeals, Digest{}.hex());
        s.set_meta(kReceiptSeals, Digest{}.hex());
      }
      s.database.exec("COMMIT");
    }
    if (const std::string found = s.meta("schema").value_or("none"); found != std::to_string(kLedgerSchema))
      throw FormatError(file, 0, fmt::format("a ledger of schema {}", kLedgerSchema), found);
    if (const std::string found = s.meta("campaign").value_or(""); found != campaign)
      throw FormatError(file, 0, fmt::format("the ledger of campaign \"{}\"", campaign),
                        fmt::format("that of \"{}\"", found));
  } catch (const SQLite::Exception& error) {
    fail(file, error);
  }
}

LedgerDatabase::~LedgerDatabase() = default;

void LedgerDatabase::begin() {
  Statements& s = *statements_;
  s.guarded([&] {
    s.database.exec("BEGIN IMMEDIATE");
    s.product_seals = s.seals(kProductSeals);
    s.receipt_seals = s.seals(kReceiptSeals);
  });
}

void LedgerDatabase::commit() {
  Statements& s = *statements_;
  s.guarded([&] {
    s.set_meta(kProductSeals, s.product_seals.hex());
    s.set_meta(kReceiptSeals, s.receipt_seals.hex());
    s.database.exec("COMMIT");
  });
}

std::optional<Digest> LedgerDatabase::merged(const std::string& receipt) const {
  Statements& s = *statements_;
  return s.guarded([&]() -> std::optional<Digest> {
    const auto find = s.prepared(s.find_receipt, "SELECT bytes FROM receipts WHERE name = ?");
    find->bind(1, receipt);
    if (!find->executeStep()) return std::nullopt;
    return digest_from(find->getColumn(0));
  });
}

std::size_t LedgerDatabase::add(const std::string& name, const Digest& bytes, const Receipt& receipt) {
  Statements& s = *statements_;
  return s.guarded([&] {
    const Digest seal = seal_of(name, bytes, receipt);
    const auto put =
        s.prepared(s.add_receipt,
                   "INSERT INTO receipts (name, bytes, stage, code_version, compiler, host, numerics, pid, "
                   "ranks, threads, "
                   "started, finished, notes, seal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    const DigestBlob bytes_blob = blob_of(bytes), seal_blob = blob_of(seal);
    put->bind(1, name);
    put->bind(2, bytes_blob.data(), static_cast<int>(bytes_blob.size()));
    put->bind(3, std::string(stage_name(receipt.stage)));
    put->bind(4, receipt.code_version);
    put->bind(5, receipt.compiler);
    put->bind(6, receipt.host);
    put->bind(7, receipt.numerics);
    put->bind(8, static_cast<std::int64_t>(receipt.pid));
    put->bind(9, receipt.ranks);
    put->bind(10, receipt.threads);
    put->bind(11, receipt.started);
    put->bind(12, receipt.finished);
    put->bind(13, notes_text(receipt));
    put->bind(14, seal_blob.data(), static_cast<int>(seal_blob.size()));
    put->exec();
    s.receipt_seals = plus(s.receipt_seals, seal);
    const std::int64_t receipt_id = s.database.getLastInsertRowid();

    std::size_t taken = 0;
    for (const ProductRecord& record : receipt.products) {
      KnownRecord known{record, receipt.finished, receipt.numerics, receipt.code_version, name};
      const auto find = s.prepared(
          s.find_product,
          "SELECT p.id, p.seal, r.finished, r.name FROM products p JOIN receipts r ON r.id = p.receipt "
          "WHERE p.name = ?");
      find->bind(1, record.product);
      const bool there = find->executeStep();
      if (there) {
        KnownRecord present;
        present.finished = find->getColumn(2).getString();
        present.receipt = find->getColumn(3).getString();
        if (newer(present, known)) continue;
      }
      const Digest product_seal = seal_of(known);
      const DigestBlob product_blob = blob_of(product_seal), configuration = blob_of(record.configuration);
      const std::int64_t set = s.input_set(record.inputs);
      std::int64_t product = 0;
      if (there) {
        product = find->getColumn(0).getInt64();
        s.product_seals = minus(s.product_seals, digest_from(find->getColumn(1)));
        const auto drop = s.prepared(s.drop_files, "DELETE FROM files WHERE product = ?");
        drop->bind(1, product);
        drop->exec();
      }
      const auto write =
          there
              ? s.prepared(s.change_product,
                           "UPDATE products SET configuration = ?2, receipt = ?3, input_set = ?4, seal = ?5 "
                           "WHERE name = ?1")
              : s.prepared(s.add_product,
                           "INSERT INTO products (name, configuration, receipt, input_set, seal) "
                           "VALUES (?1, ?2, ?3, ?4, ?5)");
      write->bind(1, record.product);
      write->bind(2, configuration.data(), static_cast<int>(configuration.size()));
      write->bind(3, receipt_id);
      write->bind(4, set);
      write->bind(5, product_blob.data(), static_cast<int>(product_blob.size()));
      write->exec();
      if (!there) product = s.database.getLastInsertRowid();
      s.put_files(product, record);
      s.product_seals = plus(s.product_seals, product_seal);
      ++taken;
    }
    return taken;
  });
}

void LedgerDatabase::add_event(const Digest& seal, const std::string& line) {
  Statements& s = *statements_;
  s.guarded([&] {
    const auto put = s.prepared(s.add_event, "INSERT OR IGNORE INTO events VALUES (?, ?)");
    const DigestBlob blob = blob_of(seal);
    put->bind(1, blob.data(), static_cast<int>(blob.size()));
    put->bind(2, line);
    put->exec();
  });
}

}  // namespace lenswright
