// stage_configuration.hpp: the part of the configuration that one product's bytes depend on, as canonical
// text.
//
// Two campaigns that give the same text (and the same inputs) give the same bytes. Reformatting the YAML,
// adding models or realizations, paths, resources and goals change nothing. The upstream configuration is not
// repeated: it is in the inputs' digests.
#pragma once

#include <string>

#include "campaign/product_id.hpp"

namespace lenswright {

// Canonical JSON (sorted keys, shortest round-trip numbers).
std::string product_configuration(const Campaign& campaign, const ProductId& id);
// The first of the products that have the same text as this one: who needs the texts of many makes each once.
ProductId configuration_twin(const Campaign& campaign, const ProductId& id);

}  // namespace lenswright
