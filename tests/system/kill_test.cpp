// A stage killed at any moment leaves complete products and temporary files, nothing else; the next run
// finishes.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

#include "demo_campaign.hpp"

namespace lenswright::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

// Starts `command` in a process group of its own and kills the whole group after `delay`.
void kill_after(const DemoCampaign& campaign, const std::string& command, milliseconds delay) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    setpgid(0, 0);
    _exit(campaign.run(command + " >/dev/null").status);
  }
  setpgid(child, child);
  std::this_thread::sleep_for(delay);
  kill(-child, SIGKILL);
  waitpid(child, nullptr, 0);
  // mpirun gives each rank a group of its own: those end by SIGKILL too, wherever they are.
  run_command("for p in /proc/[0-9]*; do [ \"$(readlink $p/cwd)\" = '" + campaign.folder().string() +
              "' ] && kill -KILL ${p#/proc/}; done; true");
}

class Kill : public testing::TestWithParam<const char*> {};

TEST_P(Kill, LeavesOnlyCompleteProductsAndTheNextRunFinishes) {
  const std::string stage = GetParam();
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);

  const TemporaryFolder folder;
  const DemoCampaign campaign(folder.path(), small_campaign_yaml());
  ASSERT_EQ(campaign.run("mock_universe --particles 32").status, 0);
  ASSERT_EQ(campaign.run("recovery init --yes").status, 0);
  const auto began = std::chrono::steady_clock::now();
  campaign.run_stages(2, 1);
  const auto all_stages = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
  const ProductFiles gold = campaign.products();
  const std::string root = stage == "lensplane" ? "LP" : stage == "lux_convert" ? "LUX" : "RT";

  for (int attempt = 0; attempt < 10; ++attempt) {
    for (const auto& [name, facts] : gold)
      if (name.starts_with(root + "/") && name.ends_with(".dat")) fs::remove(campaign.folder() / name);
    const milliseconds delay(random() % static_cast<unsigned>(1 + all_stages.count() / 3));
    kill_after(campaign, "mpirun -n 2 " + stage, delay);
    for (const auto& [name, facts] : campaign.products()) {
      ASSERT_TRUE(gold.contains(name)) << name << " after " << delay.count() << " ms";
      ASSERT_TRUE(gold.at(name).bytes == facts.bytes) << name << " after " << delay.count() << " ms";
    }
    const CommandOutcome verification = campaign.run("recovery diagnose --tier full");
    ASSERT_TRUE(verification.status == 0 || verification.status == 1) << verification.output;
  }
  const CommandOutcome next = campaign.run("mpirun -n 2 " + stage);
  EXPECT_EQ(next.status, 0) << next.output;
  EXPECT_EQ(differing(gold, campaign.products()), std::vector<std::string>{});
  // Dead writers' temporary files go with the next submit.
  EXPECT_EQ(campaign.run("recovery submit --yes").status, 0);
  EXPECT_EQ(campaign.temporary_files(), std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(Stages, Kill, testing::Values("lensplane", "lux_convert", "raytrace"));

}  // namespace
}  // namespace lenswright::test
