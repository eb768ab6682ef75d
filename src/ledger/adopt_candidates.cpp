#include "ledger/adopt_candidates.hpp"

#include <algorithm>
#include <optional>

#include "io/folder_tree.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

bool is_hidden(const std::string& path) {
  return path.starts_with('.') || path.find("/.") != std::string::npos;
}

struct Match {
  ProductId id;
  ProductFile file;
};

// Mass planes and potentials have the same names: the size tells them apart.
std::optional<Match> match(const Campaign& campaign, const std::string& below, std::uint64_t size,
                           const Selection& selection) {
  std::optional<Match> found;
  for (const Stage stage : stages_of(campaign)) {
    const std::optional<ProductId> id = product_at(campaign, stage, below);
    if (!id || !selection.contains(campaign, *id)) continue;
    for (const ProductFile& file : product_files(campaign, *id)) {
      if (file.path != below) continue;
      if (!file.size || *file.size == size) return Match{*id, file};
      if (!found) found = Match{*id, file};
    }
  }
  return found;
}

}  // namespace

AdoptCandidates adopt_candidates(Disk& disk, const Campaign& campaign, const fs::path& tree,
                                 const Selection& selection) {
  AdoptCandidates candidates;
  for (const TreeFile& entry : files_below(disk, tree)) {
    if (is_hidden(entry.path)) continue;
    const fs::path source = entry.path.empty() ? tree : tree / entry.path;
    // The tree may begin anywhere on the way: at a root, a model, a realization.
    const std::vector<fs::path> parts(source.begin(), source.end());
    std::optional<Match> found;
    fs::path root;
    for (std::size_t first = 0; first < parts.size() && !found; ++first) {
      if (first > 0) root /= parts[first - 1];
      if (!campaign.model_index(parts[first].string())) continue;
      fs::path below;
      for (std::size_t i = first; i < parts.size(); ++i) below /= parts[i];
      found = match(campaign, below.generic_string(), entry.status.size, selection);
    }
    if (!found) {
      if (source.filename() != kTransformsFile)
        candidates.others.emplace_back(source, "its path does not end as that of a product of the campaign");
      continue;
    }
    std::vector<AdoptCandidate>& files = candidates.products[found->id];
    const bool twice = std::any_of(files.begin(), files.end(), [&](const AdoptCandidate& other) {
      return other.file.path == found->file.path;
    });
    if (twice)
      candidates.others.emplace_back(source, "another file of the tree comes first for the same product");
    else
      files.push_back({source, entry.status, found->file, root});
  }
  return candidates;
}

}  // namespace lenswright
