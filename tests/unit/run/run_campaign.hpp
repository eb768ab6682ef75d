// run_campaign.hpp: a small campaign value for the tests of this room.
#pragma once

#include <filesystem>

#include "campaign/campaign.hpp"

namespace lenswright::test {

inline Campaign small_campaign(const std::filesystem::path& folder) {
  Campaign campaign;
  campaign.name = "small";
  campaign.file = folder / "campaign.yaml";
  campaign.state = folder / "state";
  campaign.box_mpc_h = 50;
  campaign.snapshots = {96, 90};
  campaign.planes_per_snapshot = 2;
  campaign.realizations = 2;
  campaign.models = {dmo_model(), hydro_model()};
  campaign.lensplanes.root = folder / "LP";
  campaign.lensplanes.grid = 8;
  campaign.lux.root = folder / "LUX";
  campaign.raytracing.root = folder / "RT";
  campaign.raytracing.grid = 4;
  campaign.raytracing.runs = 2;
  campaign.raytracing.sources = {4};
  campaign.effective_json = "{}";
  return campaign;
}

}  // namespace lenswright::test
