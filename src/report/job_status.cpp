#include "report/job_status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace lenswright {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kBarWidth = 30;
constexpr std::int64_t kMinute = 60, kHour = 3600, kDay = 86400;

std::string bars(const JobStatus& status, const TerminalStyle& style) {
  Table table({{"stage"}, {"products on disk"}, {"%", Align::right}, {"", Align::right}});
  for (const StageProgress& stage : status.stages) {
    const bool whole = stage.complete == stage.expected;
    table.add({{stage.name},
               {progress_bar(stage.complete, stage.expected, kBarWidth), whole ? Colour::good : Colour::none},
               {percent(stage.complete, stage.expected), whole ? Colour::good : Colour::none},
               {fmt::format("{}/{} {}", grouped(stage.complete), grouped(stage.expected), stage.unit)}});
  }
  return table.draw(style);
}

std::string reasons_text(const ArrayProgress& array) {
  std::vector<std::string> texts;
  for (const auto& [reason, count] : array.reasons)
    texts.push_back(fmt::format("{} {}", grouped(count), reason));
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string array_table(const SubmissionProgress& submission, const TerminalStyle& style) {
  Table table({{"stage"},
               {"array"},
               {"job", Align::right},
               {"pending", Align::right},
               {"running", Align::right},
               {"done", Align::right},
               {"failed", Align::right},
               {"held back", Align::right},
               {"reasons"}});
  const auto cell = [](std::int64_t number, Colour colour) {
    return Table::Cell{grouped(number), number == 0 ? Colour::dim : colour};
  };
  for (const ArrayProgress& array : submission.arrays) {
    table.add({{array.stage},
               {array.array},
               {array.job == 0 ? "-" : std::to_string(array.job)},
               cell(array.pending, Colour::none),
               cell(array.running, Colour::none),
               cell(array.done, Colour::good),
               cell(array.failed, Colour::bad),
               cell(array.held_back, Colour::doubtful),
               {reasons_text(array)}});
  }
  return table.draw(style);
}

std::string failed_text(const JobStatus& status, const JobStatusView& view) {
  if (status.failed.empty()) return {};
  std::string text = fmt::format("\nfailed: {}\n", grouped(std::ssize(status.failed)));
  const std::size_t shown = std::min(status.failed.size(), view.failed);
  for (std::size_t row = 0; row < shown; ++row) {
    const FailedElement& failed = status.failed[row];
    text += fmt::format("  {} element {}{}: {}\n", failed.array, failed.element,
                        failed.job.empty() ? "" : fmt::format(" (job {})", failed.job),
                        painted(printable(failed.because), Colour::bad, view.style));
    text += fmt::format("    log: {}{}\n", printable(failed.log),
                        failed.no_log.empty() ? "" : fmt::format(" ({})", printable(failed.no_log)));
    for (const std::string& line : failed.last_lines)
      text += fmt::format("      {}\n", painted(printable(line), Colour::dim, view.style));
  }
  if (shown < status.failed.size())
    text += fmt::format("  and {} more: --all shows them\n",
                        grouped(static_cast<std::int64_t>(status.failed.size() - shown)));
  return text;
}

Json follow_up_json(const FollowUpProgress& next) {
  if (next.job == 0) return nullptr;
  return {{"job", next.job}, {"times_left", next.times_left}, {"running", next.running}};
}

std::string rest_text(const JobStatus& status) {
  if (status.rest.empty()) return {};
  std::string text = "\nleft:\n";
  for (const StageRest& rest : status.rest) {
    text += fmt::format("  {}: {} element{} waiting, {} running", rest.stage, grouped(rest.pending),
                        rest.pending == 1 ? "" : "s", grouped(rest.running));
    if (rest.seconds_left > 0) {
      text += fmt::format("; about {} each: {}{}", duration_text(rest.seconds_each),
                          duration_text(rest.seconds_left),
                          rest.running == 0 ? " one after another" : " with as many at once as now");
    } else {
      text += "; none is done yet to judge by";
    }
    text += '\n';
  }
  return text;
}

}  // namespace

std::string duration_text(std::int64_t seconds) {
  if (seconds < 2 * kMinute) return fmt::format("{} s", seconds);
  if (seconds < kHour) return fmt::format("{} min", (seconds + kMinute / 2) / kMinute);
  if (seconds < kDay) return fmt::format("{} h {} min", seconds / kHour, seconds % kHour / kMinute);
  return fmt::format("{} d {} h", seconds / kDay, seconds % kDay / kHour);
}

