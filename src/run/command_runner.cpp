#include "run/command_runner.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <set>
#include <thread>

#include "base/error.hpp"
#include "run/started_program.hpp"

namespace lenswright {

namespace {

// How often ended programs are looked for: short against the shortest task.
constexpr std::chrono::milliseconds kLookEvery{20};
constexpr mode_t kLogMode = 0644;

bool needs_quotes(const std::string& word) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::strchr("-_=./:,+@%", c) != nullptr;
  };
  return word.empty() || !std::all_of(word.begin(), word.end(), plain);
}

std::string quoted(const std::string& word) {
  if (!needs_quotes(word)) return word;
  std::string text = "'";
  for (const char c : word) c == '\'' ? text += "'\\''" : text += c;
  text += '\'';
  return text;
}

// Owns the two attribute objects of posix_spawn.
class SpawnSettings {
 public:
  explicit SpawnSettings(const std::filesystem::path& output) {
    check(posix_spawn_file_actions_init(&actions_));
    check(posix_spawnattr_init(&attributes_));
    check(posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
    check(posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, output.c_str(),
                                           O_WRONLY | O_CREAT | O_APPEND, kLogMode));
    check(posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO));
    // Handlers are reset by exec; an inherited mask or ignored signal would make programs deaf to us.
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    check(posix_spawnattr_setsigmask(&attributes_, &none));
    check(posix_spawnattr_setsigdefault(&attributes_, &all));
    check(posix_spawnattr_setpgroup(&attributes_, 0));
    check(posix_spawnattr_setflags(&attributes_,
                                   POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  static void check(int error) {
    if (error != 0) throw Failure(fmt::format("cannot prepare a program's start: {}", std::strerror(error)));
  }
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

class ProcessRunner final : public CommandRunner {
 public:
  int start(const Command& command) override {
    std::vector<std::string> words = command.arguments;
    std::vector<std::string> variables = environment_of(command);
    const SpawnSettings settings(command.output);
    pid_t pid = 0;
    const int error = posix_spawnp(&pid, words.at(0).c_str(), settings.actions(), settings.attributes(),
                                   pointers_to(words).data(), pointers_to(variables).data());
    if (error != 0) {
      throw Failure(fmt::format("cannot start {} (output to {}): {}", words.at(0), command.output.string(),
                                std::strerror(error)));
    }
    running_.insert(pid);
    return pid;
  }

  std::optional<CommandEnd> wait_any(std::chrono::milliseconds timeout) override {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!running_.empty()) {
      for (const pid_t pid : running_) {
        int status = 0;
        const pid_t ended = waitpid(pid, &status, WNOHANG);
        if (ended == 0) continue;
        running_.erase(pid);
        if (ended < 0)
          throw Failure(fmt::format("cannot wait for process {}: {}", pid, std::strerror(errno)));
        return CommandEnd{pid, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)};
      }
      if (std::chrono::steady_clock::now() >= deadline) break;
      std::this_thread::sleep_for(std::min(kLookEvery, timeout));
    }
    return std::nullopt;
  }

  void send_signal(int id, int signal_number) override {
    if (running_.contains(id)) kill(-id, signal_number);
  }

 private:
  std::set<pid_t> running_;
};

}  // namespace

std::string shell_line(const Command& command) {
  std::string line;
  for (const auto& [name, value] : command.environment) line += fmt::format("{}={} ", name, quoted(value));
  for (const std::string& word : command.arguments) line += fmt::format("{} ", quoted(word));
  if (!line.empty()) line.pop_back();
  return line;
}

std::unique_ptr<CommandRunner> make_process_runner() {
  return std::make_unique<ProcessRunner>();
}

}  // namespace lenswright
