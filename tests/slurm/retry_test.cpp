// What elements that die in every way leave behind, and what the next submit makes of it: on a real Slurm, with the
// real programs. An element can be held before its program starts: the site preset of the campaign does it.
// OUT_OF_MEMORY is Slurm's word only where cgroups hold jobs to their memory, which they don't here: retry_policy_test and
// attempt_history_test have recorded answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <map>

#include "campaign/load_campaign.hpp"
#include "io/disk.hpp"
#include "ledger/attempt.hpp"
#include "ledger/receipt_index.hpp"
#include "run/submission_journal.hpp"
#include "slurm_sandbox.hpp"

namespace lenswright {
namespace {

namespace fs = std::filesystem;
using test::CommandOutcome;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr int kElements = 6;  // realizations of one model: an element each

// Of this name and with all of these words in their command line.
std::vector<pid_t> processes(const std::vector<std::string>& name_and_words) {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const pid_t id = static_cast<pid_t>(std::atoi(entry.path().filename().c_str()));
    if (id <= 0) continue;
    std::ifstream comm(entry.path() / "comm"), cmdline(entry.path() / "cmdline");
    std::string name, words;
    std::getline(comm, name);
    std::getline(cmdline, words);
    std::replace(words.begin(), words.end(), '\0', ' ');
    bool all = name == name_and_words.front();
    for (std::size_t i = 1; i < name_and_words.size(); ++i)
      all = all &&
            words.find(name_and_words[i] + (i + 1 == name_and_words.size() ? " " : "")) != std::string::npos;
    if (all) found.push_back(id);
  }
  return found;
}

// Whether SIGUSR1 has come to a process that cannot take it now.
bool has_warning(pid_t process) {
  std::ifstream status(fmt::format("/proc/{}/status", process));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("SigPnd:") || line.starts_with("ShdPnd:"))
      if ((std::stoull(line.substr(line.find(':') + 1), nullptr, 16) >> (SIGUSR1 - 1) & 1) != 0) return true;
  return false;
}

