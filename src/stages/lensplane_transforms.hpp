// lensplane_transforms.hpp: which shifts, flips and projection axes hold for a campaign's mass planes.
//
// transforms.h5 at the lensplane root says how the planes in it were made. Without it and without planes it is drawn
// from the seed; where it, the planes and the seed contradict each other the campaign decides
// (lensplanes.transforms: file or seed).
// Throws: InputError on all ranks, with what contradicts what and the setting that decides
#pragma once

#include "geometry/transform.hpp"
#include "io/checksum.hpp"
#include "stages/stage_run.hpp"

namespace lenswright {

// The same set on all ranks. Collective. Publishes transforms.h5 if it is drawn; one that the seed overrides goes to
// the trash.
TransformSet settle_transforms(const StageContext& context);

// The same set, or the same error, with nothing written or moved. Collective.
TransformSet foreseen_transforms(const StageContext& context);

}  // namespace lenswright
