// ray_step.hpp: what one lens plane does to a tile of rays: the recursion of multiple-plane lensing.
//
// In:     the plane's fields, interleaved as in docs/formats.md; where plane and rays stand
// Out:    each ray's angle and Jacobian at the next plane; kappa, gamma1, gamma2, omega at a source plane
// Units:  comoving Mpc/h; angles in radians; maps are pure numbers
// Source: Hilbert et al. 2009, A&A 499, 31, eqs. 20-27; Jain, Seljak & White 2000
// Note:   only + - * / on doubles in a fixed order: the same bits on every IEEE machine, whatever the tiling
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "base/ray_method.hpp"
#include "geometry/philox.hpp"
#include "physics/plane_lookup.hpp"

namespace lenswright {

// The order of the maps of a source plane.
enum class LensingMap { kappa, gamma1, gamma2, omega };
inline constexpr std::size_t kLensingMaps = 4;

// x_to = (1 - w) x_before + w x - g alpha: from the plane before and this one to a plane (or source) beyond.
struct Carry {
  double w = 0;
  double g = 0;
};
Carry carry_to(double chi_before, double chi, double chi_to);

struct PlaneStep {
  double chi = 0;                // of this plane
  double a = 1;                  // its scale factor
  std::optional<Carry> advance;  // to the next plane; none: the last one
  std::optional<Carry> source;   // to the source plane behind this one, if its maps are wanted
  TracingMethod method =
      TracingMethod::full;  // born: no deflection, and the unit matrix in place of A in U A
};

// State of `rays` rays as arrays of doubles, one after the other. The two sets swap their roles at each step.
struct RayTile {
  static constexpr std::size_t kQuantities = 6;  // beta x, y; Jacobian 11, 12, 21, 22
  static constexpr std::size_t kDoublesPerRay = 2 * kQuantities;
  std::size_t rays = 0;
  double* before = nullptr;  // at the plane before
  double* now = nullptr;     // at this plane
};

// Rays before the first plane: both sets hold the ray's direction and the unit matrix.
void start_rays(RayTile& tile, std::span<const double> beta_x, std::span<const double> beta_y);

// Where each map of a tile's rays goes (null: not wanted); written to only if step.source.
using MapTargets = std::array<double*, kLensingMaps>;

// One plane, as one run sees it, and what it does to a chunk of a tile's rays in two steps (plane_lookup.hpp).
class RayStep {
 public:
  RayStep(const LensPlane& plane, const PlaneStep& step, const RunTransform& frame);
  // Rays [first, first + rays) of the tile, rays <= PlaneLookup::kRays.
  void meet(const RayTile& tile, std::size_t first, std::size_t rays, PlaneLookup& lookup) const;
  // The same rays, after meet(): their state at the next plane takes the place of that at the plane before. The
  // caller swaps the tile's sets if step.advance, when all its rays are done.
  void move(const RayTile& tile, std::size_t first, std::size_t rays, PlaneLookup& lookup,
            const MapTargets& maps) const;

 private:
  LensPlane plane_;
  PlaneStep step_;
  RunTransform frame_;
};

// One plane, a whole tile of any number of rays; swaps its sets.
void step_rays(const LensPlane& plane, const PlaneStep& step, const RunTransform& frame, RayTile& tile,
               const MapTargets& maps);

}  // namespace lenswright
