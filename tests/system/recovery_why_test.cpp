// recovery why: products by name and path, orphans and what is no product.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recovery_program.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;
using test::recovery;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const ProductId kPlane{ProductKind::mass_plane, 1, 0, 2};
const ProductId kPotential{ProductKind::potential, 1, 0, 3};

class RecoveryWhy : public testing::Test {
 protected:
  test::SmallTree tree_;
  void SetUp() override { test::put_input_names(tree_); }
};

TEST_F(RecoveryWhy, CompleteProductWithItsReceipt) {
  fs::create_directories(receipts_folder(tree_.campaign()));
  write_receipt(real_disk(), tree_.campaign(), tree_.receipt(Stage::lux));
  const auto outcome = recovery(tree_, "why lux/hydro/LP_00/lenspot03.dat --tier full");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("lux/hydro/LP_00/lenspot03.dat: complete"),
                                    HasSubstr("testhost"), HasSubstr("2026-01-31T12:34:56.789Z"),
                                    HasSubstr("made from lensplanes/hydro/LP_00/lenspot02.dat: complete")));
}

TEST_F(RecoveryWhy, SameProductByEveryName) {
  test::cut(tree_.file(kPotential), 50);
  const std::string absolute = (tree_ / "LUX/hydro/LP_00/lenspot03.dat").string();
  fs::create_directory_symlink(tree_ / "LUX", tree_ / "elsewhere");
  for (const std::string& name :
       {std::string("lux/hydro/LP_00/lenspot03"), std::string("LUX/hydro/LP_00/lenspot03.dat"),
        std::string("./LUX/hydro/../hydro/LP_00/lenspot03.dat"), absolute,
        std::string("elsewhere/hydro/LP_00/lenspot03.dat")}) {
    const auto outcome = recovery(tree_, "why '" + name + "'");
    EXPECT_EQ(outcome.status, 1) << name << outcome.output;
    EXPECT_THAT(outcome.output,
                AllOf(HasSubstr("lux/hydro/LP_00/lenspot03.dat: truncated"), HasSubstr("recovery submit")))
        << name;
  }
}

TEST_F(RecoveryWhy, MapInARunLeadsToTheRun) {
  const auto outcome = recovery(tree_, "why RT/dmo/LP_01/run003/kappa04.dat");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("raytracing/dmo/LP_01/run003: complete"));
}

TEST_F(RecoveryWhy, PathBelowTwoRootsTellsOfBothAndEndsWithTheWorse) {
  tree_.remove(kPlane);
  const auto outcome = recovery(tree_, "why hydro/LP_00/lenspot02.dat");
  EXPECT_EQ(outcome.status, 1) << outcome.output;
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("lensplanes/hydro/LP_00/lenspot02.dat: missing"),
                                    HasSubstr("lux/hydro/LP_00/lenspot02.dat: complete")));
}

TEST_F(RecoveryWhy, MissingInputBlocks) {
  tree_.remove(kPlane);
  fs::remove_all(tree_.campaign().input.hydro / "snapdir_080");
  const auto outcome = recovery(tree_, "why lensplanes/hydro/LP_00/lenspot02.dat");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("blocked"), Not(HasSubstr("recovery submit"))));
}

TEST_F(RecoveryWhy, MismatchedIsNotToBeSubmittedBlindly) {
  test::write_file(tree_.file(kPlane), test::plane_bytes(16, 1, 1e12));
  const auto outcome = recovery(tree_, "why lensplanes/hydro/LP_00/lenspot02.dat");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output, AllOf(HasSubstr(": mismatched"), HasSubstr("check the grid")));
}

TEST_F(RecoveryWhy, OrphanSaysWhatDoesNotFit) {
  test::write_file(tree_ / "LP/dmo/LP_07/lenspot00.dat", "x");
  test::write_file(tree_ / "LP/warm/LP_00/lenspot00.dat", "x");
  const auto realization = recovery(tree_, "why LP/dmo/LP_07/lenspot00.dat");
  EXPECT_EQ(realization.status, 1);
  EXPECT_THAT(realization.output, AllOf(HasSubstr(": orphan"), HasSubstr("2 realizations")));
  const auto model = recovery(tree_, "why LP/warm/LP_00/lenspot00.dat");
  EXPECT_EQ(model.status, 1);
  EXPECT_THAT(model.output, HasSubstr("\"warm\" is none of its 3 models"));
}

TEST_F(RecoveryWhy, TransformsAreLookedInto) {
  EXPECT_EQ(recovery(tree_, "why LP/transforms.h5").status, 0);
  test::cut(tree_ / "LP/transforms.h5", 700);
  const auto cut = recovery(tree_, "why LP/transforms.h5");
  EXPECT_EQ(cut.status, 1);
  EXPECT_THAT(cut.output, HasSubstr("transforms.h5: corrupt"));
  fs::remove(tree_ / "LP/transforms.h5");
  EXPECT_EQ(recovery(tree_, "why LP/transforms.h5").status, 1);
}

TEST_F(RecoveryWhy, NothingInTheTrashIsNotCalledTrash) {
  const auto outcome = recovery(tree_, "why LP/.trash/20260131/dmo/LP_00/lenspot00.dat");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.output, HasSubstr("no such file"));
}

TEST_F(RecoveryWhy, UnmountedRootIsUnknown) {
  fs::rename(tree_ / "LUX", tree_ / "away");
  const auto outcome = recovery(tree_, "why lux/hydro/LP_00/lenspot03.dat");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.output, HasSubstr(": unknown"));
}

TEST_F(RecoveryWhy, PathThatCannotBeFollowedIsUnknown) {
  fs::remove_all(tree_ / "LP/hydro");
  fs::create_directory_symlink("hydro", tree_ / "LP/hydro");  // a loop: no path through it can be resolved
  const auto outcome = recovery(tree_, "why LP/hydro/LP_00/lenspot02.dat");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.output, HasSubstr("lensplanes/hydro/LP_00/lenspot02.dat: unknown"));
}

TEST_F(RecoveryWhy, PathBelowNoRootCannotBeTold) {
  EXPECT_EQ(recovery(tree_, "why /etc/passwd").status, 2);
  EXPECT_EQ(recovery(tree_, "why").status, 2);
  EXPECT_EQ(recovery(tree_, "why LP/dmo/LP_00/lenspot77.dat").status, 2) << "no such file, none expected";
}

}  // namespace
}  // namespace lenswright
