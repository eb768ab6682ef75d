// mock_universe.hpp: a small dmo/hydro pair in the IllustrisTNG layout, for people without the simulations.
//
// Gaussian initial conditions (no-wiggle spectrum, Eisenstein & Hu 1998, ApJ 496, 605, eqs. 26, 28-31;
// sigma8, n_s), Zel'dovich displacements grown to each snapshot's redshift, NFW halos of a Press-Schechter
// like mass function on density peaks; catalogue entries are true by construction. The hydro twin has the same
// seed: gas puffed out of the NFW core, stars in the centre, total mass conserved.
//
// Units:  comoving Mpc/h, Msun/h; files as in snapshot_writer.hpp
// Throws: InputError if another mock universe, or something else, is in the way; UsageError for options that
//         make no sense; IoError
// Deterministic from (options, campaign): the same files, byte for byte, at any thread count (machines with other
// FFTW or libm versions may differ in last digits)
// Not:    a simulation: good for exercising the pipeline, not for science
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/progress.hpp"
#include "campaign/campaign.hpp"

namespace lenswright {

struct MockUniverseOptions {
  int particles_per_side =
      64;  // of the dmo run; the hydro run has as many dark-matter and gas particles each
  int files_per_snapshot = 4;
  std::uint64_t seed = 1;  // below 2^53: it is recorded as a double
  double omega_b = 0.0486, sigma8 = 0.8159, n_s = 0.9667;
  bool float32_positions = false;
};

struct MockSnapshotSummary {
  int snapshot = 0;
  double redshift = 0;
  bool was_there = false;
  std::vector<double> halo_masses;  // M200c of the dmo run, Msun/h, descending
};

// Writes snapdir_NNN/ and groups_NNN/ for the campaign's snapshots below campaign.input.dmo and .hydro.
// Existing complete snapshots are kept as they are; files are written atomically.
std::vector<MockSnapshotSummary> write_mock_universe(const Campaign& campaign,
                                                     const MockUniverseOptions& options,
                                                     ProgressSink& progress);

// Redshift of the middle of the snapshot's slabs, from the campaign's cosmology.
double mock_redshift(const Campaign& campaign, int snapshot_index);

}  // namespace lenswright
