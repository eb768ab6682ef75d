#include "ledger/scan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "faulty_disk.hpp"
#include "io/atomic_writer.hpp"
#include "io/plane_file.hpp"
#include "small_tree.hpp"

namespace lenswright {
namespace {

using test::SmallTree;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr ProductId kPlane{ProductKind::mass_plane, 1, 0, 3};
constexpr ProductId kPotential{ProductKind::potential, 2, 1, 4};
constexpr ProductId kGeometry{ProductKind::geometry, 0, 1, 0};
constexpr ProductId kRun{ProductKind::run, 2, 0, 2};

std::size_t not_complete(const SmallTree& tree, const ScanResult& result) {
  const auto products = tree.all();
  return static_cast<std::size_t>(std::count_if(products.begin(), products.end(), [&](const ProductId& id) {
    return result.state(id) != State::complete;
  }));
}

std::vector<Finding> findings_of(const ScanResult& result, const ProductId& id) {
  std::vector<Finding> found;
  for (const Finding& finding : result.findings)
    if (finding.product == id) found.push_back(finding);
  return found;
}

TEST(Scan, WholeTreeIsCompleteAtEveryTier) {
  const SmallTree tree;
  for (const Tier tier : {Tier::quick, Tier::header, Tier::full}) {
    const ScanResult result = tree.scanned(tier, {}, tree.receipts());
    EXPECT_EQ(not_complete(tree, result), 0U) << tier_name(tier);
    EXPECT_TRUE(result.findings.empty()) << result.findings.front().because;
  }
}

TEST(Scan, TreeOfFitsAndHdf5MapsIsCompleteAtEveryTier) {
  const SmallTree tree(SmallTree::Filled::whole, {"raytracing.formats=[dat, fits, hdf5]"});
  for (const Tier tier : {Tier::quick, Tier::header, Tier::full}) {
    const ScanResult result = tree.scanned(tier, {}, tree.receipts());
    EXPECT_TRUE(result.findings.empty()) << result.findings.front().because;
    EXPECT_EQ(not_complete(tree, result), 0U);
  }
}

// Maps written for one grid, looked at by a campaign that asks for another.
void expect_mismatched_for_grid(const std::string& formats, bool compressed, int grid) {
  const SmallTree tree(SmallTree::Filled::whole,
                       {"raytracing.formats=[" + formats + "]", "raytracing.grid=64",
                        std::string("raytracing.fits_compression=") + (compressed ? "true" : "false")});
  const Campaign other = load_campaign(tree / "campaign.yaml", {"raytracing.formats=[" + formats + "]",
                                                                "raytracing.grid=" + std::to_string(grid)});
  for (const Tier tier : {Tier::header, Tier::full}) {
    EXPECT_EQ(tree.checked(kRun, tier).state, State::complete);
    const Finding finding = check_product(other, real_disk(), kRun, tier, {});
    EXPECT_EQ(finding.state, State::mismatched) << formats << " " << tier_name(tier);
    EXPECT_THAT(finding.because, HasSubstr("of grid 64, where the campaign says"));
  }
}

TEST(Scan, FitsMapsOfAnotherGridAreMismatchedAtTierHeader) {
  expect_mismatched_for_grid("fits", false, 66);
  expect_mismatched_for_grid("fits", true, 66);
}

TEST(Scan, Hdf5MapsOfAnotherGridAreMismatchedAtTierHeader) {
  expect_mismatched_for_grid("hdf5", false, 32);
  expect_mismatched_for_grid("hdf5", false, 128);
}

TEST(Scan, IncompleteProductsAreThoseThatAScanFindsWithFewerReads) {
  const SmallTree tree;
  const std::vector<ProductId> all = tree.all();
  EXPECT_TRUE(incomplete_products(tree.campaign(), real_disk(), all, Tier::header).empty());
  tree.remove(kPlane);
  test::cut(tree.file(kPotential), 100);
  fs::remove_all(tree.campaign().raytracing.root / "dmo");
  fs::remove(tree.campaign().lux.root / kRootMarkerFile);  // of a folder that is not known, nothing is
  const ScanResult result = tree.scanned(Tier::header);
  std::vector<ProductId> expected;
  for (const ProductId& id : all)
    if (result.state(id) != State::complete) expected.push_back(id);
  std::sort(expected.begin(), expected.end());
  test::FaultyDisk together(real_disk()), alone(real_disk());
  EXPECT_EQ(incomplete_products(tree.campaign(), together, all, Tier::header), expected);
  for (const ProductId& id : all) {
    const Finding finding = check_product(tree.campaign(), alone, id, Tier::header, {});
    EXPECT_EQ(finding.state != State::complete, std::binary_search(expected.begin(), expected.end(), id));
  }
  EXPECT_LT(together.operations(), alone.operations() / 2);
}

TEST(Scan, TruncatedMassPlaneIsNotComplete) {
  const SmallTree tree;
  test::cut(tree.file(kPlane), 100);
  const ScanResult result = tree.scanned(Tier::quick);
  EXPECT_EQ(result.state(kPlane), State::truncated);
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings[0].product, kPlane);
  EXPECT_EQ(result.findings[0].path, tree.file(kPlane).string());
  EXPECT_EQ(result.findings[0].because, "100 bytes long where 520 are expected: cut short");
  EXPECT_EQ(not_complete(tree, result), 1U);
}

TEST(Scan, LongerFileIsTruncatedToo) {
  const SmallTree tree;
  test::cut(tree.file(kPotential), 5000);
  const Finding finding = tree.checked(kPotential, Tier::quick);
  EXPECT_EQ(finding.state, State::truncated);
  EXPECT_THAT(finding.because, HasSubstr("something was added"));
}

TEST(Scan, MissingFileAndMissingFoldersAreFoundOneByOne) {
  const SmallTree tree;
  tree.remove(kPlane);
  fs::remove_all(tree.campaign().lux.root / "hydro/LP_01");
  fs::remove_all(tree.campaign().raytracing.root / "dmo");
  const ScanResult result = tree.scanned(Tier::header);
  EXPECT_EQ(result.state(kPlane), State::missing);
  EXPECT_EQ(not_complete(tree, result), 1U + 6U + 1U + 2U * 3U);
  EXPECT_EQ(result.findings.size(), 14U);
  const std::vector<Finding> of_run = findings_of(result, {ProductKind::run, 0, 1, 3});
  ASSERT_EQ(of_run.size(), 1U);
  EXPECT_EQ(of_run[0].because, "there is no folder dmo");
  EXPECT_EQ(of_run[0].path, (tree.campaign().raytracing.root / "dmo/LP_01/run003").string());
  EXPECT_EQ(findings_of(result, {ProductKind::potential, 1, 1, 2})[0].because,
            "there is no folder hydro/LP_01");
  EXPECT_EQ(findings_of(result, kPlane)[0].because, "there is no such file");
}

TEST(Scan, FindingsComeInProductOrder) {
  const SmallTree tree;
  for (const ProductId& id : {kRun, kGeometry, kPotential, kPlane}) tree.remove(id);
  test::write_file(tree.campaign().lensplanes.root / "stray.txt", "?");
  const ScanResult result = tree.scanned(Tier::header);
  std::vector<std::optional<ProductId>> order;
  for (const Finding& finding : result.findings) order.push_back(finding.product);
  EXPECT_THAT(order, testing::ElementsAre(kPlane, std::nullopt, kPotential, kGeometry, kRun));
}

TEST(Scan, OtherGridIsMismatchedNotDamaged) {
  const SmallTree tree;
  test::write_file(tree.file(kPlane), test::plane_bytes(16, 1, 1e12));
  test::write_file(tree.file(kPotential), test::plane_bytes(4, 5, 1e-7));
  for (const Tier tier : {Tier::quick, Tier::header, Tier::full}) {
    const ScanResult result = tree.scanned(tier);
    EXPECT_EQ(result.state(kPlane), State::mismatched);
    EXPECT_EQ(result.state(kPotential), State::mismatched);
    EXPECT_THAT(findings_of(result, kPlane)[0].because, HasSubstr("of grid 16, where the campaign says 8"));
  }
}

TEST(Scan, SizeOfAnotherGridWithoutItsMarkersIsTruncated) {
  const SmallTree tree;
  std::string bytes = test::plane_bytes(16, 1, 1e12);
  bytes[0] = 8;
  test::write_file(tree.file(kPlane), bytes);
  EXPECT_EQ(tree.checked(kPlane, Tier::full).state, State::truncated);
}

TEST(Scan, CampaignWithAMistypedGridFindsEverythingMismatched) {
  const SmallTree tree;
  const SmallTree mistyped(
      SmallTree::Filled::empty,
      {"lensplanes.grid=16", "lensplanes.root=" + tree.campaign().lensplanes.root.string()});
  const ScanResult result = mistyped.scanned(Tier::header, {.stages = {Stage::lensplanes}});
  for (const ProductId& id : tree.all())
    if (id.kind == ProductKind::mass_plane) {
      EXPECT_EQ(result.state(id), State::mismatched);
    }
}

TEST(Scan, WrongMarkersAreCorruptFromTierHeaderOn) {
  const SmallTree tree;
  std::string bytes = test::read_file(tree.file(kPlane));
  bytes[bytes.size() - 4] = 9;
  test::write_file(tree.file(kPlane), bytes);
  EXPECT_EQ(tree.checked(kPlane, Tier::quick).state, State::complete);
  const Finding finding = tree.checked(kPlane, Tier::header);
  EXPECT_EQ(finding.state, State::corrupt);
  EXPECT_THAT(finding.because, HasSubstr("8 at the head and 9 at the end"));
}

TEST(Scan, InsaneValuesAreCorruptAtTierFullEvenWithoutReceipt) {
  const SmallTree tree;
  const auto put = [&](const fs::path& path, std::size_t element, double value) {
    std::string bytes = test::read_file(path);
    std::memcpy(bytes.data() + 4 + 8 * element, &value, 8);
    test::write_file(path, bytes);
  };
  put(tree.file(kPlane), 10, -1.0);
  put(tree.file(kPotential), 5 * 9 + 3, std::nan(""));
  put(tree.file(kRun), 5, 1e5);
  EXPECT_EQ(not_complete(tree, tree.scanned(Tier::header)), 0U);
  const ScanResult result = tree.scanned(Tier::full);
  EXPECT_EQ(not_complete(tree, result), 3U);
  EXPECT_THAT(findings_of(result, kPlane)[0].because, HasSubstr("the mass of pixel (1, 2) is -1"));
  EXPECT_THAT(findings_of(result, kPotential)[0].because, HasSubstr("field 3 of pixel (1, 1) is nan"));
  EXPECT_THAT(findings_of(result, kRun)[0].because, HasSubstr("kappa of pixel (1, 1) is 100000"));
}

TEST(Scan, DigestOfTheReceiptDecidesAtTierFull) {
  const SmallTree tree;
  const ReceiptIndex receipts = tree.receipts();
  test::flip_bit(tree.file(kPlane), 8 * 100);  // a last digit: sane in itself
  EXPECT_EQ(tree.checked(kPlane, Tier::full).state, State::complete);
  EXPECT_EQ(tree.checked(kPlane, Tier::header, receipts).state, State::complete);
  const Finding finding = tree.checked(kPlane, Tier::full, receipts);
  EXPECT_EQ(finding.state, State::corrupt);
  EXPECT_THAT(finding.because, HasSubstr("but its receipt says"));
}

TEST(Scan, CompleteProductSaysWhatWasLookedAt) {
  const SmallTree tree;
  EXPECT_THAT(tree.checked(kPlane, Tier::quick).because, HasSubstr("exact size"));
  EXPECT_THAT(tree.checked(kPlane, Tier::full).because, HasSubstr("no receipt"));
  EXPECT_THAT(tree.checked(kPlane, Tier::full, tree.receipts()).because, HasSubstr("its receipt tells of"));
}

TEST(Scan, RunIsAsGoodAsItsWorstFile) {
  const SmallTree tree;
  const auto files = tree.files(kRun);  // kappa03, gamma1_03, kappa04, gamma1_04
  fs::remove(files[0]);
  ScanResult result = tree.scanned(Tier::header);
  EXPECT_EQ(result.state(kRun), State::missing);
  EXPECT_EQ(findings_of(result, kRun)[0].because,
            "1 of its 4 files are missing, the first of them kappa03.dat");
  test::cut(files[1], 5);
  test::flip_bit(files[2], 1);
  result = tree.scanned(Tier::header);
  EXPECT_EQ(result.state(kRun), State::corrupt);
  EXPECT_EQ(findings_of(result, kRun).size(), 3U);
  EXPECT_EQ(tree.checked(kRun, Tier::header).path, files[2].string());
  EXPECT_EQ(check_product_files(tree.campaign(), real_disk(), kRun, Tier::header, {}).size(), 3U);
  EXPECT_EQ(not_complete(tree, result), 1U);
  test::write_file(files[3], test::plane_bytes(2, 1, 0.01));
  EXPECT_EQ(tree.scanned(Tier::header).state(kRun), State::mismatched);
}

TEST(Scan, RunFolderWithoutItsFilesIsMissing) {
  const SmallTree tree;
  for (const fs::path& file : tree.files(kRun)) fs::remove(file);
  EXPECT_EQ(tree.checked(kRun, Tier::header).because, "its folder is empty of its files");
}

TEST(Scan, GeometryOfOtherPlaneCountsIsMismatched) {
  const SmallTree tree;
  const LightCone cone = make_light_cone(0.3089, 50.0, 4, 2, std::nullopt);
  test::write_file(tree.file(kGeometry), encode_lux_config(lux_config_of(cone)));
  const Finding finding = tree.checked(kGeometry, Tier::header);
  EXPECT_EQ(finding.state, State::mismatched);
  EXPECT_THAT(finding.because, HasSubstr("8 planes and 4 snapshots"));
}

TEST(Scan, GeometryOfAnotherCosmologyIsMismatchedAtTierFull) {
  const SmallTree tree;
  const LightCone cone = make_light_cone(0.25, 50.0, 3, 2, std::nullopt);
  test::write_file(tree.file(kGeometry), encode_lux_config(lux_config_of(cone)));
  EXPECT_EQ(tree.checked(kGeometry, Tier::header).state, State::complete);
  const Finding finding = tree.checked(kGeometry, Tier::full);
  EXPECT_EQ(finding.state, State::mismatched);
  EXPECT_THAT(finding.because, HasSubstr("a[1]"));
}

TEST(Scan, GeometryWithADistanceChangedIsCorruptAtTierFull) {
  const SmallTree tree;
  test::flip_bit(tree.file(kGeometry), 8 * (8 + 8 * 7 + 8 * 3) + 40);  // within chi[3]
  EXPECT_EQ(tree.checked(kGeometry, Tier::full).state, State::corrupt);
}

TEST(Scan, GeometryWithWrongCountsIsCorruptAtTierHeader) {
  const SmallTree tree;
  test::flip_bit(tree.file(kGeometry), 5);
  EXPECT_EQ(tree.checked(kGeometry, Tier::quick).state, State::complete);
  EXPECT_EQ(tree.checked(kGeometry, Tier::header).state, State::corrupt);
}

TEST(Scan, SymbolicLinksAndFoldersInAFilesPlaceAreCorrupt) {
  const SmallTree tree;
  const fs::path real = tree / "real.dat";
  fs::rename(tree.file(kPlane), real);
  fs::create_symlink(real, tree.file(kPlane));
  fs::remove(tree.file(kPotential));
  fs::create_directories(tree.file(kPotential));
  const ScanResult result = tree.scanned(Tier::header);
  EXPECT_EQ(result.state(kPlane), State::corrupt);
  EXPECT_EQ(result.state(kPotential), State::corrupt);
  EXPECT_THAT(findings_of(result, kPlane)[0].because, HasSubstr("a symbolic link where a regular file"));
  EXPECT_EQ(tree.checked(kPlane, Tier::header).state, State::corrupt);
}

TEST(Scan, OrphansAreNamedAndTheirFoldersNotEntered) {
  const SmallTree tree;
  const fs::path lp = tree.campaign().lensplanes.root, rt = tree.campaign().raytracing.root;
  fs::create_directories(lp / "hydro_replace_old/LP_00");
  test::write_file(lp / "hydro_replace_old/LP_00/lenspot00.dat", "?");
  test::write_file(lp / "dmo/LP_00/lenspot06.dat", "?");
  fs::create_directories(lp / "dmo/LP_02");
  test::write_file(rt / "dmo/LP_00/run001/kappa05.dat", "?");
  fs::create_directories(rt / "dmo/LP_00/run004");
  fs::create_directories(lp / kTrashFolder);
  const ScanResult result = tree.scanned(Tier::header);
  std::vector<std::string> paths;
  for (const Finding& finding : result.findings) {
    EXPECT_EQ(finding.state, State::orphan);
    paths.push_back(finding.path);
  }
  EXPECT_THAT(paths, testing::UnorderedElementsAre(
                         (lp / "hydro_replace_old").string(), (lp / "dmo/LP_00/lenspot06.dat").string(),
                         (lp / "dmo/LP_02").string(), (rt / "dmo/LP_00/run001/kappa05.dat").string(),
                         (rt / "dmo/LP_00/run004").string()));
  EXPECT_EQ(not_complete(tree, result), 0U);
}

TEST(Scan, TemporaryFilesOfDeadWritersAreListedThoseOfLivingOnesLeftAlone) {
  const SmallTree tree;
  const fs::path folder = tree.file(kPlane).parent_path();
  const std::string living = make_temporary_name("lenspot03.dat");
  const std::string dead = ".lenspot03.dat.tmp-" + host_name() + "-999999999-0a1b2c3d0001";
  ASSERT_TRUE(parse_temporary_name(dead));
  test::write_file(folder / living, "half");
  test::write_file(folder / dead, "half");
  const ScanResult result = tree.scanned(Tier::header);
  EXPECT_THAT(result.dead_temporary_files, testing::ElementsAre(folder / dead));
  EXPECT_TRUE(result.findings.empty());
}

TEST(Scan, PlanesWithoutTheirTransformsAreNoted) {
  const SmallTree tree;
  const fs::path transforms = tree.campaign().lensplanes.root / kTransformsFile;
  fs::remove(transforms);
  ScanResult result = tree.scanned(Tier::header);
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings[0].state, State::missing);
  EXPECT_EQ(result.findings[0].path, transforms.string());
  EXPECT_EQ(not_complete(tree, result), 0U);
  for (const ProductId& id : tree.all())
    if (id.kind == ProductKind::mass_plane) tree.remove(id);
  result = tree.scanned(Tier::header, {.stages = {Stage::lensplanes}});
  EXPECT_EQ(result.findings.size(), 36U);  // the planes alone: a fresh campaign needs no transforms yet
}

