// command_runner.hpp: starts programs and tells when they end; an interface, so that tests can put recorded
// answers in its place.
//
// Throws: Failure if a program cannot be started.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lenswright {

struct Command {
  std::vector<std::string> arguments;              // [0] is the program, looked up in PATH
  std::map<std::string, std::string> environment;  // added to this process's own
  std::filesystem::path output;                    // stdout and stderr are appended to this file
  std::vector<std::string> without = {};           // variables of this process's own that it doesn't get
};

// The command as one could type it in a shell.
std::string shell_line(const Command& command);

struct CommandEnd {
  int id = 0;
  int status = 0;  // exit status, or 128 + signal number
};

class CommandRunner {
 public:
  virtual ~CommandRunner() = default;
  // Returns an id, unique among those that run. The program gets a process group of its own: a Ctrl-C at the
  // terminal reaches only us, and we decide what it means for it.
  virtual int start(const Command& command) = 0;
  // One that has ended; none: none did within the timeout, or none runs.
  virtual std::optional<CommandEnd> wait_any(std::chrono::milliseconds timeout) = 0;
  // Sends a signal to the whole group of a program that runs.
  virtual void send_signal(int id, int signal_number) = 0;
};

std::unique_ptr<CommandRunner> make_process_runner();

}  // namespace lenswright
