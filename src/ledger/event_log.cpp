#include "ledger/event_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <random>
#include <utility>

#include "base/error.hpp"
#include "io/checksum.hpp"
#include "ledger/actor.hpp"
#include "ledger/receipt.hpp"

namespace lenswright {

namespace {

constexpr std::string_view kSealStart = ",\"checksum\":\"";
constexpr std::string_view kSealEnd = "\"}";

std::string sealed_line(const nlohmann::json& event) {
  std::string body = event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  body.pop_back();  // the closing brace: the seal closes the object
  return fmt::format("{}{}{}{}\n", body, kSealStart, digest_of(body).hex(), kSealEnd);
}

bool carries_its_checksum(std::string_view line) {
  const std::size_t seal = line.rfind(kSealStart);
  return seal != std::string_view::npos &&
         line.substr(seal) ==
             fmt::format("{}{}{}", kSealStart, digest_of(line.substr(0, seal)).hex(), kSealEnd);
}

// Whether the file ends in the middle of a line.
bool ends_torn(int file) {
  const off_t size = lseek(file, 0, SEEK_END);
  char last = '\n';
  return size > 0 && pread(file, &last, 1, size - 1) == 1 && last != '\n';
}

// In one write(2) at the end of the file, so that lines of two writers do not mix. Returns what went wrong.
std::string append(const std::filesystem::path& path, std::string line, bool durable) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) return fmt::format("{}: {}", path.string(), std::strerror(errno));
  if (ends_torn(file)) line.insert(0, "\n");
  std::string problem;
  const ssize_t put = ::write(file, line.data(), line.size());
  if (put != static_cast<ssize_t>(line.size()))
    problem = fmt::format("{}: {}", path.string(), put < 0 ? std::strerror(errno) : "written in part only");
  if (durable && fsync(file) != 0 && problem.empty())
    problem = fmt::format("{}: {}", path.string(), std::strerror(errno));
  ::close(file);
  return problem;
}

}  // namespace

std::filesystem::path event_log_file(const Campaign& campaign) {
  return campaign.state / "events.jsonl";
}

EventLogContents read_event_log(Disk& disk, const Campaign& campaign) {
  EventLogContents log;
  const std::filesystem::path path = event_log_file(campaign);
  if (!disk.status(path)) return log;
  const std::string text = read_text(disk, path);
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    ++number;
    const std::size_t end = text.find('\n', at);
    const std::string_view line = std::string_view(text).substr(at, end - at);
    at = end == std::string::npos ? text.size() : end + 1;
    if (line.empty()) continue;
    nlohmann::json event = nlohmann::json::parse(line, nullptr, false);
    if (!carries_its_checksum(line) || !event.is_object()) {
      log.problems.push_back(fmt::format("{}:{}: {}: left out", path.string(), number,
                                         end == std::string::npos ? "torn while it was written" : "damaged"));
      continue;
    }
    event.erase("checksum");
    log.lines.push_back({std::string(line), std::move(event)});
  }
  return log;
}

EventWriter::EventWriter(const Campaign& campaign, std::string verb, std::vector<std::string> arguments)
    : file_(event_log_file(campaign)),
      verb_(std::move(verb)),
      run_(fmt::format("{}-{:08x}", compact_time(utc_now()), std::random_device{}())) {
  write({{"event", "began"}, {"arguments", std::move(arguments)}, {"campaign", campaign.name}}, true);
}

void EventWriter::changed(const std::string& what) {
  write({{"event", "changed"}, {"what", what}}, false);
}

void EventWriter::ended(int exit_status, const std::string& message) {
  nlohmann::json event{{"event", "ended"}, {"status", exit_status}};
  if (!message.empty()) event["message"] = message;
  write(std::move(event), true);
}

void EventWriter::write(nlohmann::json event, bool durable) {
  if (!problem_.empty()) return;
  event["when"] = utc_now();
  event["who"] = acting_user();
  event["pid"] = static_cast<long>(getpid());
  event["run"] = run_;
  event["verb"] = verb_;
  problem_ = append(file_, sealed_line(event), durable);
}

}  // namespace lenswright
