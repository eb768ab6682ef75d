#include "sim/mock_universe.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/units.hpp"
#include "geometry/cosmology.hpp"
#include "sim/gaussian_field.hpp"
#include "sim/halo_catalogue.hpp"
#include "sim/halo_mass_function.hpp"
#include "sim/halo_profile.hpp"
#include "sim/mock_halos.hpp"
#include "sim/mock_matter.hpp"
#include "sim/snapshot_reader.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

constexpr double kBox = 25;  // Mpc/h
constexpr int kSide = 32;
constexpr std::uint64_t kParticles = kSide * kSide * kSide;

Campaign small_campaign(const fs::path& folder) {
  Campaign campaign;
  campaign.name = "mock";
  campaign.omega_m = 0.3089;
  campaign.h = 0.6774;
  campaign.box_mpc_h = kBox;
  campaign.input.dmo = folder / "dmo";
  campaign.input.hydro = folder / "hydro";
  campaign.snapshots = {96, 90};
  campaign.planes_per_snapshot = 2;
  return campaign;
}

MockUniverseOptions small_options() {
  MockUniverseOptions options;
  options.particles_per_side = kSide;
  options.files_per_snapshot = 3;
  return options;
}

struct Particles {
  std::vector<std::array<double, 3>> positions;
  std::vector<double> masses;
};

Particles read_run(const fs::path& simulation, int snapshot, const std::vector<int>& types) {
  SnapshotReader reader(read_snapshot_header(simulation, snapshot, kBox));
  Particles all;
  ParticleChunk chunk;
  for (const SnapshotChunk& wanted : snapshot_chunks(reader.header(), types)) {
    reader.read(wanted, chunk);
    all.positions.insert(all.positions.end(), chunk.positions.begin(), chunk.positions.end());
    all.masses.insert(all.masses.end(), chunk.masses.begin(), chunk.masses.end());
  }
  return all;
}

double distance(const std::array<double, 3>& a, const std::array<double, 3>& b) {
  double square = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    double d = std::abs(a[axis] - b[axis]);
    d = std::min(d, kBox - d);
    square += d * d;
  }
  return std::sqrt(square);
}

std::map<std::string, std::string> files_below(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files[fs::relative(entry.path(), folder).string()] = test::read_file(entry.path());
  return files;
}

// One universe for all tests that only look at it.
class MockUniverse : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    SilentProgress silent;
    summaries_ = write_mock_universe(small_campaign(folder_->path()), small_options(), silent);
  }
  static void TearDownTestSuite() { folder_.reset(); }
  static Campaign campaign() { return small_campaign(folder_->path()); }

  static std::unique_ptr<TemporaryFolder> folder_;
  static std::vector<MockSnapshotSummary> summaries_;
};
std::unique_ptr<TemporaryFolder> MockUniverse::folder_;
std::vector<MockSnapshotSummary> MockUniverse::summaries_;

TEST_F(MockUniverse, SnapshotsStandInTheMiddleOfTheirSlabs) {
  ASSERT_EQ(summaries_.size(), 2U);
  for (std::size_t n = 0; n < 2; ++n) {
    const double chi = Cosmology(0.3089).comoving_distance(summaries_[n].redshift);
    EXPECT_NEAR(chi, (static_cast<double>(n) + 0.5) * kBox, 1e-9);
    EXPECT_DOUBLE_EQ(read_snapshot_header(campaign().input.dmo, campaign().snapshots[n], kBox).redshift,
                     summaries_[n].redshift);
  }
}

TEST_F(MockUniverse, BothRunsHoldTheMassOfTheBox) {
  for (const int snapshot : {96, 90}) {
    double dmo = 0, hydro = 0;  // in the files' units, where masses have few enough bits for exact sums
    for (const double mass : read_run(campaign().input.dmo, snapshot, {1}).masses) dmo += mass / 1e10;
    for (const double mass : read_run(campaign().input.hydro, snapshot, {0, 1, 4, 5}).masses)
      hydro += mass / 1e10;
    constexpr double kRounding = 1e-8;  // the particle mass has 28 bits
    EXPECT_NEAR(dmo * 1e10 / (kRhoCritical0 * 0.3089 * kBox * kBox * kBox), 1, kRounding);
    EXPECT_EQ(hydro, dmo);
  }
}

TEST_F(MockUniverse, HydroTwinSplitsEveryParticleAndHasStarsAndBlackHoles) {
  const SnapshotHeader header = read_snapshot_header(campaign().input.hydro, 96, kBox);
  EXPECT_EQ(header.total[1], kParticles);
  EXPECT_EQ(header.total[0] + header.total[4], kParticles);
  EXPECT_GT(header.total[4], 0U);
  EXPECT_GT(header.total[5], 0U);
  EXPECT_EQ(header.total[2] + header.total[3], 0U);
  std::set<std::uint64_t> lengths;
  for (const auto& in_file : header.in_file) lengths.insert(in_file[1]);
  EXPECT_EQ(lengths.size(), header.in_file.size()) << "files should be of uneven length";
}

