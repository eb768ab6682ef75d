#include "sim/mock_universe.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>

#include "base/error.hpp"
#include "base/stop_request.hpp"
#include "geometry/cosmology.hpp"
#include "geometry/light_cone.hpp"
#include "io/hdf5.hpp"
#include "sim/halo_catalogue.hpp"
#include "sim/halo_mass_function.hpp"
#include "sim/mock_halos.hpp"
#include "sim/mock_matter.hpp"
#include "sim/snapshot_writer.hpp"

namespace lenswright {

namespace {

void check_options(const MockUniverseOptions& options, double omega_m) {
  const int side = options.particles_per_side;
  if (side < 8 || side > 1024 || side % 2 != 0)
    throw UsageError(fmt::format("{} particles per side: an even number from 8 to 1024 is needed", side));
  if (options.files_per_snapshot < 1 || options.files_per_snapshot > 1000)
    throw UsageError(
        fmt::format("{} files per snapshot: 1 to 1000 are possible", options.files_per_snapshot));
  if (options.seed >> 53 != 0) throw UsageError(fmt::format("seed {}: must be below 2^53", options.seed));
  if (!(options.omega_b > 0 && options.omega_b < omega_m))
    throw UsageError(fmt::format("omega_b {}: must be between 0 and omega_m = {}", options.omega_b, omega_m));
}

// Everything that the content depends on, recorded in each file and compared before a file is kept.
std::map<std::string, double> parameters_of(const Campaign& campaign, const MockUniverseOptions& options,
                                            double redshift) {
  return {{"MockUniverse", 1},  // version of the recipe
          {"Seed", static_cast<double>(options.seed)},
          {"ParticlesPerSide", options.particles_per_side},
          {"NumFilesPerSnapshot", options.files_per_snapshot},
          {"Float32Positions", options.float32_positions ? 1 : 0},
          {"BoxMpcH", campaign.box_mpc_h},
          {"Omega0", campaign.omega_m},
          {"HubbleParam", campaign.h},
          {"OmegaBaryon", options.omega_b},
          {"Sigma8", options.sigma8},
          {"PrimordialIndex", options.n_s},
          {"SnapshotRedshift", redshift}};
}

void check_parameters(const std::filesystem::path& path, const std::map<std::string, double>& parameters) {
  const auto refuse = [&](const std::string& why) {
    throw InputError(
        fmt::format("{}: {}; move it away, or let `input` name another folder", path.string(), why));
  };
  std::optional<hdf5::File> opened;
  try {
    opened.emplace(path);
  } catch (const Failure& damage) {
    refuse(fmt::format("exists but is damaged ({})", damage.what()));
  }
  const hdf5::File& file = *opened;
  for (const auto& [name, value] : parameters) {
    if (!file.exists("Parameters") || !file.has_attribute("Parameters", name))
      refuse("exists and was not made by mock_universe");
    const auto found = file.real_attribute("Parameters", name);
    if (found.size() != 1 || found.front() != value)
      refuse(fmt::format("was made with {} = {}, not {}", name, found.empty() ? 0.0 : found.front(), value));
  }
}

// Complete and made the same way. Files of another universe are an error, never overwritten.
bool is_there(Disk& disk, const std::filesystem::path& simulation, int number, int files,
              const std::map<std::string, double>& parameters) {
  bool complete = true;
  for (int file = 0; file < files; ++file)
    for (const auto& path :
         {snapshot_file(simulation, number, file), catalogue_file(simulation, number, file)}) {
      if (disk.status(path))
        check_parameters(path, parameters);
      else
        complete = false;
    }
  for (const auto& beyond :
       {snapshot_file(simulation, number, files), catalogue_file(simulation, number, files)})
    if (disk.status(beyond)) check_parameters(beyond, parameters);
  return complete;
}

std::vector<double> masses_of(const std::vector<GroupEntry>& groups) {
  std::vector<double> masses;
  for (const GroupEntry& group : groups) masses.push_back(group.m200c);
  return masses;
}

// What all snapshots share; made when the first one is needed.
struct InitialConditions {
  LinearPower power;
  GaussianField field;
  Displacements displacements;
  ParticleMasses masses;
  HaloPlacement placement;

