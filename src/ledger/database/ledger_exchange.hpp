// ledger_exchange.hpp: the ledger as JSON lines, out and in again.
//
// Lines:   a head (format, schema, campaign); one per receipt, without its products; one per product, with the name of
//          its receipt; last the counts and the XXH3-128 of all before. A file without a fitting last line is torn.
// Import:  writes what is news as receipts into receipts/, so that the ledger goes on to follow from receipts alone;
//          the next merge takes them in. Nothing that is known is changed or removed, however little the file tells.
// Throws:  IoError, FormatError (torn, damaged, of another campaign); nothing has been written then
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "campaign/campaign.hpp"
#include "io/disk.hpp"
#include "ledger/database/ledger_database.hpp"

namespace lenswright {

// `write` gets the text piece by piece. Returns the number of products.
std::size_t export_ledger(const LedgerDatabase& ledger, const Campaign& campaign,
                          const std::function<void(std::string_view)>& write);

struct ImportOutcome {
  std::size_t taken = 0;                // records written as receipts
  std::size_t known = 0;                // the same or a newer one is there
  std::vector<std::string> left_out{};  // a sentence each: no such product, or not of that size
};
// `path` is for messages. An entry whose product is not there, with all its files of their sizes, is left out.
ImportOutcome import_ledger(Disk& disk, const Campaign& campaign, const std::filesystem::path& path,
                            const std::string& text);

// Throws as import_ledger() would, and writes nothing.
void require_importable(const Campaign& campaign, const std::filesystem::path& path, const std::string& text);

// Ledger, record files and receipts move to <state>/replaced/<time>/; returns that folder. For an import that is to
// hold alone.
std::filesystem::path set_ledger_aside(Disk& disk, const Campaign& campaign);

}  // namespace lenswright
