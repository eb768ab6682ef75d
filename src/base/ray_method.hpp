// ray_method.hpp: how rays are traced: what a plane's fields are between its pixels, and along which path they add up.
//
// Source: Keys 1981, IEEE Trans. ASSP 29, 1153 (bicubic); Hilbert et al. 2009, A&A 499, 31 (full)
#pragma once

namespace lenswright {

enum class Interpolation {
  bilinear,
  nearest,  // the pixel nearest to the ray
  bicubic,  // cubic convolution with a = -1/2: exact for quadratic fields
};

enum class TracingMethod {
  full,  // deflected rays, lens-lens coupling
  born,  // straight rays, first order in the potential
};

}  // namespace lenswright
