// kappa_stats as its users meet it: what it says beforehand, the memory that it is held to, signals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "light_cone_campaign.hpp"
#include "measured_program.hpp"

namespace lenswright::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;

std::vector<std::string> set_up(int grid, int realizations, int runs) {
  return {"raytracing.fields=[kappa]",
          "raytracing.sources=[8]",
          "raytracing.grid=" + std::to_string(grid),
          "realizations=" + std::to_string(realizations),
          "raytracing.runs=" + std::to_string(runs),
          "statistics={root: ST, smoothing_arcmin: [5, 10], ell_bins: 8}"};
}

// A campaign whose runs are four maps of noise, each linked many times: reading them is as much work.
class KappaStatsProgram {
 public:
  KappaStatsProgram(int grid, int realizations, int runs)
      : settings_(set_up(grid, realizations, runs)), cone_(settings_) {
    for (const ProductId& id : cone_.products(Stage::raytracing)) {
      const std::filesystem::path master = cone_.path() / ("map" + std::to_string(id.index % 4));
      if (!std::filesystem::exists(master)) write_noise(master, grid, static_cast<unsigned>(id.index));
      std::filesystem::create_directories(cone_.file(id));
      std::filesystem::create_hard_link(master, cone_.file(id) / "kappa08.dat");
    }
  }
  const LightConeCampaign& cone() const { return cone_; }
  std::string options() const {
    std::string text = " --config campaign.yaml";
    for (const std::string& setting : settings_) text += " --set '" + setting + "'";
    return text;
  }
  CommandOutcome run(const std::string& command) const {
    return run_command("cd '" + cone_.path().string() + "' || exit 99; export PATH='" + program("").string() +
                       "':\"$PATH\"; " + command);
  }
  // One rank; its peak memory.
  Ended measured(const std::vector<std::string>& more) const {
    std::vector<std::string> words{program("kappa_stats").string(), "--config",
                                   (cone_.path() / "campaign.yaml").string()};
    for (const std::string& setting : settings_) words.insert(words.end(), {"--set", setting});
    words.insert(words.end(), more.begin(), more.end());
    return run_measured(words, cone_.path() / "log");
  }
  // Signals the program when it has read `mebibytes`, which is in the middle of its work.
  CommandOutcome stopped(const std::string& signal, int mebibytes) const {
    return run("kappa_stats" + options() +
               " > log 2>&1 & pid=$!; for i in $(seq 3000); do "
               "read -r _ bytes < /proc/$pid/io || break; [ \"$bytes\" -gt " +
               std::to_string(static_cast<std::uint64_t>(mebibytes) * kMebibyte) +
               " ] && break; sleep 0.01; done; kill -" + signal +
               " $pid; wait $pid; status=$?; cat log; exit $status");
  }
  std::map<std::string, std::string> files() const { return cone_.files(Stage::statistics); }

 private:
  static void write_noise(const std::filesystem::path& path, int grid, unsigned seed) {
    Grid2d<double> map(grid);
    std::uint64_t state = seed + 1;
    for (double& value : map.values()) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      value = 0.02 * (static_cast<double>(state >> 33) / 2147483648.0 - 0.5);
    }
    write_scalar_plane(real_disk(), path, map);
  }

  std::vector<std::string> settings_;
  LightConeCampaign cone_;
};

std::uint64_t number_after(const std::string& text, const std::string& key) {
  const std::size_t at = text.find(key);
  if (at == std::string::npos) {
    ADD_FAILURE() << "no '" << key << "' in: " << text;
    return 0;
  }
  return std::stoull(text.substr(at + key.size()));
}

TEST(KappaStatsProgram, EstimateSaysWhatIsReadAndDoesNothing) {
  const KappaStatsProgram stage(64, 3, 4);
  const CommandOutcome look = stage.run("kappa_stats --estimate" + stage.options());
  EXPECT_EQ(look.status, 0) << look.output;
  EXPECT_EQ(number_after(look.output, "products: "), 3U);
  EXPECT_EQ(number_after(look.output, "bytes_read: "), 3U * 4 * (8 + 8 * 64 * 64));
  EXPECT_TRUE(stage.files().empty());
  ASSERT_EQ(stage.run("kappa_stats --realization 1" + stage.options()).status, 0);
  const CommandOutcome rest = stage.run("kappa_stats --estimate" + stage.options());
  EXPECT_EQ(number_after(rest.output, "products: "), 2U) << "what is complete is not counted";
  // What it says is written holds what is.
  EXPECT_GE(number_after(look.output, "bytes_written: "), 3 * stage.files().begin()->second.size());
}