TEST(Scan, TransformsThatTheSeedWillReplaceAreNotMissed) {
  const SmallTree tree(SmallTree::Filled::whole, {"lensplanes.transforms=seed"});
  fs::remove(tree.campaign().lensplanes.root / kTransformsFile);
  EXPECT_TRUE(tree.scanned(Tier::header).findings.empty());
}

TEST(Scan, TransformsOfAnotherShapeAreNotedWhateverHolds) {
  for (const char* holds : {"agree", "file", "seed"}) {
    const SmallTree tree(SmallTree::Filled::whole, {std::string("lensplanes.transforms=") + holds});
    const Campaign more = load_campaign(tree / "campaign.yaml",
                                        {std::string("lensplanes.transforms=") + holds, "realizations=3"});
    SilentProgress silent;
    const ScanResult result = scan(more, real_disk(), Tier::header, {.realizations = {0, 1}}, {}, silent);
    ASSERT_EQ(result.findings.size(), 1U) << holds;
    EXPECT_EQ(result.findings[0].state, State::mismatched);
    EXPECT_THAT(result.findings[0].because, HasSubstr("of other realizations"));
  }
}

TEST(Scan, TransformsOfAnotherSeedAreNoted) {
  const SmallTree tree;
  const SmallTree other(
      SmallTree::Filled::empty,
      {"lensplanes.seed=2021", "lensplanes.root=" + tree.campaign().lensplanes.root.string()});
  const ScanResult result = other.scanned(Tier::header, {.stages = {Stage::lensplanes}});
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings[0].state, State::mismatched);
  EXPECT_THAT(result.findings[0].because, HasSubstr("seed 2021"));
}

