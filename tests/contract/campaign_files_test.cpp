// The campaign files that the project ships, against docs/formats.md: names, order, counts, paths, sizes.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "campaign/load_campaign.hpp"
#include "campaign/product_graph.hpp"
#include "campaign/product_path.hpp"
#include "campaign/stage_configuration.hpp"
#include "physics/mass_quantum.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

Campaign production() {
  return load_campaign(test::source("configs/production.yaml"));
}

TEST(ProductionCampaign, HasTheThirtyFourModelsInTheirOrder) {
  std::vector<std::string> expected{"dmo", "hydro"};
  for (const std::string bin :
       {"1.00e12_Mu_3.16e12", "1.00e12_Mu_inf", "3.16e12_Mu_1.00e13", "3.16e12_Mu_inf", "1.00e13_Mu_3.16e13",
        "1.00e13_Mu_inf", "3.16e13_Mu_1.00e15", "3.16e13_Mu_inf"}) {
    for (const std::string factor : {"0.5", "1.0", "3.0", "5.0"}) {
      expected.push_back("hydro_replace_Ml_" + bin + "_R_" + factor);
    }
  }
  std::vector<std::string> names;
  for (const Model& model : production().models) names.push_back(model.name);
  EXPECT_EQ(names, expected);
}

TEST(ProductionCampaign, ExpectsTheProductsOfTheContract) {
  const Campaign campaign = production();
  const ProductSet set(campaign);
  EXPECT_EQ(set.count(ProductKind::mass_plane), 13600u);
  EXPECT_EQ(set.count(ProductKind::potential), 13600u);
  EXPECT_EQ(set.count(ProductKind::geometry), 340u);
  EXPECT_EQ(set.count(ProductKind::run), 34000u);
  EXPECT_EQ(set.count(ProductKind::statistics), 340u);
  EXPECT_EQ(campaign.snapshot_index(96), 0);
  EXPECT_EQ(campaign.snapshot_index(29), 19);
  EXPECT_EQ(campaign.slab_thickness_mpc_h(), 102.5);
  EXPECT_EQ(campaign.combination_index(33, 9), 339);
}

TEST(ProductionCampaign, PathsAndSizesAreThoseOfTheContract) {
  const Campaign campaign = production();
  const ProductId plane{ProductKind::mass_plane, 3, 9, 39};
  EXPECT_EQ(product_name(campaign, plane),
            "lensplanes/hydro_replace_Ml_1.00e12_Mu_3.16e12_R_1.0/LP_09/lenspot39.dat");
  EXPECT_EQ(product_files(campaign, plane)[0].size, 8u + 8u * 4096 * 4096);
  const ProductId potential{ProductKind::potential, 3, 9, 40};
  EXPECT_EQ(inputs_of(campaign, potential), std::vector{plane});
  EXPECT_EQ(product_files(campaign, potential)[0].size, 8u + 40u * 4096 * 4096);
  const std::vector<ProductFile> maps = product_files(campaign, {ProductKind::run, 0, 0, 100});
  ASSERT_EQ(maps.size(), 1u);
  EXPECT_EQ(maps[0].path, "dmo/LP_00/run100/kappa40.dat");
  EXPECT_EQ(maps[0].size, 8u + 8u * 1024 * 1024);
  // 2 int32; 41 + 41 + 40 + 20 + 20 doubles; 20 int32; 60 doubles; 60 bytes
  EXPECT_EQ(product_files(campaign, {ProductKind::geometry, 0, 0, 0})[0].size,
            8u + 8u * 162 + 4u * 20 + 8u * 60 + 60u);
}

TEST(ProductionCampaign, PlaneRedshiftsAreThePublishedOnes) {
  const Campaign campaign = production();
  ASSERT_TRUE(campaign.plane_redshifts);
  ASSERT_EQ(campaign.plane_redshifts->size(), 40u);
  EXPECT_EQ(campaign.plane_redshifts->front(), 0.017);
  EXPECT_EQ(campaign.plane_redshifts->back(), 2.503);
  // A lens plane in the middle of slab p lies between the source planes at the slab's two edges.
  std::ifstream table(test::reference("kappatng_zs.dat"));
  const std::vector<double> sources{std::istream_iterator<double>(table), {}};
  ASSERT_EQ(sources.size(), 40u);
  for (std::size_t plane = 0; plane < 40; ++plane) {
    EXPECT_LT((*campaign.plane_redshifts)[plane], sources[plane]) << plane + 1;
    if (plane > 0) {
      EXPECT_GT((*campaign.plane_redshifts)[plane], sources[plane - 1]) << plane + 1;
    }
  }
}

