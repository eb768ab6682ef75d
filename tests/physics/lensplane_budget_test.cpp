// The program within what it may take: memory as the system counts it, time per pass, and estimates that touch
// nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdint>
#include <map>
#include <regex>

#include "reference_campaign.hpp"

namespace lenswright {
namespace {

constexpr double kMebibyte = 1 << 20;

// Without mpirun: the program itself is what the system counts.
test::CommandOutcome lensplane(const test::ReferenceCampaign& reference, const std::string& arguments,
                               const std::string& environment = {}) {
  return test::run_command(environment + " " + test::program("lensplane").string() + " --config " +
                           reference.file().string() + " " + arguments);
}

// The most memory that any program started so far ever had.
double peak_of_programs() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

std::map<std::string, double> estimated(const std::string& output) {
  std::map<std::string, double> values;
  const std::regex line("([a-z_]+): ([0-9]+)");
  for (std::sregex_iterator match(output.begin(), output.end(), line), end; match != end; ++match)
    values[(*match)[1]] = std::stod((*match)[2]);
  return values;
}

// Of every file, read one by one: a program starts with the memory of the one that starts it.
std::map<std::string, std::string> digests(const Campaign& campaign) {
  std::map<std::string, std::string> digests;
  const std::filesystem::path& root = stage_root(campaign, Stage::lensplanes);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
    if (entry.is_regular_file() && entry.path().filename() != kRootMarkerFile)
      digests[entry.path().lexically_relative(root).string()] =
          digest_of(test::read_file(entry.path())).hex();
  return digests;
}

const std::string kLarge =
    "--set lensplanes.grid=2048 --realization 0 --model dmo hydro hydro_replace_Ml_1.00e13_Mu_inf_R_5.0 "
    "hydro_replace_Ml_3.16e13_Mu_1.00e15_R_1.0";

TEST(LensplaneBudget, PeakMemoryStaysUnderFourBudgetsAndTheBytesAreTheSame) {
  const test::ReferenceCampaign too_small;
  const test::CommandOutcome refused = lensplane(too_small, kLarge + " --memory 20M");
  EXPECT_EQ(refused.status, 2);
  std::smatch least;
  ASSERT_TRUE(std::regex_search(refused.output, least, std::regex("at least ([0-9.]+) MiB is needed")))
      << refused.output;
  EXPECT_TRUE(test::lensplane_files(too_small.load()).empty());
  const double smallest = std::stod(least[1]) + 2;
  std::map<std::string, std::string> gold;
  // From small to large, since the system tells the largest of all.
  for (const double factor : {1.0, 1.25, 1.7, 3.0}) {
    const test::ReferenceCampaign reference;
    const int mebibytes = static_cast<int>(smallest * factor);
    const test::CommandOutcome outcome =
        lensplane(reference, kLarge + " --memory " + std::to_string(mebibytes) + "M");
    ASSERT_EQ(outcome.status, 0) << outcome.output;
    EXPECT_LE(peak_of_programs(), mebibytes * kMebibyte) << outcome.output;
    std::printf("budget %d MiB: peak %.1f MiB\n", mebibytes, peak_of_programs() / kMebibyte);
    const auto files = digests(reference.load());
    EXPECT_EQ(files.size(), 8u + 1u);
    if (gold.empty()) gold = files;
    EXPECT_TRUE(files == gold) << mebibytes << " MiB";
  }
}

TEST(LensplaneBudget, AnEstimateTellsTheWorkAndTouchesNothing) {
  const test::ReferenceCampaign reference;
  const test::CommandOutcome outcome = lensplane(reference, "--estimate");
  ASSERT_EQ(outcome.status, 0) << outcome.output;
  const auto values = estimated(outcome.output);
  EXPECT_EQ(values.at("planes"), 34 * 2 * 2);
  EXPECT_EQ(values.at("passes"), 1);
  EXPECT_EQ(values.at("bytes_written"), 136 * (8 + 8 * 128 * 128));
  EXPECT_GT(values.at("bytes_read"), 2 * 64 * 64 * 64 * 32);  // dmo and the dark matter of hydro, at least
  EXPECT_GT(values.at("memory_per_rank"), 0);
  EXPECT_LE(values.at("memory_per_rank"), values.at("memory_budget_per_rank"));
  EXPECT_GT(values.at("seconds"), 0);
  EXPECT_TRUE(test::lensplane_files(reference.load()).empty());
  EXPECT_FALSE(std::filesystem::exists(receipts_folder(reference.load())));

  // Less memory, more passes; nothing left to do, nothing to estimate.
  const auto tight = estimated(
      lensplane(reference,
                kLarge + " --estimate --memory " +
                    std::to_string(static_cast<int>(values.at("memory_per_rank") / kMebibyte) + 64) + "M")
          .output);
  EXPECT_GT(tight.at("passes"), 1);
  EXPECT_EQ(lensplane(reference, "--model dmo").status, 0);
  EXPECT_EQ(estimated(lensplane(reference, "--model dmo --estimate").output).at("planes"), 0);
}

TEST(LensplaneBudget, TheJobsMemoryIsTheDefault) {
  const test::ReferenceCampaign reference;
  const auto budget = [&](const std::string& environment) {
    return estimated(lensplane(reference, "--model dmo --estimate", environment).output)
        .at("memory_budget_per_rank");
  };
  const double of_machine = budget("env -u SLURM_MEM_PER_NODE -u SLURM_MEM_PER_CPU");
  const double of_node = budget("SLURM_MEM_PER_NODE=800"),
               of_cpus = budget("SLURM_MEM_PER_CPU=200 SLURM_CPUS_ON_NODE=4");
  EXPECT_LE(of_node, 800 * kMebibyte);
  EXPECT_GE(of_node, 700 * kMebibyte);
  EXPECT_EQ(of_cpus, of_node);
  EXPECT_NE(of_machine, of_node);
}

TEST(LensplaneBudget, PassesAreAsShortAsAskedForIfThatIsPossible) {
  const test::ReferenceCampaign reference;
  EXPECT_EQ(estimated(lensplane(reference, "--estimate --pass-time 10h").output).at("passes"), 1);
  // No pass is as short as this: one per plane.
  EXPECT_EQ(estimated(lensplane(reference, "--model dmo hydro --estimate --pass-time 0.000001").output)
                .at("passes"),
            8);
  for (const char* bad : {"soon", "-3m", "5x", "0", "inf"}) {
    const test::CommandOutcome outcome = lensplane(reference, std::string("--estimate --pass-time ") + bad);
    EXPECT_EQ(outcome.status, 2) << bad;
    EXPECT_THAT(outcome.output, testing::HasSubstr("90s, 30m or 2h")) << bad;
  }
  const test::CommandOutcome outcome = lensplane(reference, "--model dmo hydro --pass-time 0.000001");
  ASSERT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, testing::HasSubstr("8 passes"));
  const test::ReferenceCampaign gold;
  ASSERT_EQ(lensplane(gold, "--model dmo hydro").status, 0);
  EXPECT_TRUE(test::lensplane_files(reference.load()) == test::lensplane_files(gold.load()));
}

TEST(LensplaneBudget, ParticlesKeptForSeveralPassesGiveTheSamePlanes) {
  // Rules differ from pass to pass, and some passes need hydro's particles and others don't.
  const std::string models =
      "--model dmo hydro hydro_replace_Ml_1.00e13_Mu_inf_R_5.0 hydro_replace_Ml_1.00e13_Mu_inf_R_0.5 "
      "hydro_replace_Ml_3.16e13_Mu_1.00e15_R_1.0";
  const test::ReferenceCampaign gold, silver;
  const test::CommandOutcome once = lensplane(gold, models);
  ASSERT_EQ(once.status, 0) << once.output;
  EXPECT_THAT(once.output, testing::Not(testing::HasSubstr("of which")));
  const test::CommandOutcome kept = lensplane(silver, models + " --pass-time 0.000001");
  ASSERT_EQ(kept.status, 0) << kept.output;
  EXPECT_THAT(kept.output, testing::HasSubstr("20 passes over the particles, of which 2 read them"));
  EXPECT_TRUE(test::lensplane_files(gold.load()) == test::lensplane_files(silver.load()));
  // Read once for each realization, whatever the number of passes.
  const test::ReferenceCampaign other;
  EXPECT_EQ(estimated(lensplane(other, models + " --estimate --pass-time 0.000001").output).at("bytes_read"),
            2 * estimated(lensplane(other, models + " --estimate").output).at("bytes_read"));
}

}  // namespace
}  // namespace lenswright
