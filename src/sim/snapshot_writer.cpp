#include "sim/snapshot_writer.hpp"

#include <fmt/format.h>

#include "base/units.hpp"
#include "io/atomic_writer.hpp"
#include "io/hdf5.hpp"

namespace lenswright {

namespace {

struct Rows {
  std::uint64_t first, count;
};

Rows rows_of(std::uint64_t rows, int file, int files) {
  const std::uint64_t first = first_row(rows, file, files);
  return {first, first_row(rows, file + 1, files) - first};
}

// Catalogues: the last of several files holds no group.
Rows group_rows(std::uint64_t groups, int file, int files) {
  if (files == 1) return {0, groups};
  if (file == files - 1) return {groups, 0};
  return rows_of(groups, file, files - 1);
}

template <typename T>
void write_values(hdf5::MemoryFile& file, const std::string& name, const std::vector<T>& values,
                  std::uint64_t columns = 1) {
  const std::uint64_t rows = values.size() / columns;
  const std::vector<std::uint64_t> shape =
      columns == 1 ? std::vector<std::uint64_t>{rows} : std::vector<std::uint64_t>{rows, columns};
  file.write_dataset(name, shape, std::span<const T>(values));
}

void write_number(hdf5::MemoryFile& file, const std::string& object, const std::string& name, double value) {
  file.write_attribute(object, name, std::span<const double>(&value, 1), true);
}
void write_count(hdf5::MemoryFile& file, const std::string& object, const std::string& name,
                 std::int64_t value) {
  file.write_attribute(object, name, std::span<const std::int64_t>(&value, 1), true);
}

// What snapshots and catalogues have in common.
void write_common(hdf5::MemoryFile& file, const SimulationSnapshot& snapshot,
                  const SnapshotFileOptions& options) {
  file.create_group("Header");
  write_number(file, "Header", "BoxSize", snapshot.box_mpc_h * kKpcPerMpc);
  write_number(file, "Header", "Redshift", snapshot.redshift);
  write_number(file, "Header", "Time", 1 / (1 + snapshot.redshift));
  write_number(file, "Header", "Omega0", snapshot.omega_m);
  write_number(file, "Header", "OmegaLambda", 1 - snapshot.omega_m);
  write_number(file, "Header", "OmegaBaryon", snapshot.omega_b);
  write_number(file, "Header", "HubbleParam", snapshot.h);
  file.create_group("Parameters");
  for (const auto& [name, value] : options.parameters) write_number(file, "Parameters", name, value);
}

void write_particles(hdf5::MemoryFile& file, const std::string& group, const ParticleSet& set, Rows rows,
                     bool float32_positions) {
  file.create_group(group);
  std::vector<double> positions;
  std::vector<std::int64_t> ids;
  std::vector<float> masses;
  for (std::uint64_t n = rows.first; n < rows.first + rows.count; ++n) {
    for (const double x : set.positions[n]) positions.push_back(x * kKpcPerMpc);
    ids.push_back(set.ids[n]);
    if (!set.masses.empty()) masses.push_back(static_cast<float>(set.masses[n] / kMsunPerSnapshotMass));
  }
  if (float32_positions) {
    write_values(file, group + "/Coordinates", std::vector<float>(positions.begin(), positions.end()), 3);
  } else {
    write_values(file, group + "/Coordinates", positions, 3);
  }
  write_values(file, group + "/ParticleIDs", ids);
  if (!set.masses.empty()) write_values(file, group + "/Masses", masses);
}

std::vector<std::byte> snapshot_bytes(const SimulationSnapshot& snapshot, int file_number,
                                      const SnapshotFileOptions& options) {
  constexpr std::size_t kTypes = 6;
  hdf5::MemoryFile file;
  write_common(file, snapshot, options);
  std::array<std::int64_t, kTypes> here{}, low{}, high{};
  std::array<double, kTypes> mass_table{};
  for (std::size_t type = 0; type < kTypes; ++type) {
    const std::uint64_t total = snapshot.types[type].positions.size();
    here[type] = static_cast<std::int64_t>(rows_of(total, file_number, options.files).count);
    low[type] = static_cast<std::int64_t>(total & 0xffffffffU);
    high[type] = static_cast<std::int64_t>(total >> 32);
    mass_table[type] = snapshot.mass_table[type] / kMsunPerSnapshotMass;
  }
  file.write_attribute("Header", "NumPart_ThisFile", here, false);
  file.write_attribute("Header", "NumPart_Total", low, false);
  file.write_attribute("Header", "NumPart_Total_HighWord", high, false);
  file.write_attribute("Header", "MassTable", mass_table, false);
  write_count(file, "Header", "NumFilesPerSnapshot", options.files);
  for (std::size_t type = 0; type < kTypes; ++type)
    if (here[type] > 0)
      write_particles(file, fmt::format("PartType{}", type), snapshot.types[type],
                      rows_of(snapshot.types[type].positions.size(), file_number, options.files),
                      options.float32_positions);
  return file.bytes();
}

void write_groups(hdf5::MemoryFile& file, const SimulationSnapshot& snapshot, Rows rows) {
  std::vector<float> positions, masses, m200c, r200c, mass_types;
  std::vector<std::int64_t> lengths, length_types;
  for (std::uint64_t n = rows.first; n < rows.first + rows.count; ++n) {
    const GroupEntry& group = snapshot.groups[n];
    std::int64_t length = 0;
    double mass = 0;
    for (std::size_t type = 0; type < group.length.size(); ++type) {
      length += group.length[type];
      mass += group.mass[type];
      length_types.push_back(group.length[type]);
      mass_types.push_back(static_cast<float>(group.mass[type] / kMsunPerSnapshotMass));
    }
    for (const double x : group.centre) positions.push_back(static_cast<float>(x * kKpcPerMpc));
    lengths.push_back(length);
    masses.push_back(static_cast<float>(mass / kMsunPerSnapshotMass));
    m200c.push_back(static_cast<float>(group.m200c / kMsunPerSnapshotMass));
    r200c.push_back(static_cast<float>(group.r200c * kKpcPerMpc));
  }
  write_values(file, "Group/GroupPos", positions, 3);
  write_values(file, "Group/GroupLen", lengths);
  write_values(file, "Group/GroupLenType", length_types, 6);
  write_values(file, "Group/GroupMass", masses);
  write_values(file, "Group/GroupMassType", mass_types, 6);
  write_values(file, "Group/Group_M_Crit200", m200c);
  write_values(file, "Group/Group_R_Crit200", r200c);
}

std::vector<std::byte> catalogue_bytes(const SimulationSnapshot& snapshot, int file_number,
                                       const SnapshotFileOptions& options) {
  hdf5::MemoryFile file;
  write_common(file, snapshot, options);
  const Rows rows = group_rows(snapshot.groups.size(), file_number, options.files);
  write_count(file, "Header", "Ngroups_ThisFile", static_cast<std::int64_t>(rows.count));
  write_count(file, "Header", "Ngroups_Total", static_cast<std::int64_t>(snapshot.groups.size()));
  write_count(file, "Header", "Nsubgroups_ThisFile", 0);
  write_count(file, "Header", "Nsubgroups_Total", 0);
  write_count(file, "Header", "NumFiles", options.files);
  file.create_group("Group");
  file.create_group("Subhalo");
  if (rows.count > 0) write_groups(file, snapshot, rows);
  return file.bytes();
}

}  // namespace

std::uint64_t first_row(std::uint64_t rows, int file, int files) {
  // Shares of 4, 7, 5, 8, 6 and again: real snapshots are uneven too.
  std::uint64_t before = 0, all = 0;
  for (int k = 0; k < files; ++k) {
    const auto share = static_cast<std::uint64_t>(4 + 3 * k % 5);
    if (k < file) before += share;
    all += share;
  }
  return rows * before / all;
}

std::filesystem::path snapshot_file(const std::filesystem::path& simulation, int number, int file) {
  return simulation / fmt::format("snapdir_{:03d}", number) /
         fmt::format("snap_{:03d}.{}.hdf5", number, file);
}

std::filesystem::path catalogue_file(const std::filesystem::path& simulation, int number, int file) {
  return simulation / fmt::format("groups_{:03d}", number) /
         fmt::format("fof_subhalo_tab_{:03d}.{}.hdf5", number, file);
}

void write_snapshot_files(Disk& disk, const std::filesystem::path& simulation, int number,
                          const SimulationSnapshot& snapshot, const SnapshotFileOptions& options) {
  for (int file = 0; file < options.files; ++file) {
    publish_bytes(disk, snapshot_file(simulation, number, file), snapshot_bytes(snapshot, file, options));
    publish_bytes(disk, catalogue_file(simulation, number, file), catalogue_bytes(snapshot, file, options));
  }
}

}  // namespace lenswright
