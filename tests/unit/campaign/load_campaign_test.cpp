#include "campaign/load_campaign.hpp"
#include "campaign/effective_configuration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "campaign_text.hpp"

namespace lenswright {
namespace {

using test::load_text;
using test::problems_of;
using test::TemporaryFolder;
using test::valid_campaign_text;
using test::with_line;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST(LoadCampaign, ValuesAndDefaultsArriveInTheCampaign) {
  const Campaign campaign = load_text(valid_campaign_text());
  EXPECT_EQ(campaign.name, "small");
  EXPECT_EQ(campaign.omega_m, 0.3089);
  EXPECT_EQ(campaign.h, 0.6774);
  EXPECT_EQ(campaign.box_mpc_h, 50.0);
  EXPECT_EQ(campaign.snapshots, (std::vector{96, 90, 85}));
  EXPECT_EQ(campaign.planes(), 6);
  EXPECT_EQ(campaign.slab_thickness_mpc_h(), 25.0);
  EXPECT_EQ(campaign.realizations, 4);
  EXPECT_EQ(campaign.models.size(), 2u + 2 * 2 * 2);
  EXPECT_EQ(campaign.model_index("hydro"), 1);
  EXPECT_FALSE(campaign.model_index("hydr"));
  EXPECT_EQ(campaign.snapshot_index(85), 2);
  EXPECT_FALSE(campaign.snapshot_index(84));
  EXPECT_EQ(campaign.combination_index(3, 2), 14);
  EXPECT_EQ(campaign.lensplanes.assignment, Assignment::tsc);
  EXPECT_EQ(campaign.lensplanes.transforms, TransformAuthority::agree);
  EXPECT_EQ(campaign.raytracing.fields, (std::vector{MapField::kappa, MapField::gamma1}));
  EXPECT_EQ(campaign.raytracing.formats, std::vector{MapFormat::dat});
  EXPECT_TRUE(campaign.raytracing.randomize);
  EXPECT_EQ(campaign.last_source(), 6);
  EXPECT_EQ(campaign.input.particle_types, (std::vector{0, 1, 4, 5}));
  EXPECT_FALSE(campaign.input.matches);
  EXPECT_FALSE(campaign.plane_redshifts);
  EXPECT_FALSE(campaign.kappa_maps_per_model);
  EXPECT_EQ(campaign.safety.trash_hours, 24);
  EXPECT_EQ(campaign.lux.keep, KeepPotentials::always);
  EXPECT_TRUE(campaign.slurm.empty());
}

TEST(LoadCampaign, RelativePathsCountFromTheFilesFolder) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "sub");
  std::string text = with_line(valid_campaign_text(), "state:", "state: ../kept/./state/");
  test::write_file(folder / "sub/campaign.yaml", with_line(text, "dmo: ", "dmo: /sims/dmo"));
  const Campaign campaign = load_campaign(folder / "sub/campaign.yaml");
  EXPECT_EQ(campaign.state, folder / "kept/state");
  EXPECT_EQ(campaign.input.dmo, "/sims/dmo");
  EXPECT_EQ(campaign.lensplanes.root, folder / "sub/LP");
  EXPECT_EQ(stage_root(campaign, Stage::raytracing), folder / "sub/RT");
}

TEST(LoadCampaign, EnvironmentExpandsInEveryValue) {
  setenv("LENSWRIGHT_TEST_DISK", "/disk 7", 1);
  setenv("LENSWRIGHT_TEST_GRID", "128", 1);
  std::string text =
      with_line(valid_campaign_text(), "state:", "state: ${LENSWRIGHT_TEST_DISK}/a${LENSWRIGHT_TEST_GRID}b");
  text = with_line(text, "grid: 64", "grid: ${LENSWRIGHT_TEST_GRID}");
  const Campaign campaign = load_text(text);
  EXPECT_EQ(campaign.state, "/disk 7/a128b");
  EXPECT_EQ(campaign.lensplanes.grid, 128);
}

