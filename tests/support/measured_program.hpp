// measured_program.hpp: a program of the project run as one rank, and the most memory that it held, as the kernel
// counts it.
//
// Units: bytes resident, with the pages of the program and its libraries
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "test_paths.hpp"

namespace lenswright::test {

struct Ended {
  int status = -1;
  std::uint64_t peak_bytes = 0;
  std::string output;
};

// The program itself, without mpirun in between: one rank, whose own peak is measured. The kernel counts what the
// process held before it became the program, too: this test keeps digests, not planes.
inline Ended run_measured(const std::vector<std::string>& words, const std::filesystem::path& log) {
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

}  // namespace lenswright::test
