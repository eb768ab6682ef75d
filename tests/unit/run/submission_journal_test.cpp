#include "run/submission_journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "io/atomic_writer.hpp"
#include "memory_disk.hpp"
#include "plan/task_file.hpp"
#include "run_campaign.hpp"

namespace lenswright {
namespace {

using testing::ElementsAre;

class SubmissionJournal : public testing::Test {
 protected:
  test::MemoryDisk disk_;
  Campaign campaign_ = test::small_campaign("/c");

  ArrayIntent intent(const std::string& name, Stage stage) const {
    ArrayIntent intent;
    intent.name = name;
    intent.job_name = name + "_small_one";
    intent.comment = "lenswright small";
    intent.stage = stage;
    intent.script = "/c/state/plans/one/" + name + ".sh";
    intent.tasks = "/c/state/plans/one/" + name + ".tasks.json";
    intent.elements = {0, 1, 2, 7};
    intent.at_once = 3;
    intent.log = "/c/st%ate/logs/one/" + name + "-%a.log";
    intent.after = {{"lensplanes-1", {0, 3}, false}};
    intent.resources = {{"time", "02:00:00"}};
    intent.written = "2026-01-31T12:34:56.789Z";
    return intent;
  }
  void begin(const std::string& name, const std::string& written) {
    Submission submission;
    submission.name = name;
    submission.written = written;
    submission.by = "anna";
    submission.attempt = 2;
    write_submission(disk_, campaign_, submission);
  }
};

TEST_F(SubmissionJournal, ReadsBackWhatWasWritten) {
  EXPECT_TRUE(read_submissions(disk_, campaign_).empty());
  begin("two", "2026-02-01T00:00:00.000Z");
  begin("one", "2026-01-31T00:00:00.000Z");
  write_intent(disk_, campaign_, "one", intent("lux-10", Stage::lux));
  write_intent(disk_, campaign_, "one", intent("lux-9", Stage::lux));
  write_intent(disk_, campaign_, "one", intent("lensplanes-1", Stage::lensplanes));
  write_answer(disk_, campaign_, "one", "lux-9", {4711, "answered", "2026-01-31T12:35:00.000Z"});
  write_answer(disk_, campaign_, "one", "lux-10", {std::nullopt, "refused", "2026-01-31T12:35:00.000Z"});
  write_closed(disk_, campaign_, "two");

  const std::vector<Submission> found = read_submissions(disk_, campaign_);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "one");
  EXPECT_EQ(found[0].attempt, 2);
  EXPECT_FALSE(found[0].closed);
  EXPECT_TRUE(found[1].closed);
  ASSERT_EQ(found[0].arrays.size(), 3U);
  EXPECT_EQ(found[0].arrays[0].intent.name, "lensplanes-1");
  EXPECT_FALSE(found[0].arrays[0].answer) << "its answer is not known";
  EXPECT_EQ(found[0].arrays[1].intent.name, "lux-9");
  EXPECT_EQ(found[0].arrays[1].answer->job, 4711);
  EXPECT_EQ(found[0].arrays[2].answer->job, std::nullopt);
  const ArrayIntent expected = intent("lux-9", Stage::lux);
  const ArrayIntent& read = found[0].arrays[1].intent;
  EXPECT_EQ(read.job_name, expected.job_name);
  EXPECT_EQ(read.elements, expected.elements);
  EXPECT_EQ(read.at_once, 3);
  EXPECT_EQ(read.after, expected.after);
  EXPECT_EQ(read.resources, expected.resources);
  EXPECT_EQ(log_of(read, 7), "/c/st%ate/logs/one/lux-9-7.log");
}

TEST_F(SubmissionJournal, NothingIsWrittenTwice) {
  begin("one", "2026-01-31T00:00:00.000Z");
  write_answer(disk_, campaign_, "one", "lux-1", {4711, "answered", "2026-01-31T12:35:00.000Z"});
  EXPECT_THROW(write_answer(disk_, campaign_, "one", "lux-1", {4712, "answered", "2026-01-31T12:35:00.000Z"}),
               IoError);
}

TEST_F(SubmissionJournal, ADamagedRecordIsNotGuessedAt) {
  begin("one", "2026-01-31T00:00:00.000Z");
  write_intent(disk_, campaign_, "one", intent("lux-1", Stage::lux));
  const auto file = submissions_folder(campaign_) / "one" / "lux-1.intent.json";
  std::string text = read_text(disk_, file);
  text[text.find("4711") == std::string::npos ? 30 : 31] ^= 1;
  disk_.put(file, text);
  EXPECT_THROW(read_submissions(disk_, campaign_), FormatError);
}

TEST_F(SubmissionJournal, ElementsNameWhatTheyWereToMake) {
  ArrayIntent array = intent("lux-1", Stage::lux);
  TaskFile file;
  file.campaign = campaign_.name;
  file.configuration = "of another day";
  file.stage = Stage::lux;
  const ProductId first{ProductKind::potential, 0, 0, 1}, second{ProductKind::potential, 1, 1, 3};
  file.tasks = {{4, {4, {first}}}, {6, {6, {second}}}};
  const std::string text = encode_task_file(campaign_, file);
  disk_.put(array.tasks, text);
  array.tasks_digest = digest_of(text);
  const auto elements = element_products(disk_, campaign_, array);
  ASSERT_EQ(elements.size(), 2U);
  EXPECT_THAT(elements.at(4), ElementsAre(first));
  EXPECT_THAT(elements.at(6), ElementsAre(second));

  Campaign smaller = campaign_;
  smaller.models.pop_back();
  EXPECT_TRUE(element_products(disk_, smaller, array).at(6).empty()) << "a model that was taken out";
  disk_.put(array.tasks, text + " ");
  EXPECT_THROW(element_products(disk_, campaign_, array), InputError);
}

}  // namespace
}  // namespace lenswright