TEST(LoadCampaign, OverridesReplaceValuesAndMakeAbsentKeys) {
  const Campaign campaign =
      load_text(valid_campaign_text(),
                {"raytracing.runs=3", "goals.kappa_maps_per_model=9", "raytracing.sources=[2, 4]",
                 "lensplanes.transforms=seed", "slurm.lux.time='1-02:00:00'", "raytracing.runs=5"});
  EXPECT_EQ(campaign.raytracing.runs, 5);  // the last one holds
  EXPECT_EQ(campaign.kappa_maps_per_model, 9);
  EXPECT_EQ(campaign.raytracing.sources, (std::vector{2, 4}));
  EXPECT_EQ(campaign.lensplanes.transforms, TransformAuthority::seed);
  EXPECT_EQ(campaign.slurm.at(Stage::lux).values.at("time"), "1-02:00:00");
}

TEST(LoadCampaign, OverrideMendsAFaultyFile) {
  const std::string text = with_line(valid_campaign_text(), "runs:", "runs: many");
  EXPECT_THAT(problems_of(text), SizeIs(1));
  EXPECT_EQ(load_text(text, {"raytracing.runs=2"}).raytracing.runs, 2);
}

TEST(LoadCampaign, SlurmDefaultsAreMergedIntoEveryStage) {
  const Campaign campaign = load_text(valid_campaign_text() + R"(slurm:
  defaults: {partition: cca, launcher: srun, mem_per_cpu: 4G, nodes: 1, extra: ["--exclusive"]}
  lux: {mem: 180G, nodes: 2, extra: ["module load gcc", "echo ready"]}
)");
  const auto& lux = campaign.slurm.at(Stage::lux).values;
  EXPECT_EQ(lux.at("partition"), "cca");
  EXPECT_EQ(lux.at("nodes"), "2");
  EXPECT_EQ(lux.at("mem"), "180G");
  EXPECT_FALSE(lux.contains("mem_per_cpu"));  // excluded by mem
  EXPECT_EQ(lux.at("extra"), "module load gcc\necho ready");
  EXPECT_EQ(campaign.slurm.at(Stage::raytracing).values.at("mem_per_cpu"), "4G");
  EXPECT_EQ(campaign.slurm_command_timeout_seconds, kSlurmCommandTimeoutSeconds);
  EXPECT_EQ(
      load_text(valid_campaign_text(), {"slurm.command_timeout_seconds=7"}).slurm_command_timeout_seconds, 7);
}

TEST(LoadCampaign, EffectiveConfigurationIgnoresFormattingAndShowsOverrides) {
  const TemporaryFolder folder;
  const auto effective = [&](const std::string& text, const std::vector<std::string>& overrides) {
    test::write_file(folder / "campaign.yaml", text);
    return load_campaign(folder / "campaign.yaml", overrides).effective_json;
  };
  const std::string plain = effective(valid_campaign_text(), {});
  const std::string restyled =
      "# a comment\n" + with_line(valid_campaign_text(), "box:", "box:   5.0e1   # Mpc/h");
  EXPECT_EQ(effective(restyled, {}), plain);
  const auto changed = nlohmann::json::parse(effective(valid_campaign_text(), {"raytracing.runs=3"}));
  EXPECT_EQ(changed["raytracing"]["runs"], 3);
  EXPECT_EQ(changed["raytracing"]["randomize"], true);  // a default
}

TEST(LoadCampaign, WhatQueuedJobsMustAgreeOnLeavesOutWhatMayChangeWhileTheyWait) {
  const TemporaryFolder folder;
  test::write_file(folder / "campaign.yaml", valid_campaign_text());
  const auto work = [&](const std::vector<std::string>& overrides) {
    return work_configuration(load_campaign(folder / "campaign.yaml", overrides));
  };
  const std::string plain = work({});
  EXPECT_EQ(work({"slurm.lux.time=90", "slurm.lux.max_mem=1T"}), plain);
  EXPECT_EQ(work({"slurm.command_timeout_seconds=7"}), plain);
  EXPECT_EQ(work({"safety.max_tasks=7"}), plain);
  EXPECT_EQ(work({"goals.kappa_maps_per_model=9"}), plain);
  EXPECT_EQ(work({"lux.keep=until_traced"}), plain);
  EXPECT_NE(work({"lensplanes.grid=32"}), plain);
  EXPECT_NE(work({"raytracing.runs=3"}), plain);
}

