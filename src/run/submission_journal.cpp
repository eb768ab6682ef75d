#include "run/submission_journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "base/error.hpp"
#include "campaign/product_path.hpp"
#include "io/atomic_writer.hpp"
#include "ledger/receipt.hpp"
#include "ledger/sealed_json.hpp"
#include "plan/array_spec.hpp"

namespace lenswright {

namespace fs = std::filesystem;

namespace {

constexpr int kJournalSchema = 1;
constexpr std::string_view kIntentEnd = ".intent.json";
constexpr std::string_view kAnswerEnd = ".answer.json";
constexpr const char* kSubmissionFile = "submission.json";
constexpr const char* kClosedFile = "closed.json";
constexpr const char* kFollowUpFile = "follow-up.asked.json";
constexpr const char* kFollowUpAnswerFile = "follow-up.answer.json";

fs::path folder_of(const Campaign& campaign, const std::string& submission) {
  return submissions_folder(campaign) / submission;
}

std::vector<int> elements_from(const JsonFields& fields, const char* key) {
  const std::string spec = fields.text(key);
  try {
    return parse_array_spec(spec);
  } catch (const UsageError&) {
    fields.fail(key, "array indices, as in \"0-4,6\"", spec);
  }
}

nlohmann::json to_json(const ArrayParent& parent) {
  return {{"array", parent.array},
          {"elements", array_spec(parent.elements)},
          {"pairwise", parent.pairwise ? 1 : 0}};
}

ArrayParent parent_from(const JsonFields& fields) {
  return {fields.text("array"), elements_from(fields, "elements"), fields.integer("pairwise", 0, 1) == 1};
}

std::string encode(const ArrayIntent& intent) {
  nlohmann::json after = nlohmann::json::array();
  for (const ArrayParent& parent : intent.after) after.push_back(to_json(parent));
  return seal_json({{"schema", kJournalSchema},
                    {"name", intent.name},
                    {"job_name", intent.job_name},
                    {"comment", intent.comment},
                    {"stage", stage_name(intent.stage)},
                    {"script", intent.script.string()},
                    {"script_digest", intent.script_digest.hex()},
                    {"tasks", intent.tasks.string()},
                    {"tasks_digest", intent.tasks_digest.hex()},
                    {"elements", array_spec(intent.elements)},
                    {"at_once", intent.at_once},
                    {"log", intent.log.string()},
                    {"after", std::move(after)},
                    {"resources", intent.resources},
                    {"attempt", intent.attempt},
                    {"written", intent.written}});
}

ArrayIntent intent_from(const fs::path& path, const std::string& text) {
  const nlohmann::json object = unseal_json(path, text);
  const JsonFields fields(path, object);
  fields.integer("schema", 1, kJournalSchema);
  ArrayIntent intent;
  intent.name = fields.text("name");
  intent.job_name = fields.text("job_name");
  intent.comment = fields.text("comment");
  const std::optional<Stage> stage = stage_from_name(fields.text("stage"));
  if (!stage) fields.fail("stage", "the name of a stage", fields.text("stage"));
  intent.stage = *stage;
  intent.script = fields.text("script");
  intent.script_digest = fields.digest("script_digest");
  intent.tasks = fields.text("tasks");
  intent.tasks_digest = fields.digest("tasks_digest");
  intent.elements = elements_from(fields, "elements");
  intent.at_once = static_cast<int>(fields.integer("at_once", 0, std::numeric_limits<int>::max()));
  intent.log = fields.text("log");
  for (std::size_t i = 0; i < fields.array("after").size(); ++i)
    intent.after.push_back(parent_from(fields.element("after", i)));
  intent.resources = fields.texts("resources");
  intent.attempt = static_cast<int>(fields.integer("attempt", 1, std::numeric_limits<int>::max()));
  intent.written = fields.text("written");
  return intent;
}

ArrayAnswer answer_from(const fs::path& path, const std::string& text) {
  const nlohmann::json object = unseal_json(path, text);
  const JsonFields fields(path, object);
  fields.integer("schema", 1, kJournalSchema);
  ArrayAnswer answer;
  if (object.contains("job")) answer.job = fields.integer("job", 1, std::numeric_limits<std::int64_t>::max());
  answer.message = fields.text("message");
  answer.written = fields.text("written");
  return answer;
}

std::string encode(const ArrayAnswer& answer) {
  nlohmann::json object = {
      {"schema", kJournalSchema}, {"message", answer.message}, {"written", answer.written}};
  if (answer.job) object["job"] = *answer.job;
  return seal_json(object);
}

FollowUp follow_up_from(const fs::path& path, const std::string& text) {
  const nlohmann::json object = unseal_json(path, text);
  const JsonFields fields(path, object);
  fields.integer("schema", 1, kJournalSchema);
  FollowUp follow_up;
  follow_up.job_name = fields.text("job_name");
  follow_up.times_left = static_cast<int>(fields.integer("times_left", 0, std::numeric_limits<int>::max()));
  follow_up.written = fields.text("written");
  return follow_up;
}

fs::path withdrawn_file(const ArrayIntent& intent) {
  return intent.tasks.string() + ".withdrawn";
}

Submission submission_from(const fs::path& path, const std::string& text) {
  const nlohmann::json object = unseal_json(path, text);
  const JsonFields fields(path, object);
  fields.integer("schema", 1, kJournalSchema);
  Submission submission;
  submission.name = fields.text("name");
  submission.written = fields.text("written");
  submission.by = fields.text("by");
  submission.cluster = fields.text("cluster");
  submission.configuration = fields.text("configuration");
  submission.options = fields.text("options");
  submission.attempt = static_cast<int>(fields.integer("attempt", 1, std::numeric_limits<int>::max()));
  return submission;
}

// In the order of submission: by stage, then by number ("lux-9" before "lux-10").
bool before(const SubmittedArray& a, const SubmittedArray& b) {
  const auto key = [](const SubmittedArray& array) {
    return std::tuple(array.intent.stage, array.intent.name.size(), array.intent.name);
  };
  return key(a) < key(b);
}

// None: a folder whose first record was never written, of a submit that died right away.
std::optional<Submission> read_submission(Disk& disk, const fs::path& folder) {
  if (!disk.status(folder / kSubmissionFile)) return std::nullopt;
  Submission submission =
      submission_from(folder / kSubmissionFile, read_text(disk, folder / kSubmissionFile));
  std::map<std::string, ArrayAnswer> answers;
  for (const DirectoryEntry& entry : disk.list(folder)) {
    const fs::path path = folder / entry.name;
    submission.closed = submission.closed || entry.name == kClosedFile;
    if (entry.name.starts_with('.')) continue;  // temporary
    if (entry.name.ends_with(kIntentEnd))
      submission.arrays.push_back({intent_from(path, read_text(disk, path)), std::nullopt});
    if (entry.name == kFollowUpFile) submission.follow_up = follow_up_from(path, read_text(disk, path));
    if (entry.name.ends_with(kAnswerEnd) && entry.name != kFollowUpAnswerFile)
      answers.emplace(entry.name.substr(0, entry.name.size() - kAnswerEnd.size()),
                      answer_from(path, read_text(disk, path)));
  }
  for (SubmittedArray& array : submission.arrays)
    if (const auto answer = answers.find(array.intent.name); answer != answers.end())
      array.answer = answer->second;
  if (submission.follow_up && disk.status(folder / kFollowUpAnswerFile))
    submission.follow_up->answer =
        answer_from(folder / kFollowUpAnswerFile, read_text(disk, folder / kFollowUpAnswerFile));
  std::sort(submission.arrays.begin(), submission.arrays.end(), before);
  return submission;
}

}  // namespace

fs::path log_of(const ArrayIntent& intent, int element) {
  std::string text = intent.log.string();
  if (const std::size_t place = text.rfind("%a"); place != std::string::npos)
    text.replace(place, 2, std::to_string(element));
  return text;
}

fs::path submissions_folder(const Campaign& campaign) {
  return campaign.state / "submissions";
}

std::vector<Submission> read_submissions(Disk& disk, const Campaign& campaign) {
  std::vector<Submission> submissions;
  const fs::path folder = submissions_folder(campaign);
  if (!disk.status(folder)) return submissions;
  for (const DirectoryEntry& entry : disk.list(folder)) {
    if (entry.status.type != FileType::directory) continue;
    if (std::optional<Submission> submission = read_submission(disk, folder / entry.name))
      submissions.push_back(std::move(*submission));
  }
  std::sort(submissions.begin(), submissions.end(), [](const Submission& a, const Submission& b) {
    return std::tie(a.written, a.name) < std::tie(b.written, b.name);
  });
  return submissions;
}

void write_submission(Disk& disk, const Campaign& campaign, const Submission& submission) {
  publish_text(disk, folder_of(campaign, submission.name) / kSubmissionFile,
               seal_json({{"schema", kJournalSchema},
                          {"campaign", campaign.name},
                          {"name", submission.name},
                          {"written", submission.written},
                          {"by", submission.by},
                          {"cluster", submission.cluster},
                          {"configuration", submission.configuration},
                          {"options", submission.options},
                          {"attempt", submission.attempt}}));
}

void write_intent(Disk& disk, const Campaign& campaign, const std::string& submission,
                  const ArrayIntent& intent) {
  publish_text(disk, folder_of(campaign, submission) / (intent.name + std::string(kIntentEnd)),
               encode(intent));
}

void write_answer(Disk& disk, const Campaign& campaign, const std::string& submission,
                  const std::string& array, const ArrayAnswer& answer) {
  publish_text(disk, folder_of(campaign, submission) / (array + std::string(kAnswerEnd)), encode(answer));
}

void write_follow_up(Disk& disk, const Campaign& campaign, const std::string& submission,
                     const FollowUp& follow_up) {
  publish_text(disk, folder_of(campaign, submission) / kFollowUpFile,
               seal_json({{"schema", kJournalSchema},
                          {"job_name", follow_up.job_name},
                          {"times_left", follow_up.times_left},
                          {"written", follow_up.written}}));
}

void write_follow_up_answer(Disk& disk, const Campaign& campaign, const std::string& submission,
                            const ArrayAnswer& answer) {
  publish_text(disk, folder_of(campaign, submission) / kFollowUpAnswerFile, encode(answer));
}

void withdraw(Disk& disk, const ArrayIntent& intent) {
  if (disk.status(intent.tasks)) disk.rename(intent.tasks, withdrawn_file(intent));
}

void write_closed(Disk& disk, const Campaign& campaign, const std::string& submission) {
  publish_text(disk, folder_of(campaign, submission) / kClosedFile,
               seal_json({{"schema", kJournalSchema}, {"written", utc_now()}}));
}

std::map<int, std::vector<ProductId>> element_products(Disk& disk, const Campaign& campaign,
                                                       const ArrayIntent& intent) {
  const std::string text =
      read_text(disk, disk.status(withdrawn_file(intent)) ? withdrawn_file(intent) : intent.tasks);
  if (digest_of(text) != intent.tasks_digest)
    throw InputError(fmt::format("{}: is not the file that was submitted (digest {}, not {})",
                                 intent.tasks.string(), digest_of(text).hex(), intent.tasks_digest.hex()));
  const nlohmann::json object = unseal_json(intent.tasks, text);
  const JsonFields fields(intent.tasks, object);
  std::map<int, std::vector<ProductId>> elements;
  for (std::size_t i = 0; i < fields.array("tasks").size(); ++i) {
    const JsonFields task = fields.element("tasks", i);
    const auto index = static_cast<int>(task.integer("index", 0, std::numeric_limits<int>::max()));
    std::vector<ProductId>& products = elements[index];
    for (const nlohmann::json& name : task.array("products"))
      if (const auto id = name.is_string() ? product_named(campaign, name.get<std::string>()) : std::nullopt)
        products.push_back(*id);
  }
  return elements;
}

}  // namespace lenswright
