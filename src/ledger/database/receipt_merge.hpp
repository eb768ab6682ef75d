// receipt_merge.hpp: takes the stages' receipts into the ledger, and makes the ledger again from them.
//
// Order:   receipts are read; one transaction; the record files; only then, all that durable, each merged receipt
//          moves to receipts/archive/. Death at any step leaves receipts that the next merge meets again, and
//          for which it does nothing but what was not done yet.
// Result:  the ledger follows from the set of receipts alone, whatever the order they came in: per product the
//          newest record (by its end, then by the receipt's name). A merge takes nothing away.
// Throws:  IoError, FormatError (a damaged ledger); a damaged receipt is a problem told of, and stays where it is.
// REQUIRES: the caller holds ledger_lease(campaign); `still_held` throws if it no longer does.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "campaign/campaign.hpp"
#include "io/disk.hpp"

namespace lenswright {

struct MergeOutcome {
  std::size_t receipts = 0;  // new to the ledger
  std::size_t records = 0;   // of products, new or newer than what it had
  std::size_t archived = 0;  // receipts moved to the archive
  bool rebuilt = false;      // the ledger was made anew, from the archive too
  std::vector<std::string> problems;
  bool changed() const { return receipts + archived > 0 || rebuilt; }
};

// Whether there is anything to merge: a receipt not archived, or archived ones without a ledger.
bool merge_is_due(Disk& disk, const Campaign& campaign);

MergeOutcome merge_receipts(Disk& disk, const Campaign& campaign, const std::function<void()>& still_held,
                            ProgressSink& progress);

// From all receipts, archived or not, and nothing else; takes the place of the ledger that is there, which moves to
// <state>/replaced/.
MergeOutcome rebuild_ledger(Disk& disk, const Campaign& campaign, const std::function<void()>& still_held,
                            ProgressSink& progress);

// What does not fit together, one sentence each: the ledger in itself, the record files against it, the archived
// receipts against it. Empty: all fits, or there is no ledger and nothing archived.
std::vector<std::string> check_ledger(Disk& disk, const Campaign& campaign, ProgressSink& progress);

}  // namespace lenswright
