#include "run/slurm_script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/error.hpp"
#include "run/batch_texts.hpp"
#include "run/slurm_site.hpp"
#include "run_campaign.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

ScriptValues plain_values() {
  ScriptValues values;
  values.stage = Stage::lux;
  values.name = "lux-03";
  values.job_name = "lux-03_small_one";
  values.comment = "lenswright small one lux-03";
  values.campaign = "small";
  values.elements = {0, 1, 2, 3, 4, 6};
  values.at_once = 5;
  values.resources = {{"nodes", "2"}, {"time", "02:00:00"}, {"mem", "180G"}, {"launcher", "srun"}};
  values.folder = "/c/state/plans/one";
  values.log = "/c/state/logs/one/lux-03-%a.log";
  values.program = "/opt/bin/lux_convert";
  values.config = "/c/campaign.yaml";
  values.tasks = "/c/state/plans/one/lux-03.tasks.json";
  values.tasks_digest = digest_of("tasks");
  return values;
}

// Files that a shell could be tricked into making show that it was.
class SlurmScriptShell : public testing::Test {
 protected:
  test::TemporaryFolder folder_;

  void SetUp() override {
    // In the launcher's place: notes its words, one per line.
    launcher("for word; do printf '<%s>\\n' \"$word\"; done > \"$0.words\"\nexit 3\n");
  }
  void launcher(const std::string& body) const {
    for (const char* name : {"srun", "mpirun"}) {
      const fs::path file = folder_ / ("bin/" + std::string(name));
      test::write_file(file, "#!/usr/bin/env bash\n" + body);
      fs::permissions(file, fs::perms::owner_all);
    }
  }
  int run(const std::string& text, const std::string& prefix = "") const {
    test::write_file(folder_ / "script.sh", text);
    const std::string line = "cd '" + folder_.path().string() + "' && " + prefix +
                             " PATH=\"$PWD/bin:$PATH\" " + "SLURM_ARRAY_TASK_ID=7 bash script.sh > out 2>&1";
    return WEXITSTATUS(std::system(line.c_str()));
  }
  int shellcheck(const std::string& text) const {
    test::write_file(folder_ / "script.sh", text);
    return std::system(("shellcheck '" + (folder_ / "script.sh").string() + "'").c_str());
  }
  std::string words() const { return test::read_file(folder_ / "bin/srun.words"); }
};

TEST(SlurmScript, AsksForWhatTheCampaignAsks) {
  const std::string text = slurm_script(plain_values());
  EXPECT_THAT(text, AllOf(HasSubstr("#SBATCH --array=\"0-4,6%5\"\n"), HasSubstr("#SBATCH --nodes=\"2\"\n"),
                          HasSubstr("#SBATCH --time=\"02:00:00\"\n"), HasSubstr("#SBATCH --mem=\"180G\"\n"),
                          HasSubstr("#SBATCH --signal=\"B:USR1@600\"\n"),
                          HasSubstr("#SBATCH --kill-on-invalid-dep=\"yes\"\n"),
                          HasSubstr("--output=\"/c/state/logs/one/lux-03-%a.log\"")));
  EXPECT_THAT(text,
              AllOf(HasSubstr("--task \"$SLURM_ARRAY_TASK_ID\""),
                    HasSubstr("--tasks-digest " + digest_of("tasks").hex()), HasSubstr("launch=(srun)")));
  EXPECT_THAT(text, Not(HasSubstr("@"
                                  "NAME")));
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 50) << "short enough to be read";
}

TEST(SlurmScript, EveryStageHasATemplate) {
  for (const Stage stage : kStages) {
    ScriptValues values = plain_values();
    values.stage = stage;
    EXPECT_THAT(slurm_script(values), HasSubstr("lux-03 of campaign small"));
  }
}

TEST(SlurmScript, TheWarningComesWithTimeLeft) {
  EXPECT_EQ(warning_seconds({{"time", "24:00:00"}}), 600);
  EXPECT_EQ(warning_seconds({{"time", "00:30:00"}}), 180);
  EXPECT_EQ(warning_seconds({{"time", "1"}}), 30);
  EXPECT_EQ(warning_seconds({}), 60);
}

