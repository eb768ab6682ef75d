#include "run/damaged_files.hpp"

#include <utility>

#include "campaign/product_path.hpp"
#include "ledger/trash.hpp"

namespace lenswright {

DamagedFiles::DamagedFiles(Disk& disk, const Campaign& campaign, const ReceiptIndex& receipts, Tier tier,
                           const Plan& plan)
    : disk_(disk), campaign_(campaign), receipts_(receipts), tier_(tier) {
  for (const Finding& move : plan.moves)
    if (move.product) planned_[*move.product].insert(move.path);
}

std::size_t DamagedFiles::move_aside(const PlannedTask& task) {
  std::size_t moved = 0;
  for (const ProductId& product : task.task.products) {
    const auto planned = planned_.find(product);
    if (planned == planned_.end()) continue;
    const Stage stage = stage_of(product.kind);
    for (const Finding& now : check_product_files(campaign_, disk_, product, tier_, receipts_)) {
      const bool damaged =
          now.state == State::truncated || now.state == State::corrupt || now.state == State::mismatched;
      if (!damaged || !planned->second.contains(now.path)) continue;
      const std::filesystem::path below =
          std::filesystem::path(now.path).lexically_relative(stage_root(campaign_, stage));
      move_to_trash(disk_, campaign_, stage, below.generic_string(), now.because);
      ++moved;
    }
  }
  return moved;
}

}  // namespace lenswright
