// ledger_merge.hpp: the ledger's lease, and the merge that verbs make by the way.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "ledger/database/receipt_merge.hpp"
#include "run/lease.hpp"

namespace lenswright {

// Held while the ledger is written. Throws InputError if another one still has it after `patience`.
class LedgerLease {
 public:
  LedgerLease(Disk& disk, const Campaign& campaign, std::chrono::milliseconds patience);
  std::function<void()> still_held() const {
    return [this] { lease_.require_held(); };
  }

 private:
  Lease lease_;
};

// Takes in the receipts that stages have left since, where this user may write to the state folder and nobody else is at
// it; where not, nothing is lost: verbs read receipts that are not merged as well. Returns why not, or nothing.
std::string merge_by_the_way(Disk& disk, const Campaign& campaign, ProgressSink& progress);

// check_ledger() while nobody merges, where this user may take the lease.
std::vector<std::string> check_ledger_at_rest(Disk& disk, const Campaign& campaign, ProgressSink& progress);

}  // namespace lenswright
