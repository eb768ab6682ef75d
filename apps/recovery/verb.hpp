// verb.hpp: the verbs of `recovery`, one file each; a new verb is a file and a line in verbs().
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace lenswright {

struct Verb {
  std::string_view name;
  std::string_view summary;  // one line, for --help
  // argv[0] is the verb's name. Throws Failure.
  ExitStatus (*run)(int argc, char** argv);
};

std::span<const Verb> verbs();  // in the order of a campaign's life

ExitStatus run_init(int argc, char** argv);
ExitStatus run_diagnose(int argc, char** argv);
ExitStatus run_submit(int argc, char** argv);
ExitStatus run_status(int argc, char** argv);
ExitStatus run_cancel(int argc, char** argv);
ExitStatus run_verify(int argc, char** argv);
ExitStatus run_why(int argc, char** argv);
ExitStatus run_ledger(int argc, char** argv);
ExitStatus run_log(int argc, char** argv);
ExitStatus run_trash(int argc, char** argv);
ExitStatus run_backup(int argc, char** argv);
ExitStatus run_adopt(int argc, char** argv);
ExitStatus run_manifest(int argc, char** argv);
ExitStatus run_release(int argc, char** argv);
ExitStatus run_report(int argc, char** argv);
ExitStatus run_completion(int argc, char** argv);

// The candidate most like `word`; empty if none is at all.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace lenswright
