// adopt_candidates.hpp: which files of a tree could be files of which products, by their paths and sizes.
//
// Throws: IoError
#pragma once

#include <map>
#include <string>
#include <vector>

#include "campaign/product_path.hpp"
#include "io/disk.hpp"
#include "ledger/scan.hpp"

namespace lenswright {

struct AdoptCandidate {
  std::filesystem::path source;
  FileStatus status;
  ProductFile file;            // what it would be
  std::filesystem::path root;  // of its tree: the source without the file's path below its root
};

struct AdoptCandidates {
  std::map<ProductId, std::vector<AdoptCandidate>> products;
  std::vector<std::pair<std::filesystem::path, std::string>> others;  // and why they are none
};

// Hidden files and folders (trash, markers, temporary files) are passed over; symbolic links are not followed.
AdoptCandidates adopt_candidates(Disk& disk, const Campaign& campaign, const std::filesystem::path& tree,
                                 const Selection& selection);

}  // namespace lenswright
