#include "run/damaged_files.hpp"

#include <optional>
#include <utility>

#include "campaign/product_path.hpp"
#include "ledger/staleness.hpp"
#include "ledger/trash.hpp"

namespace lenswright {

DamagedFiles::DamagedFiles(Disk& disk, const Campaign& campaign, const ReceiptIndex& receipts, Tier tier,
                           const Plan& plan)
    : disk_(disk), campaign_(campaign), receipts_(receipts), tier_(tier) {
  for (const Finding& move : plan.moves)
    if (move.product && move.state == State::stale)
      stale_.insert(*move.product);
    else if (move.product)
      planned_[*move.product].insert(move.path);
}

// As a whole: maps of two configurations are never left side by side.
std::size_t DamagedFiles::move_stale(const ProductId& product, const ReceiptIndex& now,
                                     Staleness& staleness) {
  if (!disk_.entry_status(absolute_path(campaign_, product))) return 0;
  const std::string because = staleness.because(product);
  if (because.empty()) return 0;
  const std::optional<KnownOrigin> origin = now.origin(product_name(campaign_, product));
  move_to_trash(disk_, campaign_, stage_of(product.kind), relative_path(campaign_, product), because,
                origin ? std::string(origin->receipt) : std::string());
  return 1;
}

std::size_t DamagedFiles::move_aside(const PlannedTask& task) {
  std::size_t moved = 0;
  // Read when first needed: what a task is made from may have been made anew by now, with the same bytes as before.
  std::optional<ReceiptIndex> now;
  std::optional<Staleness> staleness;
  for (const ProductId& product : task.task.products) {
    if (stale_.contains(product)) {
      if (!now) now = ReceiptIndex::load(disk_, campaign_);
      if (!staleness) staleness.emplace(campaign_, disk_, *now);
      moved += move_stale(product, *now, *staleness);
    }
    const auto planned = planned_.find(product);
    if (planned == planned_.end()) continue;
    const Stage stage = stage_of(product.kind);
    for (const Finding& found : check_product_files(campaign_, disk_, product, tier_, receipts_)) {
      const bool damaged = found.state == State::truncated || found.state == State::corrupt ||
                           found.state == State::mismatched;
      if (!damaged || !planned->second.contains(found.path)) continue;
      const std::filesystem::path below =
          std::filesystem::path(found.path).lexically_relative(stage_root(campaign_, stage));
      move_to_trash(disk_, campaign_, stage, below.generic_string(), found.because);
      ++moved;
    }
  }
  return moved;
}

}  // namespace lenswright
