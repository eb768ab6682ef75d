// A stage killed at any moment leaves complete products and temporary files, nothing else; the next run
// finishes.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <random>
#include <thread>

#include "demo_campaign.hpp"

namespace lenswright::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

// As given by LENSWRIGHT_TEST_SEED, or new.
std::uint32_t random_seed() {
  const char* given = std::getenv("LENSWRIGHT_TEST_SEED");
  return given != nullptr ? static_cast<std::uint32_t>(std::stoul(given)) : std::random_device{}();
}

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

// Of each of three stages; with those of merges (recovery_ledger_test) a hundred.
constexpr int kKills = 20;

class Kill : public testing::TestWithParam<const char*> {};

TEST_P(Kill, LeavesOnlyCompleteProductsAndTheNextRunFinishes) {
  const std::string stage = GetParam();
  const std::uint32_t seed = random_seed();
  SCOPED_TRACE("LENSWRIGHT_TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);

  const TemporaryFolder folder;
  const DemoCampaign campaign(folder.path(), small_campaign_yaml());
  ASSERT_EQ(campaign.run("mock_universe --particles 32").status, 0);
  ASSERT_EQ(campaign.run("recovery init --yes").status, 0);
  campaign.run_stages(2, 1);
  const ProductFiles gold = campaign.products();
  const std::string root = stage == "lensplane" ? "LP" : stage == "lux_convert" ? "LUX" : "RT";
  const auto lose_all = [&] {
    for (const auto& [name, facts] : gold)
      if (name.starts_with(root + "/") && name.ends_with(".dat")) fs::remove(campaign.folder() / name);
  };
  lose_all();
  // How long the stage takes, and from when on it publishes: half of the kills fall into that part.
  const auto began = std::chrono::system_clock::now();
  ASSERT_EQ(campaign.run("mpirun -n 2 " + stage).status, 0);
  const auto since = [&](std::int64_t modified_ns) {
    return std::chrono::duration_cast<milliseconds>(std::chrono::nanoseconds(modified_ns) -
                                                    began.time_since_epoch())
        .count();
  };
  std::int64_t first = std::numeric_limits<std::int64_t>::max(), last = 0;
  for (const auto& [name, facts] : campaign.products()) {
    if (!name.starts_with(root + "/") || !name.ends_with(".dat")) continue;
    first = std::min<std::int64_t>(first, since(facts.modified_ns));
    last = std::max<std::int64_t>(last, since(facts.modified_ns));
  }
  ASSERT_LE(first, last);

  int in_the_middle = 0;
  for (int attempt = 0; attempt < kKills; ++attempt) {
    lose_all();
    const std::size_t litter = campaign.temporary_files().size();  // of the kills before
    const std::int64_t from = attempt % 2 == 0 ? 0 : std::max<std::int64_t>(0, first);
    const milliseconds delay(from +
                             static_cast<std::int64_t>(random() % static_cast<unsigned>(last - from + 2)));
    kill_after(campaign, "mpirun -n 2 " + stage, delay);
    const ProductFiles left = campaign.products();
    std::size_t made = 0, whole = 0;
    for (const auto& [name, facts] : gold) {
      if (!name.starts_with(root + "/") || !name.ends_with(".dat")) continue;
      ++whole;
      made += left.contains(name) ? 1 : 0;
    }
    in_the_middle += (made > 0 && made < whole) || campaign.temporary_files().size() > litter ? 1 : 0;
    for (const auto& [name, facts] : left) {
      ASSERT_TRUE(gold.contains(name)) << name << " after " << delay.count() << " ms";
      ASSERT_TRUE(gold.at(name).bytes == facts.bytes) << name << " after " << delay.count() << " ms";
    }
    const CommandOutcome verification = campaign.run("recovery diagnose --tier full");
    ASSERT_TRUE(verification.status == 0 || verification.status == 1) << verification.output;
  }
  RecordProperty("kills_in_the_middle_of_publishing", in_the_middle);
  std::cout << stage << ": " << in_the_middle << " of " << kKills
            << " kills in the middle of publishing, seed " << seed << "\n";
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
