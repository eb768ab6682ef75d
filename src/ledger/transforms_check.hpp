// transforms_check.hpp: whether lensplane can go on with what lies in the place of transforms.h5.
//
// complete: it can, also where it would draw the file itself (lensplanes.transforms: seed); else missing,
// corrupt, mismatched or unknown, with the sentence why.
#pragma once

#include "ledger/file_check.hpp"

namespace lenswright {

// there: a file of that name lies in the root. REQUIRES: planes exist, or the file does. Tier quick does not
// open it.
FileVerdict check_transforms(const Campaign& campaign, bool there, Tier tier);

}  // namespace lenswright
