// Mass planes of the reference pair against brute force: every particle against every halo, shares by the textbook
// formula, one plain loop.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>

#include "geometry/transform.hpp"
#include "io/plane_file.hpp"
#include "physics/mass_quantum.hpp"
#include "reference_campaign.hpp"
#include "sim/halo_catalogue.hpp"
#include "sim/snapshot_reader.hpp"

namespace lenswright {
namespace {

constexpr int kSnapshot = 96;
constexpr double kExactQuanta = 0x1p53;  // integers below are doubles

struct Particle {
  std::array<double, 3> position;
  double mass;
};

std::vector<Particle> particles_of(const Campaign& campaign, const std::filesystem::path& folder,
                                   const std::vector<int>& types) {
  SnapshotReader reader(read_snapshot_header(folder, kSnapshot, campaign.box_mpc_h));
  std::vector<Particle> particles;
  ParticleChunk chunk;
  for (const SnapshotChunk& piece : snapshot_chunks(reader.header(), types)) {
    reader.read(piece, chunk);
    for (std::size_t p = 0; p < chunk.masses.size(); ++p)
      particles.push_back({chunk.positions[p], chunk.masses[p]});
  }
  return particles;
}

double image(double difference, double box) {
  return difference > box / 2 ? difference - box : difference < -box / 2 ? difference + box : difference;
}

// For each replace model whether it holds the particle: all halos, no tree.
std::vector<bool> inside(const Campaign& campaign, const std::vector<Halo>& halos, const Particle& particle) {
  std::vector<bool> result(campaign.models.size());
  for (const Halo& halo : halos) {
    double squared = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const double d = image(particle.position[k] - halo.centre[k], campaign.box_mpc_h);
      squared += d * d;
    }
    if (squared > 25.1 * halo.r200c * halo.r200c) continue;  // beyond the largest factor, 5
    for (std::size_t m = 0; m < campaign.models.size(); ++m) {
      const auto& rule = campaign.models[m].replacement;
      if (!rule || halo.m200c < mass_msun_h(rule->log10_lower)) continue;
      if (rule->log10_upper && halo.m200c >= mass_msun_h(*rule->log10_upper)) continue;
      const double radius = rule->radius_factor * halo.r200c;
      if (squared <= radius * radius) result[m] = true;
    }
  }
  return result;
}

using Plane = std::vector<std::int64_t>;

void deposit(const Campaign& campaign, const SnapshotTransform& transform, const Particle& particle,
             std::int64_t quanta, const std::vector<Plane*>& planes_of_slice) {
  const int side = campaign.lensplanes.grid;
  const ProjectedPosition seen = project(transform, particle.position, campaign.box_mpc_h);
  Plane& plane = *planes_of_slice[static_cast<std::size_t>(
      slice_of_depth(seen.depth, campaign.planes_per_snapshot, campaign.box_mpc_h))];
  const double u = seen.x * side / campaign.box_mpc_h, v = seen.y * side / campaign.box_mpc_h;
  const double i = std::floor(u + 0.5), j = std::floor(v + 0.5);
  const auto weight = [](double d, int node) {
    return node == 0 ? 0.75 - d * d : 0.5 * (0.5 + node * d) * (0.5 + node * d);
  };
  const auto pixel = [&](int a, int b) -> std::int64_t& {
    const int row = (static_cast<int>(i) + a + side) % side, column = (static_cast<int>(j) + b + side) % side;
    return plane[static_cast<std::size_t>(row) * static_cast<std::size_t>(side) +
                 static_cast<std::size_t>(column)];
  };
  std::int64_t rest = quanta;
  for (int a = -1; a <= 1; ++a) {
    for (int b = -1; b <= 1; ++b) {
      const std::int64_t share =
          std::llrint(static_cast<double>(quanta) * (weight(u - i, a) * weight(v - j, b)));
      pixel(a, b) += share;
      rest -= share;
    }
  }
  pixel(0, 0) += rest;
}

// All planes of realization 0: [model][slice].
std::vector<std::vector<Plane>> brute_force(const Campaign& campaign) {
  const MassQuantum quantum(campaign.omega_m, campaign.box_mpc_h);
  const TransformSet transforms = draw_transforms(campaign.lensplanes.seed, campaign.realizations,
                                                  campaign.snapshots, 2, campaign.box_mpc_h);
  const auto halos = read_halo_catalogue(campaign.input.dmo, kSnapshot, campaign.box_mpc_h).halos;
  std::vector<Halo> selected;
  for (const Halo& halo : halos)
    if (halo.m200c >= mass_msun_h(12.0)) selected.push_back(halo);
  const auto pixels =
      static_cast<std::size_t>(campaign.lensplanes.grid) * static_cast<std::size_t>(campaign.lensplanes.grid);
  std::vector<std::vector<Plane>> planes(campaign.models.size(), std::vector<Plane>(2, Plane(pixels)));
  for (const ModelKind kind : {ModelKind::dmo, ModelKind::hydro}) {
    const bool hydro = kind == ModelKind::hydro;
    const auto particles = particles_of(campaign, hydro ? campaign.input.hydro : campaign.input.dmo,
                                        hydro ? campaign.input.particle_types : std::vector<int>{1});
    for (const Particle& particle : particles) {
      const std::vector<bool> is_inside = inside(campaign, selected, particle);
      for (std::size_t m = 0; m < campaign.models.size(); ++m) {
        const bool counts =
            campaign.models[m].replacement ? is_inside[m] == hydro : campaign.models[m].kind == kind;
        if (counts)
          deposit(campaign, transforms.at(0, 0), particle, quantum.quanta_of(particle.mass),
                  {&planes[m][0], &planes[m][1]});
      }
    }
  }
  return planes;
}

TEST(Lensplane, AllModelsEqualBruteForceToTheQuantum) {
  const test::ReferenceCampaign reference;
  const Campaign campaign = reference.load({"lensplanes.grid=64"});
  ASSERT_EQ(campaign.models.size(), 34u);
  const StageOutcome outcome = test::make_planes(campaign, test::mass_planes(campaign, {}, {0}),
                                                 [](StageRequest& request) { request.threads = 2; });
  EXPECT_EQ(outcome.made, 68u);
  const MassQuantum quantum(campaign.omega_m, campaign.box_mpc_h);
  const std::vector<std::vector<Plane>> expected = brute_force(campaign);
  for (int model = 0; model < 34; ++model) {
    std::size_t unlike_dmo = 0;
    for (int slice = 0; slice < 2; ++slice) {
      const ProductId id{ProductKind::mass_plane, model, 0, slice};
      const auto found = read_scalar_plane(real_disk(), absolute_path(campaign, id), 64).values;
      const Plane& plane = expected[static_cast<std::size_t>(model)][static_cast<std::size_t>(slice)];
      std::size_t wrong = 0;
      for (std::size_t pixel = 0; pixel < plane.size(); ++pixel) {
        if (found[pixel] != quantum.mass_of(plane[pixel])) ++wrong;
        if (plane[pixel] != expected[0][static_cast<std::size_t>(slice)][pixel]) ++unlike_dmo;
      }
      EXPECT_EQ(wrong, 0u) << product_name(campaign, id);
    }
    // Otherwise the comparison would say nothing of replacement. Below 1e13 Msun/h (3.5 particles) the reference
    // simulation has no halo.
    const auto& rule = campaign.models[static_cast<std::size_t>(model)].replacement;
    if (model > 0 && (!rule || !rule->log10_upper || rule->log10_lower >= 13.0)) {
      EXPECT_GT(unlike_dmo, 0u) << campaign.models[static_cast<std::size_t>(model)].name;
    }
  }
}

TEST(Lensplane, PlanesOfASnapshotSumToTheParticlesQuanta) {
  const test::ReferenceCampaign reference;
  for (const char* assignment : {"tsc", "cic", "ngp"}) {
    const Campaign campaign =
        reference.load({std::string("lensplanes.assignment=") + assignment, "lensplanes.grid=256"});
    test::make_planes(campaign, test::mass_planes(campaign, {0, 1}),
                      [](StageRequest& request) { request.force = true; });
    const MassQuantum quantum(campaign.omega_m, campaign.box_mpc_h);
    for (int model = 0; model < 2; ++model) {
      std::int64_t quanta = 0;
      for (const Particle& particle :
           particles_of(campaign, model == 0 ? campaign.input.dmo : campaign.input.hydro,
                        model == 0 ? std::vector<int>{1} : campaign.input.particle_types))
        quanta += quantum.quanta_of(particle.mass);
      for (int realization = 0; realization < 2; ++realization) {
        std::int64_t sum = 0;
        for (int slice = 0; slice < 2; ++slice) {
          const ProductId id{ProductKind::mass_plane, model, realization, slice};
          const auto plane = read_scalar_plane(real_disk(), absolute_path(campaign, id), 256).values;
          for (const double mass : plane.values()) {
            ASSERT_LT(mass / quantum.msun_h(), kExactQuanta);
            sum += static_cast<std::int64_t>(mass / quantum.msun_h());
          }
        }
        EXPECT_EQ(sum, quanta) << assignment << ", model " << model << ", realization " << realization;
      }
    }
  }
}

}  // namespace
}  // namespace lenswright
