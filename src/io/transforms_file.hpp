// transforms_file.hpp: transforms.h5 at the lensplane root (attributes n_realizations, n_snapshots, pps,
// seed, box_size; datasets proj_dirs int64 (R, S), displacements float64 (R, S, 3) in Mpc/h, flips bool (R,
// S), snapshot_order int64 (S)).
#pragma once

#include <filesystem>

#include "geometry/transform.hpp"
#include "io/atomic_writer.hpp"
#include "io/disk.hpp"

namespace lenswright {

Published write_transforms(Disk& disk, const std::filesystem::path& path, const TransformSet& set);
TransformSet read_transforms(const std::filesystem::path& path);  // throws IoError, FormatError
// What a receipt holds of one transform.
Digest transform_digest(const SnapshotTransform& transform);

}  // namespace lenswright