class SlurmRetry : public testing::Test {
 protected:
  SlurmRetry() {
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
    const std::string here = folder_.path().string();
    test::write_file(folder_ / "campaign.yaml", fmt::format(R"(campaign: retry
state: state
cosmology: {{omega_m: 0.3089, h: 0.6774}}
box: 205.0
input: {{dmo: sims/dmo, hydro: sims/hydro}}
snapshots: [96, 90, 85, 80]
planes_per_snapshot: 2
realizations: {}
models: [dmo]
lensplanes: {{root: LP, grid: 64, assignment: tsc, seed: 2020}}
lux: {{root: LUX}}
raytracing: {{root: RT, grid: 32, field_deg: 5.0, runs: 1, seed: 1992, randomize: false, sources: [4, 8], fields: [kappa], formats: [dat]}}
slurm:
  defaults: {{nodes: 1, ntasks: 1, cpus_per_task: 4, mem: 200M, time: "00:10:00", site: ./site.sh}}
)",
                                                            kElements));
    // hold-K: waits; fail-K: dies once; copy-K: the first start leaves a copy of the work that outlives it.
    test::write_file(folder_ / "site.sh", fmt::format(R"(element=$SLURM_ARRAY_TASK_ID
cd '{0}' || exit 9
echo "$$" >"pid-$element-${{SLURM_RESTART_COUNT:-0}}"
if [ -e "fail-$element" ]; then rm "fail-$element"; kill -9 $$; fi
if [ -e "copy-$element" ] && [ "${{SLURM_RESTART_COUNT:-0}}" = 0 ]; then
  (setsid bash -c 'while [ -e hold-'"$element"' ]; do sleep 0.05; done
     "{1}" --config campaign.yaml --realization '"$element"' >copy.log 2>&1; echo $? >copy.status' >/dev/null 2>&1 &)
fi
while [ -e "hold-$element" ]; do sleep 0.1; done
launch=(mpirun -n 1)
)",
                                                      here, test::program("lux_convert").string()));
    campaign_ = load_campaign(folder_ / "campaign.yaml");
    for (int realization = 0; realization < kElements; ++realization) {
      const fs::path to = campaign_.lensplanes.root / fmt::format("dmo/LP_{:02}", realization);
      fs::create_directories(to.parent_path());
      fs::copy(test::reference("raytrace_64/lp"), to, fs::copy_options::recursive);
    }
    const CommandOutcome init = recovery("init --yes");
    EXPECT_EQ(init.status, 0) << init.output;
  }
  ~SlurmRetry() override { test::run_command("scancel --user=$(id -un)"); }

  CommandOutcome recovery(const std::string& arguments) const {
    return test::run_command(fmt::format("cd '{}' && '{}' {} --config campaign.yaml", folder_.path().string(),
                                         test::program("recovery").string(), arguments));
  }
  CommandOutcome submit(const std::string& more = "") const {
    return recovery("submit --executor slurm --stage lux " + more);
  }
  void touch(const std::string& name) const { test::write_file(folder_ / name, ""); }
  Submission last_submission() const { return read_submissions(real_disk(), campaign_).back(); }
  std::map<int, SlurmJob> elements(const Submission& submission) {
    std::map<int, SlurmJob> found;
    for (const SubmittedArray& array : submission.arrays)
      for (const SlurmJob& job : client_.jobs({*array.answer->job})) found[*job.index] = job;
    return found;
  }
  void wait_until_over(const Submission& submission) {
    std::vector<std::int64_t> jobs;
    for (const SubmittedArray& array : submission.arrays) jobs.push_back(*array.answer->job);
    test::when_over(client_, jobs);
  }
  void admin(const std::string& command) const {
    const CommandOutcome outcome = test::run_command(command);
    ASSERT_EQ(outcome.status, 0) << command << ": " << outcome.output;
  }
  struct Fact {
    std::string bytes;
    std::uint64_t inode;
    std::int64_t modified;
    bool operator==(const Fact&) const = default;
  };
  std::map<std::string, Fact> potentials() const {
    std::map<std::string, Fact> facts;
    for (const auto& entry : fs::recursive_directory_iterator(campaign_.lux.root))
      if (entry.is_regular_file() && entry.path().extension() == ".dat") {
        const FileStatus status = *real_disk().status(entry.path());
        facts[entry.path().lexically_relative(campaign_.lux.root).string()] = {
            test::read_file(entry.path()), status.inode, status.modified_ns};
      }
    return facts;
  }
  // All are there, and those of every realization, made from the same planes, are the same.
  void expect_all_right() const {
    const auto all = potentials();
    EXPECT_EQ(all.size(), kElements * 9U);
    for (const auto& [name, fact] : all)
      EXPECT_TRUE(fact.bytes == all.at("dmo/LP_05/" + fs::path(name).filename().string()).bytes) << name;
  }

  std::size_t maps(int realization) const {
    const fs::path root = campaign_.raytracing.root / fmt::format("dmo/LP_{:02}", realization);
    std::size_t found = 0;
    if (fs::exists(root))
      for (const auto& entry : fs::recursive_directory_iterator(root))
        found += entry.path().extension() == ".dat" && !entry.path().filename().string().starts_with('.');
    return found;
  }

  test::OwnSlurmSandbox sandbox_{"--nodes 6"};
  test::TemporaryFolder folder_;
  Campaign campaign_;
  std::unique_ptr<CommandSource> commands_ = make_process_source();
  SlurmClient client_{*commands_};
};

