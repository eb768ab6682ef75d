// tree_inventory.hpp: what lies below a root that is not (yet) the campaign's, by names and sizes alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "campaign/campaign.hpp"
#include "io/disk.hpp"

namespace lenswright {

struct TreeInventory {
  std::int64_t expected = 0;          // files of the campaign's products, of the size that they should have
  std::int64_t other_size = 0;        // files of the campaign's products, of another size
  std::int64_t orphans = 0;           // files that the campaign does not expect
  std::vector<std::string> examples;  // the first of those of other size and of the orphans
  bool empty() const { return expected + other_size + orphans == 0; }
};

// Symbolic links are not followed. Throws IoError.
TreeInventory take_inventory(Disk& disk, const Campaign& campaign, Stage stage, ProgressSink& progress);

}  // namespace lenswright