std::string progress_bar(std::int64_t part, std::int64_t whole, std::size_t width) {
  const std::size_t filled = whole <= 0 ? 0
                                        : static_cast<std::size_t>(std::clamp<std::int64_t>(part, 0, whole)) *
                                              width / static_cast<std::size_t>(whole);
  return "[" + std::string(filled, '#') + std::string(width - filled, '.') + "]";
}

bool JobStatus::complete() const {
  return std::all_of(stages.begin(), stages.end(),
                     [](const StageProgress& stage) { return stage.complete == stage.expected; });
}

std::int64_t JobStatus::in_progress() const {
  std::int64_t elements = 0;
  for (const SubmissionProgress& submission : submissions) {
    for (const ArrayProgress& array : submission.arrays) elements += array.pending + array.running;
    elements += submission.follow_up.job > 0 ? 1 : 0;
  }
  return elements;
}

std::string draw_job_status(const JobStatus& status, const JobStatusView& view) {
  std::string text = fmt::format("campaign {}\n{}", status.campaign, bars(status, view.style));
  if (!status.at_work.empty()) text += fmt::format("\nat work on it now: {}\n", printable(status.at_work));
  for (const std::string& problem : status.problems)
    text += fmt::format("\n{}\n", painted(printable(problem), Colour::doubtful, view.style));
  if (status.submissions.empty() && status.problems.empty())
    text += "\nnothing of it was submitted to Slurm\n";
  for (const SubmissionProgress& submission : status.submissions) {
    text += fmt::format("\nsubmission {}{} by {}\n{}", submission.name,
                        submission.attempt > 1 ? fmt::format(" (attempt {})", submission.attempt) : "",
                        printable(submission.by), array_table(submission, view.style));
    if (const FollowUpProgress& next = submission.follow_up; next.job > 0)
      text +=
          fmt::format("{}: job {} {}\n", next.running ? "at work after them" : "after all of them", next.job,
                      next.times_left > 0 ? fmt::format("plans again what lacks ({} time{} at most)",
                                                        next.times_left, next.times_left == 1 ? "" : "s")
                                          : "leaves a report");
  }
  text += failed_text(status, view) + rest_text(status);
  if (!status.next.empty()) text += fmt::format("\nnext: {}\n", status.next);
  return text;
}

std::string job_status_json(const JobStatus& status) {
  Json json;
  json["schema"] = kStatusSchema;
  json["campaign"] = status.campaign;
  json["complete"] = status.complete();
  json["at_work"] = status.at_work.empty() ? Json(nullptr) : Json(status.at_work);
  json["stages"] = Json::object();
  for (const StageProgress& stage : status.stages)
    json["stages"][stage.name] = {{"complete", stage.complete}, {"expected", stage.expected}};
  json["submissions"] = Json::array();
  for (const SubmissionProgress& submission : status.submissions) {
    Json arrays = Json::array();
    for (const ArrayProgress& array : submission.arrays) {
      arrays.push_back({{"stage", array.stage},
                        {"array", array.array},
                        {"job", array.job == 0 ? Json(nullptr) : Json(array.job)},
                        {"pending", array.pending},
                        {"running", array.running},
                        {"done", array.done},
                        {"failed", array.failed},
                        {"held_back", array.held_back},
                        {"reasons", array.reasons}});
    }
    json["submissions"].push_back({{"name", submission.name},
                                   {"by", submission.by},
                                   {"written", submission.written},
                                   {"attempt", submission.attempt},
                                   {"arrays", std::move(arrays)},
                                   {"follow_up", follow_up_json(submission.follow_up)}});
  }
  json["failed"] = Json::array();
  for (const FailedElement& failed : status.failed) {
    json["failed"].push_back({{"stage", failed.stage},
                              {"array", failed.array},
                              {"element", failed.element},
                              {"job", failed.job},
                              {"because", failed.because},
                              {"nodes", failed.nodes},
                              {"log", failed.log},
                              {"last_lines", failed.last_lines}});
  }
  json["left"] = Json::array();
  for (const StageRest& rest : status.rest) {
    const bool told = rest.seconds_left > 0;
    json["left"].push_back({{"stage", rest.stage},
                            {"pending", rest.pending},
                            {"running", rest.running},
                            {"seconds_each", told ? Json(rest.seconds_each) : Json(nullptr)},
                            {"seconds_left", told ? Json(rest.seconds_left) : Json(nullptr)}});
  }
  json["problems"] = status.problems;
  // Logs may hold any byte; JSON text is UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lenswright
