// event_log.hpp: <state>/events.jsonl: who did what to the campaign, in the order it happened. Only ever added to.
//
// Line:    a JSON object: "when" (UTC), "who", "pid", "run" (one run of a program), "verb", "event" (began, changed,
//          ended), what else belongs to it, and last "checksum": the XXH3-128 of the line before it.
// Hazard:  a writer that dies may leave half a line; the next one begins on a line of its own, so that nothing is lost
//          but that half. Readers leave out what does not carry its checksum, and tell of it.
// Throws:  IoError
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "campaign/campaign.hpp"
#include "io/disk.hpp"

namespace lenswright {

std::filesystem::path event_log_file(const Campaign& campaign);

struct EventLine {
  std::string text;      // as it stands in the file
  nlohmann::json event;  // without the checksum
};

struct EventLogContents {
  std::vector<EventLine> lines;
  std::vector<std::string> problems;  // damaged lines, one sentence each
};
EventLogContents read_event_log(Disk& disk, const Campaign& campaign);

// One run of a verb, in the log from its beginning on.
class EventWriter {
 public:
  // Writes the "began" line. A log that cannot be written (a state folder to be read only) makes no event fail:
  // problem() says why nothing is written.
  EventWriter(const Campaign& campaign, std::string verb, std::vector<std::string> arguments);
  // What was changed, one sentence: "moved lux/dmo/LP_03/lenspot12.dat to the trash".
  void changed(const std::string& what);
  // message: of the failure it ended with; empty: none.
  void ended(int exit_status, const std::string& message = "");
  const std::string& problem() const { return problem_; }

 private:
  void write(nlohmann::json event, bool durable);

  std::filesystem::path file_;
  std::string verb_, run_, problem_;
};

}  // namespace lenswright
