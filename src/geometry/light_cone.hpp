// light_cone.hpp: where the lens planes and source planes of a stack of boxes stand.
//
// Units:  comoving Mpc/h
// Slab p = 1...Np covers [(p-1) t, p t] with t = box / planes per snapshot; its plane stands in the middle,
// source plane p at its far edge.
#pragma once

#include <optional>
#include <vector>

namespace lenswright {

struct LightCone {
  int planes = 0;     // Np
  int snapshots = 0;  // Ns
  double box_mpc_h = 0;
  std::vector<double> chi;       // Np + 1 values; chi[0] = 0 is the observer, chi[p] the centre of slab p
  std::vector<double> chi_out;   // Np values; chi_out[p-1] is the far edge of slab p
  std::vector<double> a;         // Np + 1 scale factors at chi; a[0] = 1
  std::vector<double> z_source;  // Np redshifts at chi_out (always from the cosmology)
};

// plane_redshifts: one per plane, in place of those computed from the cosmology at chi
LightCone make_light_cone(double omega_m, double box_mpc_h, int snapshots, int planes_per_snapshot,
                          const std::optional<std::vector<double>>& plane_redshifts);

}  // namespace lenswright