TEST(LoadCampaign, MissingFileAndFolderAreIoErrors) {
  const TemporaryFolder folder;
  EXPECT_THROW(load_campaign(folder / "none.yaml"), IoError);
  EXPECT_THROW(load_campaign(folder.path()), IoError);
}

TEST(CampaignProblems, AreReportedTogetherWithTheirPlaceInTheOrderOfTheFile) {
  std::string text = with_line(valid_campaign_text(), "omega_m:", "omega_m: 3.1");
  text = with_line(text, "planes_per_snapshot:", "planes_per_snapshot: 0");
  text = with_line(text, "runs:", "rusn: 12");
  EXPECT_THAT(
      problems_of(text),
      ElementsAre("4:12: cosmology.omega_m is '3.1'; allowed: numbers above 0 and at most 1",
                  "11:22: planes_per_snapshot is '0'; allowed: whole numbers from 1 to 99",
                  StartsWith("24:3: raytracing.runs is missing"),
                  StartsWith("27:3: unknown key 'raytracing.rusn' (did you mean 'runs'?); allowed: root, ")));
}

TEST(CampaignProblems, MessageIsFileLineColumnAndExitStatusTwo) {
  const TemporaryFolder folder;
  test::write_file(folder / "campaign.yaml", with_line(valid_campaign_text(), "box:", "box: -1"));
  try {
    load_campaign(folder / "campaign.yaml");
    FAIL() << "loaded";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.what(), (folder / "campaign.yaml").string() +
                                ":6:6: box is '-1'; allowed: numbers above 0 and at most 100000");
    EXPECT_EQ(error.status(), ExitStatus::failed);
  }
}

TEST(CampaignProblems, TextThatIsNotYamlHasAPlace) {
  EXPECT_THAT(problems_of("campaign: x\nsnapshots: [1, 2\nbox: 3\n"),
              ElementsAre(HasSubstr("not valid YAML")));
  EXPECT_THAT(problems_of("campaign: x\nsnapshots: [1, 2\nbox: 3\n"), ElementsAre(StartsWith("3:")));
  EXPECT_THAT(problems_of(""), Not(IsEmpty()));
  EXPECT_THAT(problems_of("[1, 2]\n"), ElementsAre(HasSubstr("allowed: a mapping")));
}

TEST(CampaignProblems, AnAliasThatHoldsItselfEndsInAMessage) {
  EXPECT_THAT(problems_of(valid_campaign_text() + "slurm: &loop {lux: *loop}\n"), Not(IsEmpty()));
}

TEST(CampaignProblems, AnOverrideIsNamedInPlaceOfTheFile) {
  EXPECT_THAT(
      problems_of(valid_campaign_text(),
                  {"raytracing.runs=0", "raytracing.rans=1", "runs", "box.side=1", "lux.root=[a", "=3"}),
      ElementsAre(
          "--set runs: expected KEY=VALUE, as in raytracing.runs=10",
          "--set box.side=1: there are no keys below 'box'; set it as a whole",
          HasSubstr("--set lux.root=[a: not valid YAML"), StartsWith("--set =3: expected KEY=VALUE"),
          StartsWith("--set raytracing.runs=0: raytracing.runs is '0'"),
          StartsWith("--set raytracing.rans=1: unknown key 'raytracing.rans' (did you mean 'runs'?)")));
}

// One line of the valid file replaced gives exactly one problem, which says `said`.
struct BadLine {
  const char* line;
  const char* replacement;
  const char* said;
};

class CampaignProblem : public ::testing::TestWithParam<BadLine> {};