TEST_F(SlurmRetry, ElementsThatDieInEveryWayGoAgainByTheirCauseAndNothingIsMadeTwice) {
  for (int element = 0; element < 5; ++element) touch(fmt::format("hold-{}", element));
  touch("copy-4");
  const CommandOutcome first = submit();
  ASSERT_EQ(first.status, 0) << first.output;
  const Submission submission = last_submission();
  ASSERT_THAT(submission.arrays, SizeIs(1));
  const std::string job = std::to_string(*submission.arrays[0].answer->job);
  for (int element = 0; element < kElements; ++element)
    ASSERT_TRUE(test::eventually("all elements have begun", [&] {
      return fs::exists(folder_ / fmt::format("pid-{}-0", element)) &&
             !test::read_file(folder_ / fmt::format("pid-{}-0", element)).empty();
    }));
  const std::string node = elements(submission).at(2).nodes;

  admin(fmt::format("scontrol update jobid={}_0 EndTime=now+1seconds", job));
  admin(fmt::format("scancel {}_1", job));
  admin(fmt::format("scontrol update jobid={}_2 requeue=0", job));
  admin(fmt::format("scontrol update nodename={} state=down reason=test", node));
  admin("kill -9 " + test::read_file(folder_ / "pid-3-0"));
  admin(fmt::format("scontrol requeue {}_4", job));
  ASSERT_TRUE(
      test::eventually("the requeued element begins again", [&] { return fs::exists(folder_ / "pid-4-1"); }));
  fs::remove(folder_ / "hold-4");  // now both copies of element 4 work at once
  wait_until_over(submission);
  admin(fmt::format("scontrol update nodename={} state=resume", node));
  ASSERT_TRUE(test::eventually("the first copy ends", [&] { return fs::exists(folder_ / "copy.status"); }));
  EXPECT_EQ(test::read_file(folder_ / "copy.status"), "0\n") << test::read_file(folder_ / "copy.log");

  std::map<int, SlurmJob> ends = elements(submission);
  EXPECT_EQ(ends.at(0).cause, JobCause::timeout);
  EXPECT_EQ(ends.at(1).cause, JobCause::cancelled);
  EXPECT_EQ(ends.at(2).cause, JobCause::node_fail);
  EXPECT_EQ(describe_end(ends.at(3)), "FAILED by signal 9");
  EXPECT_EQ(ends.at(4).state, JobState::done);
  EXPECT_EQ(ends.at(5).state, JobState::done);

  const auto before = potentials();
  EXPECT_EQ(before.size(), 2 * 9U);  // of elements 4 and 5
  const CommandOutcome dry = submit("--dry-run");
  EXPECT_THAT(dry.output,
              AllOf(HasSubstr(fmt::format("time 00:10:00 -> 00:20:00 (job {}_0 ran out of time)", job)),
                    HasSubstr(fmt::format("not on {} (job {}_2 lost its node)", node, job)),
                    Not(HasSubstr("stopped: "))));
  for (int element = 0; element < 4; ++element) fs::remove(folder_ / fmt::format("hold-{}", element));
  const CommandOutcome second = submit();
  ASSERT_EQ(second.status, 0) << second.output;
  const Submission again = last_submission();
  ASSERT_NE(again.name, submission.name);
  int longer = 0, elsewhere = 0, planned = 0;
  for (const SubmittedArray& array : again.arrays) {
    planned += static_cast<int>(array.intent.elements.size());
    longer += array.intent.resources.at("time") == "00:20:00" ? 1 : 0;
    elsewhere += array.intent.resources.contains("exclude") ? 1 : 0;
  }
  EXPECT_EQ(planned, 4);
  EXPECT_EQ(longer, 1);
  EXPECT_EQ(elsewhere, 1);
  wait_until_over(again);
  expect_all_right();
  const auto after = potentials();
  for (const auto& [name, fact] : before) EXPECT_TRUE(after.at(name) == fact) << name << " was made again";
  EXPECT_EQ(recovery("verify --stage lux").status, 0);
}

