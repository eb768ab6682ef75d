#include "ledger/database/ledger_statements.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace lenswright {

DigestBlob blob_of(const Digest& digest) {
  DigestBlob blob{};
  for (std::size_t i = 0; i < 8; ++i) {
    blob[i] = static_cast<unsigned char>(digest.high >> (56 - 8 * i));
    blob[8 + i] = static_cast<unsigned char>(digest.low >> (56 - 8 * i));
  }
  return blob;
}

Digest digest_from(const SQLite::Column& column) {
  Digest digest;
  if (column.getBytes() != static_cast<int>(DigestBlob{}.size())) return digest;
  const auto* bytes = static_cast<const unsigned char*>(column.getBlob());
  for (std::size_t i = 0; i < 8; ++i) {
    digest.high = digest.high << 8 | bytes[i];
    digest.low = digest.low << 8 | bytes[8 + i];
  }
  return digest;
}

Digest plus(const Digest& a, const Digest& b) {
  Digest sum{a.high + b.high, a.low + b.low};
  if (sum.low < a.low) ++sum.high;
  return sum;
}

Digest minus(const Digest& a, const Digest& b) {
  return {a.high - b.high - (a.low < b.low ? 1 : 0), a.low - b.low};
}

Digest seal_of(const KnownRecord& record) {
  return digest_of(canonical_text(record));
}

std::string notes_text(const Receipt& receipt) {
  return nlohmann::json(receipt.notes).dump();
}

Digest seal_of(const std::string& name, const Digest& bytes, const Receipt& receipt) {
  return digest_of(fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", name, bytes.hex(),
                               stage_name(receipt.stage), receipt.code_version, receipt.compiler,
                               receipt.host, receipt.numerics, receipt.pid, receipt.ranks, receipt.threads,
                               receipt.started, receipt.finished, notes_text(receipt)));
}

std::string own_path(const std::string& product) {
  return product.substr(product.find('/') + 1);
}

[[noreturn]] void fail(const std::filesystem::path& file, const SQLite::Exception& error) {
  switch (error.getErrorCode()) {
    case SQLITE_FULL:
      throw IoError(file, fmt::format("write the ledger ({})", error.what()), ENOSPC);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw IoError(file, "use the ledger: another program holds it; run again", EBUSY);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      throw IoError(file, fmt::format("write the ledger ({})", error.what()), EACCES);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      throw IoError(file, fmt::format("use the ledger ({})", error.what()), EIO);
    default:
      throw FormatError(
          file, 0, "a sound ledger",
          fmt::format("{}: make it again from the receipts with `recovery ledger rebuild`", error.what()));
  }
}

}  // namespace lenswright
