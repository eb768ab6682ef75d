// What each key of the campaign file changes: the products whose own configuration text differs, by kind and
// model.
#include "campaign/stage_configuration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "campaign_text.hpp"

namespace lenswright {
namespace {

using test::load_text;
using test::valid_campaign_text;

// Models of the small campaign: 0 dmo, 1 hydro, 2... replace.
std::set<std::string> changed_by(const std::vector<std::string>& overrides,
                                 const std::vector<std::string>& before = {}) {
  const Campaign old_campaign = load_text(valid_campaign_text(), before);
  std::vector<std::string> both = before;
  both.insert(both.end(), overrides.begin(), overrides.end());
  const Campaign new_campaign = load_text(valid_campaign_text(), both);
  const char* const models[] = {"dmo", "hydro", "replace"};
  const std::pair<ProductKind, const char*> kinds[] = {{ProductKind::mass_plane, "plane "},
                                                       {ProductKind::potential, "potential "},
                                                       {ProductKind::geometry, "geometry "},
                                                       {ProductKind::run, "run "}};
  std::set<std::string> changed;
  for (const auto& [kind, name] : kinds) {
    for (int model = 0; model < 3; ++model) {
      const ProductId id{kind, model, 1, kind == ProductKind::geometry ? 0 : 1};
      if (product_configuration(old_campaign, id) != product_configuration(new_campaign, id)) {
        changed.insert(std::string(name) + models[model]);
      }
    }
  }
  return changed;
}

using Changed = std::set<std::string>;
const Changed kNothing;
const Changed kPlanes{"plane dmo", "plane hydro", "plane replace"};
const Changed kPotentials{"potential dmo", "potential hydro", "potential replace"};
const Changed kGeometries{"geometry dmo", "geometry hydro", "geometry replace"};
const Changed kRuns{"run dmo", "run hydro", "run replace"};

Changed operator+(Changed a, const Changed& b) {
  a.insert(b.begin(), b.end());
  return a;
}

TEST(ProductConfiguration, WhatIsNotInTheBytesChangesNothing) {
  EXPECT_EQ(changed_by({"campaign=renamed"}), kNothing);
  EXPECT_EQ(changed_by({"state=elsewhere", "lensplanes.root=A", "lux.root=B", "raytracing.root=C"}),
            kNothing);
  EXPECT_EQ(changed_by({"input.dmo=/other/dmo", "input.hydro=/other/hydro"}), kNothing);
  EXPECT_EQ(changed_by({"realizations=2"}), kNothing);
  EXPECT_EQ(changed_by({"raytracing.runs=999"}), kNothing);
  EXPECT_EQ(changed_by({"cosmology.h=0.7"}), kNothing);
  EXPECT_EQ(changed_by({"goals.kappa_maps_per_model=7", "safety.max_tasks=1", "slurm.lux.nodes=3"}),
            kNothing);
  EXPECT_EQ(changed_by({"lensplanes.seed=1"}),
            kNothing);  // the transforms are inputs with digests of their own
  EXPECT_EQ(changed_by({"lensplanes.transforms=file"}), kNothing);
  EXPECT_EQ(changed_by({"raytracing.fits_compression=true"}), kNothing);  // no FITS asked for
  EXPECT_EQ(changed_by({"input.particle_types=[5, 4, 1, 0]"}), kNothing);
  EXPECT_EQ(changed_by({"raytracing.interpolation=bilinear", "raytracing.method=full"}),
            kNothing);  // defaults
}

TEST(ProductConfiguration, EachKeyChangesItsOwnStage) {
  EXPECT_EQ(changed_by({"lensplanes.assignment=cic"}), kPlanes);
  EXPECT_EQ(changed_by({"lensplanes.grid=128"}), kPlanes + kPotentials);
  EXPECT_EQ(changed_by({"box=60"}), kPlanes + kPotentials + kGeometries + kRuns);
  EXPECT_EQ(changed_by({"planes_per_snapshot=3"}), kPlanes + kPotentials + kGeometries + kRuns);
  EXPECT_EQ(changed_by({"plane_redshifts=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]"}), kGeometries);
  EXPECT_EQ(changed_by({"raytracing.grid=64"}), kRuns);
  EXPECT_EQ(changed_by({"raytracing.field_deg=4.0"}), kRuns);
  EXPECT_EQ(changed_by({"raytracing.seed=1"}), kRuns);
  EXPECT_EQ(changed_by({"raytracing.randomize=false"}), kRuns);
  EXPECT_EQ(changed_by({"raytracing.sources=[6]"}), kRuns);
  EXPECT_EQ(changed_by({"raytracing.fields=[kappa]"}), kRuns);
  EXPECT_EQ(changed_by({"raytracing.formats=[dat, fits]"}), kRuns);
}

TEST(ProductConfiguration, HaloSourceMattersToReplaceModelsAlone) {
  EXPECT_EQ(changed_by({"input.matches=matches"}), Changed{"plane replace"});
}

TEST(ProductConfiguration, HydroParticlesDoNotMatterToDmo) {
  EXPECT_EQ(changed_by({"input.particle_types=[0, 1, 4]"}), (Changed{"plane hydro", "plane replace"}));
}

TEST(ProductConfiguration, MassBinAndRadiusMatterToTheirModelAlone) {
  const std::string narrower =
      "models=[dmo, hydro, {replace: {log10_mass_edges: [12.5, 13.25], radius_factors: [0.5]}}]";
  const std::string wider =
      "models=[dmo, hydro, {replace: {log10_mass_edges: [12.5, 13.0], radius_factors: [0.6]}}]";
  EXPECT_EQ(changed_by({narrower}), Changed{"plane replace"});
  EXPECT_EQ(changed_by({wider}), Changed{"plane replace"});
}

TEST(ProductConfiguration, AnotherModelInTheListChangesNoOther) {
  const Campaign one = load_text(valid_campaign_text());
  const Campaign other = load_text(valid_campaign_text(), {"models=[hydro]"});
  for (const ProductKind kind : {ProductKind::mass_plane, ProductKind::run}) {
    EXPECT_EQ(product_configuration(one, {kind, 1, 0, 1}), product_configuration(other, {kind, 0, 0, 1}));
  }
}

TEST(ProductConfiguration, OmegaMattersToPlanesOnlyThroughTheMassQuantum) {
  // 1.5 rho_crit0 omega_m box^3 stays between the same two powers of two for 0.3089 and 0.31, not for 0.15.
  EXPECT_EQ(changed_by({"cosmology.omega_m=0.31"}), kPotentials + kGeometries);
  EXPECT_EQ(changed_by({"cosmology.omega_m=0.15"}), kPlanes + kPotentials + kGeometries);
}

TEST(ProductConfiguration, GivenRedshiftsTakeTheCosmologyOutOfTheGeometry) {
  EXPECT_EQ(changed_by({"cosmology.omega_m=0.31"}, {"plane_redshifts=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]"}),
            kPotentials);
}

TEST(ProductConfiguration, MassQuantumOfTheRealCampaignIsAnEighth) {
  const Campaign campaign = load_text(valid_campaign_text(), {"box=205.0"});
  EXPECT_THAT(product_configuration(campaign, {ProductKind::mass_plane, 0, 0, 0}),
              ::testing::HasSubstr("\"mass_quantum_msun_h\":0.125,"));
}

TEST(ProductConfiguration, WithoutRandomizationTheSeedMattersOnlyWhereItIsWritten) {
  EXPECT_EQ(changed_by({"raytracing.seed=1"}, {"raytracing.randomize=false"}), kNothing);
  EXPECT_EQ(changed_by({"raytracing.seed=1"}, {"raytracing.randomize=false", "raytracing.formats=[fits]"}),
            kRuns);
  EXPECT_EQ(changed_by({"snapshots=[96, 91, 85]"}, {"raytracing.randomize=false"}), kNothing);
}

TEST(ProductConfiguration, AnotherWayOfTracingChangesRunsAlone) {
  for (const char* way : {"interpolation=nearest", "interpolation=bicubic", "method=born"})
    EXPECT_EQ(changed_by({std::string("raytracing.") + way}), kRuns) << way;
}

TEST(ProductConfiguration, SnapshotsBehindTheLastSourceDoNotMatterToRuns) {
  EXPECT_EQ(changed_by({"snapshots=[96, 90, 84]"}), kRuns);
  EXPECT_EQ(changed_by({"snapshots=[96, 90, 84]"}, {"raytracing.sources=[2, 4]"}), kNothing);
}

TEST(ProductConfiguration, MapsThatNameTheCampaignDependOnItsNameAndCosmology) {
  const std::vector<std::string> fits{"raytracing.formats=[dat, fits]"};
  EXPECT_EQ(changed_by({"campaign=renamed"}, fits), kRuns);
  EXPECT_EQ(changed_by({"cosmology.omega_m=0.31"}, fits), kPotentials + kGeometries + kRuns);
  EXPECT_EQ(changed_by({"raytracing.fits_compression=true"}, fits), kRuns);
}

TEST(ProductConfiguration, TwoProductsOfDifferentPlanesOrRunsHaveDifferentTexts) {
  const Campaign campaign = load_text(valid_campaign_text());
  const auto text = [&](ProductKind kind, int realization, int index) {
    return product_configuration(campaign, {kind, 0, realization, index});
  };
  EXPECT_NE(text(ProductKind::mass_plane, 0, 0), text(ProductKind::mass_plane, 0, 1));
  EXPECT_NE(text(ProductKind::mass_plane, 0, 0), text(ProductKind::mass_plane, 0, 2));
  EXPECT_NE(text(ProductKind::run, 0, 1), text(ProductKind::run, 0, 2));
  EXPECT_NE(text(ProductKind::run, 0, 1), text(ProductKind::run, 1, 1));
}

}  // namespace
}  // namespace lenswright
