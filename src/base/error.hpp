// error.hpp: what can go wrong, as exceptions with fields, and the exit statuses of all programs.
//
// A finding (a missing or damaged product) is data and never thrown. A failure is thrown low and caught only
// in main. Messages say what, where, why, and, where there is one, the next command.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace lenswright {

enum class ExitStatus : int {
  done = 0,            // complete, or done
  gaps = 1,            // gaps or damage found
  failed = 2,          // could not do it: usage, configuration, input, I/O, scheduler; or cannot tell
  stopped_early = 75,  // stopped before the end, what is done is published: run again (walltime)
  interrupted = 130,   // interrupted by the user, what is done is published: run again
};

// Base of all failures: the exit status it leads to stands with it.
class Failure : public std::runtime_error {
 public:
  explicit Failure(const std::string& message, ExitStatus status = ExitStatus::failed)
      : std::runtime_error(message), status_(status) {}
  ExitStatus status() const { return status_; }

 private:
  ExitStatus status_;
};

// Wrong command line.
class UsageError : public Failure {
 public:
  explicit UsageError(const std::string& message) : Failure(message) {}
};

struct ConfigProblem {
  std::string file;  // path, or "--set key=value"
  int line = 0;      // one-based; 0: no line (an override)
  int column = 0;    // one-based
  std::string what;  // what is wrong, and what is allowed
};

// All problems of a campaign file together, one `file:line:column: what` per line.
class ConfigError : public Failure {
 public:
  explicit ConfigError(std::vector<ConfigProblem> problems);
  const std::vector<ConfigProblem>& problems() const { return problems_; }

 private:
  std::vector<ConfigProblem> problems_;
};

// The operating system refused an operation on a file or folder.
class IoError : public Failure {
 public:
  IoError(std::filesystem::path path, std::string operation, int error_number);
  const std::filesystem::path& path() const { return path_; }
  const std::string& operation() const { return operation_; }
  int error_number() const { return error_number_; }

 private:
  std::filesystem::path path_;
  std::string operation_;
  int error_number_;
};

// The bytes of a file are not what its format says.
class FormatError : public Failure {
 public:
  FormatError(std::filesystem::path path, std::uint64_t offset, std::string expected, std::string found);
  const std::filesystem::path& path() const { return path_; }
  std::uint64_t offset() const { return offset_; }

 private:
  std::filesystem::path path_;
  std::uint64_t offset_;
};

// An input (snapshot, catalogue, upstream product, stage root) is missing, damaged, or of another campaign.
class InputError : public Failure {
 public:
  explicit InputError(const std::string& message) : Failure(message) {}
};

// A computed value is not finite, or out of the range that the arithmetic is exact in.
class NumericError : public Failure {
 public:
  explicit NumericError(const std::string& message) : Failure(message) {}
};

// The scheduler could not be asked, or said no.
class SchedulerError : public Failure {
 public:
  SchedulerError(std::string command, int exit_status, std::string complaint);
  const std::string& command() const { return command_; }
  int exit_status() const { return exit_status_; }
  const std::string& complaint() const { return complaint_; }  // its stderr

 private:
  std::string command_;
  int exit_status_;
  std::string complaint_;
};

// A signal asked the program to stop; what was published stays.
class StopRequested : public Failure {
 public:
  StopRequested(const std::string& message, ExitStatus status) : Failure(message, status) {}
};

}  // namespace lenswright
