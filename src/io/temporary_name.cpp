// Names of temporary files and what they tell of their writers; declared in atomic_writer.hpp.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <fstream>
#include <random>

#include "io/atomic_writer.hpp"

namespace lenswright {

namespace {

constexpr std::string_view kInfix = ".tmp-";
constexpr std::chrono::hours kOldAge{7 * 24};

bool is_zombie(long pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  if (!std::getline(file, line)) return false;
  // "pid (name) state ...": the name may hold anything, a parenthesis too.
  const std::size_t name_end = line.rfind(')');
  return name_end != std::string::npos && name_end + 2 < line.size() &&
         (line[name_end + 2] == 'Z' || line[name_end + 2] == 'X');
}

bool process_is_gone(long pid) {
  return (kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH) || is_zombie(pid);
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown-host";
  return name.data();
}

std::string make_temporary_name(std::string_view target_name) {
  // The counter keeps two files of one process apart whatever the random source does.
  static std::atomic<std::uint32_t> counter{0};
  std::random_device random;
  return fmt::format(".{}{}{}-{}-{:08x}{:04x}", target_name, kInfix, host_name(), static_cast<long>(getpid()),
                     random(), counter++ & 0xffffU);
}

std::optional<TemporaryName> parse_temporary_name(std::string_view name) {
  const std::size_t infix = name.rfind(kInfix);
  if (name.empty() || name.front() != '.' || infix == std::string_view::npos || infix < 2)
    return std::nullopt;
  const std::string_view writer = name.substr(infix + kInfix.size());
  // Host names hold hyphens, so from the end.
  const std::size_t random_at = writer.rfind('-');
  if (random_at == std::string_view::npos || random_at + 1 == writer.size()) return std::nullopt;
  const std::size_t pid_at = writer.substr(0, random_at).rfind('-');
  if (pid_at == std::string_view::npos || pid_at == 0) return std::nullopt;
  if (writer.substr(random_at + 1).find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return std::nullopt;
  TemporaryName parsed;
  parsed.target = name.substr(1, infix - 1);
  parsed.host = writer.substr(0, pid_at);
  const std::string_view pid = writer.substr(pid_at + 1, random_at - pid_at - 1);
  const auto [end, error] = std::from_chars(pid.data(), pid.data() + pid.size(), parsed.pid);
  if (error != std::errc() || end != pid.data() + pid.size() || parsed.pid <= 0) return std::nullopt;
  return parsed;
}

bool writer_is_dead(const TemporaryName& name, const FileStatus& status) {
  if (name.host == host_name() && process_is_gone(name.pid)) return true;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::chrono::nanoseconds modified(status.modified_ns);
  return now - modified > kOldAge;
}

}  // namespace lenswright
