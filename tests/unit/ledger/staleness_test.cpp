// What each key of the campaign file and each input changes in a whole campaign: which products become stale, which are of
// another grid, which are merely new names; everything else stays complete.
#include "ledger/staleness.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <set>

#include "campaign/product_graph.hpp"
#include "ledger/input_names.hpp"
#include "ledger/recorded_configuration.hpp"
#include "small_tree.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

const std::vector<std::string> kWithStatistics{"statistics.root=ST"};
constexpr const char* kModels[] = {"dmo", "hydro", "replace"};
constexpr const char* kKinds[] = {"plane", "potential", "geometry", "run", "statistics"};

// A whole campaign whose products all have their records, with what they were made from.
class StaleProducts : public testing::Test {
 protected:
  test::SmallTree tree_{test::SmallTree::Filled::whole, kWithStatistics};
  const Campaign& campaign_ = tree_.campaign();
  int made_ = 0;

  void SetUp() override {
    for (const int snapshot : campaign_.snapshots)
      for (const fs::path& folder : {campaign_.input.dmo, campaign_.input.hydro}) {
        test::write_file(folder / fmt::format("snapdir_{0:03}/snap_{0:03}.0.hdf5", snapshot), "particles");
        test::write_file(folder / fmt::format("groups_{0:03}/fof_subhalo_tab_{0:03}.0.hdf5", snapshot),
                         "halos");
      }
    fs::create_directories(receipts_folder(campaign_));
    for (const Stage stage : stages_of(campaign_)) {
      std::vector<ProductId> products;
      for (const ProductId& id : tree_.all())
        if (stage_of(id.kind) == stage) products.push_back(id);
      leave_receipt(stage, products);
    }
  }

  // Of what lies there now, under the campaign of the tree.
  void leave_receipt(Stage stage, const std::vector<ProductId>& products) {
    Receipt receipt = tree_.receipt(stage);
    receipt.finished = fmt::format("2026-02-01T00:00:{:02}.000Z", made_++);
    std::set<std::string> names;
    for (const ProductId& id : products) names.insert(product_name(campaign_, id));
    std::erase_if(receipt.products,
                  [&](const ProductRecord& record) { return !names.contains(record.product); });
    for (ProductRecord& record : receipt.products)
      record.inputs = inputs_made_from(*product_named(campaign_, record.product));
    write_receipt(real_disk(), campaign_, receipt);
  }

  std::vector<ReceiptInput> inputs_made_from(const ProductId& id) const {
    std::vector<ReceiptInput> inputs;
    if (id.kind == ProductKind::mass_plane) {
      const Model& model = campaign_.models[static_cast<std::size_t>(id.model)];
      const int s = snapshot_index_of(campaign_, id);
      for (const Simulation simulation : simulations_of(model)) {
        const std::string name = snapshot_input(campaign_, simulation, s);
        inputs.push_back({name, digest_of(name)});
        inputs.push_back({files_input(name), snapshot_files_print(campaign_, simulation, s).value()});
      }
      if (model.kind == ModelKind::replace)
        inputs.push_back({files_input(halos_input(campaign_, s)), halo_files_print(campaign_, s).value()});
      const TransformSet set = read_transforms(campaign_.lensplanes.root / kTransformsFile);
      inputs.push_back(
          {transform_input(campaign_, id.realization, s), transform_digest(set.at(id.realization, s))});
      return inputs;
    }
    for (const ProductId& input : inputs_of(campaign_, id))
      for (const ProductFile& file : product_files(campaign_, input)) {
        const Stage stage = stage_of(input.kind);
        const std::string bytes = test::read_file(stage_root(campaign_, stage) / file.path);
        inputs.push_back(
            {fmt::format("{}/{}", stage_name(stage), file.path), digest_of(std::string_view(bytes))});
      }
    return inputs;
  }

