// report_campaign.hpp: a small campaign value and a scan of it, for the tests of this room.
#pragma once

#include "report/summary.hpp"

namespace lenswright::test {

inline Campaign small_campaign() {
  Campaign campaign;
  campaign.name = "small";
  campaign.file = "/data/campaign.yaml";
  campaign.box_mpc_h = 50;
  campaign.snapshots = {96, 90, 85};
  campaign.planes_per_snapshot = 2;
  campaign.realizations = 4;
  campaign.models = {dmo_model(), hydro_model()};
  campaign.lensplanes.root = "/data/LP";
  campaign.lensplanes.grid = 8;
  campaign.lux.root = "/data/LUX";
  campaign.raytracing.root = "/data/RT";
  campaign.raytracing.grid = 4;
  campaign.raytracing.runs = 5;
  campaign.raytracing.sources = {3, 6};
  campaign.kappa_maps_per_model = 40;
  campaign.effective_json = "{}";
  return campaign;
}

inline void set_all(ScanResult& scan, State state) {
  for (const ProductKind kind : kProductKinds)
    for (std::size_t position = 0; position < scan.products().count(kind); ++position)
      scan.set(scan.products().at(kind, position), state);
}

inline InputAvailability all_inputs(const Campaign& campaign) {
  InputAvailability inputs;
  inputs.dmo.resize(campaign.snapshots.size());
  inputs.hydro.resize(campaign.snapshots.size());
  inputs.halos.resize(campaign.snapshots.size());
  return inputs;
}

// The summary that diagnose draws for this scan.
inline Summary summary_of(const Campaign& campaign, const ScanResult& scan, const Selection& selection = {},
                          const InputAvailability* inputs = nullptr) {
  const InputAvailability seen = inputs != nullptr ? *inputs : all_inputs(campaign);
  const Gaps gaps = find_gaps(campaign, scan, selection, seen);
  const std::vector<BlockedProduct> blocked = make_plan(campaign, scan, selection, seen, {}).blocked;
  return summarise({campaign, Tier::header, selection, scan, gaps, blocked, {}});
}

// Everything there but plane 3 of hydro, realizations 1 to 3, and what is made from it.
inline ScanResult scan_with_gaps(const Campaign& campaign) {
  ScanResult scan(campaign);
  set_all(scan, State::complete);
  const auto lose = [&](const ProductId& id, State state) {
    scan.set(id, state);
    scan.findings.push_back({state, stage_of(id.kind), id, "/data/somewhere", "a reason"});
  };
  for (int realization = 1; realization <= 3; ++realization) {
    lose({ProductKind::mass_plane, 1, realization, 3}, realization == 1 ? State::corrupt : State::missing);
    lose({ProductKind::potential, 1, realization, 4}, State::missing);
    for (int run = 1; run <= campaign.raytracing.runs; ++run)
      lose({ProductKind::run, 1, realization, run}, State::missing);
  }
  return scan;
}

}  // namespace lenswright::test
