// damaged_files.hpp: moves what lies in the way of a task into the trash, right before the task runs.
//
// Each product is looked at again first: between planning and running a file may have become whole, and what
// is whole is never moved, nor the sound maps of a run beside a damaged one. What is stale moves as a whole, if it still
// is: what it is made from may have come out the same.
#pragma once

#include <map>
#include <set>
#include <string>

#include "io/disk.hpp"
#include "ledger/receipt.hpp"
#include "plan/plan.hpp"

namespace lenswright {

class DamagedFiles {
 public:
  // All must outlive this; `tier` is the one that found the damage.
  DamagedFiles(Disk& disk, const Campaign& campaign, const ReceiptIndex& receipts, Tier tier,
               const Plan& plan);
  // Returns how many files were moved aside. Throws IoError, InputError.
  std::size_t move_aside(const PlannedTask& task);

 private:
  std::size_t move_stale(const ProductId& product, const ReceiptIndex& now, Staleness& staleness);

  Disk& disk_;
  const Campaign& campaign_;
  const ReceiptIndex& receipts_;
  Tier tier_;
  std::map<ProductId, std::set<std::string>> planned_;  // absolute paths
  std::set<ProductId> stale_;
};

}  // namespace lenswright
