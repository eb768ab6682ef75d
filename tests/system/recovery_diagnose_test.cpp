// recovery diagnose and verify on a tree of small products: what they say, write and end with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "recovery_program.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;
using test::recovery;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

const ProductId kPlane{ProductKind::mass_plane, 1, 0, 2};  // hydro, snapshot 80
const ProductId kPotential{ProductKind::potential, 1, 0, 3};
const ProductId kRun{ProductKind::run, 0, 1, 3};

class RecoveryDiagnose : public testing::Test {
 protected:
  test::SmallTree tree_;
  void SetUp() override { test::put_input_names(tree_); }
  nlohmann::json json() { return nlohmann::json::parse(test::read_file(tree_ / "d.json")); }
};

TEST_F(RecoveryDiagnose, CompleteTreeEndsWithZero) {
  const auto outcome = recovery(tree_, "diagnose --json d.json --tier full");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("campaign small-tree, tier full: complete"));
  EXPECT_EQ(json()["verdict"], "complete");
  EXPECT_EQ(json()["stages"]["raytracing"]["complete"], 18);
}

TEST_F(RecoveryDiagnose, GapsEndWithOneAndAreInTablesAndJson) {
  tree_.remove(kPlane);
  test::cut(tree_.file(kPotential), 100);
  fs::remove(tree_.files(kRun)[1]);
  const auto outcome = recovery(tree_, "diagnose --json d.json");
  EXPECT_EQ(outcome.status, 1) << outcome.output;
  EXPECT_THAT(outcome.output, ContainsRegex("lensplanes +36 planes +35 +1 +0"));
  EXPECT_THAT(outcome.output, ContainsRegex("lux +36 potentials +35 +0 +1"));
  EXPECT_THAT(outcome.output, ContainsRegex("raytracing +18 runs +17 +1 +0"));
  EXPECT_EQ(json()["schema"], "lenswright.diagnose/1");
  EXPECT_EQ(json()["stages"]["lensplanes"]["missing"], 1);
  EXPECT_EQ(json()["stages"]["lux"]["truncated"], 1);
  EXPECT_EQ(json()["stages"]["raytracing"]["missing"], 1);
  EXPECT_EQ(json()["snapshots"][0]["snapshot"], 80);
  EXPECT_EQ(json()["snapshots"][0]["array_index"], 1);
  EXPECT_EQ(json()["combinations"]["lux"][0],
            nlohmann::json::parse(R"({"model": "hydro", "realization": 0, "missing": 1})"));
}

TEST_F(RecoveryDiagnose, JsonOnStdoutStandsAlone) {
  tree_.remove(kPlane);
  const auto outcome =
      test::run_command(fmt::format("cd '{}' && '{}' diagnose --config campaign.yaml --json - 2>/dev/null",
                                    (tree_ / "").string(), test::program("recovery").string()));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(nlohmann::json::parse(outcome.output)["stages"]["lensplanes"]["missing"], 1);
}

TEST_F(RecoveryDiagnose, MissingInputIsNamedAsWhatBlocks) {
  tree_.remove(kPlane);
  fs::remove_all(tree_.campaign().input.hydro / "snapdir_080");
  const auto outcome = recovery(tree_, "diagnose --json d.json");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("blocked"), HasSubstr("bring back the missing input")));
  EXPECT_EQ(json()["stages"]["lensplanes"]["blocked"], 1);
  EXPECT_EQ(json()["blocked"][0]["example"], "lensplanes/hydro/LP_00/lenspot02.dat");
}

TEST_F(RecoveryDiagnose, EmptiedRootIsUnknownNotMissing) {
  fs::remove_all(tree_.campaign().lux.root);
  fs::create_directories(tree_.campaign().lux.root);
  const auto outcome = recovery(tree_, "diagnose --json d.json");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("cannot tell"), HasSubstr("recovery init")));
  EXPECT_EQ(json()["stages"]["lux"]["unknown"], 36);
  EXPECT_EQ(json()["stages"]["lux"]["missing"], 0);
  EXPECT_EQ(recovery(tree_, "verify").status, 2);
}

TEST_F(RecoveryDiagnose, SelectionNarrowsAndUnknownModelIsRefused) {
  tree_.remove(kPlane);
  EXPECT_EQ(recovery(tree_, "diagnose --model dmo").status, 0);
  EXPECT_EQ(recovery(tree_, "diagnose --snapshot 96 60 --stage lensplanes").status, 0);
  EXPECT_EQ(recovery(tree_, "diagnose --snapshot 96 80 --stage lensplanes").status, 1);
  EXPECT_EQ(recovery(tree_, "diagnose --realization 1").status, 0);
  const auto unknown = recovery(tree_, "diagnose --model dmoo");
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.output, AllOf(HasSubstr("dmoo"), HasSubstr("dmo, hydro")));
}

TEST_F(RecoveryDiagnose, OrphanIsToldAndIsNoGap) {
  test::write_file(tree_.campaign().lux.root / "dmo/LP_00/lenspot99.dat", "x");
  const auto outcome = recovery(tree_, "diagnose");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.output, ContainsRegex("orphan .*lenspot99.dat"));
}

TEST_F(RecoveryDiagnose, LogsHaveNoColour) {
  EXPECT_THAT(recovery(tree_, "diagnose").output, Not(HasSubstr("\033")));
}

TEST_F(RecoveryDiagnose, VerifyTellsModelByStageAndGoal) {
  tree_.remove(kRun);
  const auto outcome = recovery(tree_, "verify --set goals.kappa_maps_per_model=12");
  EXPECT_EQ(outcome.status, 1) << outcome.output;
  EXPECT_THAT(outcome.output, ContainsRegex("dmo +OK +OK +OK +5/6 +10/12 +not yet\n"));
  EXPECT_THAT(outcome.output, ContainsRegex("hydro +OK +OK +OK +OK +12/12 +reached\n"));
  tree_.write(kRun);
  EXPECT_EQ(recovery(tree_, "verify").status, 0);
}

TEST_F(RecoveryDiagnose, WrongWordsOnTheCommandLineAreRefusedWithAdvice) {
  const auto verb = recovery(tree_, "diagnoze");
  EXPECT_EQ(verb.status, 2);
  EXPECT_THAT(verb.output, HasSubstr("do you mean \"diagnose\"?"));
  EXPECT_EQ(recovery(tree_, "diagnose --tier deep").status, 2);
  EXPECT_EQ(recovery(tree_, "diagnose --stage lens").status, 2);
  EXPECT_EQ(recovery(tree_, "diagnose --nonsense").status, 2);
  EXPECT_EQ(recovery(tree_, "diagnose word").status, 2);
}

TEST(RecoveryProgram, HelpOfEveryVerbListsExitStatuses) {
  for (const char* verb : {"", "init", "diagnose", "submit", "verify", "why"}) {
    const auto outcome =
        test::run_command(fmt::format("'{}' {} --help", test::program("recovery").string(), verb));
    EXPECT_EQ(outcome.status, 0) << verb;
    EXPECT_THAT(outcome.output, AllOf(HasSubstr("Exit status"), HasSubstr("130"))) << verb;
  }
  EXPECT_EQ(test::run_command(fmt::format("'{}' --version", test::program("recovery").string())).status, 0);
}

TEST(RecoveryProgram, LinksNeitherMpiNorFftw) {
  const auto outcome = test::run_command(fmt::format("ldd '{}'", test::program("recovery").string()));
  ASSERT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("libfmt"), Not(HasSubstr("libmpi")), Not(HasSubstr("libfftw3"))));
}

}  // namespace
}  // namespace lenswright
