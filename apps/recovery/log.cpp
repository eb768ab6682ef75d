// recovery log: who did what to the campaign, when, and what that changed.
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <ctime>
#include <map>

#include "command_line.hpp"
#include "ledger/event_log.hpp"
#include "survey.hpp"
#include "verb.hpp"

namespace lenswright {

namespace {

// One run of a verb, from its lines.
struct Run {
  std::string when, who, command, outcome = "no end: killed, or still at work";
  std::vector<std::string> changes;
};

std::string text_of(const nlohmann::json& event, const char* key) {
  const auto found = event.find(key);
  return found != event.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// "2026-01-31", "2026-01-31T12:00", or "24h", "7d" before now -> as the log writes times, cut as short as given.
std::string since_from(const std::string& text) {
  if (text.size() >= 2 && (text.back() == 'h' || text.back() == 'd')) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size() - 1, number);
    if (error == std::errc() && end == text.data() + text.size() - 1 && number >= 0) {
      const std::time_t then = std::time(nullptr) - std::time_t{number} * (text.back() == 'h' ? 3600 : 86400);
      std::tm utc{};
      gmtime_r(&then, &utc);
      return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", utc.tm_year + 1900, utc.tm_mon + 1,
                         utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
    }
  }
  constexpr std::string_view kPattern = "0000-00-00T00:00:00.000Z";
  bool fits = text.size() >= 10 && text.size() <= kPattern.size();
  for (std::size_t i = 0; fits && i < text.size(); ++i)
    fits = kPattern[i] == '0' ? text[i] >= '0' && text[i] <= '9' : text[i] == kPattern[i];
  if (!fits)
    throw UsageError(fmt::format(
        "--since {}: a UTC time as 2026-01-31 or 2026-01-31T12:00:00, or an age as 24h or 7d", text));
  return text;
}

void add(Run& run, const nlohmann::json& event) {
  const std::string kind = text_of(event, "event");
  if (kind == "began") {
    run.when = text_of(event, "when");
    run.who = text_of(event, "who");
    run.command = "recovery " + text_of(event, "verb");
    for (const nlohmann::json& word : event.value("arguments", nlohmann::json::array()))
      if (word.is_string()) run.command += " " + word.get<std::string>();
  } else if (kind == "changed") {
    run.changes.push_back(text_of(event, "what"));
  } else if (kind == "ended") {
    run.outcome = fmt::format("exit status {}", event.value("status", nlohmann::json()).dump());
    if (const std::string message = text_of(event, "message"); !message.empty())
      run.outcome += ": " + message;
  }
}

}  // namespace

ExitStatus run_log(int argc, char** argv) {
  cxxopts::Options options = verb_options(
      "log",
      "Shows who did what to the campaign, when, and what that changed. Exit status 0: shown, 1: lines "
      "of the log are damaged, 2: could not do it.");
  options.add_options()("json", "the log's lines as they are")(
      "since", "only from then on: 2026-01-31, 2026-01-31T12:00:00 (UTC), 24h, 7d",
      cxxopts::value<std::string>(), "TIME");
  const auto parsed = parse_verb(options, argc, argv);
  if (!parsed) return ExitStatus::done;
  const std::string since =
      parsed->count("since") > 0 ? since_from((*parsed)["since"].as<std::string>()) : "";
  const Campaign campaign = campaign_from(*parsed);
  const EventLogContents log = read_event_log(real_disk(), campaign);
  std::map<std::string, Run> runs;
  std::vector<std::string> order;
  for (const EventLine& line : log.lines) {
    if (text_of(line.event, "when") < since) continue;
    if (parsed->count("json") > 0) {
      fmt::print("{}\n", line.text);
      continue;
    }
    const std::string id = text_of(line.event, "run");
    if (!runs.contains(id)) order.push_back(id);
    add(runs[id], line.event);
  }
  for (const std::string& id : order) {
    const Run& run = runs.at(id);
    fmt::print("{}  {}\n  {}\n", run.when.empty() ? "(began before)" : run.when, printable(run.who),
               printable(run.command));
    for (const std::string& change : run.changes) fmt::print("    {}\n", printable(change));
    fmt::print("  {}\n", printable(run.outcome));
  }
  for (const std::string& problem : log.problems) fmt::print(stderr, "recovery: {}\n", problem);
  return log.problems.empty() ? ExitStatus::done : ExitStatus::gaps;
}

}  // namespace lenswright
