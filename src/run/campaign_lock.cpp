#include "run/campaign_lock.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "base/error.hpp"
#include "io/atomic_writer.hpp"
#include "ledger/receipt.hpp"

namespace lenswright {

namespace fs = std::filesystem;

namespace {

constexpr int kLockSchema = 1;
// A lock that vanishes or changes between two looks is looked at again; more than this is not a coincidence.
constexpr int kAttempts = 8;

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

std::optional<std::string> text_if_there(Disk& disk, const fs::path& path) {
  try {
    if (!disk.status(path)) return std::nullopt;
    return read_text(disk, path);
  } catch (const IoError& error) {
    if (error.error_number() == ENOENT) return std::nullopt;  // released between the two looks
    throw;
  }
}

}  // namespace

std::string describe(const LockHolder& holder) {
  return fmt::format("{} (process {} on {}) since {}", holder.owner, holder.pid, holder.host, holder.since);
}

std::string encode_lock(const LockHolder& holder) {
  const nlohmann::json json = {{"schema", kLockSchema},
                               {"owner", holder.owner},
                               {"host", holder.host},
                               {"pid", holder.pid},
                               {"process_started", holder.process_started},
                               {"since", holder.since}};
  return json.dump(2) + "\n";
}

LockHolder decode_lock(const std::string& path, const std::string& text) {
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    LockHolder holder;
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

LockHolder this_process() {
  const long pid = getpid();
  const std::optional<ProcessFacts> facts = process_facts(pid);
  return {user_name(), host_name(), pid, facts ? facts->started : 0, utc_now()};
}

bool may_live(const LockHolder& holder) {
  if (holder.host != host_name()) return true;
  const std::optional<ProcessFacts> facts = process_facts(holder.pid);
  return facts && facts->state != 'Z' && facts->state != 'X' && facts->started == holder.process_started;
}

fs::path lock_file(const Campaign& campaign) {
  return campaign.state / "submit.lock";
}

CampaignLock::CampaignLock(Disk& disk, const Campaign& campaign)
    : disk_(disk), path_(lock_file(campaign)), text_(encode_lock(this_process())) {
  disk_.create_directories(path_.parent_path());
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    try {
      publish_text(disk_, path_, text_);
      return;
    } catch (const IoError& error) {
      if (error.error_number() != EEXIST) throw;
    }
    const std::optional<std::string> found = text_if_there(disk_, path_);
    if (!found) continue;
    const LockHolder holder = decode_lock(path_.string(), *found);
    if (may_live(holder)) {
      throw InputError(fmt::format(
          "{}: {} is at work on this campaign; wait until that ends. If it certainly has ended, remove the "
          "lock file and run again",
          path_.string(), describe(holder)));
    }
    // The name follows from the dead lock's content and stays for good: of two that saw the same dead holder
    // only one can move it, and neither can move the other's new lock by mistake.
    const fs::path buried = campaign.state / "locks" / ("dead-" + digest_of(*found).hex() + ".json");
    disk_.create_directories(buried.parent_path());
    try {
      if (disk_.rename_if_absent(path_, buried)) taken_over_ = describe(holder);
    } catch (const IoError& error) {
      if (error.error_number() != ENOENT) throw;  // another one was faster
    }
  }
  throw InputError(fmt::format("{}: changes hands all the time; run again", path_.string()));
}

CampaignLock::~CampaignLock() {
  try {
    if (text_if_there(disk_, path_) == text_) disk_.remove(path_);
  } catch (const Failure&) {
    // Left behind: the next one finds its holder dead and takes it over.
  }
}

}  // namespace lenswright
