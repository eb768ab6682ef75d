// test_paths.hpp: where tests find reference data, programs, and a folder of their own.
#pragma once

#include <filesystem>
#include <string>

namespace lenswright::test {

std::filesystem::path reference(const std::string& name);  // tests/reference/<name>
std::filesystem::path source(const std::string& name);     // <source tree>/<name>
std::filesystem::path program(const std::string& name);    // build/<preset>/bin/<name>

// A fresh folder for one test, removed with its content at the end (kept if LENSWRIGHT_KEEP_TEMP is set).
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

struct CommandOutcome {
  int status;          // exit status, or 128 + signal
  std::string output;  // stdout and stderr together
};
CommandOutcome run_command(const std::string& command);  // through the shell

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const std::string& bytes);

}  // namespace lenswright::test