TEST(Scan, ProductsOutsideTheSelectionStayUnknown) {
  const SmallTree tree;
  const Selection selection{.stages = {Stage::lensplanes, Stage::raytracing},
                            .models = {2},
                            .realizations = {0},
                            .snapshots = {1},
                            .planes = {},
                            .runs = {2}};
  const ScanResult result = tree.scanned(Tier::header, selection);
  for (const ProductId& id : tree.all()) {
    const bool looked_at = id.model == 2 && id.realization == 0 &&
                           ((id.kind == ProductKind::mass_plane && (id.index == 2 || id.index == 3)) ||
                            (id.kind == ProductKind::run && id.index == 2));
    EXPECT_EQ(selection.contains(tree.campaign(), id), looked_at) << product_name(tree.campaign(), id);
    EXPECT_EQ(result.state(id), looked_at ? State::complete : State::unknown);
  }
  EXPECT_TRUE(result.findings.empty());
}

TEST(Scan, PlanesOfASelectionCountFromZeroForPotentialsToo) {
  const SmallTree tree;
  const Selection selection{.planes = {0}};
  EXPECT_TRUE(selection.contains(tree.campaign(), {ProductKind::mass_plane, 0, 0, 0}));
  EXPECT_TRUE(selection.contains(tree.campaign(), {ProductKind::potential, 0, 0, 1}));
  EXPECT_FALSE(selection.contains(tree.campaign(), {ProductKind::potential, 0, 0, 2}));
  EXPECT_TRUE(selection.contains(tree.campaign(), {ProductKind::geometry, 0, 0, 0}));
  EXPECT_TRUE(selection.contains(tree.campaign(), {ProductKind::run, 0, 0, 3}));
}

