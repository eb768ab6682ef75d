// captured_command.hpp: runs one program to its end and hands back what it printed; an interface, so that tests
// can put recorded answers in its place.
//
// Throws: Failure if the program cannot be started (it isn't there)
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "run/command_runner.hpp"

namespace lenswright {

struct CommandAnswer {
  int status = 0;  // exit status, or 128 + signal number
  std::string out, err;
  bool timed_out = false;  // killed when the time was over: what it did by then is unknown
};

class CommandSource {
 public:
  virtual ~CommandSource() = default;
  // `command.output` isn't used. At the timeout the program's whole group is killed.
  virtual CommandAnswer ask(const Command& command, std::chrono::milliseconds timeout) = 0;
};

std::unique_ptr<CommandSource> make_process_source();

}  // namespace lenswright
