// released.hpp: potentials that were let go because all that is made from them is there: which may be, and the records
// of those that were.
//
// Record: <state>/released/<time>-<random>.json, sealed, written and durable before the first potential goes; what it
//         tells of and is there all the same counts as what it is
// Throws: IoError
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "io/checksum.hpp"
#include "ledger/scan.hpp"

namespace lenswright {

// Potentials of one (model, realization).
struct ReleaseSet {
  int model = 0, realization = 0;
  std::vector<ProductId> potentials;  // that may go
  std::uint64_t bytes = 0;            // of those
  std::size_t kept = 0;               // that are there and have to stay
  std::string because;                // the first reason for that
};

// One per (model, realization) of the selection with potentials there. A potential may go if all runs of its
// realization are complete, and it can be made again as it was: its mass plane is complete, and its record says that
// today's numerics made it (include_unverified: that is not asked).
// REQUIRES: scan has looked at all that the selection's runs are made from.
std::vector<ReleaseSet> find_releasable(const Campaign& campaign, const ScanResult& scan,
                                        const ReceiptIndex& receipts, const Selection& selection,
                                        bool include_unverified);

struct ReleasedProduct {
  std::string name;  // product name
  std::uint64_t bytes = 0;
  std::optional<Digest> digest;  // as its receipt told; none: no receipt
};
struct ReleaseRecord {
  std::string when, who;
  std::vector<ReleasedProduct> products;
};

std::filesystem::path released_folder(const Campaign& campaign);
std::string encode_release(const Campaign& campaign, const ReleaseRecord& record);
// Throws FormatError, also for a record of another campaign.
ReleaseRecord decode_release(const Campaign& campaign, const std::filesystem::path& file,
                             const std::string& text);
// Of now, by whoever runs this program. Returns its file.
std::filesystem::path record_release(Disk& disk, const Campaign& campaign, const ReceiptIndex& receipts,
                                     const std::vector<ProductId>& potentials);

// What a record tells of goes: to the trash, or at once (now). Wherever it ends, all that is gone is told of, and what is
// left can be let go by the next call.
// REQUIRES: record_release() has told of these.
void let_go(Disk& disk, const Campaign& campaign, const ReceiptIndex& receipts,
            const std::vector<ProductId>& potentials, bool now, ProgressSink& progress);

struct ReleasedProducts {
  std::set<std::string, std::less<>> names;
  std::vector<Finding> problems;  // records that cannot be read: what they tell of counts as missing
  bool contains(std::string_view name) const { return names.contains(name); }
};
ReleasedProducts read_released(Disk& disk, const Campaign& campaign);

// Turns missing potentials of the selection that were released into State::released, without a finding.
void mark_released(const Campaign& campaign, Disk& disk, const Selection& selection, ScanResult& result);

}  // namespace lenswright
