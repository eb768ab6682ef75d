// The mock_universe program as a user meets it.
#include <gtest/gtest.h>

#include "sim/halo_catalogue.hpp"
#include "test_paths.hpp"

namespace lenswright::test {
namespace {

namespace fs = std::filesystem;

std::string quoted(const fs::path& path) {
  return "'" + path.string() + "'";
}

TEST(MockUniverseProgram, HelpTellsOptionsAndExitStatuses) {
  const CommandOutcome outcome = run_command(quoted(program("mock_universe")) + " --help");
  EXPECT_EQ(outcome.status, 0);
  for (const char* word : {"--config", "--particles", "--seed", "Exit status", "130"})
    EXPECT_NE(outcome.output.find(word), std::string::npos) << outcome.output;
}

TEST(MockUniverseProgram, WrongUsageExitsWithTwoAndSaysWhy) {
  const TemporaryFolder folder;
  fs::copy_file(source("configs/demo.yaml"), folder / "demo.yaml");
  const std::string command = quoted(program("mock_universe")) + " --config " + quoted(folder / "demo.yaml");
  for (const auto& [options, word] : {std::pair<std::string, std::string>{" --particles 63", "63 particles"},
                                      {" --files 0", "0 files"},
                                      {" --nonsense", "nonsense"},
                                      {" stray", "stray"},
                                      {" --set box=-1", "box"}}) {
    const CommandOutcome outcome = run_command(command + options);
    EXPECT_EQ(outcome.status, 2) << options;
    EXPECT_NE(outcome.output.find(word), std::string::npos) << outcome.output;
  }
  EXPECT_EQ(run_command(quoted(program("mock_universe"))).status, 2);
  EXPECT_FALSE(fs::exists(folder / "universe"));
}

TEST(MockUniverseProgram, MakesTheDemoUniverseWithHalosInEveryBinThatItsModelsReplace) {
  const TemporaryFolder folder;
  fs::copy_file(source("configs/demo.yaml"), folder / "demo.yaml");
  const CommandOutcome outcome =
      run_command(quoted(program("mock_universe")) + " --config " + quoted(folder / "demo.yaml"));
  ASSERT_EQ(outcome.status, 0) << outcome.output;
  for (const int snapshot : {96, 90, 85, 80}) {
    for (const char* simulation : {"universe/dmo", "universe/hydro"}) {
      int light = 0, heavy = 0;
      for (const Halo& halo : read_halo_catalogue(folder / simulation, snapshot, 50).halos) {
        if (halo.m200c >= 1e12 && halo.m200c < 1e13) ++light;
        if (halo.m200c >= 1e13) ++heavy;
      }
      EXPECT_GT(light, 100) << simulation << ", snapshot " << snapshot;
      EXPECT_GT(heavy, 10) << simulation << ", snapshot " << snapshot;
    }
  }
}

}  // namespace
}  // namespace lenswright::test
