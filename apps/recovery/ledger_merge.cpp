#include "ledger_merge.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <optional>

#include "audit.hpp"
#include "base/error.hpp"
#include "ledger/database/ledger_database.hpp"

namespace lenswright {

namespace {

// A merge of all receipts of a large campaign takes less; who only looks waits no longer.
constexpr std::chrono::seconds kPatienceByTheWay{10};
constexpr std::chrono::minutes kPatienceToCheck{2};

}  // namespace

LedgerLease::LedgerLease(Disk& disk, const Campaign& campaign, std::chrono::milliseconds patience)
    : lease_(disk, ledger_lease(campaign), {.doing = "is writing the ledger", .patience = patience}) {}

std::string merge_by_the_way(Disk& disk, const Campaign& campaign, ProgressSink& progress) {
  try {
    if (access(campaign.state.c_str(), W_OK) != 0 || !merge_is_due(disk, campaign)) return {};
    const LedgerLease lease(disk, campaign, kPatienceByTheWay);
    const MergeOutcome outcome = merge_receipts(disk, campaign, lease.still_held(), progress);
    if (outcome.receipts > 0)
      audit_aside(campaign, fmt::format("merged {} receipts into the ledger: {} products", outcome.receipts,
                                        outcome.records));
    return {};  // damaged receipts are told of by whoever looks up in them
  } catch (const StopRequested&) {
    throw;
  } catch (const Failure& failure) {
    return fmt::format("the receipts are not merged into the ledger: {}", failure.what());
  }
}

std::vector<std::string> check_ledger_at_rest(Disk& disk, const Campaign& campaign, ProgressSink& progress) {
  // In the middle of a merge the ledger is ahead of its record files.
  std::optional<LedgerLease> lease;
  if (access(campaign.state.c_str(), W_OK) == 0) lease.emplace(disk, campaign, kPatienceToCheck);
  return check_ledger(disk, campaign, progress);
}

}  // namespace lenswright