  Campaign changed(const std::vector<std::string>& overrides) const {
    std::vector<std::string> all = kWithStatistics;
    all.insert(all.end(), overrides.begin(), overrides.end());
    return load_campaign(tree_ / "campaign.yaml", all);
  }

  // "stale plane hydro", with "some" before it where others of that kind and model are not; complete ones left out.
  std::set<std::string> seen_by(const Campaign& campaign, Tier tier = Tier::header) const {
    SilentProgress silent;
    const ReceiptIndex receipts = ReceiptIndex::load(real_disk(), campaign);
    const ScanResult result = scan(campaign, real_disk(), tier, {}, receipts, silent);
    std::map<std::pair<std::size_t, int>, std::map<State, int>> counts;
    for (const ProductKind kind : kProductKinds)
      for (std::size_t i = 0; i < result.products().count(kind); ++i) {
        const ProductId id = result.products().at(kind, i);
        ++counts[{static_cast<std::size_t>(kind), id.model}][result.state(id)];
      }
    std::set<std::string> seen;
    for (const auto& [place, states] : counts)
      for (const auto& [state, count] : states)
        if (state != State::complete)
          seen.insert(fmt::format("{}{} {} {}", states.size() > 1 ? "some " : "", state_name(state),
                                  kKinds[place.first], kModels[place.second]));
    for (const Finding& finding : result.findings)
      if (finding.path.ends_with("transforms.h5"))
        seen.insert(fmt::format("{} transforms.h5", state_name(finding.state)));
    return seen;
  }
  std::set<std::string> with(const std::vector<std::string>& overrides) const {
    return seen_by(changed(overrides));
  }
};

using Seen = std::set<std::string>;
Seen operator+(Seen a, const Seen& b) {
  a.insert(b.begin(), b.end());
  return a;
}
// "stale potential dmo", ... of all models, or of those named.
Seen all(const std::string& what, const std::vector<std::string>& models = {"dmo", "hydro", "replace"}) {
  Seen seen;
  for (const std::string& model : models) seen.insert(what + " " + model);
  return seen;
}
const Seen kNothing;
const Seen kStatistics = all("stale statistics");
const Seen kMaps = all("stale run") + kStatistics;
const Seen kPotentials = all("stale potential") + kMaps;
const Seen kPlanes = all("stale plane") + kPotentials;
const std::vector<std::string> kWithHydro{"hydro", "replace"};

TEST_F(StaleProducts, NothingIsStaleWhereNothingChanged) {
  EXPECT_EQ(with({}), kNothing);
  EXPECT_EQ(seen_by(campaign_, Tier::full), kNothing);
  EXPECT_EQ(seen_by(campaign_, Tier::quick), kNothing);
}

TEST_F(StaleProducts, TouchedFilesAndReformattedYamlChangeNothing) {
  for (const ProductId& id : tree_.all())
    for (const fs::path& file : tree_.files(id))
      fs::last_write_time(file, fs::file_time_type::clock::now() + std::chrono::hours(id.index));
  for (const auto& entry : fs::recursive_directory_iterator(tree_ / "sims"))
    fs::last_write_time(entry.path(), fs::file_time_type::clock::now());
  fs::last_write_time(tree_ / "LP/transforms.h5", fs::file_time_type::clock::now());
  test::write_file(tree_ / "campaign.yaml", "# reformatted\n\n" + test::small_tree_yaml() + "\n# end\n");
  EXPECT_EQ(with({"raytracing.field_deg=5.000"}), kNothing);
}

TEST_F(StaleProducts, KeysThatNoBytesDependOn) {
  EXPECT_EQ(with({"cosmology.h=0.7"}), kNothing);
  EXPECT_EQ(with({"lensplanes.transforms=file"}), kNothing);
  EXPECT_EQ(with({"lensplanes.transforms=seed"}), kNothing);
  EXPECT_EQ(with({"raytracing.fits_compression=true"}), kNothing);
  EXPECT_EQ(with({"goals.kappa_maps_per_model=7", "safety.max_tasks=3", "safety.trash_hours=1"}), kNothing);
  EXPECT_EQ(with({"lux.keep=until_traced"}), kNothing);
  EXPECT_EQ(with({"input.dmo=/nowhere", "input.hydro=/nowhere"}), kNothing) << "simulations may be archived";
}

