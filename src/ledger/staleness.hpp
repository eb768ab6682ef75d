// staleness.hpp: whether a product was made from what the campaign says and holds now, by its record alone.
//
// Stale:   its record names another configuration, an input whose newest record has other bytes, another transform
//          than holds, simulation files of other names or sizes; or something that it is made from is stale.
// Not:     a matter of file times. A product without a record says nothing of itself; where its input is stale it is
//          stale too.
// Reads:   records, transforms.h5, the names and sizes of simulation files; no product
// One thread at a time.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "campaign/product_id.hpp"
#include "io/disk.hpp"
#include "ledger/receipt_index.hpp"
#include "ledger/scan.hpp"

namespace lenswright {

class Staleness {
 public:
  // All must outlive this.
  Staleness(const Campaign& campaign, Disk& disk, const ReceiptIndex& receipts);
  bool stale(const ProductId& id);
  // One sentence, down to what changed first; empty: not stale.
  std::string because(const ProductId& id);
  // The first of what it is made from that is stale, and has changed itself; the product itself, if that has.
  std::optional<ProductId> root_cause(const ProductId& id);

 private:
  enum class Verdict : std::uint8_t { not_asked, fresh, stale };
  struct Changed {  // an input with other bytes than the record names
    ReceiptInput input;
    Digest now;
  };
  Verdict& verdict(const ProductId& id);
  bool judge(const ProductId& id);
  bool configuration_differs(const ProductId& id, const KnownOrigin& origin);
  const Digest& configuration_now(const ProductId& id);
  std::optional<Changed> changed_input(const InputList& inputs);
  std::optional<Digest> digest_now(const std::string& input);
  std::optional<Digest> product_digest_now(const std::string& input) const;
  std::optional<ProductId> stale_input(const ProductId& id);
  void settle_transforms();
  std::string configuration_sentence(const ProductId& id, const KnownOrigin& origin);
  std::string input_sentence(const Changed& changed) const;

  const Campaign& campaign_;
  Disk& disk_;
  const ReceiptIndex& receipts_;
  ProductSet products_;
  std::array<std::vector<Verdict>, kProductKindCount> verdicts_;
  std::map<ProductId, Digest> configurations_;                        // by configuration_twin
  std::unordered_map<const void*, std::optional<Changed>> lists_;     // by identity; of more than one input
  std::map<std::string, std::optional<Digest>, std::less<>> inputs_;  // transforms and simulation files
  bool settled_ = false;
  std::map<std::pair<int, int>, std::optional<ProductId>> stale_input_of_runs_;
  // By digest then and now: whether all that differs is which maps are kept, and what differs in words.
  struct Difference {
    bool harmless = false;
    std::string words;
  };
  const Difference& difference(const ProductId& id, const KnownOrigin& origin);
  std::map<std::pair<std::string, std::string>, Difference> differences_;
};

// Turns every product of the selection that is there, wholly or in part, and stale, into State::stale with a finding in
// the place of its others. A single damaged file is damaged first: it is to be made again anyway.
void mark_stale(const Campaign& campaign, Disk& disk, const Selection& selection, Staleness& staleness,
                ScanResult& result);
// The same for one product's findings (empty: complete) of check_product_files().
void mark_stale(const Campaign& campaign, Disk& disk, const ProductId& id, Staleness& staleness,
                std::vector<Finding>& findings);

}  // namespace lenswright
