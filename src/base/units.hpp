// units.hpp: physical constants and unit conversions; the numbers are part of the product contract
// (docs/formats.md).
#pragma once

namespace lenswright {

inline constexpr double kSpeedOfLightKmS = 299792.458;
inline constexpr double kHubbleKmSMpcH = 100.0;         // H0 in km/s per Mpc/h
inline constexpr double kRhoCritical0 = 27.7536627e10;  // (Msun/h) / (Mpc/h)^3
inline constexpr double kKpcPerMpc = 1000.0;            // snapshots: ckpc/h
inline constexpr double kMsunPerSnapshotMass = 1e10;    // snapshots: 1e10 Msun/h
inline constexpr double kPi = 3.14159265358979323846;
inline constexpr double kRadiansPerDegree = kPi / 180.0;

}  // namespace lenswright
