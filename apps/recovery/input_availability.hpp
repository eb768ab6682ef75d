// input_availability.hpp: which snapshots, catalogues and match files can be seen, from folder listings
// alone; whether their bytes are sound is the stages' to find.
#pragma once

#include "plan/gaps.hpp"

namespace lenswright {

// Only what the selected models need is looked at; the rest counts as there.
InputAvailability input_availability(const Campaign& campaign, const Selection& selection);

}  // namespace lenswright
