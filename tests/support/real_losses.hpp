// real_losses.hpp: the mass planes that the L205n2500TNG campaign lost: 216 planes, the tails of 20 killed
// loops.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "campaign/product_id.hpp"

namespace lenswright::test {

struct LostTail {
  int snapshot;            // number
  std::string_view model;  // name
  int first_realization;   // zero-based; up to the last one all are lost
  bool late;               // of the first one only the second plane is lost
};

inline constexpr LostTail kRealLosses[] = {
    {29, "hydro_replace_Ml_1.00e13_Mu_3.16e13_R_1.0", 3, false},
    {29, "hydro_replace_Ml_1.00e13_Mu_inf_R_0.5", 6, true},
    {33, "hydro_replace_Ml_1.00e12_Mu_3.16e12_R_0.5", 4, false},
    {33, "hydro_replace_Ml_3.16e13_Mu_1.00e15_R_5.0", 2, false},
    {35, "hydro_replace_Ml_1.00e13_Mu_inf_R_5.0", 4, false},
    {38, "hydro_replace_Ml_1.00e13_Mu_inf_R_5.0", 3, true},
    {41, "hydro_replace_Ml_1.00e12_Mu_inf_R_3.0", 9, true},
    {41, "hydro_replace_Ml_3.16e12_Mu_1.00e13_R_0.5", 7, false},
    {46, "hydro_replace_Ml_3.16e12_Mu_1.00e13_R_1.0", 1, false},
    {49, "hydro_replace_Ml_1.00e13_Mu_inf_R_5.0", 2, false},
    {52, "hydro_replace_Ml_1.00e13_Mu_3.16e13_R_1.0", 4, true},
    {52, "hydro_replace_Ml_3.16e12_Mu_inf_R_5.0", 1, true},
    {56, "hydro_replace_Ml_3.16e12_Mu_inf_R_1.0", 3, true},
    {59, "hydro_replace_Ml_1.00e12_Mu_inf_R_5.0", 5, false},
    {67, "hydro_replace_Ml_3.16e12_Mu_inf_R_3.0", 4, true},
    {76, "hydro_replace_Ml_1.00e13_Mu_inf_R_1.0", 4, false},
    {80, "hydro_replace_Ml_3.16e12_Mu_inf_R_5.0", 6, true},
    {85, "hydro_replace_Ml_3.16e12_Mu_inf_R_5.0", 4, true},
    {90, "hydro_replace_Ml_1.00e13_Mu_inf_R_1.0", 8, false},
    {96, "hydro_replace_Ml_1.00e13_Mu_inf_R_1.0", 7, true},
};
inline constexpr std::string_view kRealLossIndices = "0-4,6,8-12,14-17,19";  // lensplane array
inline constexpr int kRealLostPlanes = 216;
inline constexpr int kRealAffectedCombinations = 79;

inline std::set<ProductId> really_lost_planes(const Campaign& campaign) {
  std::set<ProductId> planes;
  for (const LostTail& tail : kRealLosses) {
    const int model = campaign.model_index(tail.model).value();
    const int snapshot = campaign.snapshot_index(tail.snapshot).value();
    for (int r = tail.first_realization; r < campaign.realizations; ++r)
      for (int slice = tail.late && r == tail.first_realization ? 1 : 0; slice < campaign.planes_per_snapshot;
           ++slice)
        planes.insert({ProductKind::mass_plane, model, r, snapshot * campaign.planes_per_snapshot + slice});
  }
  return planes;
}

// With everything downstream: the potentials of these planes and all runs of their combinations.
inline std::set<ProductId> real_losses(const Campaign& campaign) {
  std::set<ProductId> products = really_lost_planes(campaign);
  for (const ProductId& plane : std::set<ProductId>(products)) {
    products.insert({ProductKind::potential, plane.model, plane.realization, plane.index + 1});
    for (int run = 1; run <= campaign.raytracing.runs; ++run)
      products.insert({ProductKind::run, plane.model, plane.realization, run});
  }
  return products;
}

}  // namespace lenswright::test
