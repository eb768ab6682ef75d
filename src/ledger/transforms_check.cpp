#include "ledger/transforms_check.hpp"

#include <fmt/format.h>

#include <tuple>

#include "base/error.hpp"
#include "io/transforms_file.hpp"

namespace lenswright {

namespace {

FileVerdict compared(const Campaign& campaign, const TransformSet& found) {
  const TransformSet drawn =
      draw_transforms(campaign.lensplanes.seed, campaign.realizations, campaign.snapshots,
                      campaign.planes_per_snapshot, campaign.box_mpc_h);
  const auto shape = [](const TransformSet& set) {
    return std::tuple(set.realizations, set.snapshot_order, set.planes_per_snapshot, set.box_mpc_h);
  };
  if (shape(found) != shape(drawn))
    return {State::mismatched,
            "it is of other realizations, snapshots, planes per snapshot or another box than the campaign's, "
            "and so are the planes made with it: most likely the campaign file is wrong"};
  if (found.transforms == drawn.transforms || campaign.lensplanes.transforms != TransformAuthority::agree)
    return {};
  return {State::mismatched,
          fmt::format("its transforms are not those of the campaign's seed {} (it names seed {}): lensplane "
                      "stops until the campaign says which hold (lensplanes.transforms: file or seed)",
                      campaign.lensplanes.seed, found.seed)};
}

}  // namespace

FileVerdict check_transforms(const Campaign& campaign, bool there, Tier tier) {
  if (!there) {
    switch (campaign.lensplanes.transforms) {
      case TransformAuthority::seed:
        return {};
      case TransformAuthority::file:
        return {State::missing,
                "planes exist without the transforms that the campaign says hold (lensplanes.transforms: "
                "file): put the file back"};
      case TransformAuthority::agree:
        break;
    }
    return {State::missing,
            "planes exist without the transforms they were made with: put the file back, or lensplane stops "
            "until the campaign says that its seed holds (lensplanes.transforms: seed)"};
  }
  if (tier == Tier::quick) return {};
  try {
    return compared(campaign, read_transforms(campaign.lensplanes.root / kTransformsFile));
  } catch (const FormatError& error) {
    return {State::corrupt, error.what()};
  } catch (const IoError& error) {
    return {State::unknown, error.what()};
  }
}

}  // namespace lenswright
