#include "ledger/attempt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <random>
#include <set>

#include "base/error.hpp"
#include "campaign/product_graph.hpp"
#include "campaign/product_path.hpp"
#include "io/atomic_writer.hpp"
#include "ledger/receipt.hpp"
#include "ledger/sealed_json.hpp"

namespace lenswright {

namespace {

constexpr std::int64_t kIntMax = std::numeric_limits<int>::max();
constexpr std::int64_t kAny = std::numeric_limits<std::int64_t>::max();
constexpr AttemptEnd kEnds[] = {AttemptEnd::done, AttemptEnd::out_of_time, AttemptEnd::stopped,
                                AttemptEnd::out_of_memory, AttemptEnd::failed};

std::vector<std::string> texts_of(const JsonFields& fields, const char* key) {
  std::vector<std::string> texts;
  for (const nlohmann::json& text : fields.array(key)) {
    if (!text.is_string()) fields.fail(key, "a list of texts", text.dump());
    texts.push_back(text.get<std::string>());
  }
  return texts;
}

Notes facts_of(const Attempt& attempt) {
  Notes notes;
  note_job(notes, attempt.job);
  note_usage(notes, attempt.usage);
  return notes;
}

}  // namespace

std::string_view attempt_end_name(AttemptEnd end) {
  switch (end) {
    case AttemptEnd::done:
      return "done";
    case AttemptEnd::out_of_time:
      return "out of time";
    case AttemptEnd::stopped:
      return "stopped";
    case AttemptEnd::out_of_memory:
      return "out of memory";
    case AttemptEnd::failed:
      return "failed";
  }
  return "?";
}

AttemptEnd attempt_end(int status, std::string_view message, bool walltime) {
  if (status == static_cast<int>(ExitStatus::done)) return AttemptEnd::done;
  if (status == static_cast<int>(ExitStatus::stopped_early) ||
      status == static_cast<int>(ExitStatus::interrupted))
    return walltime ? AttemptEnd::out_of_time : AttemptEnd::stopped;
  // Either the system refused memory, or the program saw beforehand that its share would not do (--memory ...).
  const auto says = [&](std::string_view words) { return message.find(words) != std::string_view::npos; };
  return says("out of memory") || says("--memory") ? AttemptEnd::out_of_memory : AttemptEnd::failed;
}

std::string work_unit(const Campaign& campaign, const ProductId& id) {
  if (stage_of(id.kind) != Stage::lensplanes) return combination_folder(campaign, id.model, id.realization);
  const auto index = static_cast<std::size_t>(snapshot_index_of(campaign, id));
  return fmt::format("snapshot {}", campaign.snapshots.at(index));
}

std::vector<std::string> work_units(const Campaign& campaign, const std::vector<ProductId>& products) {
  std::set<std::string> units;
  for (const ProductId& id : products) units.insert(work_unit(campaign, id));
  return {units.begin(), units.end()};
}

std::string encode_attempt(const Attempt& attempt) {
  return seal_json({{"schema", kAttemptSchema},
                    {"campaign", attempt.campaign},
                    {"stage", stage_name(attempt.stage)},
                    {"task_file", attempt.task_file},
                    {"task", attempt.task},
                    {"units", attempt.units},
                    {"code_version", attempt.code_version},
                    {"configuration", attempt.configuration},
                    {"host", attempt.host},
                    {"pid", attempt.pid},
                    {"ranks", attempt.ranks},
                    {"threads", attempt.threads},
                    {"started", attempt.started},
                    {"finished", attempt.finished},
                    {"notes", facts_of(attempt)},
                    {"status", attempt.status},
                    {"end", attempt_end_name(attempt.end)},
                    {"message", attempt.message},
                    {"asked", attempt.asked},
                    {"made", attempt.made},
                    {"left", attempt.left}});
}

Attempt decode_attempt(const std::string& path, const std::string& text) {
  const std::filesystem::path file = path;
  const nlohmann::json object = unseal_json(file, text);
  const JsonFields fields(file, object);
  fields.integer("schema", 1, kAttemptSchema);
  Attempt attempt;
  attempt.campaign = fields.text("campaign");
  const std::optional<Stage> stage = stage_from_name(fields.text("stage"));
  if (!stage) fields.fail("stage", "a stage", fields.text("stage"));
  attempt.stage = *stage;
  attempt.task_file = fields.text("task_file");
  attempt.task = static_cast<int>(fields.integer("task", 0, kIntMax));
  attempt.units = texts_of(fields, "units");
  attempt.code_version = fields.text("code_version");
  attempt.configuration = fields.text("configuration");
  attempt.host = fields.text("host");
  attempt.pid = static_cast<long>(fields.integer("pid", 0, kAny));
  attempt.ranks = static_cast<int>(fields.integer("ranks", 1, kIntMax));
  attempt.threads = static_cast<int>(fields.integer("threads", 1, kIntMax));
  attempt.started = fields.text("started");
  attempt.finished = fields.text("finished");
  const Notes notes = fields.texts("notes");
  attempt.job = job_of_notes(notes);
  attempt.usage = usage_of_notes(notes);
  attempt.status = static_cast<int>(fields.integer("status", 0, kIntMax));
  const std::string end = fields.text("end");
  const auto* known = std::find_if(std::begin(kEnds), std::end(kEnds),
                                   [&](AttemptEnd one) { return attempt_end_name(one) == end; });
  if (known == std::end(kEnds))
    fields.fail("end", "done, out of time, stopped, out of memory or failed", end);
  attempt.end = *known;
  attempt.message = fields.text("message");
  attempt.asked = fields.size("asked");
  attempt.made = fields.size("made");
  attempt.left = texts_of(fields, "left");
  return attempt;
}

std::filesystem::path attempts_folder(const Campaign& campaign) {
  return campaign.state / "attempts";
}

std::filesystem::path write_attempt(Disk& disk, const Campaign& campaign, const Attempt& attempt) {
  std::string time = utc_now();
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  const std::filesystem::path path =
      attempts_folder(campaign) / fmt::format("{}-{}-{}-{}-{}-{:08x}.json", stage_name(attempt.stage),
                                              attempt.task, time, attempt.host, attempt.pid,
                                              std::random_device{}());
  publish_text(disk, path, encode_attempt(attempt));
  return path;
}

Attempts load_attempts(Disk& disk, const Campaign& campaign) {
  Attempts attempts;
  const std::filesystem::path folder = attempts_folder(campaign);
  if (!disk.status(folder)) return attempts;
  for (const DirectoryEntry& entry : disk.list(folder)) {
    if (!entry.name.ends_with(".json") || entry.name.starts_with('.')) continue;
    const std::filesystem::path path = folder / entry.name;
    try {
      Attempt attempt = decode_attempt(path.string(), read_text(disk, path));
      if (attempt.campaign == campaign.name) attempts.records.push_back(std::move(attempt));
    } catch (const Failure& failure) {
      attempts.problems.push_back(failure.what());
    }
  }
  std::stable_sort(attempts.records.begin(), attempts.records.end(),
                   [](const Attempt& a, const Attempt& b) { return a.finished < b.finished; });
  return attempts;
}

}  // namespace lenswright
