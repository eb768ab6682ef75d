// restored_record.hpp: what comes back from the trash gets its record back: a new receipt with what the old one says,
// since the newest record of a product is the one that is believed.
//
// Only where the bytes are those that the old receipt tells of; else the product stands as any with other bytes.
// Note:   provenance "restored from the trash"; code, compiler and numerics are those of the run that made it
// Throws: IoError
#pragma once

#include "ledger/receipt_index.hpp"
#include "ledger/trash_entries.hpp"

namespace lenswright {

// Call it before the entry is put back: a crash in between is made good by putting it back again. Returns whether a
// receipt was written; not where the newest record is that one already.
bool record_restored(Disk& disk, const Campaign& campaign, const ReceiptIndex& receipts,
                     const TrashEntry& entry);

// File name of the receipt that tells of what lies in the entry's place now; empty: none.
std::string receipt_in_place(const Campaign& campaign, const ReceiptIndex& receipts, const TrashEntry& entry);

}  // namespace lenswright
