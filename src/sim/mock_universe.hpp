// mock_universe.hpp: a small dmo/hydro pair in the IllustrisTNG layout, for people without the simulations.
//
// Gaussian initial conditions (no-wiggle spectrum, Eisenstein & Hu 1998, ApJ 496, 605, eqs. 26, 28-31;
// sigma8, n_s), Zel'dovich displacements grown to each snapshot's redshift, NFW halos of a Press-Schechter
// mass function on density peaks; catalogue entries are true by construction. The hydro twin has the same
// seed: gas puffed out of the NFW core, stars in the centre, total mass conserved. Deterministic from
// (options, campaign): same files, byte for byte, on any machine and thread count. Not: a simulation: good
// for exercising the pipeline, not for science
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/progress.hpp"
#include "campaign/campaign.hpp"

namespace lenswright {

struct MockUniverseOptions {
  int particles_per_side =
      64;  // of the dmo run; the hydro run has as many dark-matter and gas particles each
  int files_per_snapshot = 4;
  std::uint64_t seed = 1;
  double omega_b = 0.0486, sigma8 = 0.8159, n_s = 0.9667;
  bool float32_positions = false;
};

// Writes snapdir_NNN/ and groups_NNN/ for the campaign's snapshots below campaign.input.dmo and .hydro.
// Existing complete snapshots are kept as they are; files are written atomically.
void write_mock_universe(const Campaign& campaign, const MockUniverseOptions& options,
                         ProgressSink& progress);

}  // namespace lenswright
