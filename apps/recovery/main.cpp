// recovery: what of a campaign is there, what is not, and how to get exactly that back.
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <vector>

#include "audit.hpp"
#include "base/stop_request.hpp"
#include "base/version.hpp"
#include "command_line.hpp"
#include "verb.hpp"

namespace {

using namespace lenswright;

std::string help() {
  std::string text =
      "recovery: what of a campaign is there, what is not, and how to get exactly that back\n\n"
      "usage: recovery VERB --config FILE [--set KEY=VALUE ...] [options]\n\nverbs:\n";
  for (const Verb& verb : verbs()) text += fmt::format("  {:10} {}\n", verb.name, verb.summary);
  text +=
      "\n  recovery VERB --help   the verb's options\n"
      "  recovery --version     which code this is\n\n";
  text += exit_status_help();
  return text;
}

// What a verb changes stands in the event log, and how it ended.
int run_verb(const Verb& verb, int argc, char** argv) {
  audit_command(argc, argv);
  try {
    const int status = static_cast<int>(verb.run(argc - 1, argv + 1));
    audit_end(status);
    return status;
  } catch (const Failure& failure) {
    audit_end(static_cast<int>(failure.status()), failure.what());
    throw;
  }
}

int run(int argc, char** argv) {
  const std::string word = argc > 1 ? argv[1] : "";
  if (word == "--help" || word == "-h" || word == "help") {
    fmt::print("{}", help());
    return static_cast<int>(ExitStatus::done);
  }
  if (word == "--version") {
    fmt::print("recovery {}\n", code_version());
    return static_cast<int>(ExitStatus::done);
  }
  std::vector<std::string_view> names;
  for (const Verb& verb : verbs()) {
    if (verb.name == word) return run_verb(verb, argc, argv);
    names.push_back(verb.name);
  }
  if (word.empty())
    throw UsageError(
        fmt::format("which verb? One of {}; recovery --help explains them", fmt::join(names, ", ")));
  const std::string_view like = nearest(word, names);
  throw UsageError(fmt::format("no verb \"{}\"{}; there are {}; recovery --help explains them", word,
                               like.empty() ? "" : fmt::format(" (do you mean \"{}\"?)", like),
                               fmt::join(names, ", ")));
}

}  // namespace

int main(int argc, char** argv) {
  watch_stop_signals();
  return run_guarded("recovery", [&] { return run(argc, argv); });
}
