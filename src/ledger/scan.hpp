// scan.hpp: the completeness checker: which expected products are there and sound.
//
// Expected products come from the campaign, found files from one directory read per folder. Never throws for
// a bad file: that is a finding. A folder that cannot be read, or a root that is not ours, makes its products
// unknown.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/progress.hpp"
#include "campaign/product_id.hpp"
#include "io/disk.hpp"
#include "ledger/receipt_index.hpp"
#include "ledger/seen_files.hpp"
#include "ledger/state.hpp"

namespace lenswright {

class Staleness;

enum class Tier {
  quick,   // exists, exact size
  header,  // + both markers
  full,    // + all bytes: finite, in range, digest where a receipt has one
};
std::string_view tier_name(Tier tier);
std::optional<Tier> tier_from_name(std::string_view name);

// Which products a verb looks at; an empty list means all.
struct Selection {
  std::vector<Stage> stages{};
  std::vector<int> models{};        // indices
  std::vector<int> realizations{};  // zero-based
  std::vector<int> snapshots{};     // indices into the campaign's list; of mass planes and potentials only
  std::vector<int> planes{};        // zero-based mass planes (potentials: plane + 1)
  std::vector<int> runs{};          // one-based; of runs only
  bool contains(const Campaign& campaign, const ProductId& id) const;
  bool contains(Stage stage) const;
  bool whole_folders() const { return snapshots.empty() && planes.empty() && runs.empty(); }
};
// What has to be scanned to plan for `selection`: with everything that its products are made from.
Selection with_inputs(const Selection& selection);

class ScanResult {
 public:
  explicit ScanResult(const Campaign& campaign) : products_(campaign) {
    for (const ProductKind kind : kProductKinds)
      states_[static_cast<std::size_t>(kind)].assign(products_.count(kind), State::unknown);
  }
  const ProductSet& products() const { return products_; }
  State state(const ProductId& id) const {
    return states_[static_cast<std::size_t>(id.kind)][products_.position(id)];
  }
  void set(const ProductId& id, State state) {
    states_[static_cast<std::size_t>(id.kind)][products_.position(id)] = state;
  }
  // In product order, per stage: every product that is not complete (a run: one per bad file, and one for its
  // missing files), also where its whole folder is missing; then, without product: orphans, folders and roots
  // that cannot be read (whose products have no finding each), transforms.h5 if planes exist without a sound
  // one.
  std::vector<Finding> findings;
  std::vector<std::filesystem::path> dead_temporary_files;  // of writers that cannot be alive

 private:
  ProductSet products_;
  std::array<std::vector<State>, kProductKindCount> states_;
};

// Products that are looked at more closely than the rest of a scan: at tier full.
struct CloserLook {
  std::function<bool(const ProductId&)> wanted;
  // All of one (model, realization) of a stage have been looked at, with these findings.
  std::function<void(Stage stage, int model, int realization, std::span<const Finding> findings)> done;
};

// Products outside the selection are not looked at and stay unknown in the result. seen: files that it knows are not
// opened at tier header; it learns which were found sound. Where the disk bears it, several threads look.
ScanResult scan(const Campaign& campaign, Disk& disk, Tier tier, const Selection& selection,
                const ReceiptIndex& receipts, ProgressSink& progress, const CloserLook* closer = nullptr,
                SeenFiles* seen = nullptr);

// Those of `products` that are not complete, ascending. Reads each folder once, which for many products of few folders is much
// less than to look at each alone.
std::vector<ProductId> incomplete_products(const Campaign& campaign, Disk& disk,
                                           const std::vector<ProductId>& products, Tier tier);

// One product alone: a finding per damaged or mismatched file and one for the missing ones, so that all can
// be moved aside; empty if complete. A run with several bad files has the worst state: unknown, mismatched,
// corrupt, truncated, missing. staleness: what is stale is told from what is sound; null: nobody asks.
std::vector<Finding> check_product_files(const Campaign& campaign, Disk& disk, const ProductId& id, Tier tier,
                                         const ReceiptIndex& receipts, Staleness* staleness = nullptr);
// The same in one finding, the worst (what `why` asks); state complete has a sentence too.
Finding check_product(const Campaign& campaign, Disk& disk, const ProductId& id, Tier tier,
                      const ReceiptIndex& receipts, Staleness* staleness = nullptr);

}  // namespace lenswright
