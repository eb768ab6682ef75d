// job_status.hpp: how far a campaign is on the cluster, in words of the campaign: the one value that `recovery status`
// draws for a terminal and as JSON.
//
// Pure. Units: times in seconds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/table.hpp"

namespace lenswright {

// Raised when a key is removed or changes its meaning; new keys may appear without.
inline constexpr std::string_view kStatusSchema = "lenswright.status/1";

struct StageProgress {
  std::string name, unit;  // "lux", "potentials"
  std::int64_t complete = 0, expected = 0;
};

struct ArrayProgress {
  std::string stage, array;
  std::int64_t job = 0;  // 0: none
  std::int64_t pending = 0, running = 0, done = 0, failed = 0, held_back = 0;
  std::map<std::string, std::int64_t>
      reasons;  // of pending and failed ones: "Resources", "TIMEOUT" -> elements
};

// The job that goes on by itself after a submission, while it waits or runs.
struct FollowUpProgress {
  std::int64_t job = 0;  // 0: none
  int times_left = 0;    // it may plan again so often
  bool running = false;
};

struct SubmissionProgress {
  std::string name, by, written;
  int attempt = 1;
  std::vector<ArrayProgress> arrays;
  FollowUpProgress follow_up = {};
};

struct FailedElement {
  std::string stage, array, job;  // job: "7_3"
  int element = 0;
  std::string because, nodes;
  std::string log;                      // path
  std::vector<std::string> last_lines;  // of the log
  std::string no_log;                   // why there are none; empty: there are
};

struct StageRest {
  std::string stage;
  std::int64_t pending = 0, running = 0;
  std::int64_t seconds_each = 0, seconds_left = 0;  // 0: cannot be told yet
};

struct JobStatus {
  std::string campaign;
  std::string at_work;  // who plans or works on it right now, and since when; empty: nobody
  std::vector<StageProgress> stages;
  std::vector<SubmissionProgress> submissions;  // oldest first
  std::vector<FailedElement> failed;            // without those held back
  std::vector<StageRest> rest;
  std::vector<std::string> problems;  // what could not be asked or read
  std::string next;                   // command; empty: nothing to do

  bool complete() const;
  std::int64_t in_progress() const;  // pending and running elements, and jobs that follow
};

struct JobStatusView {
  TerminalStyle style;
  std::size_t failed = 10;  // shown at most
};
std::string draw_job_status(const JobStatus& status, const JobStatusView& view);
std::string job_status_json(const JobStatus& status);  // ends with a newline

std::string duration_text(std::int64_t seconds);  // "45 s", "12 min", "3 h 20 min", "2 d 4 h"
// "[#####...............]" of `width` characters; full only when all is there.
std::string progress_bar(std::int64_t part, std::int64_t whole, std::size_t width);

}  // namespace lenswright
