// What a stage program's run on a task leaves about itself, and how signals end it, whoever passes them on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "campaign/effective_configuration.hpp"
#include "ledger/attempt.hpp"
#include "light_cone_campaign.hpp"
#include "plan/task_file.hpp"

namespace lenswright {
namespace {

using test::CommandOutcome;
using test::LightConeCampaign;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class StageAttempt : public testing::Test {
 protected:
  CommandOutcome run(const std::string& command) const {
    return test::run_command("cd '" + cone_.path().string() + "' || exit 99; export PATH='" +
                             test::program("").string() + "':\"$PATH\"; " + command);
  }
  // Task 4 of tasks.json; returns the file's digest.
  std::string plan(Stage stage, const std::vector<ProductId>& products) const {
    TaskFile file;
    file.campaign = cone_.campaign().name;
    file.configuration = digest_of(work_configuration(cone_.campaign())).hex();
    file.stage = stage;
    file.tasks[4] = {4, products};
    const std::string text = encode_task_file(cone_.campaign(), file);
    test::write_file(cone_.path() / "tasks.json", text);
    return digest_of(text).hex();
  }
  Attempt only_record() const {
    const Attempts attempts = load_attempts(real_disk(), cone_.campaign());
    EXPECT_THAT(attempts.problems, IsEmpty());
    EXPECT_THAT(attempts.records, SizeIs(1));
    return attempts.records.empty() ? Attempt{} : attempts.records.front();
  }
  // raytrace on many runs; once it traces, `signal` (a shell command that knows $pid). Exit status as of the launcher.
  CommandOutcome stop_tracing(const std::string& launcher, const std::string& signal) {
    cone_.configure({"raytracing.runs=900"});
    cone_.take_reference_potentials();
    std::vector<ProductId> runs;
    for (int run = 1; run <= 900; ++run) runs.push_back({ProductKind::run, 0, 0, run});
    plan(Stage::raytracing, runs);
    return run(
        launcher +
        " raytrace --config campaign.yaml --tasks tasks.json --task 4 --set raytracing.runs=900 --threads 1 "
        "> log 2>&1 & pid=$!; for i in $(seq 500); do grep -qs tracing log && break; sleep 0.02; done; " +
        signal + "; wait $pid; status=$?; cat log; exit $status");
  }
  void expect_clean_stop(const CommandOutcome& outcome, AttemptEnd end) const {
    EXPECT_EQ(outcome.status, 75) << outcome.output;
    const Attempt record = only_record();
    EXPECT_EQ(record.end, end);
    EXPECT_EQ(record.status, 75);
    EXPECT_EQ(record.asked, 900U);
    EXPECT_GT(record.left.size(), 0U);
    // What it had published is whole and has its receipt.
    const std::size_t files = cone_.files(Stage::raytracing).size();
    EXPECT_EQ(record.left.size(), 900 - files / 8);
    EXPECT_EQ(ReceiptIndex::load(real_disk(), cone_.campaign()).size(), files / 8);
  }

  LightConeCampaign cone_;
};

const std::vector<ProductId> kTwo = {{ProductKind::geometry, 0, 0, 0}, {ProductKind::potential, 0, 0, 2}};

TEST_F(StageAttempt, AFinishedTaskSaysWhatItTook) {
  cone_.take_reference_planes();
  const std::string digest = plan(Stage::lux, kTwo);
  const CommandOutcome outcome =
      run("SLURM_JOB_ID=19 SLURM_ARRAY_JOB_ID=17 SLURM_ARRAY_TASK_ID=4 SLURM_RESTART_COUNT=1 "
          "SLURM_JOB_NODELIST=n1 "
          "mpirun -n 2 lux_convert --config campaign.yaml --tasks tasks.json --task 4 --tasks-digest " +
          digest);
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("task 4 of tasks.json, 2 products; job 17_4 on n1, requeued 1"));
  const Attempt record = only_record();
  EXPECT_EQ(record.end, AttemptEnd::done);
  EXPECT_EQ(record.made, 2U);
  EXPECT_THAT(record.left, IsEmpty());
  EXPECT_THAT(record.units, ElementsAre("dmo/LP_00"));
  EXPECT_EQ(record.job, (JobFacts{"19", "17", "4", 1, "n1"}));
  EXPECT_EQ(record.ranks, 2);
  EXPECT_EQ(record.usage.ranks_per_node, 2);
  EXPECT_GT(record.usage.peak_memory_bytes, std::uint64_t{1} << 20);
  EXPECT_GT(record.usage.wall_seconds, 0);
  EXPECT_GT(record.usage.cpu_seconds, 0);
  // The receipt knows the same of the job.
  const auto folder = receipts_folder(cone_.campaign());
  for (const DirectoryEntry& entry : real_disk().list(folder)) {
    if (!entry.name.ends_with(".json")) continue;
    const Receipt receipt = decode_receipt(entry.name, read_text(real_disk(), folder / entry.name));
    EXPECT_EQ(job_of_notes(receipt.notes), record.job);
    EXPECT_GT(usage_of_notes(receipt.notes).peak_memory_bytes, 0U);
    EXPECT_THAT(receipt.notes.at(kNoteFftw), HasSubstr("fftw"));
  }
}

TEST_F(StageAttempt, ATaskFileOfAnotherDigestIsRefusedAndTheRecordSaysSo) {
  cone_.take_reference_planes();
  plan(Stage::lux, kTwo);
  const std::string other(32, 'a');
  const CommandOutcome outcome =
      run("lux_convert --config campaign.yaml --tasks tasks.json --task 4 --tasks-digest " + other);
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("tasks.json has digest"), HasSubstr("nothing is made"),
                                    HasSubstr("recovery submit")));
  EXPECT_THAT(cone_.files(Stage::lux), IsEmpty());
  const Attempt record = only_record();
  EXPECT_EQ(record.end, AttemptEnd::failed);
  EXPECT_THAT(record.message, HasSubstr("was submitted for " + other));
  for (const char* wrong : {"--tasks-digest "
                            "12",
                            "--task 4 --tasks tasks.json --tasks-digest xyz"})
    EXPECT_EQ(run("lux_convert --config campaign.yaml " + std::string(wrong)).status, 2) << wrong;
}