TEST(ProductionCampaign, EveryKeyHasAComment) {
  // The line above each key is a comment.
  const std::string text = test::read_file(test::source("configs/production.yaml"));
  for (const std::string key : {"campaign:",
                                "state:",
                                "cosmology:",
                                "box:",
                                "dmo:",
                                "hydro:",
                                "particle_types:",
                                "# matches:",
                                "snapshots:",
                                "planes_per_snapshot:",
                                "plane_redshifts:",
                                "realizations:",
                                "- dmo",
                                "- hydro",
                                "- replace:",
                                "log10_mass_edges:",
                                "open_bins:",
                                "radius_factors:",
                                "root:",
                                "grid:",
                                "assignment:",
                                "seed:",
                                "transforms:",
                                "keep:",
                                "field_deg:",
                                "runs:",
                                "randomize:",
                                "sources:",
                                "fields:",
                                "formats:",
                                "fits_compression:",
                                "interpolation:",
                                "method:",
                                "statistics:",
                                "smoothing_arcmin:",
                                "ell_bins:",
                                "snr:",
                                "pdf_sigma:",
                                "pdf_kappa:",
                                "goals:",
                                "kappa_maps_per_model:",
                                "safety:",
                                "max_moved_files:",
                                "max_tasks:",
                                "trash_hours:",
                                "slurm:",
                                "defaults:"}) {
    std::size_t at = text.find("\n" + key);
    for (std::size_t indent = 2; at == std::string::npos && indent <= 6; indent += 2) {
      at = text.find("\n" + std::string(indent, ' ') + key);
    }
    ASSERT_NE(at, std::string::npos) << key;
    const std::size_t line_above = text.rfind('\n', at - 1) + 1;
    EXPECT_EQ(text[text.find_first_not_of(' ', line_above)], '#') << key;
  }
}

// Two rooms that may not see each other say the same of the mass quantum: one sums in it, the other records it.
TEST(ProductConfiguration, RecordsTheQuantumThatMassIsSummedIn) {
  for (const char* const file : {"configs/production.yaml", "configs/demo.yaml"}) {
    for (const char* const omega_m : {"0.05", "0.1", "0.2", "0.3089", "0.7", "1.0"}) {
      const Campaign campaign =
          load_campaign(test::source(file), {std::string("cosmology.omega_m=") + omega_m});
      const auto text =
          nlohmann::json::parse(product_configuration(campaign, {ProductKind::mass_plane, 0, 0, 0}));
      EXPECT_EQ(text["mass_quantum_msun_h"].get<double>(),
                MassQuantum(campaign.omega_m, campaign.box_mpc_h).msun_h())
          << file << ", omega_m " << omega_m;
    }
  }
}

TEST(DemoCampaign, IsSmallButHasEveryKindOfModel) {
  const Campaign campaign = load_campaign(test::source("configs/demo.yaml"));
  EXPECT_GE(campaign.snapshots.size(), 4u);
  EXPECT_EQ(campaign.realizations, 2);
  EXPECT_LE(campaign.box_mpc_h, 50.0);
  std::set<ModelKind> kinds;
  int replace = 0;
  for (const Model& model : campaign.models) {
    kinds.insert(model.kind);
    replace += model.kind == ModelKind::replace ? 1 : 0;
  }
  EXPECT_EQ(kinds.size(), 3u);
  EXPECT_EQ(replace, 4);
  EXPECT_EQ(campaign.last_source(), campaign.planes());
}

TEST(DemoCampaign, LeavesNothingOutsideItsFolder) {
  const test::TemporaryFolder folder;
  std::filesystem::copy_file(test::source("configs/demo.yaml"), folder / "demo.yaml");
  const Campaign campaign = load_campaign(folder / "demo.yaml");
  for (const Stage stage : stages_of(campaign))
    EXPECT_EQ(stage_root(campaign, stage).parent_path(), folder.path());
  EXPECT_EQ(campaign.state, folder / "state");
  EXPECT_EQ(campaign.input.dmo, folder / "universe/dmo");
}

}  // namespace
}  // namespace lenswright
