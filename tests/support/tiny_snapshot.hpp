// tiny_snapshot.hpp: snapshots and catalogues of a few particles, right or wrong in whatever way a test wants.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/hdf5.hpp"
#include "test_paths.hpp"

namespace lenswright::test {

struct TinyParticles {
  std::vector<double> positions;              // ckpc/h, three per particle
  std::optional<std::vector<double>> masses;  // 1e10 Msun/h; none: MassTable
  std::size_t count() const { return positions.size() / 3; }
};

struct TinySnapshotFile {
  std::map<int, TinyParticles> types;
  std::map<int, std::int64_t> claimed;  // counts for the header in place of the true ones
};

// Writes snapdir_NNN/snap_NNN.K.hdf5 (or one unsplit file) below a folder.
struct TinySnapshot {
  std::vector<TinySnapshotFile> files;
  double box_ckpc_h = 10000, redshift = 0.25;
  std::array<double, 6> mass_table{0, 2, 0, 0, 0, 0};
  bool high_word = true;  // AREPO; false: GADGET-4
  bool float32 = false;
  bool split = true;
  std::array<std::int64_t, 6> total_offset{};     // added to the header's total
  std::array<std::int64_t, 6> high_word_value{};  // the total's high words
  std::optional<std::int64_t> claimed_files;
  std::string coordinates = "Coordinates";  // name of the dataset

  std::filesystem::path path(const std::filesystem::path& simulation, int number, std::size_t k) const {
    const std::filesystem::path folder = simulation / fmt::format("snapdir_{:03d}", number);
    return split ? folder / fmt::format("snap_{:03d}.{}.hdf5", number, k)
                 : folder / fmt::format("snap_{:03d}.hdf5", number);
  }

  void write(const std::filesystem::path& simulation, int number = 7) const {
    std::array<std::int64_t, 6> total = total_offset;
    for (const TinySnapshotFile& file : files)
      for (const auto& [type, particles] : file.types)
        total[static_cast<std::size_t>(type)] += static_cast<std::int64_t>(particles.count());
    for (std::size_t k = 0; k < files.size(); ++k) {
      hdf5::MemoryFile file;
      file.create_group("Header");
      std::array<std::int64_t, 6> here{};
      for (const auto& [type, particles] : files[k].types)
        here[static_cast<std::size_t>(type)] = static_cast<std::int64_t>(particles.count());
      for (const auto& [type, count] : files[k].claimed) here[static_cast<std::size_t>(type)] = count;
      const std::int64_t count = claimed_files.value_or(static_cast<std::int64_t>(files.size()));
      file.write_attribute("Header", "NumPart_ThisFile", here, false);
      file.write_attribute("Header", "NumPart_Total", total, false);
      if (high_word) file.write_attribute("Header", "NumPart_Total_HighWord", high_word_value, false);
      file.write_attribute("Header", "NumFilesPerSnapshot", std::span(&count, 1), true);
      file.write_attribute("Header", "MassTable", mass_table, false);
      file.write_attribute("Header", "BoxSize", std::span(&box_ckpc_h, 1), true);
      file.write_attribute("Header", "Redshift", std::span(&redshift, 1), true);
      for (const auto& [type, particles] : files[k].types) write_type(file, type, particles);
      const std::vector<std::byte> bytes = file.bytes();
      write_file(path(simulation, number, k),
                 std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    }
  }

 private:
  void write_type(hdf5::MemoryFile& file, int type, const TinyParticles& particles) const {
    const std::string group = fmt::format("PartType{}", type);
    file.create_group(group);
    const std::array<std::uint64_t, 2> shape{particles.count(), 3};
    if (float32) {
      const std::vector<float> narrow(particles.positions.begin(), particles.positions.end());
      file.write_dataset(group + "/" + coordinates, shape, std::span<const float>(narrow));
    } else {
      file.write_dataset(group + "/" + coordinates, shape, std::span<const double>(particles.positions));
    }
    if (!particles.masses) return;
    const std::array<std::uint64_t, 1> rows{particles.masses->size()};
    file.write_dataset(group + "/Masses", rows, std::span<const double>(*particles.masses));
  }
};

struct TinyCatalogueFile {
  std::vector<double> positions, masses, radii;  // ckpc/h, 1e10 Msun/h, ckpc/h
  std::optional<std::int64_t> claimed;           // Ngroups_ThisFile in place of the true count
  bool has_group = true;                         // the HDF5 group "Group"
  bool has_datasets = true;
};

// Writes groups_NNN/fof_subhalo_tab_NNN.K.hdf5 below a folder.
struct TinyCatalogue {
  std::vector<TinyCatalogueFile> files;
  double box_ckpc_h = 10000, redshift = 0.25;
  std::int64_t total_offset = 0;

  void write(const std::filesystem::path& simulation, int number = 7) const {
    std::int64_t total = total_offset;
    for (const TinyCatalogueFile& file : files) total += static_cast<std::int64_t>(file.masses.size());
    const auto file_count = static_cast<std::int64_t>(files.size());
    for (std::size_t k = 0; k < files.size(); ++k) {
      const TinyCatalogueFile& content = files[k];
      hdf5::MemoryFile file;
      file.create_group("Header");
      const std::int64_t here = content.claimed.value_or(static_cast<std::int64_t>(content.masses.size()));
      file.write_attribute("Header", "Ngroups_ThisFile", std::span(&here, 1), true);
      file.write_attribute("Header", "Ngroups_Total", std::span(&total, 1), true);
      file.write_attribute("Header", "NumFiles", std::span(&file_count, 1), true);
      file.write_attribute("Header", "BoxSize", std::span(&box_ckpc_h, 1), true);
      file.write_attribute("Header", "Redshift", std::span(&redshift, 1), true);
      if (content.has_group) file.create_group("Group");
      if (content.has_group && content.has_datasets) {
        const std::array<std::uint64_t, 2> shape{content.positions.size() / 3, 3};
        const std::array<std::uint64_t, 1> masses{content.masses.size()}, radii{content.radii.size()};
        file.write_dataset("Group/GroupPos", shape, std::span<const double>(content.positions));
        file.write_dataset("Group/Group_M_Crit200", masses, std::span<const double>(content.masses));
        file.write_dataset("Group/Group_R_Crit200", radii, std::span<const double>(content.radii));
      }
      const std::vector<std::byte> bytes = file.bytes();
      write_file(simulation / fmt::format("groups_{:03d}", number) /
                     fmt::format("fof_subhalo_tab_{:03d}.{}.hdf5", number, k),
                 std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    }
  }
};

// Particles on a fixed pattern inside the box, exact in float32.
inline TinyParticles pattern(std::size_t count, double box_ckpc_h, bool with_masses = false) {
  TinyParticles particles;
  if (with_masses) particles.masses.emplace();
  for (std::size_t n = 0; n < count; ++n) {
    for (std::size_t axis = 0; axis < 3; ++axis)
      particles.positions.push_back(box_ckpc_h * static_cast<double>((n * (7 + 4 * axis) + axis) % 1024) /
                                    1024);
    if (with_masses) particles.masses->push_back(0.5 + static_cast<double>(n % 8) / 4);
  }
  return particles;
}

}  // namespace lenswright::test
