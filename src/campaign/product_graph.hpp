// product_graph.hpp: which products are made from which.
//
// mass plane pp -> potential pp+1 -> every run whose last source plane lies at or behind it; geometry -> run;
// every run of a (model, realization) -> its statistics.
#pragma once

#include <vector>

#include "campaign/product_id.hpp"

namespace lenswright {

// Upstream products that must be complete before `id` can be made (none for mass planes and geometry).
std::vector<ProductId> inputs_of(const Campaign& campaign, const ProductId& id);
// Products made directly from `id`.
std::vector<ProductId> consumers_of(const Campaign& campaign, const ProductId& id);

enum class Simulation { dmo, hydro };
std::string_view simulation_name(Simulation simulation);  // "dmo", "hydro"
// The simulations whose particles a model's planes hold: dmo: dmo; hydro: hydro; replace: both.
std::vector<Simulation> simulations_of(const Model& model);

}  // namespace lenswright