TEST(SlurmScript, ResourcesOfAnArrayStandInPlaceOfTheCampaigns) {
  Campaign campaign = test::small_campaign("/c");
  campaign.slurm[Stage::lux].values = {{"time", "00:10:00"}, {"mem_per_cpu", "2G"}, {"exclude", "n1"}};
  JobArray array;
  array.stage = Stage::lux;
  EXPECT_EQ(resources_of(campaign, array), campaign.slurm[Stage::lux].values);
  array.resources.seconds = 7200;
  array.resources.mem = std::uint64_t{3} << 30;
  array.resources.exclude.insert("n4");
  const std::map<std::string, std::string> expected = {
      {"time", "02:00:00"}, {"mem", "3G"}, {"exclude", "n1,n4"}};
  EXPECT_EQ(resources_of(campaign, array), expected);
}

TEST_F(SlurmScriptShell, PassesShellcheckAndKeepsTheExitStatus) {
  const std::string text = slurm_script(plain_values());
  EXPECT_EQ(shellcheck(text), 0);
  EXPECT_EQ(run(text), 3) << test::read_file(folder_ / "out");
  EXPECT_EQ(words(),
            "</opt/bin/lux_convert>\n<--config>\n</c/campaign.yaml>\n<--tasks>\n"
            "</c/state/plans/one/lux-03.tasks.json>\n<--tasks-digest>\n<" +
                digest_of("tasks").hex() + ">\n<--task>\n<7>\n");
}

TEST_F(SlurmScriptShell, NothingInAPathOrOverrideIsRunOrTakenApart) {
  const std::string nasty[] = {"a b",
                               "it's",
                               "\"q\"",
                               "$(touch hacked)",
                               "`touch hacked`",
                               "${PATH}",
                               "; touch hacked",
                               "&& touch hacked",
                               "* ? [a] {x,y} ~ # !",
                               "#SBATCH --nodes=9",
                               "@CONFIG@",
                               "-n",
                               "\xc3\xa4\xe2\x82\xac",
                               "'\"$(touch hacked)\"'"};
  for (const std::string& name : nasty) {
    ScriptValues values = plain_values();
    values.config = "/c/" + name + "/campaign.yaml";
    values.tasks = "/c/" + name + "/tasks.json";
    values.log = "/c/" + name + "/lux-03-%a.log";
    values.folder = "/c/" + name;
    values.program = "/opt/" + name + "/lux_convert";
    values.overrides = {"raytracing.runs=" + name};
    const std::string text = slurm_script(values);
    EXPECT_EQ(shellcheck(text), 0) << text;
    EXPECT_EQ(run(text), 3) << text << test::read_file(folder_ / "out");
    EXPECT_THAT(words(), AllOf(HasSubstr("</opt/" + name + "/lux_convert>\n"),
                               HasSubstr("<--config>\n</c/" + name + "/campaign.yaml>\n"),
                               HasSubstr("<--set>\n<raytracing.runs=" + name + ">\n"),
                               HasSubstr("<--tasks>\n</c/" + name + "/tasks.json>\n")));
    EXPECT_FALSE(fs::exists(folder_ / "hacked")) << text;
  }
}

TEST(SlurmScript, LineBreaksAreRefusedWhereverTheyStand) {
  const std::string broken = "a\n#SBATCH --uid=0\ntouch hacked";
  for (int place = 0; place < 8; ++place) {
    ScriptValues values = plain_values();
    if (place == 0) values.config = broken;
    if (place == 1) values.tasks = broken;
    if (place == 2) values.program = broken;
    if (place == 3) values.log = "/c/" + broken + "/lux-%a.log";
    if (place == 4) values.folder = broken;
    if (place == 5) values.overrides = {broken};
    if (place == 6) values.campaign = broken;
    if (place == 7) values.resources["partition"] = broken;
    EXPECT_THROW(slurm_script(values), InputError) << place;
  }
}

TEST(SlurmScript, ResourcesHoldNothingOfAShell) {
  for (const std::string value :
       {"a b", "a;b", "$(x)", "`x`", "a'b", "a\"b", "a\\b", "a\tb", "-x", "", "a|b", "a>b"}) {
    ScriptValues values = plain_values();
    values.resources["partition"] = value;
    try {
      slurm_script(values);
      ADD_FAILURE() << value;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr("partition"));
    }
  }
  ScriptValues values = plain_values();
  values.resources["constraint"] = "[rack1|rack2]&ib";
  values.resources["exclude"] = "n[1-4,7]";
  values.resources["mail_user"] = "anna@example.org";
  EXPECT_THAT(slurm_script(values), HasSubstr("--constraint=\"[rack1|rack2]&ib\""));
}

