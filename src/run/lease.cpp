#include "run/lease.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <utility>

#include "base/error.hpp"
#include "io/atomic_writer.hpp"
#include "ledger/receipt.hpp"

namespace lenswright {

namespace fs = std::filesystem;

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr int kLeaseSchema = 1;
// A file that vanishes or changes between two looks is looked at again; more than this is not a coincidence.
constexpr int kAttempts = 8;
constexpr milliseconds kLookEvery{50};  // while waiting for the holder

struct ProcessFacts {
  char state = '?';
  long long started = 0;
};

// From /proc/<pid>/stat, "pid (name) state ...": the name may hold anything, so fields count from the last
// ')'.
std::optional<ProcessFacts> process_facts(long pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text;
  if (!std::getline(file, text)) return std::nullopt;
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  ProcessFacts facts;
  fields >> facts.state;
  constexpr int kBetweenStateAndStart = 18;  // fields 4 to 21 of proc(5)
  std::string skipped;
  for (int field = 0; field < kBetweenStateAndStart; ++field) fields >> skipped;
  fields >> facts.started;
  return facts;
}

std::string user_name() {
  const passwd* entry = getpwuid(geteuid());
  return entry != nullptr ? std::string(entry->pw_name) : fmt::format("uid {}", geteuid());
}

struct Look {
  std::string text;
  std::int64_t renewed_ns = 0;
};

// The text is read first: opening a file is what makes a network file system ask the server anew.
std::optional<Look> look_at(Disk& disk, const fs::path& file) {
  try {
    if (!disk.status(file)) return std::nullopt;
    Look look{read_text(disk, file), 0};
    const std::optional<FileStatus> status = disk.status(file);
    if (!status) return std::nullopt;
    look.renewed_ns = status->modified_ns;
    return look;
  } catch (const IoError& error) {
    if (error.error_number() == ENOENT) return std::nullopt;  // released between the two looks
    throw;
  }
}

// The hosts' clocks may differ by more than a heartbeat: a file made now tells what the file system's clock says.
std::int64_t file_system_now(Disk& disk, const fs::path& folder) {
  const fs::path probe = folder / make_temporary_name("clock");
  const std::unique_ptr<WritableFile> file = disk.create(probe);
  file->write(std::as_bytes(std::span("now", 3)));
  file->sync();
  file->close();
  const std::optional<FileStatus> status = disk.status(probe);
  disk.remove(probe);
  if (!status) throw IoError(probe, "look at", ENOENT);
  return status->modified_ns;
}

std::string in_words(nanoseconds time) {
  return fmt::format("{} s", std::chrono::duration_cast<std::chrono::seconds>(time).count());
}

}  // namespace

std::string describe(const LeaseHolder& holder) {
  return fmt::format("{} (process {} on {}) since {}", holder.owner, holder.pid, holder.host, holder.since);
}

std::string encode_lease(const LeaseHolder& holder) {
  const nlohmann::json json = {{"schema", kLeaseSchema},
                               {"owner", holder.owner},
                               {"host", holder.host},
                               {"pid", holder.pid},
                               {"process_started", holder.process_started},
                               {"since", holder.since}};
  return json.dump(2) + "\n";
}

LeaseHolder decode_lease(const std::string& path, const std::string& text) {
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    LeaseHolder holder;
    json.at("owner").get_to(holder.owner);
    json.at("host").get_to(holder.host);
    json.at("pid").get_to(holder.pid);
    json.at("process_started").get_to(holder.process_started);
    json.at("since").get_to(holder.since);
    return holder;
  } catch (const nlohmann::json::exception& error) {
    throw FormatError(path, 0, "a lock file (owner, host, pid, process_started, since)", error.what());
  }
}

LeaseHolder this_process() {
  const long pid = getpid();
  const std::optional<ProcessFacts> facts = process_facts(pid);
  return {user_name(), host_name(), pid, facts ? facts->started : 0, utc_now()};
}

bool may_live(const LeaseHolder& holder) {
  if (holder.host != host_name()) return true;
  const std::optional<ProcessFacts> facts = process_facts(holder.pid);
  return facts && facts->state != 'Z' && facts->state != 'X' && facts->started == holder.process_started;
}

Lease::Lease(Disk& disk, fs::path file, LeaseTerms terms)
    : disk_(disk), file_(std::move(file)), terms_(std::move(terms)), text_(encode_lease(this_process())) {
  disk_.create_directories(file_.parent_path());
  const auto until = std::chrono::steady_clock::now() + terms_.patience;
  while (!take()) {
    if (std::chrono::steady_clock::now() >= until) throw InputError(refusal_);
    std::this_thread::sleep_for(std::min(kLookEvery, terms_.patience));
  }
  // Signals are for the thread that asks stop_requested().
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  heart_ = std::thread([this] { beat(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

bool Lease::take() {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    try {
      // The same bytes can only be another lease of this process, taken within the same millisecond.
      if (!publish_text(disk_, file_, text_).was_there) return true;
    } catch (const IoError& error) {
      if (error.error_number() != EEXIST) throw;
    }
    const std::optional<Look> found = look_at(disk_, file_);
    if (!found) continue;
    const LeaseHolder holder = decode_lease(file_.string(), found->text);
    std::string silent;
    if (holder.host != host_name()) {
      const nanoseconds age(file_system_now(disk_, file_.parent_path()) - found->renewed_ns);
      silent = fmt::format(", last sign of life {} ago", in_words(std::max(age, nanoseconds(0))));
      if (age <= terms_.silence) {
        refusal_ = fmt::format(
            "{}: {}{}, {}; wait until that ends. After {} without a sign of life it is taken over",
            file_.string(), describe(holder), silent, terms_.doing, in_words(terms_.silence));
        return false;
      }
    } else if (may_live(holder)) {
      refusal_ =
          fmt::format("{}: {} {}; wait until that ends", file_.string(), describe(holder), terms_.doing);
      return false;
    }
    // The name follows from what the holder wrote and stays for good: of two that saw the same one only one can
    // move it, and neither can move the other's new lease by mistake.
    const fs::path buried =
        file_.parent_path() / "locks" / ("dead-" + digest_of(found->text).hex() + ".json");
    disk_.create_directories(buried.parent_path());
    try {
      if (disk_.rename_if_absent(file_, buried)) taken_over_ = describe(holder) + silent;
    } catch (const IoError& error) {
      if (error.error_number() != ENOENT) throw;  // another one was faster
    }
  }
  refusal_ = fmt::format("{}: changes hands all the time; run again", file_.string());
  return false;
}

void Lease::beat() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, terms_.heartbeat, [this] { return over_; })) {
    try {
      const std::optional<Look> found = look_at(disk_, file_);
      if (found && found->text == text_) disk_.touch(file_);
    } catch (const Failure&) {
      // The file system may be back at the next beat; if not, require_held() tells.
    }
  }
}

void Lease::require_held() const {
  const std::optional<Look> found = look_at(disk_, file_);
  if (found && found->text == text_) return;
  throw InputError(fmt::format(
      "{}: {}. Nothing more is done here; run again", file_.string(),
      found ? fmt::format("was taken over by {}, since this process gave no sign of life for {}",
                          describe(decode_lease(file_.string(), found->text)), in_words(terms_.silence))
            : "the lock file of this process has been removed"));
}

Lease::~Lease() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  wake_.notify_all();
  heart_.join();
  try {
    if (const std::optional<Look> found = look_at(disk_, file_); found && found->text == text_)
      disk_.remove(file_);
  } catch (const Failure&) {
    // Left behind: the next one finds its holder gone and takes it over.
  }
}

}  // namespace lenswright