TEST(Scan, SelectionWithInputsHoldsWhatItIsMadeFrom) {
  const Selection runs =
      with_inputs({.stages = {Stage::raytracing}, .models = {1}, .planes = {3}, .runs = {2}});
  EXPECT_TRUE(runs.contains(Stage::lensplanes) && runs.contains(Stage::lux) && runs.planes.empty());
  EXPECT_EQ(runs.models, std::vector<int>{1});
  const Selection lux = with_inputs({.stages = {Stage::lux}, .planes = {3}});
  EXPECT_TRUE(lux.contains(Stage::lensplanes) && !lux.contains(Stage::raytracing));
  EXPECT_EQ(lux.planes, std::vector<int>{3});
}

// What `why` says of one product must be what diagnose counted.
TEST(Scan, OneProductAloneIsSeenAsInTheWholeScan) {
  const SmallTree tree;
  tree.remove(kPlane);
  test::cut(tree.file(kPotential), 17);
  fs::remove_all(tree.campaign().raytracing.root / "dmo/LP_00");
  fs::remove_all(tree.campaign().raytracing.root / "dmo/LP_01");
  test::write_file(tree.campaign().raytracing.root / "dmo/LP_01", "no folder");
  test::flip_bit(tree.files(kRun)[1], 3);
  const ScanResult result = tree.scanned(Tier::header);
  for (const ProductId& id : tree.all()) {
    const Finding finding = tree.checked(id, Tier::header);
    EXPECT_EQ(finding.state, result.state(id)) << product_name(tree.campaign(), id);
    EXPECT_FALSE(finding.because.empty());
    if (const auto in_scan = findings_of(result, id); !in_scan.empty()) {
      EXPECT_EQ(finding.because, in_scan[0].because);
    }
  }
}

}  // namespace
}  // namespace lenswright
