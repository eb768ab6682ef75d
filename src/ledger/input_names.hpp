// input_names.hpp: the names that receipts know the inputs of mass planes by. Products are known by their own.
//
// "dmo/snapshot 96"          the particles read (an order-independent sum over chunks)
// "dmo/snapshot 96 files"    names and sizes of its files: simulation_files_print()
// "dmo/halos 96", "dmo/halos 96 files"   likewise of the catalogue or the matches
// "transform of realization 3, snapshot 96"   transform_digest()
#pragma once

#include <optional>
#include <string>

#include "campaign/product_graph.hpp"
#include "io/checksum.hpp"

namespace lenswright {

std::string snapshot_input(const Campaign& campaign, Simulation simulation, int snapshot_index);
std::string halos_input(const Campaign& campaign, int snapshot_index);
std::string transform_input(const Campaign& campaign, int realization, int snapshot_index);
std::string files_input(const std::string& input);  // of a snapshot or of halos

// What folders tell of the files without opening them: their names and sizes, nothing that touching, copying or
// moving them changes. None: they cannot be seen.
std::optional<Digest> snapshot_files_print(const Campaign& campaign, Simulation simulation,
                                           int snapshot_index);
std::optional<Digest> halo_files_print(const Campaign& campaign, int snapshot_index);

}  // namespace lenswright
