// mock_matter.hpp: the particles of a mock snapshot, dark matter alone and its hydro twin.
//
// In:     the snapshot's halos and the displacements of all particles
// Out:    runs whose catalogues are true: the particles within R200c of a centre add up to its M200c
//         dmo: halo members in an NFW sphere of radius R200c, all others at their Zel'dovich positions, those
//         that fall into a halo's sphere pushed out of it
//         hydro: each particle is split into dark matter and baryons at the same place; in halos baryons are
//         gas with a core, reaching 1.4 R200c, and stars in the centre; heavier halos hold a black hole
// Units:  comoving Mpc/h, Msun/h
// Not:    resolved inner structure: few-particle halos scatter around their profiles
#pragma once

#include "sim/mock_halos.hpp"
#include "sim/simulation_snapshot.hpp"

namespace lenswright {

struct MockCosmology {
  double omega_m = 0, omega_b = 0, h = 0;
};

// Masses that split without rounding: dark matter + gas = total exactly, and a black hole of 1/64 gas mass
// can be taken from a gas particle in float32.
struct ParticleMasses {
  double total = 0, dark_matter = 0, gas = 0;
};
ParticleMasses particle_masses(const MockCosmology& cosmology, double box_mpc_h, int side);

struct MockMatter {
  SimulationSnapshot dmo, hydro;
};
MockMatter make_mock_matter(const MockCosmology& cosmology, double z, double box_mpc_h, int side,
                            const std::vector<MockHalo>& halos, const Displacements& displacements,
                            double growth, std::uint64_t seed);

}  // namespace lenswright
