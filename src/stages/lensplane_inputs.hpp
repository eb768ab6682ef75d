// lensplane_inputs.hpp: what the mass planes of some snapshots are made from, read and checked before anything is
// written.
//
// Rank 0 reads headers and catalogues; the others get them from it, so that a file system sees one reader.
// Throws: InputError on all ranks: a missing or damaged file, a box or snapshot other than the campaign's
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "campaign/product_graph.hpp"
#include "ledger/input_names.hpp"
#include "physics/halo_replacement.hpp"
#include "sim/snapshot_reader.hpp"
#include "stages/stage_run.hpp"

namespace lenswright {

struct LensplaneInputs {
  std::map<Simulation, SnapshotHeader> snapshots;  // of the simulations that the asked models need
  std::vector<HaloSphere> halos;                   // those that a replace model of the campaign selects
  Digest halo_fingerprint;                         // of the whole catalogue
  // Of the files, by input name; taken before they are read.
  std::map<std::string, Digest> prints;
};

ReplacementRule rule_of(const HaloReplacement& replacement);
// dmo: dark matter; hydro: the campaign's types.
const std::vector<int>& particle_types_of(const Campaign& campaign, Simulation simulation);

// By snapshot index. Collective.
std::map<int, LensplaneInputs> require_simulations(const StageContext& context,
                                                   const std::vector<ProductId>& products);

// Collective. Runs `body` on rank 0 and hands its text to all; if it fails, all throw InputError.
std::string text_from_first(const Communicator& ranks, const std::function<std::string()>& body);

}  // namespace lenswright
