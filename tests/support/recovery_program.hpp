// recovery_program.hpp: the program recovery run on a small tree, as a user would.
#pragma once

#include <fmt/format.h>

#include <string>

#include "small_tree.hpp"

namespace lenswright::test {

inline CommandOutcome recovery(const SmallTree& tree, const std::string& arguments) {
  return run_command(fmt::format("cd '{}' && '{}' {} --config campaign.yaml", (tree / "").string(),
                                 program("recovery").string(), arguments));
}

// Files where snapshots and catalogues should be: recovery looks at names only.
inline void put_input_names(const SmallTree& tree) {
  for (const int snapshot : tree.campaign().snapshots) {
    for (const auto& simulation : {tree.campaign().input.dmo, tree.campaign().input.hydro}) {
      write_file(simulation / fmt::format("snapdir_{0:03}/snap_{0:03}.0.hdf5", snapshot), "");
      write_file(simulation / fmt::format("groups_{0:03}/fof_subhalo_tab_{0:03}.0.hdf5", snapshot), "");
    }
  }
}

}  // namespace lenswright::test