// Brute force over all particles of the box.
TEST_F(MockUniverse, CatalogueMassesAreTheMassInsideR200cToTheParticle) {
  for (const auto& [simulation, types] : {std::pair{campaign().input.dmo, std::vector<int>{1}},
                                          std::pair{campaign().input.hydro, std::vector<int>{0, 1, 4, 5}}})
    for (const int snapshot : {96, 90}) {
      const Particles particles = read_run(simulation, snapshot, types);
      const HaloCatalogue catalogue = read_halo_catalogue(simulation, snapshot, kBox);
      ASSERT_GT(catalogue.halos.size(), 30U);
      for (const Halo& halo : catalogue.halos) {
        double inside = 0;
        for (std::size_t n = 0; n < particles.positions.size(); ++n)
          if (distance(particles.positions[n], halo.centre) <= halo.r200c) inside += particles.masses[n];
        constexpr double kFloat32 = 1e-6;  // the catalogue's masses are float32
        ASSERT_NEAR(inside / halo.m200c, 1, kFloat32);
      }
    }
}

TEST_F(MockUniverse, R200cFollowsFromM200cAtTheSnapshotsRedshift) {
  for (std::size_t n = 0; n < 2; ++n)
    for (const fs::path& simulation : {campaign().input.dmo, campaign().input.hydro})
      for (const Halo& halo : read_halo_catalogue(simulation, campaign().snapshots[n], kBox).halos) {
        const double z = summaries_[n].redshift, proper = halo.r200c / (1 + z);
        const double expansion = Cosmology(0.3089).expansion_rate(z);
        const double density = halo.m200c / (4.0 / 3 * kPi * proper * proper * proper);
        ASSERT_NEAR(density / (kRhoCritical0 * expansion * expansion), 200, 1e-3);  // float32, cubed
      }
}

TEST_F(MockUniverse, HaloCountsFollowTheMassFunction) {
  const LinearPower power({0.3089, 0.0486, 0.6774, 0.9667, 0.8159});
  const double particle = kRhoCritical0 * 0.3089 * kBox * kBox * kBox / static_cast<double>(kParticles);
  const HaloMassFunction function(power, summaries_[0].redshift, kMinimumHaloParticles * particle);
  for (const double lower : {kMinimumHaloParticles * particle, 1e12, 4e12, 1e13}) {
    const double expected = function.number_above(lower) * kBox * kBox * kBox;
    double found = 0;
    for (const double mass : summaries_[0].halo_masses) found += mass >= lower * (1 - 1e-6) ? 1 : 0;
    EXPECT_NEAR(found, expected, 1 + std::sqrt(expected)) << "above " << lower;
  }
}

TEST_F(MockUniverse, HydroHalosAreLighterAndTheirGasIsPuffedOut) {
  const HaloCatalogue dmo = read_halo_catalogue(campaign().input.dmo, 96, kBox);
  const HaloCatalogue hydro = read_halo_catalogue(campaign().input.hydro, 96, kBox);
  ASSERT_EQ(hydro.halos.size(), dmo.halos.size());
  const Particles gas = read_run(campaign().input.hydro, 96, {0});
  const Particles dark = read_run(campaign().input.hydro, 96, {1});
  const auto share_within = [&](const Particles& particles, double of_r200c) {
    double core = 0, all = 0;
    for (std::size_t n = 0; n < particles.positions.size(); ++n) {
      const double r = distance(particles.positions[n], dmo.halos[0].centre) / dmo.halos[0].r200c;
      if (r <= 1) all += particles.masses[n];
      if (r <= of_r200c) core += particles.masses[n];
    }
    return core / all;
  };
  for (std::size_t n = 0; n < dmo.halos.size(); ++n) {
    EXPECT_LE(hydro.halos[n].m200c, dmo.halos[n].m200c * (1 + 1e-6));
    EXPECT_GT(hydro.halos[n].m200c, 0.8 * dmo.halos[n].m200c);
  }
  EXPECT_LT(share_within(gas, 0.2), 0.5 * share_within(dark, 0.2));
}

TEST_F(MockUniverse, SecondRunKeepsWhatIsThere) {
  const auto before = files_below(folder_->path());
  const fs::path one = campaign().input.hydro / "snapdir_090/snap_090.2.hdf5";
  const auto written = fs::last_write_time(one);
  SilentProgress silent;
  const auto again = write_mock_universe(campaign(), small_options(), silent);
  EXPECT_TRUE(again[0].was_there && again[1].was_there);
  EXPECT_EQ(again[0].halo_masses.size(), summaries_[0].halo_masses.size());
  EXPECT_EQ(fs::last_write_time(one), written);
  EXPECT_EQ(files_below(folder_->path()), before);
}

