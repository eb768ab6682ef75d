#include "base/error.hpp"

#include <fmt/format.h>

#include <cstring>
#include <utility>

namespace lenswright {

namespace {

std::string describe(const std::vector<ConfigProblem>& problems) {
  std::string text;
  for (const ConfigProblem& problem : problems) {
    if (!text.empty()) text += '\n';
    text += problem.line > 0
                ? fmt::format("{}:{}:{}: {}", problem.file, problem.line, problem.column, problem.what)
                : fmt::format("{}: {}", problem.file, problem.what);
  }
  return text;
}

}  // namespace

ConfigError::ConfigError(std::vector<ConfigProblem> problems)
    : Failure(describe(problems)), problems_(std::move(problems)) {}

IoError::IoError(std::filesystem::path path, std::string operation, int error_number)
    : Failure(fmt::format("{}: cannot {}: {}", path.string(), operation, std::strerror(error_number))),
      path_(std::move(path)),
      operation_(std::move(operation)),
      error_number_(error_number) {}

FormatError::FormatError(std::filesystem::path path, std::uint64_t offset, std::string expected,
                         std::string found)
    : Failure(fmt::format("{}: at byte {}: expected {}, found {}", path.string(), offset, expected, found)),
      path_(std::move(path)),
      offset_(offset) {}

SchedulerError::SchedulerError(std::string command, int exit_status, std::string complaint)
    : Failure(fmt::format("{}: exit status {}{}{}", command, exit_status, complaint.empty() ? "" : ": ",
                          complaint)),
      command_(std::move(command)),
      exit_status_(exit_status),
      complaint_(std::move(complaint)) {}

}  // namespace lenswright
