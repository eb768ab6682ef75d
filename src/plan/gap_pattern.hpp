// gap_pattern.hpp: one line that says what the gaps look like: a killed loop, a lost snapshot, scattered
// losses.
//
// A gap of the lensplanes is one (snapshot, model). The planes of a gap are written realization by realization,
// slice by slice, so a writer that was killed leaves the tail of that order missing.
#pragma once

#include <string>

#include "ledger/scan.hpp"

namespace lenswright {

// Empty without gaps. Downstream stages are read only if no mass plane is to be made.
std::string gap_pattern(const Campaign& campaign, const ScanResult& scan, const Selection& selection);

}  // namespace lenswright
