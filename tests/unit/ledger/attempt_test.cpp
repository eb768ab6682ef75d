#include "ledger/attempt.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "small_tree.hpp"

namespace lenswright {
namespace {

using test::SmallTree;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

Attempt example() {
  Attempt attempt;
  attempt.campaign = "small-tree";
  attempt.stage = Stage::lux;
  attempt.task_file = "/state/plans/p/lux.tasks.json";
  attempt.task = 3;
  attempt.units = {"dmo/LP_00", "dmo/LP_01"};
  attempt.code_version = "0.1.0";
  attempt.configuration = "00112233445566778899aabbccddeeff";
  attempt.host = "n1";
  attempt.pid = 4711;
  attempt.ranks = 4;
  attempt.threads = 2;
  attempt.started = "2026-01-31T12:00:00.000Z";
  attempt.finished = "2026-01-31T12:34:56.789Z";
  attempt.job = {"19", "17", "3", 1, "n[1-2]"};
  attempt.usage = {2, std::uint64_t{3} << 30, 2096.789, 8123.5};
  attempt.status = 75;
  attempt.end = AttemptEnd::stopped;
  attempt.message = "stopped before the time limit";
  attempt.asked = 3;
  attempt.left = {"lux/dmo/LP_00/lenspot03.dat"};
  return attempt;
}

TEST(Attempt, RoundTrip) {
  const Attempt back = decode_attempt("a.json", encode_attempt(example()));
  EXPECT_EQ(encode_attempt(back), encode_attempt(example()));
  EXPECT_EQ(back.job, example().job);
  EXPECT_EQ(back.usage, example().usage);
  EXPECT_EQ(back.end, AttemptEnd::stopped);
  EXPECT_EQ(back.left, example().left);
  EXPECT_EQ(back.units, example().units);
}

TEST(Attempt, TornAtAnyByteIsRefused) {
  const std::string text = encode_attempt(example());
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_THROW(decode_attempt("a.json", text.substr(0, size)), FormatError) << size;
}

TEST(Attempt, HowItEndedFollowsFromStatusAndMessage) {
  EXPECT_EQ(attempt_end(0, "", false), AttemptEnd::done);
  EXPECT_EQ(attempt_end(75, "stopped", false), AttemptEnd::stopped);
  EXPECT_EQ(attempt_end(75, "stopped", true), AttemptEnd::out_of_time);
  EXPECT_EQ(attempt_end(130, "interrupted", false), AttemptEnd::stopped);
  EXPECT_EQ(attempt_end(2, "rank 3: out of memory: give more ranks", false), AttemptEnd::out_of_memory);
  EXPECT_EQ(attempt_end(2, "--memory: 10 MB per rank do not hold one run", false), AttemptEnd::out_of_memory);
  EXPECT_EQ(attempt_end(2, "input is missing", false), AttemptEnd::failed);
}

TEST(Attempt, IsAboutASnapshotOrACombination) {
  const SmallTree tree(SmallTree::Filled::empty);
  EXPECT_EQ(work_unit(tree.campaign(), {ProductKind::mass_plane, 1, 0, 3}),
            fmt::format("snapshot {}", tree.campaign().snapshots.at(1)));
  EXPECT_EQ(work_unit(tree.campaign(), {ProductKind::potential, 0, 1, 3}), "dmo/LP_01");
  EXPECT_EQ(work_unit(tree.campaign(), {ProductKind::run, 0, 1, 3}), "dmo/LP_01");
}

TEST(Attempts, AreReadInTheOrderOfTheirEndAndDamagedOnesAreNamed) {
  const SmallTree tree(SmallTree::Filled::empty);
  EXPECT_THAT(load_attempts(real_disk(), tree.campaign()).records, SizeIs(0));
  Attempt late = example(), early = example(), foreign = example();
  late.campaign = early.campaign = tree.campaign().name;
  late.finished = "2026-02-01T00:00:00.000Z";
  late.task = 1;
  early.task = 2;
  foreign.campaign = "another";
  for (const Attempt& attempt : {late, early, foreign}) write_attempt(real_disk(), tree.campaign(), attempt);
  test::write_file(attempts_folder(tree.campaign()) / "lux-9-torn.json", encode_attempt(late).substr(0, 100));
  const Attempts found = load_attempts(real_disk(), tree.campaign());
  ASSERT_THAT(found.records, SizeIs(2));
  EXPECT_EQ(found.records[0].task, 2);
  EXPECT_EQ(found.records[1].task, 1);
  EXPECT_THAT(found.problems, ElementsAre(HasSubstr("lux-9-torn.json")));
}

TEST(JobFacts, AreTakenFromTheEnvironmentAndTravelAsNotes) {
  for (const auto& [name, value] : {std::pair("SLURM_JOB_ID", "19"),
                                    {"SLURM_ARRAY_JOB_ID", "17"},
                                    {"SLURM_ARRAY_TASK_ID", "3"},
                                    {"SLURM_RESTART_COUNT", "2"},
                                    {"SLURM_JOB_NODELIST", "n[1-2]"}})
    setenv(name, value, 1);
  const JobFacts facts = job_facts();
  for (const char* name : {"SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_RESTART_COUNT",
                           "SLURM_JOB_NODELIST"})
    unsetenv(name);
  EXPECT_EQ(facts, (JobFacts{"19", "17", "3", 2, "n[1-2]"}));
  EXPECT_EQ(job_text(facts), "17_3");
  EXPECT_EQ(job_facts(), JobFacts{});
  EXPECT_EQ(job_text(JobFacts{"19", "", "", 0, ""}), "19");
  Notes notes;
  note_job(notes, facts);
  EXPECT_EQ(job_of_notes(notes), facts);
  EXPECT_EQ(usage_of_notes(notes).peak_memory_bytes, 0U);
}

}  // namespace
}  // namespace lenswright
