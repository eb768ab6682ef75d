#include "io/transforms_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <bit>
#include <cstdint>
#include <span>

#include "base/error.hpp"
#include "io/hdf5.hpp"

namespace lenswright {

namespace {

std::int64_t scalar_integer(const hdf5::File& file, const std::string& name) {
  const std::vector<std::int64_t> values = file.integer_attribute("/", name);
  if (values.size() != 1)
    throw FormatError(file.path(), 0, fmt::format("one value of attribute {}", name),
                      fmt::format("{}", values.size()));
  return values.front();
}

// Counts come from the file and make allocations: no more than this is believed.
constexpr std::int64_t kLargestCount = 1'000'000;

std::int64_t scalar_count(const hdf5::File& file, const std::string& name) {
  const std::int64_t value = scalar_integer(file, name);
  if (value < 1 || value > kLargestCount)
    throw FormatError(file.path(), 0, fmt::format("attribute {} from 1 to {}", name, kLargestCount),
                      fmt::format("{}", value));
  return value;
}

void require_shape(const hdf5::File& file, const std::string& dataset,
                   const std::vector<std::uint64_t>& shape) {
  const std::vector<std::uint64_t> found = file.shape(dataset);
  if (found != shape)
    throw FormatError(file.path(), 0,
                      fmt::format("dataset {} of shape ({})", dataset, fmt::join(shape, ", ")),
                      fmt::format("({})", fmt::join(found, ", ")));
}

}  // namespace

Published write_transforms(Disk& disk, const std::filesystem::path& path, const TransformSet& set) {
  const std::uint64_t realizations = static_cast<std::uint64_t>(set.realizations);
  const std::uint64_t snapshots = set.snapshot_order.size();
  std::vector<std::int64_t> proj_dirs;
  std::vector<double> displacements;
  std::vector<std::uint8_t> flips;
  for (const SnapshotTransform& transform : set.transforms) {
    proj_dirs.push_back(transform.proj_dir);
    displacements.insert(displacements.end(), transform.displacement.begin(), transform.displacement.end());
    flips.push_back(transform.flip ? 1 : 0);
  }
  hdf5::MemoryFile file;
  const auto write_scalar = [&](const std::string& name, std::int64_t value) {
    file.write_attribute("/", name, std::span<const std::int64_t>(&value, 1), true);
  };
  write_scalar("n_realizations", set.realizations);
  write_scalar("n_snapshots", static_cast<std::int64_t>(snapshots));
  write_scalar("pps", set.planes_per_snapshot);
  write_scalar("seed", set.seed);
  file.write_attribute("/", "box_size", std::span<const double>(&set.box_mpc_h, 1), true);
  const std::array<std::uint64_t, 3> shape{realizations, snapshots, 3};
  const std::span<const std::uint64_t> pairs = std::span(shape).first<2>();
  file.write_dataset("proj_dirs", pairs, std::span<const std::int64_t>(proj_dirs));
  file.write_dataset("displacements", shape, std::span<const double>(displacements));
  file.write_flags("flips", pairs, flips);
  file.write_dataset("snapshot_order", std::span(shape).subspan<1, 1>(),
                     std::span<const std::int64_t>(set.snapshot_order));
  return publish_bytes(disk, path, file.bytes());
}

TransformSet read_transforms(const std::filesystem::path& path) {
  const hdf5::File file(path);
  const std::int64_t realizations = scalar_count(file, "n_realizations");
  const std::int64_t snapshots = scalar_count(file, "n_snapshots");
  const std::uint64_t r = static_cast<std::uint64_t>(realizations);
  const std::uint64_t s = static_cast<std::uint64_t>(snapshots);
  TransformSet set;
  set.realizations = static_cast<int>(realizations);
  set.planes_per_snapshot = static_cast<int>(scalar_count(file, "pps"));
  set.seed = scalar_integer(file, "seed");
  const std::vector<double> box = file.real_attribute("/", "box_size");
  if (box.size() != 1 || !(box.front() > 0))
    throw FormatError(path, 0, "one positive attribute box_size", fmt::format("{}", fmt::join(box, ", ")));
  set.box_mpc_h = box.front();
  require_shape(file, "snapshot_order", {s});
  require_shape(file, "proj_dirs", {r, s});
  require_shape(file, "displacements", {r, s, 3});
  require_shape(file, "flips", {r, s});
  set.snapshot_order = file.read_integer("snapshot_order");
  const std::vector<std::int64_t> proj_dirs = file.read_integer("proj_dirs");
  const std::vector<double> displacements = file.read_real("displacements");
  const std::vector<std::int64_t> flips = file.read_integer("flips");
  set.transforms.resize(proj_dirs.size());
  for (std::size_t index = 0; index < set.transforms.size(); ++index) {
    SnapshotTransform& transform = set.transforms[index];
    if (proj_dirs[index] < 0 || proj_dirs[index] > 2)
      throw FormatError(path, 0, "proj_dirs in {0, 1, 2}", fmt::format("{}", proj_dirs[index]));
    transform.proj_dir = static_cast<int>(proj_dirs[index]);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const double shift = displacements[3 * index + axis];
      if (!(shift >= 0 && shift <= set.box_mpc_h))
        throw FormatError(path, 0, fmt::format("displacements in [0, {}]", set.box_mpc_h),
                          fmt::format("{}", shift));
      transform.displacement[axis] = shift;
    }
    transform.flip = flips[index] != 0;
  }
  return set;
}

Digest transform_digest(const SnapshotTransform& transform) {
  static_assert(std::endian::native == std::endian::little, "digests are of little-endian bytes");
  struct {
    std::int64_t proj_dir, flip;
    double displacement[3];
  } bytes{transform.proj_dir,
          transform.flip ? 1 : 0,
          {transform.displacement[0], transform.displacement[1], transform.displacement[2]}};
  return digest_of(std::as_bytes(std::span(&bytes, 1)));
}

}  // namespace lenswright