TEST_F(MockUniverse, OtherOptionsNeverOverwriteAUniverse) {
  const auto before = files_below(folder_->path());
  SilentProgress silent;
  MockUniverseOptions other = small_options();
  other.seed = 2;
  EXPECT_THROW(write_mock_universe(campaign(), other, silent), InputError);
  other = small_options();
  other.files_per_snapshot = 2;
  EXPECT_THROW(write_mock_universe(campaign(), other, silent), InputError);
  Campaign moved = campaign();
  moved.snapshots = {90, 96};
  EXPECT_THROW(write_mock_universe(moved, small_options(), silent), InputError);
  EXPECT_EQ(files_below(folder_->path()), before);
}

TEST_F(MockUniverse, SameSeedElsewhereGivesTheSameBytesAndLostFilesComeBack) {
  const TemporaryFolder elsewhere;
  SilentProgress silent;
  const Campaign campaign = small_campaign(elsewhere.path());
  write_mock_universe(campaign, small_options(), silent);
  const auto expected = files_below(folder_->path());
  EXPECT_EQ(files_below(elsewhere.path()), expected);
  fs::remove(campaign.input.dmo / "groups_096/fof_subhalo_tab_096.1.hdf5");
  fs::remove(campaign.input.hydro / "snapdir_090/snap_090.0.hdf5");
  write_mock_universe(campaign, small_options(), silent);
  EXPECT_EQ(files_below(elsewhere.path()), expected);
}

TEST_F(MockUniverse, DamagedFileIsReportedNotOverwritten) {
  const TemporaryFolder elsewhere;
  SilentProgress silent;
  const Campaign campaign = small_campaign(elsewhere.path());
  const fs::path file = campaign.input.dmo / "snapdir_096/snap_096.1.hdf5";
  test::write_file(file, "torn");
  EXPECT_THROW(write_mock_universe(campaign, small_options(), silent), InputError);
  EXPECT_EQ(test::read_file(file), "torn");
}

TEST_F(MockUniverse, SinglePrecisionPositionsStayInTheBoxAndCataloguesTrue) {
  const TemporaryFolder elsewhere;
  SilentProgress silent;
  Campaign campaign = small_campaign(elsewhere.path());
  campaign.snapshots = {96};
  MockUniverseOptions options = small_options();
  options.float32_positions = true;
  options.files_per_snapshot = 1;
  write_mock_universe(campaign, options, silent);
  const Particles particles = read_run(campaign.input.dmo, 96, {1});
  ASSERT_EQ(particles.positions.size(), kParticles);
  for (const Halo& halo : read_halo_catalogue(campaign.input.dmo, 96, kBox).halos) {
    double inside = 0;
    for (std::size_t n = 0; n < particles.positions.size(); ++n)
      if (distance(particles.positions[n], halo.centre) <= halo.r200c) inside += particles.masses[n];
    ASSERT_NEAR(inside / halo.m200c, 1, 1e-6);
  }
}

TEST(MockUniverseOptions, ImpossibleOnesAreRefusedBeforeAnythingIsWritten) {
  const TemporaryFolder folder;
  SilentProgress silent;
  for (const auto& [particles, files, omega_b] :
       {std::tuple{7, 1, 0.05}, std::tuple{33, 1, 0.05}, std::tuple{32, 0, 0.05}, std::tuple{32, 1, 0.4}}) {
    MockUniverseOptions options;
    options.particles_per_side = particles;
    options.files_per_snapshot = files;
    options.omega_b = omega_b;
    EXPECT_THROW(write_mock_universe(small_campaign(folder.path()), options, silent), UsageError);
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(MockHalos, StandOnHighPeaksShareNoParticleAndKeepApart) {
  const LinearPower power({0.3089, 0.0486, 0.6774, 0.9667, 0.8159});
  const GaussianField field(power, kSide, kBox, 1);
  const double particle = particle_masses({0.3089, 0.0486, 0.6774}, kBox, kSide).total;
  const HaloMassFunction function(power, 0.5, kMinimumHaloParticles * particle);
  const HaloPlacement placement(field, particle, 0.3089);
  const auto halos = placement.place(function.expected_masses(kBox * kBox * kBox), field.displacements(),
                                     power.growth_factor(0.5), 0.5);
  ASSERT_GT(halos.size(), 30U);
  const std::vector<double> density = field.density(1.0);
  double rms = 0, at_halos = 0;
  for (const double value : density) rms += value * value / static_cast<double>(density.size());
  std::set<std::uint64_t> taken;
  for (std::size_t a = 0; a < halos.size(); ++a) {
    at_halos += density[halos[a].members.front()] / static_cast<double>(halos.size());
    for (const std::uint64_t member : halos[a].members) EXPECT_TRUE(taken.insert(member).second);
    EXPECT_DOUBLE_EQ(halos[a].m200c, static_cast<double>(halos[a].members.size()) * particle);
    for (std::size_t b = 0; b < a; ++b)
      EXPECT_GE(distance(halos[a].centre, halos[b].centre),
                1.5 * (halos[a].r200c + halos[b].r200c) * (1 - 1e-12));
  }
  EXPECT_GT(at_halos, 1.5 * std::sqrt(rms));
}

}  // namespace
}  // namespace lenswright
