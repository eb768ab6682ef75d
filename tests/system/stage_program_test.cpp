// The MPI programs as their users meet them: options, messages, exit statuses, signals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "campaign/effective_configuration.hpp"
#include "light_cone_campaign.hpp"
#include "plan/task_file.hpp"

namespace lenswright {
namespace {

using test::CommandOutcome;
using test::LightConeCampaign;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class StageProgram : public testing::Test {
 protected:
  CommandOutcome run(const std::string& command) const {
    return test::run_command("cd '" + cone_.path().string() + "' || exit 99; export PATH='" +
                             test::program("").string() + "':\"$PATH\"; " + command);
  }
  // Through mpirun, with the campaign.
  CommandOutcome launch(int ranks, const std::string& command) const {
    return run("mpirun -n " + std::to_string(ranks) + " " + command + " --config campaign.yaml");
  }
  static std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
  }

  LightConeCampaign cone_;
};

TEST_F(StageProgram, HelpAndVersionNeedNeitherLauncherNorCampaign) {
  for (const char* program : {"lensplane", "lux_convert", "raytrace"}) {
    const CommandOutcome help = run(std::string(program) + " --help");
    EXPECT_EQ(help.status, 0);
    EXPECT_THAT(help.output, AllOf(HasSubstr("--tasks"), HasSubstr("Exit status"), HasSubstr("--force")));
    EXPECT_EQ(help.output.find("--run ") != std::string::npos, std::string(program) == "raytrace");
    const CommandOutcome version = run(std::string(program) + " --version");
    EXPECT_EQ(version.status, 0);
    EXPECT_THAT(version.output, HasSubstr(program));
  }
}

TEST_F(StageProgram, WrongUsageIsRefusedWithWhatIsAllowed) {
  struct Case {
    std::string arguments, says;
  };
  for (const Case& wrong :
       {Case{"--bogus", "bogus"}, Case{"stray", "stray"}, Case{"--model nobody", "it has dmo"},
        Case{"--realization 3", "0 to 0"}, Case{"--plane 8", "planes 0 to 7"}, Case{"--snapshot 7", "96, 90"},
        Case{"--task 3", "needs --tasks"}, Case{"--tasks x.json", "needs --task K"},
        Case{"--tasks x.json --task 1 --model dmo", "exclude each other"},
        Case{"--memory much", "amount of memory"}, Case{"--threads 0", "--threads"},
        Case{"--set lux.rot=x", "root"}}) {
    const CommandOutcome outcome = run("lux_convert --config campaign.yaml " + wrong.arguments);
    EXPECT_EQ(outcome.status, 2) << wrong.arguments;
    EXPECT_THAT(outcome.output, AllOf(HasSubstr("lux_convert: "), HasSubstr(wrong.says))) << wrong.arguments;
  }
  EXPECT_THAT(run("raytrace").output, HasSubstr("--config"));
}

TEST_F(StageProgram, MakesWhatIsMissingAndSaysSo) {
  cone_.take_reference_planes();
  CommandOutcome outcome = launch(2, "lux_convert --plane 0,3 5 --threads 1");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("made 4, already complete 0"));  // three potentials and config.dat
  outcome = launch(2, "lux_convert");
  EXPECT_THAT(outcome.output, HasSubstr("made 5, already complete 4"));
  outcome = launch(2, "raytrace --run 1");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("made 1, already complete 0"));
  EXPECT_THAT(launch(1, "raytrace").output, HasSubstr("made 0, already complete 1"));
}

TEST_F(StageProgram, ATaskSaysWhatToMake) {
  cone_.take_reference_planes();
  TaskFile file;
  file.campaign = cone_.campaign().name;
  file.configuration = digest_of(work_configuration(cone_.campaign())).hex();
  file.stage = Stage::lux;
  file.tasks[4] = {4, {{ProductKind::potential, 0, 0, 2}, {ProductKind::geometry, 0, 0, 0}}};
  test::write_file(cone_.path() / "tasks.json", encode_task_file(cone_.campaign(), file));
  EXPECT_THAT(launch(1, "lux_convert --tasks tasks.json --task 3").output, HasSubstr("it has 4"));
  EXPECT_EQ(launch(1, "raytrace --tasks tasks.json --task 4").status, 2);
  const CommandOutcome outcome = launch(2, "lux_convert --tasks tasks.json --task 4");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("made 2"));
  EXPECT_EQ(cone_.files(Stage::lux).size(), 2U);
}

TEST_F(StageProgram, AForcedPlaneLeavesTheGeometryAlone) {
  cone_.take_reference_planes();
  ASSERT_EQ(launch(1, "lux_convert").status, 0);
  const auto before = std::filesystem::last_write_time(cone_.path() / "LUX/dmo/LP_00/config.dat");
  const CommandOutcome outcome = launch(1, "lux_convert --force --plane 3");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("made 1,"));
  EXPECT_EQ(std::filesystem::last_write_time(cone_.path() / "LUX/dmo/LP_00/config.dat"), before);
}

TEST_F(StageProgram, WhatAllRanksFailWithIsSaidOnce) {
  const CommandOutcome outcome = launch(2, "raytrace");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(count(outcome.output, "raytrace: input lux/dmo/LP_00/lenspot01.dat is missing"), 1U)
      << outcome.output;
  const CommandOutcome wrong = launch(2, "raytrace --set raytracing.grid=no");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_EQ(count(wrong.output, "raytracing.grid is 'no'"), 1U) << wrong.output;
}

TEST_F(StageProgram, ARankThatFailsAloneEndsTheJobWithItsMessage) {
  cone_.take_reference_planes();
  const std::string arguments = " lux_convert --config campaign.yaml --set 'lux.root=${LUX_HERE}' ";
  const CommandOutcome outcome = run("mpirun -n 1 env LUX_HERE=LUX" + arguments + ": -n 1" + arguments);
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("rank 1: "), HasSubstr("LUX_HERE")));
}

TEST_F(StageProgram, AStoppedStageTellsThatItCanGoOn) {
  cone_.take_reference_potentials();
  const CommandOutcome outcome =
      run("raytrace --config campaign.yaml --set raytracing.runs=900 --threads 1 2> log & pid=$!; "
          "for i in $(seq 500); do grep -qs tracing log && break; sleep 0.02; done; kill -USR1 $pid; "
          "wait $pid; status=$?; cat log; exit $status");
  EXPECT_EQ(outcome.status, 75) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("run again for the rest"));
  // What it had published is whole and has its receipt.
  cone_.configure({"raytracing.runs=900"});
  const ReceiptIndex receipts = ReceiptIndex::load(real_disk(), cone_.campaign());
  const std::size_t files = cone_.files(Stage::raytracing).size();
  EXPECT_LT(files, 900U * 8U);
  EXPECT_EQ(receipts.size(), files / 8);
}

}  // namespace
}  // namespace lenswright