TEST_F(StageAttempt, AFailedTaskSaysWhyAndWhatItLacks) {
  plan(Stage::lux, kTwo);
  const CommandOutcome outcome =
      run("mpirun -n 2 lux_convert --config campaign.yaml --tasks tasks.json --task 4");
  EXPECT_EQ(outcome.status, 2);
  const Attempt record = only_record();
  EXPECT_EQ(record.end, AttemptEnd::failed);
  EXPECT_EQ(record.status, 2);
  EXPECT_THAT(record.message, HasSubstr("lensplanes/dmo/LP_00/lenspot01.dat is missing"));
  EXPECT_THAT(record.left, SizeIs(2));
}

TEST_F(StageAttempt, MemoryThatDoesNotSufficeIsToldApart) {
  cone_.take_reference_planes();
  plan(Stage::lux, kTwo);
  EXPECT_EQ(run("lux_convert --config campaign.yaml --tasks tasks.json --task 4 --memory 1K").status, 2);
  EXPECT_EQ(only_record().end, AttemptEnd::out_of_memory);
}

TEST_F(StageAttempt, TheWalltimeSignalStopsItCleanly) {
  expect_clean_stop(stop_tracing("", "kill -USR1 $pid"), AttemptEnd::out_of_time);
}

TEST_F(StageAttempt, TheWalltimeSignalReachesAllRanksThroughTheLauncher) {
  expect_clean_stop(stop_tracing("mpirun -n 2", "kill -USR1 $pid"), AttemptEnd::out_of_time);
}

TEST_F(StageAttempt, TermStopsItCleanlyHoweverOftenItComes) {
  expect_clean_stop(stop_tracing("", "kill -TERM $pid; kill -TERM $pid; kill -TERM $pid"),
                    AttemptEnd::stopped);
}

// As Slurm does at the limit: every process of the step gets it, not the launcher.
TEST_F(StageAttempt, TermToAllRanksStopsThemTogether) {
  expect_clean_stop(stop_tracing("mpirun -n 2", "pkill -TERM -P $pid"), AttemptEnd::stopped);
}

}  // namespace
}  // namespace lenswright