TEST_F(StaleProducts, CosmologyAndBox) {
  EXPECT_EQ(with({"cosmology.omega_m=0.31"}), all("stale geometry") + kPotentials);
  EXPECT_EQ(with({"plane_redshifts=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]"}), all("stale geometry") + kMaps);
  EXPECT_EQ(with({"box=51.0"}), all("stale geometry") + kPlanes + Seen{"mismatched transforms.h5"});
}

TEST_F(StaleProducts, SimulationInput) {
  EXPECT_EQ(with({"input.particle_types=[0, 1, 4]"}),
            all("stale plane", kWithHydro) + all("stale potential", kWithHydro) +
                all("stale run", kWithHydro) + all("stale statistics", kWithHydro));
  EXPECT_EQ(with({"input.matches=matches"}), Seen({"stale plane replace", "stale potential replace",
                                                   "stale run replace", "stale statistics replace"}));
  // Planes 4 and 5 only: no ray reaches them.
  EXPECT_EQ(with({"snapshots=[96, 80, 61]"}),
            all("some stale plane") + all("some stale potential") + Seen{"mismatched transforms.h5"});
}

TEST_F(StaleProducts, MerelyNewNames) {
  EXPECT_EQ(with({"realizations=3"}), all("some missing plane") + all("some missing potential") +
                                          all("some missing geometry") + all("some missing run") +
                                          all("some missing statistics") + Seen{"mismatched transforms.h5"});
  EXPECT_EQ(with({"raytracing.runs=4"}), all("some missing run") + kStatistics);
  EXPECT_EQ(with({"raytracing.interpolation=nearest"}), all("missing run") + all("missing statistics"));
  EXPECT_EQ(with({"raytracing.method=born"}), all("missing run") + all("missing statistics"));
  // Maps beside those that are there, which stay the same.
  EXPECT_EQ(with({"raytracing.sources=[3, 4, 6]"}), all("missing run") + kStatistics);
  EXPECT_EQ(with({"raytracing.fields=[kappa, gamma1, gamma2]"}), all("missing run") + kStatistics);
  EXPECT_EQ(with({"raytracing.formats=[dat, fits]"}), all("missing run"));
  EXPECT_EQ(with({"raytracing.sources=[4]"}), kStatistics);
}

TEST_F(StaleProducts, MistypedMassEdgeIsANewNameAndMovesNothing) {
  std::string text = test::small_tree_yaml();
  text.replace(text.find("[13.0, 15.0]"), 12, "[13.5, 15.0]");
  test::write_file(tree_ / "campaign.yaml", text);
  EXPECT_EQ(with({}), Seen({"missing plane replace", "missing potential replace", "missing geometry replace",
                            "missing run replace", "missing statistics replace"}));
}

TEST_F(StaleProducts, LensplaneKeys) {
  // Planes of another grid may be right and the campaign file wrong: mismatched, whatever their records say.
  EXPECT_EQ(with({"lensplanes.grid=16"}), all("mismatched plane") + all("mismatched potential") + kMaps);
  EXPECT_EQ(with({"lensplanes.assignment=cic"}), kPlanes);
  EXPECT_EQ(with({"lensplanes.seed=7"}), Seen{"mismatched transforms.h5"})
      << "until the campaign says which holds";
  EXPECT_EQ(with({"lensplanes.seed=7", "lensplanes.transforms=file"}), kNothing);
  EXPECT_EQ(with({"lensplanes.seed=7", "lensplanes.transforms=seed"}), kPlanes);
}

