#include "ledger/value_range.hpp"

#include "base/units.hpp"

namespace lenswright {

namespace {

constexpr double kMassMargin = 1.5;
constexpr double kLargestDeflection = 1.0;
constexpr double kLargestMapValue = 1000.0;

}  // namespace

ValueRange mass_range(const Campaign& campaign) {
  const double volume = campaign.box_mpc_h * campaign.box_mpc_h * campaign.box_mpc_h;
  return {0.0, kMassMargin * kRhoCritical0 * campaign.omega_m * volume};
}

std::array<ValueRange, 5> potential_ranges(const Campaign& campaign) {
  const double hubble_over_c = kHubbleKmSMpcH / kSpeedOfLightKmS;
  const double pixels = static_cast<double>(campaign.lensplanes.grid) * campaign.lensplanes.grid;
  const double tidal = kMassMargin * 3.0 * campaign.omega_m * hubble_over_c * hubble_over_c *
                       campaign.planes_per_snapshot * campaign.slab_thickness_mpc_h() * pixels;
  const ValueRange deflection{-kLargestDeflection, kLargestDeflection};
  return {deflection, deflection, {-tidal, tidal}, {-tidal, tidal}, {-tidal, tidal}};
}

ValueRange map_range() {
  return {-kLargestMapValue, kLargestMapValue};
}

std::optional<std::size_t> first_outside(std::span<const double> values, std::span<const ValueRange> ranges) {
  // One pass without branches first: nearly every block is sound.
  unsigned outside = 0;
  if (ranges.size() == 1) {
    const ValueRange range = ranges.front();
    for (const double value : values) outside |= static_cast<unsigned>(!range.holds(value));
  } else {
    for (std::size_t first = 0; first < values.size(); first += ranges.size())
      for (std::size_t k = 0; k < ranges.size() && first + k < values.size(); ++k)
        outside |= static_cast<unsigned>(!ranges[k].holds(values[first + k]));
  }
  if (outside == 0) return std::nullopt;
  for (std::size_t k = 0; k < values.size(); ++k)
    if (!ranges[k % ranges.size()].holds(values[k])) return k;
  return std::nullopt;
}

}  // namespace lenswright