TEST(KappaStatsProgram, StaysWithinAnyBudgetWithTheSameBytes) {
  const KappaStatsProgram stage(1024, 1, 12);
  const Ended refused = stage.measured({"--memory", "20M"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.output, AllOf(HasSubstr("--memory: 20 MB per rank do not hold"), HasSubstr("1024")));
  const std::uint64_t needed = number_after(refused.output, "rays take; ");

  std::map<std::string, std::string> gold;
  std::uint64_t smallest_peak = 0;
  for (const std::uint64_t mebibytes : {needed, 3 * needed}) {
    const std::vector<std::string> options{"--threads", "4", "--memory", std::to_string(mebibytes) + "M"};
    std::vector<std::string> look = options;
    look.emplace_back("--estimate");
    const Ended estimate = stage.measured(look);
    const std::uint64_t promised = number_after(estimate.output, "memory_per_rank: ");
    EXPECT_LE(promised, mebibytes * kMebibyte);
    const Ended ended = stage.measured(options);
    ASSERT_EQ(ended.status, 0) << ended.output;
    EXPECT_LE(ended.peak_bytes, promised) << mebibytes << " MiB";
    EXPECT_GE(2 * ended.peak_bytes, promised) << mebibytes << " MiB";
    if (gold.empty()) {
      gold = stage.files();
      smallest_peak = ended.peak_bytes;
    } else {
      EXPECT_TRUE(stage.files() == gold);
      EXPECT_GT(ended.peak_bytes, smallest_peak) << "the budgets mattered";
    }
    std::filesystem::remove_all(stage_root(stage.cone().campaign(), Stage::statistics) / "dmo");
  }
}

TEST(KappaStatsProgram, NearTheWalltimeTheFileInHandIsFinishedAndTheRestResumes) {
  const KappaStatsProgram stage(512, 20, 20);
  const CommandOutcome outcome = stage.stopped("USR1", 16);  // of 40 for the first file
  EXPECT_EQ(outcome.status, 75) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("run again for the rest"));
  const std::map<std::string, std::string> first = stage.files();
  EXPECT_GE(first.size(), 1U) << "the one in hand";
  EXPECT_LT(first.size(), 20U);
  EXPECT_EQ(ReceiptIndex::load(real_disk(), stage.cone().campaign()).size(), first.size());

  const CommandOutcome rest = stage.run("mpirun -n 2 kappa_stats" + stage.options());
  EXPECT_EQ(rest.status, 0) << rest.output;
  EXPECT_THAT(rest.output, HasSubstr("made " + std::to_string(20 - first.size()) + ", already complete " +
                                     std::to_string(first.size())));
  const std::map<std::string, std::string> all = stage.files();
  EXPECT_EQ(all.size(), 20U);
  for (const auto& [name, bytes] : first) EXPECT_TRUE(all.at(name) == bytes) << name;
}

TEST(KappaStatsProgram, TheUserEndsItBetweenMapsAndNothingHalfIsLeft) {
  const KappaStatsProgram stage(512, 20, 20);
  const CommandOutcome outcome = stage.stopped("INT", 16);
  EXPECT_EQ(outcome.status, 130) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("interrupted"));
  const std::map<std::string, std::string> left = stage.files();
  EXPECT_LT(left.size(), 20U);
  for (const auto& [name, bytes] : left)
    EXPECT_TRUE(name.ends_with("/kappa_stats.h5")) << "a temporary file was left: " << name;
  EXPECT_EQ(ReceiptIndex::load(real_disk(), stage.cone().campaign()).size(), left.size());
}

}  // namespace
}  // namespace lenswright::test
