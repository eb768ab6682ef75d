// recovery submit: what it plans, refuses and leaves alone; tasks that fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/atomic_writer.hpp"
#include "recovery_program.hpp"
#include "run/campaign_lock.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;
using test::recovery;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

const ProductId kPlane{ProductKind::mass_plane, 1, 0, 2};
const ProductId kPotential{ProductKind::potential, 1, 0, 3};

// Of all mass planes but one, which is not there.
Receipt receipt_but(const test::SmallTree& tree, const ProductId& lost) {
  tree.write(lost);
  Receipt receipt = tree.receipt(Stage::lensplanes);
  tree.remove(lost);
  std::erase_if(receipt.products, [&](const ProductRecord& record) {
    return record.product == product_name(tree.campaign(), lost);
  });
  return receipt;
}

class RecoverySubmit : public testing::Test {
 protected:
  test::SmallTree tree_;
  void SetUp() override { test::put_input_names(tree_); }
  // What it says to someone who types `answer`.
  std::string at_terminal(const std::string& arguments, const std::string& answer) const {
    return test::run_command(fmt::format("cd '{}' && (sleep 1; echo {}) | script -qec \"'{}' {} --config "
                                         "campaign.yaml\" /dev/null",
                                         (tree_ / "").string(), answer, test::program("recovery").string(),
                                         arguments))
        .output;
  }
  std::size_t files_in(const fs::path& folder) const {
    std::size_t files = 0;
    if (!fs::exists(folder)) return 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      files += entry.is_regular_file() ? 1 : 0;
    return files;
  }
};

TEST_F(RecoverySubmit, CompleteTreeHasNothingToDo) {
  const auto outcome = recovery(tree_, "submit");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("nothing to do"));
  EXPECT_FALSE(fs::exists(tree_ / "state/plans"));
}

TEST_F(RecoverySubmit, DeadWritersFilesGoAlsoWhereNothingIsToBeMade) {
  const fs::path dead =
      tree_ / ("LP/dmo/LP_00/.lenspot00.dat.tmp-" + host_name() + "-999999999-0a1b2c3d0001");
  test::write_file(dead, "half a plane");
  EXPECT_EQ(recovery(tree_, "submit --dry-run").status, 0);
  EXPECT_TRUE(fs::exists(dead));
  const auto outcome = recovery(tree_, "submit");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("removed 1 temporary file of"));
  EXPECT_FALSE(fs::exists(dead));
}

TEST_F(RecoverySubmit, DryRunShowsThePlanAndDoesNothing) {
  tree_.remove(kPlane);
  tree_.remove(kPotential);
  test::cut(tree_.file({ProductKind::mass_plane, 0, 1, 5}), 40);
  for (int run = 1; run <= 3; ++run) tree_.remove({ProductKind::run, 1, 0, run});
  const auto outcome = recovery(tree_, "submit --dry-run");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, ContainsRegex("lensplanes +2 +2 +1-2\n"));
  EXPECT_THAT(outcome.output, ContainsRegex("lux +1 +1 +0\n"));
  EXPECT_THAT(outcome.output, ContainsRegex("raytracing +1 +3 +0\n"));
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("1 damaged"), HasSubstr("LP/dmo/LP_01/lenspot05.dat (truncated"),
                    HasSubstr("dry run: nothing done")));
  EXPECT_EQ(fs::file_size(tree_.file({ProductKind::mass_plane, 0, 1, 5})), 40u);
  EXPECT_FALSE(fs::exists(tree_ / "state"));
}

TEST_F(RecoverySubmit, EmptiedRootMeansNothingIsPlanned) {
  tree_.remove(kPlane);
  fs::remove_all(tree_ / "LUX");
  fs::create_directory(tree_ / "LUX");
  for (const char* command : {"submit --dry-run", "submit --yes"}) {
    const auto outcome = recovery(tree_, command);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.output, AllOf(HasSubstr("nothing is planned"), HasSubstr("recovery init")));
  }
  EXPECT_FALSE(fs::exists(tree_ / "state/plans"));
  EXPECT_TRUE(fs::is_empty(tree_ / "LUX"));
}

TEST_F(RecoverySubmit, MismatchedGridIsReportedAndNeverMoved) {
  // As if the campaign file had a mistyped grid: every plane and potential is of another one.
  const auto outcome = recovery(tree_, "submit --yes --set lensplanes.grid=16");
  EXPECT_EQ(outcome.status, 1) << outcome.output;
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("72 sound products of another grid"), HasSubstr("--replace-mismatched")));
  EXPECT_EQ(files_in(tree_ / "LP/.trash") + files_in(tree_ / "LUX/.trash"), 0u);
  EXPECT_THAT(recovery(tree_, "submit --dry-run --replace-mismatched --set lensplanes.grid=16").output,
              HasSubstr("72 damaged"));
}