TEST_F(StaleProducts, RaytracingKeys) {
  EXPECT_EQ(with({"raytracing.seed=7"}), kMaps);
  EXPECT_EQ(with({"raytracing.field_deg=6.0"}), kMaps);
  EXPECT_EQ(with({"raytracing.randomize=false"}), kMaps);
  EXPECT_EQ(with({"raytracing.grid=8"}), all("mismatched run") + kStatistics);
}

TEST_F(StaleProducts, StatisticsKeys) {
  EXPECT_EQ(with({"statistics.ell_bins=10"}), kStatistics);
  EXPECT_EQ(with({"statistics.smoothing_arcmin=[3.0]"}), kStatistics);
  EXPECT_EQ(with({"statistics.snr={lowest: -5, highest: 5, bins: 10}"}), kStatistics);
}

TEST_F(StaleProducts, TransformsAsTheFileHasThemNow) {
  const fs::path file = tree_ / "LP/transforms.h5";
  TransformSet set = read_transforms(file);
  fs::remove(file);
  set.transforms[1 * 3 + 1].displacement[0] += 1.0;  // realization 1, snapshot 80: planes 2 and 3
  write_transforms(real_disk(), file, set);
  EXPECT_EQ(with({"lensplanes.transforms=file"}), all("some stale plane") + all("some stale potential") +
                                                      all("some stale run") + all("some stale statistics"));
  EXPECT_EQ(with({"lensplanes.transforms=seed"}), kNothing)
      << "the seed holds, and draws what they were made with";
  const Campaign campaign = changed({"lensplanes.transforms=file"});
  const ReceiptIndex receipts = ReceiptIndex::load(real_disk(), campaign);
  Staleness staleness(campaign, real_disk(), receipts);
  int stale = 0;
  for (const ProductId& id : tree_.all())
    stale += id.kind == ProductKind::mass_plane && staleness.stale(id) ? 1 : 0;
  EXPECT_EQ(stale, 6) << "two planes of three models";
  EXPECT_FALSE(staleness.stale({ProductKind::run, 0, 0, 1}));
  EXPECT_TRUE(staleness.stale({ProductKind::run, 0, 1, 1}));
  EXPECT_THAT(staleness.because({ProductKind::run, 0, 1, 1}),
              HasSubstr("made from transform of realization 1, snapshot 80 with digest"));
}

TEST_F(StaleProducts, PlaneMadeAnewWithOtherBytes) {
  const ProductId plane{ProductKind::mass_plane, 1, 1, 2};
  test::write_file(tree_.file(plane), test::plane_bytes(8, 1, 2e12));
  leave_receipt(Stage::lensplanes, {plane});
  EXPECT_EQ(with({}),
            Seen({"some stale potential hydro", "some stale run hydro", "some stale statistics hydro"}));
  const ReceiptIndex receipts = ReceiptIndex::load(real_disk(), campaign_);
  Staleness staleness(campaign_, real_disk(), receipts);
  const ProductId potential{ProductKind::potential, 1, 1, 3};
  EXPECT_THAT(staleness.because(potential),
              AllOf(HasSubstr("it was made from lensplanes/hydro/LP_01/lenspot02.dat with digest "),
                    HasSubstr(", which now has ")));
  EXPECT_EQ(staleness.root_cause({ProductKind::statistics, 1, 1, 0}), potential);
  EXPECT_THAT(staleness.because({ProductKind::run, 1, 1, 3}),
              HasSubstr("lux/hydro/LP_01/lenspot03.dat is stale: it was made from"));
  // With the same bytes as before nothing follows.
  tree_.write(plane);
  leave_receipt(Stage::lensplanes, {plane});
  EXPECT_EQ(with({}), kNothing);
}

TEST_F(StaleProducts, PotentialBehindTheLastSourceTouchesNoRun) {
  const ProductId behind{ProductKind::potential, 0, 0, 6};
  test::write_file(tree_.file(behind), test::plane_bytes(8, 5, 2e-7));
  leave_receipt(Stage::lux, {behind});
  EXPECT_EQ(with({}), kNothing);
}

