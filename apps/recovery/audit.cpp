#include "audit.hpp"

#include <cassert>
#include <optional>
#include <vector>

#include "ledger/event_log.hpp"

namespace lenswright {

namespace {

// One per process, as argv is.
struct Command {
  std::string verb;
  std::vector<std::string> arguments;
  std::optional<EventWriter> writer;
};

Command& command() {
  static Command the_command;
  return the_command;
}

}  // namespace

void audit_command(int argc, char** argv) {
  if (argc > 1) command().verb = argv[1];
  for (int i = 2; i < argc; ++i) command().arguments.emplace_back(argv[i]);
}

void audit_begin(const Campaign& campaign) {
  if (!command().writer) command().writer.emplace(campaign, command().verb, command().arguments);
}

void audit_change(const std::string& what) {
  assert(command().writer && "a change without audit_begin()");
  command().writer->changed(what);
}

void audit_aside(const Campaign& campaign, const std::string& what) {
  audit_begin(campaign);
  audit_change(what);
}

void audit_end(int exit_status, const std::string& message) {
  if (command().writer) command().writer->ended(exit_status, message);
}

}  // namespace lenswright
