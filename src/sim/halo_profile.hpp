// halo_profile.hpp: radii that hold a fraction of a halo's matter, for sampling it.
//
// Units:  radii in units of the outer radius or of Mpc/h comoving, as said; masses in Msun/h
// Source: NFW: Navarro, Frenk & White 1997, ApJ 490, 493; concentration: Duffy et al. 2008, MNRAS 390, L64,
//         table 1 (c200c, all halos); gas: beta model with beta = 2/3, Cavaliere & Fusco-Femiano 1976, A&A
//         49, 137; stars: Hernquist 1990, ApJ 356, 359
#pragma once

namespace lenswright {

// Comoving radius in which the mean density is 200 times the critical density at z.
double r200c_mpc_h(double mass, double z, double omega_m);

double nfw_concentration(double m200c, double z);

// Radius, in units of the truncation radius, that holds the fraction `u` in [0, 1] of the mass.
double nfw_radius(double u, double concentration);
double cored_gas_radius(double u, double core);   // core radius in units of the truncation radius
double hernquist_radius(double u, double scale);  // scale radius in units of the truncation radius

}  // namespace lenswright