// The warning before the limit takes the whole way: Slurm, the script's shell, mpirun or srun, every rank. The ranks are
// held until it has come, so that they are in the middle of their runs however fast the machine is.
TEST_F(SlurmRetry, WarnedBeforeTheLimitRunsInHandArePublishedAndOnlyTheRestGoesAgain) {
  constexpr std::size_t kRuns = 120;
  const std::vector<std::string> overrides = {fmt::format("raytracing.runs={}", kRuns),
                                              "raytracing.grid=128"};
  const Campaign wide = load_campaign(folder_ / "campaign.yaml", overrides);
  const std::string selected =
      fmt::format(" --stage raytracing --realization 0 1 --set {}", fmt::join(overrides, " --set "));
  const CommandOutcome lux =
      test::run_command(fmt::format("cd '{}' && '{}' --config campaign.yaml --realization 0 1",
                                    folder_.path().string(), test::program("lux_convert").string()));
  ASSERT_EQ(lux.status, 0) << lux.output;
  test::write_file(folder_ / "site.sh",
                   "case $SLURM_ARRAY_TASK_ID in\n  0) launch=(mpirun -n 2) ;;\n  "
                   "*) launch=(srun --mpi=pmix -n 2) ;;\nesac\n");
  const std::string submit_runs =
      "submit --executor slurm --set slurm.defaults.ntasks=2 --set slurm.defaults.cpus_per_task=1" + selected;
  const CommandOutcome first = recovery(submit_runs);
  ASSERT_EQ(first.status, 0) << first.output;
  const Submission submission = last_submission();
  ASSERT_THAT(submission.arrays, SizeIs(1));
  const std::string job = std::to_string(*submission.arrays[0].answer->job);
  EXPECT_THAT(test::read_file(submission.arrays[0].intent.script), HasSubstr("B:USR1@60"));

  std::map<int, std::vector<pid_t>> ranks;  // by element
  ASSERT_TRUE(test::eventually("both elements are at work, and held", [&] {
    for (const int element : {0, 1}) {
      if (ranks.contains(element) || maps(element) == 0) continue;
      ranks[element] = processes({"raytrace", folder_.path().string(), fmt::format("--task {}", element)});
      for (const pid_t rank : ranks[element]) kill(rank, SIGSTOP);
    }
    return ranks.size() == 2;
  }));
  for (const auto& [element, ids] : ranks) EXPECT_THAT(ids, SizeIs(2)) << element;
  for (const int element : {0, 1})  // the limit is near: Slurm looks every half minute
    admin(fmt::format("scontrol update jobid={}_{} EndTime=now+80seconds", job, element));
  EXPECT_TRUE(test::eventually("the warning has come to every rank", [&] {
    return std::all_of(ranks.begin(), ranks.end(), [](const auto& of_element) {
      return std::all_of(of_element.second.begin(), of_element.second.end(), has_warning);
    });
  }));
  for (const auto& [element, ids] : ranks)
    for (const pid_t rank : ids) kill(rank, SIGCONT);
  wait_until_over(submission);

  const Attempts attempts = load_attempts(real_disk(), campaign_);
  ASSERT_THAT(attempts.records, SizeIs(2));
  std::size_t left = 0;
  for (const Attempt& attempt : attempts.records) {
    EXPECT_EQ(attempt.end, AttemptEnd::out_of_time) << attempt.message;
    EXPECT_EQ(attempt.status, 75);
    EXPECT_EQ(attempt.ranks, 2);
    EXPECT_EQ(attempt.job.array_job, job);
    EXPECT_GT(attempt.left.size(), 0U);
    EXPECT_EQ(attempt.left.size(), kRuns - maps(std::stoi(attempt.job.element)) / 2) << "two maps of a run";
    left += attempt.left.size();
  }
  for (const auto& [element, end] : elements(submission))
    EXPECT_EQ(describe_end(end), "FAILED with exit status 75") << element;
  // The receipts of what they had published are there, whole.
  EXPECT_EQ(ReceiptIndex::load(real_disk(), wide).size(), 2 * 9U + 2 * kRuns - left);

  const CommandOutcome dry = recovery(submit_runs + " --dry-run");
  EXPECT_THAT(dry.output,
              AllOf(HasSubstr(fmt::format("time 00:10:00 -> 00:20:00 (job {}_0 ran out of time)", job)),
                    HasSubstr("2 elements")));
  const CommandOutcome second = recovery(submit_runs);
  ASSERT_EQ(second.status, 0) << second.output;
  const Submission again = last_submission();
  std::size_t planned = 0;
  for (const SubmittedArray& array : again.arrays)
    for (const auto& [index, products] : element_products(real_disk(), wide, array.intent))
      planned += products.size();
  EXPECT_EQ(planned, left);
  wait_until_over(again);
  for (const auto& [element, end] : elements(again)) EXPECT_EQ(end.state, JobState::done) << element;
  EXPECT_EQ(recovery("verify" + selected).status, 0);
}

TEST_F(SlurmRetry, ByItselfAfterAllJobsAndAReportAtTheEnd) {
  touch("fail-2");
  const CommandOutcome outcome = submit("--auto-retry 1");
  ASSERT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("plans again what lacks (1 time at most)"));
  const fs::path reports = campaign_.state / "reports";
  ASSERT_TRUE(test::eventually("two reports are written", [&] {
    std::size_t whole = 0;
    if (fs::exists(reports))
      for (const auto& report : fs::directory_iterator(reports))
        whole += fs::exists(report.path() / "verify.txt") && fs::file_size(report.path() / "verify.txt") > 0
                     ? 1
                     : 0;
    return whole == 2;
  }));
  const std::vector<Submission> submissions = read_submissions(real_disk(), campaign_);
  ASSERT_THAT(submissions, SizeIs(2));
  EXPECT_EQ(submissions[0].attempt, 1);
  EXPECT_EQ(submissions[1].attempt, 2);
  EXPECT_TRUE(submissions[0].follow_up && submissions[1].follow_up);
  expect_all_right();
  const Attempts attempts = load_attempts(real_disk(), campaign_);
  EXPECT_THAT(attempts.records, SizeIs(kElements));
  for (const Attempt& attempt : attempts.records) EXPECT_EQ(attempt.end, AttemptEnd::done);
}

}  // namespace
}  // namespace lenswright
