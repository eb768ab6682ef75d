// slurm_sandbox.hpp: the real Slurm that tests talk to. ctest starts one around its slurm tests; a test program that is
// run by hand uses the one of the shell (eval "$(scripts/slurm_sandbox.sh env)"), and a test that needs another
// configuration starts its own.
//
// Throws: Failure with a sentence that names the script to run; no test is skipped for want of a Slurm.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "run/slurm_client.hpp"
#include "test_paths.hpp"

namespace lenswright::test {

// Long against a loaded machine; what waits this long has failed.
inline constexpr std::chrono::seconds kSlurmPatience{150};

inline void point_slurm_at(const std::filesystem::path& folder) {
  setenv("SLURM_CONF", (folder / "etc/slurm.conf").c_str(), 1);
  setenv("SLURM_SANDBOX", folder.c_str(), 1);
}

// Of a program of ctest's label slurm: its sandbox, found through the file that the script wrote.
inline std::filesystem::path shared_slurm_sandbox() {
#ifdef LENSWRIGHT_SLURM_SANDBOX_RECORD
  const std::filesystem::path record = LENSWRIGHT_SLURM_SANDBOX_RECORD;
  if (std::filesystem::exists(record)) {
    std::string folder = read_file(record);
    while (!folder.empty() && folder.back() == '\n') folder.pop_back();
    point_slurm_at(folder);
    return folder;
  }
#endif
  if (const char* folder = std::getenv("SLURM_SANDBOX")) return folder;
  throw Failure(
      "no Slurm to test against: run these tests through ctest -L slurm, or start one with "
      "eval \"$(scripts/slurm_sandbox.sh start >/dev/null && scripts/slurm_sandbox.sh env)\"; "
      "its packages come with scripts/setup.sh");
}

// One of its own for a test that needs other settings ("--set MaxArraySize=6", "--nodes 2").
class OwnSlurmSandbox {
 public:
  explicit OwnSlurmSandbox(const std::string& options) {
    const CommandOutcome started = run_command(fmt::format("'{}' start --while {} --record '{}' {}", script(),
                                                           getpid(), record().string(), options));
    if (started.status != 0) throw Failure("cannot start a Slurm sandbox: " + started.output);
    std::string folder = read_file(record());
    while (!folder.empty() && folder.back() == '\n') folder.pop_back();
    point_slurm_at(folder);
  }
  ~OwnSlurmSandbox() { run_command(fmt::format("'{}' stop --record '{}'", script(), record().string())); }
  OwnSlurmSandbox(const OwnSlurmSandbox&) = delete;
  OwnSlurmSandbox& operator=(const OwnSlurmSandbox&) = delete;

 private:
  std::filesystem::path record() const { return folder_ / "record"; }
  static std::string script() { return source("scripts/slurm_sandbox.sh").string(); }
  TemporaryFolder folder_;
};

// A controller that hangs, until this ends.
class StoppedController {
 public:
  explicit StoppedController(const std::filesystem::path& sandbox)
      : id_(static_cast<pid_t>(std::stol(read_file(sandbox / "run/slurmctld.pid")))) {
    if (kill(id_, SIGSTOP) != 0) throw Failure("cannot stop the sandbox's controller");
  }
  ~StoppedController() { kill(id_, SIGCONT); }
  StoppedController(const StoppedController&) = delete;
  StoppedController& operator=(const StoppedController&) = delete;

 private:
  pid_t id_;
};

// Waits until `happened`; fails the test with what it was waiting for if it never does.
inline bool eventually(const std::string& what, const std::function<bool()>& happened) {
  const auto deadline = std::chrono::steady_clock::now() + kSlurmPatience;
  while (!happened()) {
    if (std::chrono::steady_clock::now() >= deadline) {
      ADD_FAILURE() << "never happened: " << what;
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return true;
}

// All elements of the arrays, once each is over.
inline std::vector<SlurmJob> when_over(SlurmClient& client, const std::vector<std::int64_t>& arrays) {
  std::vector<SlurmJob> jobs;
  eventually("all elements are over", [&] {
    jobs = client.jobs(arrays);
    bool over = !jobs.empty();
    for (const SlurmJob& job : jobs) over = over && job.over();
    return over;
  });
  return jobs;
}

}  // namespace lenswright::test
