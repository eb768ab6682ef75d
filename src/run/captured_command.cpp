#include "run/captured_command.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

#include "base/error.hpp"
#include "run/started_program.hpp"

namespace lenswright {

namespace {

using Clock = std::chrono::steady_clock;

// A program may end while one of its own children keeps the pipe open: its end is looked for this often.
constexpr std::chrono::milliseconds kLookEvery{20};

[[noreturn]] void fail(const Command& command, int error) {
  throw Failure(fmt::format("cannot start {}: {}", command.arguments.at(0), std::strerror(error)));
}

class Pipe {
 public:
  explicit Pipe(const Command& command) {
    // Only our end: a program that writes much must wait for us, not fail.
    if (pipe2(ends_.data(), O_CLOEXEC) != 0 || fcntl(ends_[0], F_SETFL, O_NONBLOCK) != 0)
      fail(command, errno);
  }
  ~Pipe() {
    close(ends_[0]);
    close_writing();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int reading() const { return ends_[0]; }
  int writing() const { return ends_[1]; }
  bool open() const { return open_; }
  void close_writing() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }
  void read_into(std::string& text) {
    std::array<char, 1 << 14> buffer;
    while (open_) {
      const ssize_t count = read(ends_[0], buffer.data(), buffer.size());
      if (count > 0) {
        text.append(buffer.data(), static_cast<std::size_t>(count));
      } else if (count == 0) {
        open_ = false;
      } else if (errno != EINTR) {
        break;  // nothing there now
      }
    }
  }

 private:
  std::array<int, 2> ends_{-1, -1};
  bool open_ = true;
};

pid_t start(const Command& command, const Pipe& out, const Pipe& err) {
  std::vector<std::string> words = command.arguments;
  std::vector<std::string> variables = environment_of(command);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.writing(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.writing(), STDERR_FILENO);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, words.at(0).c_str(), &actions, &attributes, pointers_to(words).data(),
                                 pointers_to(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) fail(command, error);
  return pid;
}

class ProcessSource final : public CommandSource {
 public:
  CommandAnswer ask(const Command& command, std::chrono::milliseconds timeout) override {
    Pipe out(command), err(command);
    const pid_t pid = start(command, out, err);
    out.close_writing();
    err.close_writing();
    CommandAnswer answer;
    const auto deadline = Clock::now() + timeout;
    std::optional<int> status;
    while (!status) {
      wait_for_output(out, err);
      out.read_into(answer.out);
      err.read_into(answer.err);
      status = ended(pid, false);
      if (!status && Clock::now() >= deadline) {
        answer.timed_out = true;
        kill(-pid, SIGKILL);
        status = ended(pid, true);
      }
    }
    out.read_into(answer.out);
    err.read_into(answer.err);
    answer.status = WIFEXITED(*status) ? WEXITSTATUS(*status) : 128 + WTERMSIG(*status);
    return answer;
  }

 private:
  static void wait_for_output(const Pipe& out, const Pipe& err) {
    std::array<pollfd, 2> waits{pollfd{out.open() ? out.reading() : -1, POLLIN, 0},
                                pollfd{err.open() ? err.reading() : -1, POLLIN, 0}};
    poll(waits.data(), waits.size(), static_cast<int>(kLookEvery.count()));
  }
  static std::optional<int> ended(pid_t pid, bool wait) {
    int status = 0;
    pid_t found = 0;
    do found = waitpid(pid, &status, wait ? 0 : WNOHANG);
    while (found < 0 && errno == EINTR);
    if (found < 0) throw Failure(fmt::format("cannot wait for process {}: {}", pid, std::strerror(errno)));
    if (found == 0) return std::nullopt;
    return status;
  }
};

}  // namespace

std::unique_ptr<CommandSource> make_process_source() {
  return std::make_unique<ProcessSource>();
}

}  // namespace lenswright
