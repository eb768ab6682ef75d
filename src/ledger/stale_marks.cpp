// mark_stale(), declared in staleness.hpp: what a scan found, with what is stale told apart from what is sound.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "campaign/product_path.hpp"
#include "ledger/staleness.hpp"

namespace lenswright {

namespace {

// Whether any file of it is there.
bool partly_there(const Campaign& campaign, Disk& disk, const ProductId& id) {
  const std::vector<ProductFile> files = product_files(campaign, id);
  const std::filesystem::path& root = stage_root(campaign, stage_of(id.kind));
  return files.size() > 1 && std::any_of(files.begin(), files.end(), [&](const ProductFile& file) {
           return disk.entry_status(root / file.path).has_value();
         });
}

// Whether being stale says more of a product than the state it was found in.
bool stale_comes_first(const Campaign& campaign, Disk& disk, const ProductId& id, State state) {
  switch (state) {
    case State::complete:
      return true;
    case State::mismatched:
      // config.dat of another light cone is what the campaign asked for then.
      return id.kind == ProductKind::geometry;
    case State::missing:
    case State::truncated:
    case State::corrupt:
      // What is missing of it must not be made beside maps of another configuration.
      return partly_there(campaign, disk, id);
    default:
      return false;
  }
}

Finding stale_finding(const Campaign& campaign, const ProductId& id, State state, Staleness& staleness) {
  std::string because = staleness.because(id);
  if (state != State::complete && state != State::mismatched)
    because += "; and some of its files are not whole";
  return {State::stale, stage_of(id.kind), id, absolute_path(campaign, id).string(), std::move(because)};
}

}  // namespace

void mark_stale(const Campaign& campaign, Disk& disk, const Selection& selection, Staleness& staleness,
                ScanResult& result) {
  std::set<ProductId> replaced;
  std::vector<Finding> found;
  const ProductSet& products = result.products();
  for (const ProductKind kind : kProductKinds)
    for (std::size_t position = 0; position < products.count(kind); ++position) {
      const ProductId id = products.at(kind, position);
      const State state = result.state(id);
      if (state == State::unknown || !selection.contains(campaign, id) || !staleness.stale(id) ||
          !stale_comes_first(campaign, disk, id, state))
        continue;
      if (state != State::complete) replaced.insert(id);
      found.push_back(stale_finding(campaign, id, state, staleness));
      result.set(id, State::stale);
    }
  if (found.empty()) return;
  std::erase_if(result.findings, [&](const Finding& finding) {
    return finding.product && replaced.contains(*finding.product);
  });
  std::move(found.begin(), found.end(), std::back_inserter(result.findings));
}

void mark_stale(const Campaign& campaign, Disk& disk, const ProductId& id, Staleness& staleness,
                std::vector<Finding>& findings) {
  const State state = findings.empty() ? State::complete : findings.front().state;
  if (state == State::unknown || !staleness.stale(id) || !stale_comes_first(campaign, disk, id, state))
    return;
  findings = {stale_finding(campaign, id, state, staleness)};
}

}  // namespace lenswright
