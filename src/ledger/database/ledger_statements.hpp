// ledger_statements.hpp: the open database behind LedgerDatabase, for its writing and its reading half.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ledger/database/ledger_database.hpp"

namespace lenswright {

inline constexpr const char* kProductSeals = "product seals";
inline constexpr const char* kReceiptSeals = "receipt seals";

using DigestBlob = std::array<unsigned char, 16>;  // big-endian, as the digits read
DigestBlob blob_of(const Digest& digest);
// A blob of another length is no digest that anything has: its seal will not fit.
Digest digest_from(const SQLite::Column& column);

// Sums of seals modulo 2^128: a row can be taken out of them again.
Digest plus(const Digest& a, const Digest& b);
Digest minus(const Digest& a, const Digest& b);
Digest seal_of(const KnownRecord& record);
Digest seal_of(const std::string& name, const Digest& bytes, const Receipt& receipt);
std::string notes_text(const Receipt& receipt);

std::string own_path(const std::string& product);  // below the stage's root

// Throws the Failure that says the same.
[[noreturn]] void fail(const std::filesystem::path& file, const SQLite::Exception& error);

inline constexpr int kBusyMilliseconds = 60'000;

struct LedgerDatabase::Statements {
  Statements(const std::filesystem::path& path, int flags)
      : file(path), database(path.string(), flags, kBusyMilliseconds) {}

  // The one place where SQLite's exceptions end.
  template <typename Body>
  auto guarded(const Body& body) const {
    try {
      return body();
    } catch (const SQLite::Exception& error) {
      fail(file, error);
    }
  }

  // Prepared once, reset after each use: a statement left in the middle of its rows would keep its lock.
  class Use {
   public:
    explicit Use(SQLite::Statement& statement) : statement_(statement) {}
    ~Use() { statement_.tryReset(); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    SQLite::Statement* operator->() const { return &statement_; }

   private:
    SQLite::Statement& statement_;
  };
  Use prepared(std::unique_ptr<SQLite::Statement>& statement, const char* text) {
    if (!statement) statement = std::make_unique<SQLite::Statement>(database, text);
    return Use(*statement);
  }

  std::optional<std::string> meta(const std::string& key) {
    SQLite::Statement query(database, "SELECT value FROM meta WHERE key = ?");
    query.bind(1, key);
    if (!query.executeStep()) return std::nullopt;
    return query.getColumn(0).getString();
  }
  void set_meta(const std::string& key, const std::string& value) {
    SQLite::Statement put(database, "INSERT OR REPLACE INTO meta VALUES (?, ?)");
    put.bind(1, key);
    put.bind(2, value);
    put.exec();
  }
  Digest seals(const char* key) { return Digest::from_hex(meta(key).value_or("")).value_or(Digest{}); }
  std::int64_t count(const char* query) { return database.execAndGet(query).getInt64(); }

  std::int64_t input_set(const std::vector<ReceiptInput>& inputs);
  const std::vector<ReceiptInput>& inputs_of(std::int64_t set);
  void put_files(std::int64_t product, const ProductRecord& record);

  std::filesystem::path file;
  SQLite::Database database;
  Digest product_seals, receipt_seals;                                       // within a transaction
  std::unordered_map<std::int64_t, std::vector<ReceiptInput>> known_inputs;  // of one reading
  std::unique_ptr<SQLite::Statement> find_receipt, add_receipt, find_product, add_product, change_product,
      drop_files, add_file, find_set, add_set, add_input, find_inputs, find_files, add_event;
};

}  // namespace lenswright