TEST(SlurmScript, APercentSignInTheStateFolderIsNoPatternOfSlurm) {
  ScriptValues values = plain_values();
  values.log = "/c/50%j/lux-03-%a.log";
  EXPECT_THAT(slurm_script(values), HasSubstr("--output=\"/c/50%%j/lux-03-%a.log\""));
  values.log = "/c/back\\slash/lux-03-%a.log";
  EXPECT_THROW(slurm_script(values), InputError);
}

// The warning reaches the program, whose own end is the element's.
TEST_F(SlurmScriptShell, TheWarningIsPassedOnAndTheProgramsStatusKept) {
  launcher("trap 'exit 75' USR1\ntouch started\nfor ((i = 0; i < 600; i++)); do sleep 0.05; done\nexit 9\n");
  test::write_file(folder_ / "script.sh", slurm_script(plain_values()));
  const std::string line =
      "cd '" + folder_.path().string() +
      "' && PATH=\"$PWD/bin:$PATH\" SLURM_ARRAY_TASK_ID=7 bash script.sh & "
      "until [ -e '" +
      folder_.path().string() +
      "/started' ]; do sleep 0.02; done; "
      "sleep 0.1; kill -USR1 $(pgrep -P $! bash | head -1) 2>/dev/null || kill -USR1 $!; wait $!";
  test::write_file(folder_ / "drive.sh", line);
  EXPECT_EQ(WEXITSTATUS(std::system(("bash '" + (folder_ / "drive.sh").string() + "'").c_str())), 75);
}

TEST_F(SlurmScriptShell, ASitePresetSetsTheLauncherAndItsDirectivesComeFirst) {
  ScriptValues values = plain_values();
  values.site =
      "#!/usr/bin/env bash\n# a comment\n#SBATCH --nodes=7\n#SBATCH --exclusive\nexport FROM_SITE=yes\n"
      "launch=(mpirun --map-by node)\n";
  values.resources["extra"] = "#SBATCH --hint=nomultithread\nexport MORE=1";
  const std::string text = slurm_script(values);
  EXPECT_EQ(shellcheck(text), 0);
  const auto place = [&](const std::string& what) { return text.find(what); };
  EXPECT_LT(place("#SBATCH --nodes=7"), place("#SBATCH --nodes=\"2\""))
      << "the campaign's word is the last one";
  EXPECT_LT(place("#SBATCH --hint=nomultithread"), place("set -euo pipefail"));
  EXPECT_LT(place("launch=(srun)"), place("launch=(mpirun"));
  EXPECT_EQ(run(text), 3);
  EXPECT_THAT(test::read_file(folder_ / "bin/mpirun.words"), HasSubstr("<--map-by>\n<node>\n</opt/bin"));
}

TEST_F(SlurmScriptShell, TheSitePresetsThatComeAlongAreSound) {
  Campaign campaign = test::small_campaign(folder_.path());
  int presets = 0;
  for (const BatchText& text : batch_texts()) {
    if (!text.name.starts_with("sites/")) continue;
    ++presets;
    const std::string name(text.name.substr(6, text.name.size() - 9));
    campaign.slurm[Stage::lux].values["site"] = name;
    ScriptValues values = plain_values();
    values.site = site_text(real_disk(), campaign, Stage::lux);
    EXPECT_FALSE(values.site.empty()) << name;
    EXPECT_EQ(shellcheck(slurm_script(values)), 0) << name;
  }
  EXPECT_GE(presets, 2);
}

TEST_F(SlurmScriptShell, ASiteIsAFileBesideTheCampaignOrAPreset) {
  Campaign campaign = test::small_campaign(folder_.path());
  EXPECT_EQ(site_text(real_disk(), campaign, Stage::lux), "");
  campaign.slurm[Stage::lux].values["site"] = "my.sh";
  try {
    site_text(real_disk(), campaign, Stage::lux);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("my.sh"), HasSubstr("mpirun"), HasSubstr("modules-srun")));
  }
  test::write_file(folder_ / "my.sh", "module load x\n");
  EXPECT_EQ(site_text(real_disk(), campaign, Stage::lux), "module load x\n");
}

}  // namespace
}  // namespace lenswright
