#include "sim/halo_catalogue.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/units.hpp"
#include "io/hdf5.hpp"
#include "io/simulation_files.hpp"
#include "sim/simulation_input.hpp"

namespace lenswright {

namespace {

constexpr double kRedshiftAgreement = 1e-6;  // of 1 + z; snapshots of one run are at least 1e-3 apart

struct Columns {
  std::string positions, masses, radii;
};

std::int64_t count_of(const hdf5::File& file, const std::string& name) {
  const auto values = file.integer_attribute("Header", name);
  if (values.size() != 1 || values.front() < 0)
    throw InputError(fmt::format("{}: Header/{} is not one count", file.path().string(), name));
  return values.front();
}

std::vector<double> column(const hdf5::File& file, const std::string& dataset, std::uint64_t rows,
                           std::uint64_t width) {
  if (!file.exists(dataset))
    throw InputError(
        fmt::format("{}: there is no dataset {}, expected {} rows", file.path().string(), dataset, rows));
  const auto shape = file.shape(dataset);
  const auto expected =
      width == 1 ? std::vector<std::uint64_t>{rows} : std::vector<std::uint64_t>{rows, width};
  if (shape != expected)
    throw InputError(fmt::format("{}: {} has shape ({}), expected ({})", file.path().string(), dataset,
                                 fmt::join(shape, ", "), fmt::join(expected, ", ")));
  return file.read_real(dataset);
}

// Appends `rows` halos, as stored: ckpc/h and 1e10 Msun/h.
void add_halos(HaloCatalogue& catalogue, DigestStream& digest, const hdf5::File& file, const Columns& names,
               std::uint64_t rows, double box_mpc_h) {
  if (rows == 0) return;
  const std::vector<double> positions = column(file, names.positions, rows, 3);
  const std::vector<double> masses = column(file, names.masses, rows, 1);
  const std::vector<double> radii = column(file, names.radii, rows, 1);
  check_positions(file.path(), names.positions, 0, positions, box_mpc_h);
  const auto check = [&](const std::string& dataset, std::size_t row, double value) {
    if (!(value >= 0) || !std::isfinite(value))
      throw InputError(fmt::format("{}: {}, row {}: {} is negative or not finite", file.path().string(),
                                   dataset, row, value));
  };
  for (std::size_t n = 0; n < rows; ++n) {
    check(names.masses, n, masses[n]);
    check(names.radii, n, radii[n]);
    const std::array<double, 5> row{positions[3 * n], positions[3 * n + 1], positions[3 * n + 2], masses[n],
                                    radii[n]};
    digest.add(std::as_bytes(std::span(row)));
    catalogue.halos.push_back({{position_mpc_h(row[0], box_mpc_h), position_mpc_h(row[1], box_mpc_h),
                                position_mpc_h(row[2], box_mpc_h)},
                               masses[n] * kMsunPerSnapshotMass,
                               radii[n] / kKpcPerMpc});
  }
}

double box_and_redshift(const hdf5::File& file, double box_mpc_h) {
  const auto box = file.real_attribute("Header", "BoxSize");
  const auto redshift = file.real_attribute("Header", "Redshift");
  if (box.size() != 1 || redshift.size() != 1 || !std::isfinite(redshift.front()))
    throw InputError(
        fmt::format("{}: Header/BoxSize or Header/Redshift is not one finite number", file.path().string()));
  check_box(file.path(), box.front(), box_mpc_h);
  return redshift.front();
}

}  // namespace

HaloCatalogue read_halo_catalogue(const std::filesystem::path& simulation, int snapshot, double box_mpc_h) {
  return reading_input([&] {
    const auto files = catalogue_files(simulation, snapshot);
    const Columns names{"Group/GroupPos", "Group/Group_M_Crit200", "Group/Group_R_Crit200"};
    HaloCatalogue catalogue;
    catalogue.first_file = files.front();
    DigestStream digest;
    std::int64_t total = -1;
    for (const std::filesystem::path& path : files) {
      const hdf5::File file(path);
      const double redshift = box_and_redshift(file, box_mpc_h);
      check_file_count(
          files,
          count_of(file, file.has_attribute("Header", "NumFiles") ? "NumFiles" : "NumFilesPerSnapshot"));
      const std::int64_t file_total = count_of(file, "Ngroups_Total");
      if (total < 0) {
        total = file_total;
        catalogue.redshift = redshift;
      }
      if (file_total != total || redshift != *catalogue.redshift)
        throw InputError(fmt::format(
            "{}: Header/Ngroups_Total or Header/Redshift differs from {}'s: files of different catalogues?",
            path.string(), files.front().string()));
      const auto rows = static_cast<std::uint64_t>(count_of(file, "Ngroups_ThisFile"));
      if (rows == 0 && file.exists(names.positions) && file.shape(names.positions).front() != 0)
        throw InputError(fmt::format("{}: Header/Ngroups_ThisFile is 0, but {} has {} rows", path.string(),
                                     names.positions, file.shape(names.positions).front()));
      add_halos(catalogue, digest, file, names, rows, box_mpc_h);
    }
    if (static_cast<std::int64_t>(catalogue.halos.size()) != total)
      throw InputError(
          fmt::format("{}: Header/Ngroups_Total is {}, the files' Header/Ngroups_ThisFile add up to {}",
                      files.front().string(), total, catalogue.halos.size()));
    catalogue.fingerprint = digest.digest();
    return catalogue;
  });
}

HaloCatalogue read_halo_matches(const std::filesystem::path& folder, int snapshot, double box_mpc_h) {
  return reading_input([&] {
    const std::filesystem::path path = folder / fmt::format("matches_snap{:03d}.hdf5", snapshot);
    if (!std::filesystem::exists(path))
      throw InputError(
          fmt::format("{}: no such file: existing .npz matches are converted by scripts/convert_matches.py",
                      path.string()));
    const hdf5::File file(path);
    const Columns names{"dmo_positions", "dmo_masses", "dmo_radii"};
    if (!file.exists(names.masses))
      throw InputError(fmt::format("{}: there is no dataset {}", path.string(), names.masses));
    const auto shape = file.shape(names.masses);
    HaloCatalogue catalogue;
    catalogue.first_file = path;
    DigestStream digest;
    add_halos(catalogue, digest, file, names, shape.empty() ? 0 : shape.front(), box_mpc_h);
    catalogue.fingerprint = digest.digest();
    return catalogue;
  });
}

void check_same_output(const HaloCatalogue& catalogue, const SnapshotHeader& snapshot) {
  if (!catalogue.redshift) return;
  if (std::abs(*catalogue.redshift - snapshot.redshift) <= kRedshiftAgreement * (1 + snapshot.redshift))
    return;
  throw InputError(fmt::format("{}: Header/Redshift is {}, but {}'s is {}: a catalogue of another snapshot",
                               catalogue.first_file.string(), *catalogue.redshift,
                               snapshot.files.front().string(), snapshot.redshift));
}

}  // namespace lenswright
