// adopt.hpp: takes in products that were made elsewhere or by other codes: every byte checked, then a receipt that
// says so.
//
// In place:  what lies where it should, sound and without a receipt
// From a tree: files whose path ends as a product's does ({model}/LP_rr/lenspot12.dat) and whose size fits, copied
//            or hard-linked to their place; what lies in its place already is never overwritten
// Receipt:   notes provenance "adopted", adopted_by, adopted_from, adopted_way; numerics version 0, code version
//            "unknown (adopted)", no inputs: what made them is not known. Their configuration counts as the
//            campaign's: that is what whoever adopts them vouches for.
// Throws:    InputError (roots, the tree), IoError, StopRequested; a product that cannot be adopted is a decision,
//            not an error
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/progress.hpp"
#include "campaign/product_id.hpp"
#include "io/disk.hpp"
#include "ledger/scan.hpp"

namespace lenswright {

enum class AdoptWay { copy, link };

struct AdoptRequest {
  std::optional<std::filesystem::path> from;  // none: in place
  std::optional<AdoptWay> way;                // none: nothing is brought here
  bool dry_run = false;
  Selection selection{};
};

struct AdoptDecision {
  enum class What {
    adopted,    // or would be, in a dry run
    known,      // complete here, with a receipt, already
    refused,    // with the reason
    no_product  // a file of the tree that is none of the campaign's
  };
  What what = What::refused;
  std::string name;     // of the product, or path of the file
  std::string because;  // one sentence
};

struct AdoptCounts {
  std::uint64_t adopted = 0, known = 0, refused = 0, no_product = 0;
  std::uint64_t bytes = 0;  // of what was adopted
};

// Tells every decision, in product order, files that are no products last.
AdoptCounts adopt(Disk& disk, const Campaign& campaign, const AdoptRequest& request,
                  const std::function<void(const AdoptDecision&)>& tell, ProgressSink& progress);

}  // namespace lenswright