TEST_F(RecoverySubmit, FailedTaskLeavesGapsItsLogAndTheTrash) {
  // The snapshots are empty files: lensplane cannot make a plane from them, whatever it does.
  test::cut(tree_.file(kPlane), 40);
  tree_.remove(kPotential);
  const auto outcome = recovery(tree_, "submit --yes --ranks 1");
  EXPECT_EQ(outcome.status, 1) << outcome.output;
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("lensplanes task 1 (snapshot 80, 1 product): failed"),
                                    HasSubstr("lensplanes-1.log"), HasSubstr("held back"),
                                    HasSubstr("0 of 2 planned products are complete")));
  EXPECT_EQ(files_in(tree_ / "LP/.trash"), 1u) << "the damaged plane is kept";
  EXPECT_EQ(files_in(tree_ / "LUX/.trash"), 0u);
  EXPECT_FALSE(fs::exists(tree_.file(kPlane)));
  EXPECT_FALSE(fs::exists(lock_file(tree_.campaign()))) << "the lock is free again";
  ASSERT_EQ(std::distance(fs::directory_iterator(tree_ / "state/plans"), fs::directory_iterator{}), 1);
  const fs::path plan = fs::directory_iterator(tree_ / "state/plans")->path();
  for (const char* name : {"plan.json", "lensplanes.tasks.json", "lux.tasks.json"})
    EXPECT_TRUE(fs::exists(plan / name)) << name;
}

TEST_F(RecoverySubmit, ManyMovesOrTasksAskFirst) {
  test::cut(tree_.file(kPlane), 40);
  const auto moves = recovery(tree_, "submit --set safety.max_moved_files=0");
  EXPECT_EQ(moves.status, 2);
  EXPECT_THAT(moves.output, AllOf(HasSubstr("safety.max_moved_files = 0"), HasSubstr("--yes")));
  EXPECT_EQ(fs::file_size(tree_.file(kPlane)), 40u);
  fs::remove(tree_.file(kPlane));
  tree_.remove({ProductKind::mass_plane, 1, 0, 4});
  EXPECT_THAT(recovery(tree_, "submit --set safety.max_tasks=1").output, HasSubstr("safety.max_tasks = 1"));
}

// Planes of another code, of which no receipt tells, and one of them is lost.
TEST_F(RecoverySubmit, AsksBeforeItMixesProducersInASet) {
  tree_.remove({ProductKind::mass_plane, 1, 1, 2});
  const auto refused = recovery(tree_, "submit --ranks 1");
  EXPECT_EQ(refused.status, 2) << refused.output;
  EXPECT_THAT(
      refused.output,
      AllOf(HasSubstr("Producers would be mixed, whose last digits may differ: mass planes of 1 realization "
                      "(first: LP_01)"),
            HasSubstr("17 unverified"), HasSubstr("Nobody can be asked here"), HasSubstr("--yes")));
  EXPECT_FALSE(fs::exists(tree_ / "state/plans")) << "nothing is planned without an answer";
  EXPECT_THAT(recovery(tree_, "submit --dry-run").output, HasSubstr("would ask: Producers would be mixed"));
  EXPECT_THAT(at_terminal("submit --ranks 1", "n"),
              AllOf(HasSubstr("Go on? [y/N]"), HasSubstr("nothing done")));
  EXPECT_FALSE(fs::exists(tree_ / "state/plans"));
  EXPECT_THAT(at_terminal("submit --ranks 1", "y"), HasSubstr("0 of 1 planned products are complete"));
  EXPECT_THAT(recovery(tree_, "submit --ranks 1 --yes").output, HasSubstr("0 of 1 planned products"));

  // With receipts of this project's numerics for all of the set it is none to be asked about.
  write_receipt(real_disk(), tree_.campaign(), receipt_but(tree_, {ProductKind::mass_plane, 1, 1, 2}));
  EXPECT_THAT(recovery(tree_, "submit --dry-run").output, Not(HasSubstr("would ask")));
}

TEST_F(RecoverySubmit, SecondSubmitIsToldWhoHoldsTheLock) {
  tree_.remove(kPlane);
  const CampaignLock lock(real_disk(), tree_.campaign());
  const auto outcome = recovery(tree_, "submit --yes");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.output, HasSubstr(fmt::format("process {} on", getpid())));
  EXPECT_EQ(recovery(tree_, "submit --dry-run").status, 0) << "to look needs no lock";
}

TEST_F(RecoverySubmit, TemporaryFilesOfDeadWritersAreRemovedOthersNot) {
  tree_.remove(kPlane);
  const fs::path folder = tree_.file(kPlane).parent_path();
  const std::string living = make_temporary_name("lenspot02.dat");
  const std::string host = parse_temporary_name(living)->host;
  // Process numbers end at 2^22 on Linux.
  const std::string dead = fmt::format(".lenspot02.dat.tmp-{}-99999999-abcdef", host);
  ASSERT_TRUE(parse_temporary_name(dead));
  test::write_file(folder / living, "x");
  test::write_file(folder / dead, "x");
  recovery(tree_, "submit --yes --ranks 1");
  EXPECT_FALSE(fs::exists(folder / dead));
  EXPECT_TRUE(fs::exists(folder / living));
}

TEST_F(RecoverySubmit, UnknownExecutorAndImpossibleJobsAreRefusedBeforeAnything) {
  tree_.remove(kPlane);
  const auto unknown = recovery(tree_, "submit --executor torque");
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.output, HasSubstr("there are local and slurm"));
  EXPECT_THAT(recovery(tree_, "submit --dry-run").output,
              HasSubstr("executor: local, since the campaign has no slurm section"));
  EXPECT_EQ(recovery(tree_, "submit --jobs 100000").status, 2);
  EXPECT_EQ(recovery(tree_, "submit --ranks 0").status, 2);
  EXPECT_FALSE(fs::exists(tree_ / "state"));
}

}  // namespace
}  // namespace lenswright