TEST_P(CampaignProblem, IsReportedOnceWithWhatIsAllowed) {
  const BadLine& bad = GetParam();
  unsetenv("LENSWRIGHT_TEST_UNDEFINED");
  EXPECT_THAT(problems_of(with_line(valid_campaign_text(), bad.line, bad.replacement)),
              ElementsAre(HasSubstr(bad.said)));
}

constexpr BadLine kBadLines[] = {
    {"campaign:", "campaign: ../other", "campaign is '../other'; allowed: letters, digits"},
    {"campaign:", "campaign: .hidden", "allowed: letters, digits"},
    {"campaign:", "campaign: a b", "allowed: letters, digits"},
    {"campaign:", "campaign: [a]", "campaign is a list; allowed: text"},
    {"campaign:", "campaign: ''", "campaign is empty text"},
    {"campaign:", "", "campaign is missing"},
    {"campaign:", "campaign:", "campaign is missing"},
    {"state:", "state: LP/state", "state lies inside lensplanes.root"},
    {"state:", "state: ${LENSWRIGHT_TEST_UNDEFINED}/x", "the environment has no LENSWRIGHT_TEST_UNDEFINED"},
    {"state:", "state: ${UNCLOSED", "'${' without '}'"},
    {"state:", "state: ~/state", "write ${HOME}"},
    {"state:", "state: \"a\\nb\"", "state holds a line break"},
    {"omega_m:", "omega_m: 0", "numbers above 0 and at most 1"},
    {"omega_m:", "omega_m: 1.01", "numbers above 0 and at most 1"},
    {"omega_m:", "omega_m: nan", "cosmology.omega_m is 'nan'"},
    {"omega_m:", "omega_m: '0.3'", "the text \"0.3\""},
    {"omega_m:", "omega_m: 0.3 Mpc", "cosmology.omega_m is '0.3 Mpc'"},
    {"h:", "h: 67.74", "numbers above 0.1 and below 2"},
    {"box:", "box: 0", "box is '0'"},
    {"box:", "box: inf", "box is 'inf'"},
    {"box:", "box: 50\nbox: 60", "'box' is given twice"},
    {"box:", "box: 50\nboxx: 60", "unknown key 'boxx' (did you mean 'box'?)"},
    {"dmo:", "", "input.dmo is missing"},
    {"hydro:", "", "input.hydro is missing; model hydro is made from the hydro run"},
    {"hydro:", "hydro: LP/sims", "input.hydro lies inside lensplanes.root"},
    {"hydro:", "hydro: sims\n  particle_types: [0, 2]", "allowed: 0, 1, 4, 5"},
    {"hydro:", "hydro: sims\n  particle_types: []", "input.particle_types is an empty list"},
    {"hydro:", "hydro: sims\n  particle_types: [0, 0]", "0 is given twice"},
    {"snapshots:", "snapshots: [96, 90, 96]", "snapshot 96 is given twice"},
    {"snapshots:", "snapshots: [96, 90, -1]", "whole numbers from 0 to 999"},
    {"snapshots:", "snapshots: [96, 90, 1000]", "whole numbers from 0 to 999"},
    {"snapshots:", "snapshots: [96, 90, 85.5]", "whole numbers from 0 to 999"},
    {"snapshots:", "snapshots: []", "snapshots is an empty list"},
    {"snapshots:", "snapshots: 96", "snapshots is '96'; allowed: a list"},
    {"planes_per_snapshot:", "planes_per_snapshot: 0", "whole numbers from 1 to 99"},
    {"planes_per_snapshot:", "planes_per_snapshot: 40", "make 120 planes; allowed: up to 99"},
    {"planes_per_snapshot:", "planes_per_snapshot: 1", "raytracing.sources holds 6; allowed: 1 to 3"},
    {"box:", "box: 50\nplane_redshifts: [0.1, 0.2]", "plane_redshifts has 2 numbers; allowed: 6"},
    {"box:", "box: 50\nplane_redshifts: [0.1, 0.2, 0.2, 0.3, 0.4, 0.5]",
     "0.2 comes after 0.2; allowed: increasing"},
    {"box:", "box: 50\nplane_redshifts: [0, 0.2, 0.3, 0.4, 0.5, 0.6]", "a plane's redshift is '0'"},
    {"realizations:", "realizations: 101", "whole numbers from 1 to 100"},
    {"realizations:", "realizations: true", "whole numbers from 1 to 100"},
    {"- replace", "- dmo", "model dmo is given twice"},
    {"- replace", "- hydros", "a model is 'hydros' (did you mean 'hydro'?)"},
    {"- replace", "- replace: {log10_mass_edges: [12.5], radius_factors: [1.0]}",
     "one edge; allowed: two or more"},
    {"- replace", "- replace: {log10_mass_edges: [13, 12], radius_factors: [1.0]}", "12 comes after 13"},
    {"- replace", "- replace: {log10_mass_edges: [12, 12], radius_factors: [1.0]}", "12 comes after 12"},
    {"- replace", "- replace: {log10_mass_edges: [12, 1e14], radius_factors: [1.0]}",
     "a mass edge is '1e14'"},
    {"- replace", "- replace: {log10_mass_edges: [12, 13], radius_factors: [0]}", "a radius factor is '0'"},
    {"- replace", "- replace: {log10_mass_edges: [12, 13], radius_factors: [-1]}", "a radius factor is '-1'"},
    {"- replace", "- replace: {log10_mass_edges: [12, 13], radius_factors: [1, 1]}", "R_1.0 is given twice"},
    {"- replace", "- replace: {log10_mass_edges: [12, 12.001, 13], radius_factors: [1], open_bins: true}",
     "two models would share the folder"},
    {"- replace", "- replace: {log10_mass_edges: [12, 13], radius_factors: [1], open_bins: 3}",
     "true or false"},
    {"- replace", "- replace: {log10_mass_edges: [12, 13]}", "replace.radius_factors is missing"},
    {"grid: 64", "grid: 63", "even numbers (the derivatives in Fourier space"},
    {"grid: 64", "grid: 2", "whole numbers from 4 to 65536"},
    {"grid: 64", "grid: 64\n  assignment: pcs", "allowed: ngp, cic, tsc"},
    {"grid: 64", "grid: 64\n  transforms: newest", "allowed: agree, file, seed"},
    {"seed: 2020", "seed: 4294967296", "whole numbers from 0 to 4294967295"},
    {"seed: 2020", "", "lensplanes.seed is missing"},
    {"root: LUX", "root: LP/", "lensplanes.root and lux.root are the same folder"},
    {"root: LUX", "root: ./x/../LP", "lensplanes.root and lux.root are the same folder"},
    {"root: LUX", "root: RT/LUX", "lux.root lies inside raytracing.root"},
    {"grid: 32", "grid: 0", "raytracing.grid is '0'"},
    {"field_deg:", "field_deg: 180", "numbers above 0 and below 180"},
    {"runs:", "runs: 1000", "whole numbers from 1 to 999"},
    {"runs:", "runs: 0", "whole numbers from 1 to 999"},
    {"seed: 1992", "seed: -1", "whole numbers from 0 to 18446744073709551615"},
    {"sources:", "sources: [6, 3]", "3 comes after 6; allowed: ascending"},
    {"sources:", "sources: [3, 3]", "3 comes after 3; allowed: ascending"},
    {"sources:", "sources: [0, 3]", "a source plane is '0'"},
    {"sources:", "sources: [3, 7]", "raytracing.sources holds 7; allowed: 1 to 6"},
    {"sources:", "sources: []", "raytracing.sources is an empty list"},
    {"fields:", "fields: [kapa]", "'kapa' (did you mean 'kappa'?)"},
    {"fields:", "fields: [kappa, kappa]", "kappa is given twice"},
    {"fields:", "formats: [dat, png]", "allowed: dat, fits, hdf5"},
    {"fields:", "randomize: yes please", "allowed: true or false"},
    {"lux:", "goals: {kappa_maps_per_model: 0}\nlux:", "goals.kappa_maps_per_model is '0'"},
    {"lux:", "safety: {max_tasks: -1}\nlux:", "safety.max_tasks is '-1'"},
    {"lux:", "safety: {max_task: 1}\nlux:", "(did you mean 'max_tasks'?)"},
    {"lux:", "slurm: {lensplane: {nodes: 1}}\nlux:",
     "unknown key 'slurm.lensplane' (did you mean 'lensplanes'?)"},
    {"lux:", "slurm: {command_timeout_seconds: 0}\nlux:", "slurm.command_timeout_seconds is '0'"},
    {"lux:", "slurm: {lux: {tiem: 10}}\nlux:", "unknown key 'slurm.lux.tiem' (did you mean 'time'?)"},
    {"lux:", "slurm: {lux: {time: soon}}\nlux:", "slurm.lux.time is 'soon'; allowed: minutes"},
    {"lux:", "slurm: {lux: {time: \"9:99:99\"}}\nlux:",
     "slurm.lux.time is the text \"9:99:99\"; allowed: minutes"},
    {"lux:", "slurm: {lux: {time: 0}}\nlux:", "slurm.lux.time is '0'"},
    {"lux:", "slurm: {lux: {max_time: 1-25}}\nlux:", "slurm.lux.max_time is '1-25'"},
    {"lux:", "slurm: {lux: {time: 90, max_time: 60}}\nlux:",
     "max_time of slurm.lux is 60; allowed: at least its time"},
    {"lux:", "slurm: {lux: {mem: 8G, max_mem: 8000}}\nlux:",
     "max_mem of slurm.lux is 8000; allowed: at least its mem"},
    {"lux:", "slurm: {lux: {max_mem: 0}}\nlux:", "slurm.lux.max_mem is '0'"},
    {"lux:", "slurm: {lux: {retries: 0}}\nlux:", "slurm.lux.retries is '0'"},
    {"lux:", "slurm: {lux: {nodes: 0}}\nlux:", "slurm.lux.nodes is '0'"},
    {"lux:", "slurm: {lux: {mem: lots}}\nlux:", "slurm.lux.mem is 'lots'"},
    {"lux:", "slurm: {lux: {mem: 1G, mem_per_cpu: 1G}}\nlux:", "exclude each other"},
    {"lux:", "slurm: {lux: {launcher: ssh}}\nlux:", "allowed: srun, mpirun, mpiexec"},
    {"lux:", "slurm: {lux: {account: \"a\\nrm -r x\"}}\nlux:", "slurm.lux.account holds a line break"},
    {"lux:", "slurm: {lux: {extra: [\"a\\nb\"]}}\nlux:", "a line of slurm.lux.extra holds a line break"},
    {"lux:", "slurm: 3\nlux:", "slurm is '3'; allowed: a mapping"},
};

INSTANTIATE_TEST_SUITE_P(BadLines, CampaignProblem, ::testing::ValuesIn(kBadLines));

TEST(CampaignProblems, AnEmptyModelListIsAProblem) {
  const std::string text = valid_campaign_text();
  const std::size_t start = text.find("models:"), end = text.find("lensplanes:");
  EXPECT_THAT(problems_of(text.substr(0, start) + "models: []\n" + text.substr(end)),
              ElementsAre(AllOf(HasSubstr("models is an empty list"), HasSubstr("one entry or more"))));
}

TEST(CampaignProblems, ADmoCampaignNeedsNoHydroInput) {
  std::string text = with_line(valid_campaign_text(), "hydro:", "");
  text = with_line(with_line(text, "- hydro", ""), "- replace", "");
  EXPECT_EQ(load_text(text).models.size(), 1u);
}

TEST(CampaignProblems, RootsThatMeetThroughALinkAreTheSameFolder) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "LP");
  std::filesystem::create_directory_symlink(folder / "LP", folder / "LUX");
  test::write_file(folder / "campaign.yaml", valid_campaign_text());
  EXPECT_THROW(load_campaign(folder / "campaign.yaml"), ConfigError);
}

}  // namespace
}  // namespace lenswright