TEST_F(StaleProducts, GeometryAndMapsMadeAnew) {
  const ProductId run{ProductKind::run, 2, 0, 1};
  test::write_file(tree_.files(run).front(), test::plane_bytes(4, 1, 0.02));
  leave_receipt(Stage::raytracing, {run});
  EXPECT_EQ(with({}), Seen{"some stale statistics replace"});
}

TEST_F(StaleProducts, SimulationFilesOfAnotherSize) {
  test::write_file(tree_ / "sims/hydro/snapdir_080/snap_080.0.hdf5", "other particles");
  EXPECT_EQ(with({}), all("some stale plane", kWithHydro) + all("some stale potential", kWithHydro) +
                          all("stale run", kWithHydro) + all("stale statistics", kWithHydro));
  const ReceiptIndex receipts = ReceiptIndex::load(real_disk(), campaign_);
  Staleness staleness(campaign_, real_disk(), receipts);
  EXPECT_THAT(staleness.because({ProductKind::mass_plane, 1, 0, 2}),
              HasSubstr("the files of hydro/snapshot 80 have other names or sizes"));
}

TEST_F(StaleProducts, HaloFilesTouchReplaceModelsOnly) {
  test::write_file(tree_ / "sims/dmo/groups_096/fof_subhalo_tab_096.0.hdf5", "other halos");
  EXPECT_EQ(with({}), Seen({"some stale plane replace", "some stale potential replace", "stale run replace",
                            "stale statistics replace"}));
}

TEST_F(StaleProducts, WordsNameTheKeyAndBothValues) {
  const Campaign campaign = changed({"raytracing.seed=7"});
  const ReceiptIndex receipts = ReceiptIndex::load(real_disk(), campaign);
  Staleness staleness(campaign, real_disk(), receipts);
  EXPECT_EQ(staleness.because({ProductKind::run, 0, 0, 2}),
            "it was made under another configuration: seed 1992, now 7");
  EXPECT_EQ(staleness.because({ProductKind::potential, 0, 0, 2}), "");
}

TEST_F(StaleProducts, WithoutARecordNothingIsStaleUnlessItsInputIs) {
  fs::remove_all(receipts_folder(campaign_));
  EXPECT_EQ(with({"raytracing.seed=7", "lensplanes.assignment=cic"}), kNothing);
  leave_receipt(Stage::lensplanes, {{ProductKind::mass_plane, 0, 0, 0}});
  EXPECT_EQ(with({"lensplanes.assignment=cic"}), Seen({"some stale plane dmo", "some stale potential dmo",
                                                       "some stale run dmo", "some stale statistics dmo"}));
}

TEST_F(StaleProducts, DamageOfOneFileComesFirstAndPartOfAStaleRunIsNotCompleted) {
  const Campaign campaign = changed({"raytracing.seed=7", "lensplanes.assignment=cic"});
  const ReceiptIndex receipts = ReceiptIndex::load(real_disk(), campaign);
  Staleness staleness(campaign, real_disk(), receipts);
  const ProductId plane{ProductKind::mass_plane, 0, 0, 0}, run{ProductKind::run, 0, 0, 1};
  test::cut(tree_.file(plane), 50);
  fs::remove(tree_.files(run).front());
  EXPECT_EQ(check_product(campaign, real_disk(), plane, Tier::header, receipts, &staleness).state,
            State::truncated);
  const Finding part = check_product(campaign, real_disk(), run, Tier::header, receipts, &staleness);
  EXPECT_EQ(part.state, State::stale);
  EXPECT_THAT(part.because, HasSubstr("some of its files are not whole"));
  tree_.remove(run);
  EXPECT_EQ(check_product(campaign, real_disk(), run, Tier::header, receipts, &staleness).state,
            State::missing);
}

}  // namespace
}  // namespace lenswright
