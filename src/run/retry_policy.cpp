#include "run/retry_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "campaign/slurm_values.hpp"

namespace lenswright {

namespace {

constexpr std::int64_t kMoreTime = 2;
constexpr std::uint64_t kMemoryNumerator = 3, kMemoryDenominator = 2;
constexpr int kSignalTwice = 2;

std::optional<std::string> setting(const Campaign& campaign, Stage stage, const char* key) {
  const auto resources = campaign.slurm.find(stage);
  if (resources == campaign.slurm.end()) return std::nullopt;
  const auto value = resources->second.values.find(key);
  return value == resources->second.values.end() ? std::nullopt : std::optional(value->second);
}

// A message without what differs from run to run: which rank told it, and the random part of a temporary name.
std::string essence(std::string message) {
  if (message.starts_with("rank "))
    if (const std::size_t colon = message.find(": "); colon != std::string::npos) message.erase(0, colon + 2);
  for (std::size_t at = message.find(".tmp-"); at != std::string::npos; at = message.find(".tmp-", at + 1)) {
    const std::size_t from = at + 5, end = message.find_first_of(" :,;\n", from);
    message.erase(from, end == std::string::npos ? std::string::npos : end - from);
  }
  return message;
}

bool deterministic(AttemptCause cause) {
  return cause == AttemptCause::failed || cause == AttemptCause::crashed || cause == AttemptCause::unknown;
}

bool same_failure(const PastAttempt& one, const PastAttempt& other) {
  return one.cause == other.cause && one.status == other.status && one.signal == other.signal &&
         essence(one.message) == essence(other.message);
}

std::string name_of(const PastAttempt& attempt) {
  return attempt.job.empty() ? "the last attempt" : "job " + attempt.job;
}

std::string end_of(const PastAttempt& attempt) {
  std::string text(attempt_cause_name(attempt.cause));
  if (attempt.cause == AttemptCause::crashed) text += fmt::format(" {}", attempt.signal);
  if (attempt.cause == AttemptCause::failed) text += fmt::format(" with exit status {}", attempt.status);
  if (!attempt.message.empty() && deterministic(attempt.cause)) text += fmt::format(": {}", attempt.message);
  return text;
}

constexpr const char* kOnceMore = "; once that is mended: recovery submit --retry-stopped";

class Policy {
 public:
  Policy(const ElementResources& base, const RetryCaps& caps, const std::string& circumstances)
      : base_(base), now_(base), caps_(caps), circumstances_(circumstances) {}

  void take(const PastAttempt& attempt) {
    advice_.stopped.clear();  // judged anew by what came last
    switch (attempt.cause) {
      case AttemptCause::done:
        // It was there: whatever is lacking now was lost later, and earlier failures say nothing.
        now_ = base_;
        advice_ = {};
        failures_ = kills_ = 0;
        last_.reset();
        return;
      case AttemptCause::timeout:
        more_time(attempt);
        break;
      case AttemptCause::out_of_memory:
        more_memory(attempt);
        break;
      case AttemptCause::node_fail:
        for (const std::string& node : node_names(attempt.nodes)) now_.exclude.insert(node);
        if (!attempt.nodes.empty())
          because(fmt::format("not on {} ({})", attempt.nodes, end_with_name(attempt)));
        return;
      case AttemptCause::cancelled:
        return;
      case AttemptCause::killed:
        if (++kills_ >= kSignalTwice) more_memory(attempt);
        break;
      case AttemptCause::crashed:
      case AttemptCause::failed:
      case AttemptCause::unknown:
        same_again(attempt);
        break;
    }
    count(attempt);
  }

  TaskAdvice result() && {
    advice_.resources = now_;
    return std::move(advice_);
  }

 private:
  static std::string end_with_name(const PastAttempt& attempt) {
    return fmt::format("{} {}", name_of(attempt), end_of(attempt));
  }

  void because(const std::string& text) { advice_.because += (advice_.because.empty() ? "" : "; ") + text; }

  void more_time(const PastAttempt& attempt) {
    const std::optional<std::int64_t> had = attempt.seconds ? attempt.seconds : now_.seconds;
    if (!had) {
      advice_.stopped =
          fmt::format("{}, and nobody knows what time it had: set time in the campaign's slurm section",
                      end_with_name(attempt));
      return;
    }
    const std::int64_t wanted = *had * kMoreTime;
    const std::int64_t given = caps_.max_seconds ? std::min(wanted, *caps_.max_seconds) : wanted;
    if (given <= *had && !attempt.progressed) {
      advice_.stopped = fmt::format(
          "{} within {} and published nothing, and max_time allows no more: raise max_time of the slurm "
          "section, or "
          "use more ranks{}",
          end_with_name(attempt), slurm_time_text(*had), kOnceMore);
      return;
    }
    const std::int64_t next = std::max(given, now_.seconds.value_or(0));
    if (next != *had)
      because(fmt::format("time {} -> {} ({})", slurm_time_text(*had), slurm_time_text(next),
                          end_with_name(attempt)));
    now_.seconds = next;
  }

