// record_publishing.hpp: writes the record files that say what the ledger says.
#pragma once

#include <set>
#include <string>

#include "campaign/campaign.hpp"
#include "io/disk.hpp"
#include "ledger/database/ledger_database.hpp"

namespace lenswright {

// The text of one group's record file.
std::string records_of_group(const LedgerDatabase& ledger, const Campaign& campaign,
                             const std::string& group);
// Each whole and durable, over the one before; those that are as they should be stay.
void publish_records(Disk& disk, const Campaign& campaign, const LedgerDatabase& ledger,
                     const std::set<std::string>& groups);

}  // namespace lenswright
