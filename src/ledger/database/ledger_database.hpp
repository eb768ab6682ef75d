// ledger_database.hpp: <state>/ledger.sqlite: its tables, and reading and writing them; the only user of SQLite.
//
// Tables:  meta (schema, campaign, sums of seals), receipts (who made what, when, with which code), products (the
//          newest record of each), files, input_sets and inputs (shared by all products made from the same),
//          events (the event log's lines); view jobs. Times UTC, digests XXH3-128 as 16 bytes.
// Seals:   each receipt and each product carries a digest of its own facts, and meta the sum of all, so that a
//          changed, lost or added row is noticed by check().
// Durable: rollback journal, synchronous = EXTRA: committed is on disk, name and all
// Throws:  IoError (disk, lock, rights), FormatError (no ledger, damaged, of another campaign)
// REQUIRES of a writer: it holds the lease ledger.lock. SQLite's own locks protect within one machine only.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/checksum.hpp"
#include "ledger/receipt.hpp"
#include "ledger/record_file.hpp"

namespace lenswright {

std::filesystem::path ledger_file(const Campaign& campaign);   // <state>/ledger.sqlite
std::filesystem::path ledger_lease(const Campaign& campaign);  // <state>/ledger.lock

// A receipt as the ledger keeps it: without its products, which have their own rows.
struct LedgerReceipt {
  std::string name;  // of its file
  Digest bytes;      // of the whole file
  Receipt facts;     // products left empty
};

class LedgerDatabase {
 public:
  enum class Access { read, write };  // write: made if it is not there
  LedgerDatabase(const std::filesystem::path& file, const std::string& campaign, Access access);
  ~LedgerDatabase();
  LedgerDatabase(const LedgerDatabase&) = delete;
  LedgerDatabase& operator=(const LedgerDatabase&) = delete;

  void begin();
  void commit();  // durable when it returns; what is not committed is as if it had not been

  // The digest of a merged receipt's bytes; none: not merged.
  std::optional<Digest> merged(const std::string& receipt) const;
  // Takes in a receipt and those of its records that are newer than what is there. Returns how many were.
  // REQUIRES: not merged() yet; every record can_be_recorded().
  std::size_t add(const std::string& name, const Digest& bytes, const Receipt& receipt);
  void add_event(const Digest& seal, const std::string& line);  // nothing happens if it is there

  std::size_t products() const;
  std::size_t files() const;
  std::size_t receipts() const;
  std::vector<std::string> groups() const;  // of the record files
  // In the order of names. An empty group: all.
  void each_record(const std::string& group, const std::function<void(const KnownRecord&)>& take) const;
  void each_receipt(const std::function<void(const LedgerReceipt&)>& take) const;

  // What is wrong with it, one sentence each: SQLite's own check, every seal, and their sums.
  std::vector<std::string> check() const;

 private:
  struct Statements;
  std::unique_ptr<Statements> statements_;
};

}  // namespace lenswright
