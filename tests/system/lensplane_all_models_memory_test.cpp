// What lensplane holds in memory for all 34 models, as the kernel counts it, against what it was allowed.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reference_campaign.hpp"

namespace lenswright::test {
namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;

struct Ended {
  int status = -1;
  std::uint64_t peak_bytes = 0;
  std::string output;
};

// The program itself, without mpirun in between: one rank, whose own peak is measured. The kernel counts what the
// process held before it became the program, too: this test keeps digests, not planes.
Ended run_measured(const std::vector<std::string>& words, const std::filesystem::path& log) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    // This process is a rank itself; the program must not take itself for one of its kind.
    std::vector<std::string> inherited;
    for (char** variable = environ; *variable; ++variable) {
      const std::string text = *variable;
      const bool ranks =
          text.starts_with("OMPI_COMM_") || text.starts_with("PMIX_") || text.starts_with("PMI_");
      if (ranks) inherited.push_back(text.substr(0, text.find('=')));
    }
    for (const std::string& name : inherited) unsetenv(name.c_str());
    if (!std::freopen(log.c_str(), "w", stdout) || dup2(STDOUT_FILENO, STDERR_FILENO) < 0) _exit(127);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          static_cast<std::uint64_t>(usage.ru_maxrss) * 1024, read_file(log)};
}

Ended run_with(const ReferenceCampaign& reference, std::uint64_t mebibytes) {
  return run_measured(
      {program("lensplane").string(), "--config", reference.file().string(), "--set", "lensplanes.grid=512",
       "--realization", "0", "--memory", std::to_string(mebibytes) + "M"},
      reference.folder() / "log");
}

std::map<std::string, Digest> plane_digests(const Campaign& campaign) {
  std::map<std::string, Digest> digests;
  for (const ProductId& id : mass_planes(campaign, {}, {0})) {
    const std::string bytes = read_file(absolute_path(campaign, id));
    digests[product_name(campaign, id)] = digest_of(std::as_bytes(std::span(bytes)));
  }
  return digests;
}

// Budgets between the least that works and what all 34 models take at once.
TEST(LensplaneAllModels, StayWithinAnyBudgetWithTheSameBytes) {
  std::map<std::string, Digest> gold;
  std::uint64_t smallest_peak = std::numeric_limits<std::uint64_t>::max(), largest_peak = 0;
  for (const std::uint64_t mebibytes : {160, 200, 260, 400, 1000}) {
    const ReferenceCampaign reference;
    const Ended ended = run_with(reference, mebibytes);
    ASSERT_EQ(ended.status, 0) << mebibytes << " MiB: " << ended.output;
    EXPECT_LE(ended.peak_bytes, mebibytes * kMebibyte) << mebibytes << " MiB";
    smallest_peak = std::min(smallest_peak, ended.peak_bytes);
    largest_peak = std::max(largest_peak, ended.peak_bytes);
    const auto planes = plane_digests(reference.load({"lensplanes.grid=512"}));
    ASSERT_EQ(planes.size(), 68u);
    if (gold.empty()) gold = planes;
    EXPECT_TRUE(planes == gold) << mebibytes << " MiB";
  }
  // The budgets mattered.
  EXPECT_LT(smallest_peak, largest_peak);
}

}  // namespace
}  // namespace lenswright::test
