#include "geometry/light_cone.hpp"

#include <cassert>

#include "geometry/cosmology.hpp"

namespace lenswright {

LightCone make_light_cone(double omega_m, double box_mpc_h, int snapshots, int planes_per_snapshot,
                          const std::optional<std::vector<double>>& plane_redshifts) {
  LightCone cone;
  cone.planes = snapshots * planes_per_snapshot;
  cone.snapshots = snapshots;
  cone.box_mpc_h = box_mpc_h;
  assert(!plane_redshifts || plane_redshifts->size() == static_cast<std::size_t>(cone.planes));
  const Cosmology cosmology(omega_m);
  const double thickness = box_mpc_h / planes_per_snapshot;
  cone.chi.push_back(0.0);
  cone.a.push_back(1.0);
  for (int p = 1; p <= cone.planes; ++p) {
    const double centre = (p - 0.5) * thickness;
    const double far_edge = p * thickness;
    const double z =
        plane_redshifts ? (*plane_redshifts)[static_cast<std::size_t>(p - 1)] : cosmology.redshift_at(centre);
    cone.chi.push_back(centre);
    cone.chi_out.push_back(far_edge);
    cone.a.push_back(1.0 / (1.0 + z));
    cone.z_source.push_back(cosmology.redshift_at(far_edge));
  }
  return cone;
}

}  // namespace lenswright
