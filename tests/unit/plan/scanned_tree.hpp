// scanned_tree.hpp: what a scan of the tiny campaign would have found, without a disk: everything complete but
// for what a test takes away.
#pragma once

#include "plan/plan.hpp"
#include "small_tree.hpp"

namespace lenswright::test {

struct ScannedTree {
  SmallTree tree{SmallTree::Filled::empty};
  const Campaign& campaign = tree.campaign();
  ScanResult result{campaign};
  InputAvailability inputs;

  ScannedTree() {
    for (const ProductId& id : tree.all()) result.set(id, State::complete);
  }
  void set(const ProductId& id, State state) {
    result.set(id, state);
    result.findings.push_back(
        {state, stage_of(id.kind), id, absolute_path(campaign, id).string(), "as the test says"});
  }
  void set_kind(ProductKind kind, State state) {
    for (const ProductId& id : tree.all())
      if (id.kind == kind) set(id, state);
  }
  Gaps gaps(const Selection& selection = {}) const { return find_gaps(campaign, result, selection, inputs); }
  Plan plan(const Selection& selection = {}, const PlanOptions& options = {}) const {
    return make_plan(campaign, result, selection, inputs, options);
  }
};

inline ProductId mass_plane(int model, int realization, int plane) {
  return {ProductKind::mass_plane, model, realization, plane};
}
inline ProductId potential(int model, int realization, int plane) {
  return {ProductKind::potential, model, realization, plane};
}
inline ProductId geometry(int model, int realization) {
  return {ProductKind::geometry, model, realization, 0};
}
inline ProductId run(int model, int realization, int number) {
  return {ProductKind::run, model, realization, number};
}

}  // namespace lenswright::test