  InitialConditions(const Campaign& campaign, const MockUniverseOptions& options)
      : power({campaign.omega_m, options.omega_b, campaign.h, options.n_s, options.sigma8}),
        field(power, options.particles_per_side, campaign.box_mpc_h, options.seed),
        displacements(field.displacements()),
        masses(particle_masses({campaign.omega_m, options.omega_b, campaign.h}, campaign.box_mpc_h,
                               options.particles_per_side)),
        placement(field, masses.total, campaign.omega_m) {}
};

MockMatter make_snapshot(const Campaign& campaign, const MockUniverseOptions& options,
                         const InitialConditions& initial, double z) {
  const double box = campaign.box_mpc_h, growth = initial.power.growth_factor(z);
  const HaloMassFunction mass_function(initial.power, z, kMinimumHaloParticles * initial.masses.total);
  const std::vector<MockHalo> halos = initial.placement.place(mass_function.expected_masses(box * box * box),
                                                              initial.displacements, growth, z);
  return make_mock_matter({campaign.omega_m, options.omega_b, campaign.h}, z, box, options.particles_per_side,
                          halos, initial.displacements, growth, options.seed);
}

}  // namespace

double mock_redshift(const Campaign& campaign, int snapshot_index) {
  const LightCone cone =
      make_light_cone(campaign.omega_m, campaign.box_mpc_h, static_cast<int>(campaign.snapshots.size()),
                      campaign.planes_per_snapshot, std::nullopt);
  double chi = 0;
  for (int slice = 0; slice < campaign.planes_per_snapshot; ++slice)
    chi += cone.chi[static_cast<std::size_t>(snapshot_index * campaign.planes_per_snapshot + slice + 1)];
  return Cosmology(campaign.omega_m).redshift_at(chi / campaign.planes_per_snapshot);
}

std::vector<MockSnapshotSummary> write_mock_universe(const Campaign& campaign,
                                                     const MockUniverseOptions& options,
                                                     ProgressSink& progress) {
  check_options(options, campaign.omega_m);
  Disk& disk = real_disk();
  std::vector<MockSnapshotSummary> summaries;
  std::unique_ptr<InitialConditions> initial;
  progress.begin("making the mock universe", campaign.snapshots.size(), "snapshots");
  for (std::size_t index = 0; index < campaign.snapshots.size(); ++index) {
    throw_if_stop_requested();
    MockSnapshotSummary summary;
    summary.snapshot = campaign.snapshots[index];
    summary.redshift = mock_redshift(campaign, static_cast<int>(index));
    const auto parameters = parameters_of(campaign, options, summary.redshift);
    const bool dmo_is_there =
        is_there(disk, campaign.input.dmo, summary.snapshot, options.files_per_snapshot, parameters);
    const bool hydro_is_there =
        is_there(disk, campaign.input.hydro, summary.snapshot, options.files_per_snapshot, parameters);
    summary.was_there = dmo_is_there && hydro_is_there;
    if (summary.was_there) {
      for (const Halo& halo :
           read_halo_catalogue(campaign.input.dmo, summary.snapshot, campaign.box_mpc_h).halos)
        summary.halo_masses.push_back(halo.m200c);
    } else {
      if (!initial) initial = std::make_unique<InitialConditions>(campaign, options);
      const MockMatter matter = make_snapshot(campaign, options, *initial, summary.redshift);
      const SnapshotFileOptions files{options.files_per_snapshot, options.float32_positions, parameters};
      write_snapshot_files(disk, campaign.input.dmo, summary.snapshot, matter.dmo, files);
      write_snapshot_files(disk, campaign.input.hydro, summary.snapshot, matter.hydro, files);
      summary.halo_masses = masses_of(matter.dmo.groups);
    }
    progress.note(fmt::format("snapshot {} (z = {:.3f}): {} halos{}", summary.snapshot, summary.redshift,
                              summary.halo_masses.size(), summary.was_there ? ", was there" : ""));
    progress.advance(1);
    summaries.push_back(std::move(summary));
  }
  progress.end();
  return summaries;
}

}  // namespace lenswright