  void more_memory(const PastAttempt& attempt) {
    const std::optional<std::uint64_t> had = attempt.mem ? attempt.mem : now_.mem;
    if (!had) {
      advice_.stopped = fmt::format(
          "{}, and nobody knows how much memory it had: set mem in the campaign's slurm section{}",
          end_with_name(attempt), kOnceMore);
      return;
    }
    const std::uint64_t wanted = *had / kMemoryDenominator * kMemoryNumerator;
    const std::uint64_t given = caps_.max_mem ? std::min(wanted, *caps_.max_mem) : wanted;
    if (given <= *had) {
      advice_.stopped = fmt::format(
          "{} with {}, and max_mem allows no more: raise max_mem of the slurm section, or use more nodes{}",
          end_with_name(attempt), slurm_memory_text(*had), kOnceMore);
      return;
    }
    const std::uint64_t next = std::max(given, now_.mem.value_or(0));
    because(fmt::format("mem {} -> {} ({})", slurm_memory_text(*had), slurm_memory_text(next),
                        end_with_name(attempt)));
    now_.mem = next;
  }

  bool counts(const PastAttempt& attempt) const {
    return attempt.circumstances.empty() || attempt.circumstances == circumstances_;
  }

  void same_again(const PastAttempt& attempt) {
    if (!counts(attempt)) return;
    if (last_ && same_failure(*last_, attempt))
      advice_.stopped = fmt::format("twice the same: {}{}", end_with_name(attempt), kOnceMore);
    last_ = attempt;
  }

  void count(const PastAttempt& attempt) {
    if (attempt.progressed) {
      failures_ = 0;
      return;
    }
    if (!counts(attempt)) return;
    if (++failures_ >= caps_.retries && advice_.stopped.empty())
      advice_.stopped = fmt::format("{} failures without progress (slurm retries = {}), the last one: {}{}",
                                    failures_, caps_.retries, end_with_name(attempt), kOnceMore);
  }

  const ElementResources base_;
  ElementResources now_;
  const RetryCaps& caps_;
  const std::string& circumstances_;
  TaskAdvice advice_;
  std::optional<PastAttempt> last_;  // deterministic failure that counts
  int failures_ = 0;                 // without progress, in a row
  int kills_ = 0;
};

// "1-3,07" behind a prefix.
bool add_range(const std::string& prefix, std::string_view ranges, std::set<std::string>& names) {
  constexpr int kMostNodes = 100000;
  while (!ranges.empty()) {
    const std::size_t comma = ranges.find(',');
    const std::string_view range = ranges.substr(0, comma);
    ranges.remove_prefix(comma == std::string_view::npos ? ranges.size() : comma + 1);
    const std::size_t dash = range.find('-');
    const std::string_view first = range.substr(0, dash);
    const std::string_view last = dash == std::string_view::npos ? first : range.substr(dash + 1);
    int low = 0, high = 0;
    const auto read = [](std::string_view digits, int& number) {
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
      return error == std::errc() && end == digits.data() + digits.size() && number >= 0;
    };
    if (!read(first, low) || !read(last, high) || high < low || high - low > kMostNodes) return false;
    for (int number = low; number <= high; ++number)
      names.insert(fmt::format("{}{:0{}}", prefix, number, first.size()));
  }
  return true;
}

}  // namespace

std::string_view attempt_cause_name(AttemptCause cause) {
  switch (cause) {
    case AttemptCause::done:
      return "was done";
    case AttemptCause::timeout:
      return "ran out of time";
    case AttemptCause::out_of_memory:
      return "ran out of memory";
    case AttemptCause::node_fail:
      return "lost its node";
    case AttemptCause::cancelled:
      return "was cancelled";
    case AttemptCause::killed:
      return "was killed by signal 9";
    case AttemptCause::crashed:
      return "crashed by signal";
    case AttemptCause::failed:
      return "failed";
    case AttemptCause::unknown:
      return "ended in a way nobody knows";
  }
  return "?";
}

RetryCaps retry_caps(const Campaign& campaign, Stage stage) {
  RetryCaps caps;
  if (const auto text = setting(campaign, stage, "max_time")) caps.max_seconds = slurm_seconds(*text);
  if (const auto text = setting(campaign, stage, "max_mem")) caps.max_mem = slurm_bytes(*text);
  if (const auto text = setting(campaign, stage, "retries")) caps.retries = std::stoi(*text);
  return caps;
}

ElementResources campaign_resources(const Campaign& campaign, Stage stage) {
  ElementResources resources;
  if (const auto text = setting(campaign, stage, "time")) resources.seconds = slurm_seconds(*text);
  if (const auto text = setting(campaign, stage, "mem")) resources.mem = slurm_bytes(*text);
  return resources;
}

TaskAdvice decide_retry(const ElementResources& base, std::span<const PastAttempt> attempts,
                        const RetryCaps& caps, const std::string& circumstances) {
  Policy policy(base, caps, circumstances);
  for (const PastAttempt& attempt : attempts) policy.take(attempt);
  return std::move(policy).result();
}

std::set<std::string> node_names(const std::string& list) {
  std::set<std::string> names;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t open = list.find_first_of("[,", at);
    if (open == std::string::npos || list[open] == ',') {
      if (open != at) names.insert(list.substr(at, open == std::string::npos ? open : open - at));
      at = open == std::string::npos ? list.size() : open + 1;
      continue;
    }
    const std::size_t close = list.find(']', open);
    if (close == std::string::npos || (close + 1 < list.size() && list[close + 1] != ',') ||
        !add_range(list.substr(at, open - at), std::string_view(list).substr(open + 1, close - open - 1),
                   names))
      return {list};
    at = std::min(list.size(), close + 2);
  }
  return names;
}

}  // namespace lenswright
