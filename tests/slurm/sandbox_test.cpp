// The sandbox of the tests itself: nothing of it outlives who wanted it, and several are strangers to one another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "slurm_sandbox.hpp"

namespace lenswright::test {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;
using testing::Not;

// Processes with a sandbox's configuration in their environment or its folder in their command line: its daemons, job
// steps, what jobs started.
std::vector<std::string> processes_of(const fs::path& sandbox) {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const pid_t id = static_cast<pid_t>(std::atoi(entry.path().filename().c_str()));
    if (id <= 0 || id == getpid()) continue;
    std::string all;
    for (const char* file : {"environ", "cmdline"}) {
      std::ostringstream text;
      text << std::ifstream(entry.path() / file).rdbuf();
      all += text.str();
    }
    if (all.find(sandbox.string() + "/") == std::string::npos) continue;
    std::string name;
    std::getline(std::ifstream(entry.path() / "comm") >> std::ws, name);
    found.push_back(fmt::format("{} {}", name, id));
  }
  return found;
}

TEST(SlurmSandbox, NothingOfItOutlivesItsOwnerHoweverThatEnds) {
  const TemporaryFolder folder;
  const std::string script = source("scripts/slurm_sandbox.sh").string();
  const fs::path record = folder / "a record";
  // As a test run that is killed: it started the sandbox, a job runs, and there is nobody to stop either.
  const CommandOutcome killed = run_command(fmt::format(
      "bash -c '\"{0}\" start --nodes 1 --while $$ --record \"{1}\" >\"{2}\" && "
      "eval \"$(\"{0}\" env --record \"{1}\")\" && sbatch --output=/dev/null --wrap \"sleep 600 & sleep "
      "600\" && "
      "until squeue -h -t running | grep -q .; do sleep 0.1; done; cp \"{2}\" \"{2} seen\"; kill -KILL $$'",
      script, record.string(), (folder / "started").string()));
  EXPECT_EQ(killed.status, 137) << killed.output;
  ASSERT_TRUE(fs::exists(folder / "started seen")) << killed.output;
  std::string sandbox = read_file(folder / "started seen");
  sandbox.pop_back();
  EXPECT_TRUE(eventually("it is gone", [&] { return !fs::exists(sandbox) && !fs::exists(record); }));
  EXPECT_TRUE(eventually("so are its processes", [&] { return processes_of(sandbox).empty(); }));
}

TEST(SlurmSandbox, OfTwoSideBySideEachHasItsOwnJobsAndEnd) {
  const OwnSlurmSandbox first("--nodes 1");
  const std::string first_env = std::getenv("SLURM_CONF");
  const fs::path first_folder = std::getenv("SLURM_SANDBOX");
  std::string second_folder;
  {
    const OwnSlurmSandbox second("--nodes 1");
    second_folder = std::getenv("SLURM_SANDBOX");
    EXPECT_EQ(run_command("sbatch --hold --output=/dev/null --wrap true").status, 0);
    EXPECT_THAT(run_command("squeue -h").output, Not(IsEmpty()));
    EXPECT_EQ(run_command("SLURM_CONF='" + first_env + "' squeue -h").output, "");
    EXPECT_THAT(processes_of(second_folder), Not(IsEmpty()));
  }
  EXPECT_FALSE(fs::exists(second_folder));
  EXPECT_THAT(processes_of(second_folder), IsEmpty());
  EXPECT_EQ(run_command("SLURM_CONF='" + first_env + "' scontrol ping").status, 0);
  EXPECT_THAT(processes_of(first_folder), Not(IsEmpty()));
}

}  // namespace
}  // namespace lenswright::test
