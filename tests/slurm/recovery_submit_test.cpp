// recovery submit through a real Slurm: whole recoveries, failures that hold back only what needs them, exactly once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <thread>

#include <nlohmann/json.hpp>

#include "lossy_tree.hpp"
#include "run/campaign_lock.hpp"
#include "run/slurm_submission.hpp"
#include "slurm_campaign.hpp"

namespace lenswright::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Each;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class RecoverySubmitSlurm : public testing::Test {
 protected:
  fs::path sandbox_ = shared_slurm_sandbox();
  TemporaryFolder folder_;
  void TearDown() override { run_command("scancel --user=$(id -un)"); }

  // In sbatch's place in PATH: `body` may call "$real". Applies to this process's children from now on.
  void put_sbatch(const std::string& body) const {
    const CommandOutcome real = run_command("command -v sbatch");
    const fs::path file = folder_ / "bin/sbatch";
    write_file(file, "#!/usr/bin/env bash\nreal=" + real.output.substr(0, real.output.find('\n')) +
                         "\ncase \" $* \" in *\" --test-only \"*) exec \"$real\" \"$@\";; esac\n" + body);
    fs::permissions(file, fs::perms::owner_all);
    setenv("PATH", (file.parent_path().string() + ":" + std::getenv("PATH")).c_str(), 1);
  }
};

std::set<std::int64_t> job_ids(const std::vector<SlurmJob>& jobs) {
  std::set<std::int64_t> ids;
  for (const SlurmJob& job : jobs) ids.insert(job.array);
  return ids;
}

// How often each product was handed to an element.
std::map<ProductId, int> times_submitted(const SlurmCampaign& small) {
  std::map<ProductId, int> times;
  const Campaign campaign = small.campaign();
  for (const Submission& submission : small.submissions())
    for (const SubmittedArray& array : submission.arrays)
      if (array.answer && array.answer->job)
        for (const auto& [index, products] : element_products(real_disk(), campaign, array.intent))
          for (const ProductId& id : products) ++times[id];
  return times;
}

TEST_F(RecoverySubmitSlurm, ADamagedCampaignComesBackByteForByteAndNothingElseRuns) {
  std::mt19937 random(std::random_device{}());
  SlurmCampaign small(folder_.path(), demo_yaml());  // the quickstart's
  small.make_all();
  const ProductFiles gold = small.demo().products();
  std::vector<std::string> names;
  for (const auto& [name, facts] : gold)
    if (name.ends_with(".dat") && name.find("config") == std::string::npos) names.push_back(name);
  std::shuffle(names.begin(), names.end(), random);
  names.resize(6);
  for (std::size_t i = 0; i < names.size(); ++i) {
    SCOPED_TRACE(names[i]);
    if (i % 2 == 0)
      fs::remove(small.folder() / names[i]);
    else
      fs::resize_file(small.folder() / names[i], gold.at(names[i]).bytes.size() / 2);
  }
  small.expect_status("recovery submit --executor slurm", 0);
  for (const SlurmJob& job : small.wait_for_end()) EXPECT_EQ(job.state, JobState::done) << describe_end(job);
  small.expect_status("recovery verify --tier full", 0);

  const ProductFiles silver = small.demo().products();
  EXPECT_THAT(differing(gold, silver), IsEmpty());
  for (const auto& [name, facts] : gold) {
    if (std::find(names.begin(), names.end(), name) != names.end() || !silver.contains(name)) continue;
    EXPECT_EQ(silver.at(name).inode, facts.inode) << name << " was touched";
  }
  const std::vector<std::string> words = small.words_on_products();
  EXPECT_FALSE(words.empty());
  EXPECT_THAT(words, Each(AllOf(Not(HasSubstr("made 0")), EndsWith("already complete 0"))))
      << "an element ran that had nothing to do";
  EXPECT_THAT(small.expect_status("recovery submit", 0), HasSubstr("all is complete"));
}

TEST_F(RecoverySubmitSlurm, APathFullOfShellSyntaxInjectsNothing) {
  const fs::path nasty = folder_ / "a b \"q\" $(touch hacked) `touch hacked` ; & * %j";
  fs::create_directories(nasty);
  SlurmCampaign small(nasty);
  small.expect_status("recovery submit --executor slurm --set 'raytracing.runs=1'", 0);
  for (const SlurmJob& job : small.wait_for_end()) EXPECT_EQ(job.state, JobState::done) << describe_end(job);
  small.expect_status("recovery verify --set raytracing.runs=1", 0);
  EXPECT_THAT(small.words_on_products(), SizeIs(2 + 4 + 4));
  for (const auto& entry : fs::recursive_directory_iterator(folder_.path()))
    EXPECT_NE(entry.path().filename(), "hacked") << entry.path();

  const std::string broken =
      small.expect_status("recovery submit --yes --set \"state=$(printf 'st\\nate')\"", 2);
  EXPECT_THAT(broken, HasSubstr("line break"));
}

TEST_F(RecoverySubmitSlurm, OneFailedSnapshotHoldsBackOnlyWhatNeedsIt) {
  // Held until the test has taken the snapshot away: the plan still saw it.
  SlurmCampaign small(folder_.path(), slurm_campaign_yaml("  lensplanes: {extra: ['#SBATCH --hold']}\n"));
  small.make_all();
  const ProductFiles gold = small.demo().products();
  // Of dmo LP_00 a plane of snapshot 96 (the first) and of hydro LP_01 one of snapshot 90, with what is made from them.
  // (Mass planes are counted from 0, potentials from 1.)
  for (const auto& [combination, plane, potential] :
       {std::tuple{"dmo/LP_00", "01", "02"}, std::tuple{"hydro/LP_01", "03", "04"}}) {
    for (const auto& [name, facts] : gold)
      if (name.starts_with(fmt::format("RT/{}/", combination)) ||
          name == fmt::format("LP/{}/lenspot{}.dat", combination, plane) ||
          name == fmt::format("LUX/{}/lenspot{}.dat", combination, potential))
        fs::remove(small.folder() / name);
  }
  const std::string plan = small.expect_status("recovery submit --executor slurm", 0);
  EXPECT_THAT(plan, AllOf(HasSubstr("lensplanes-01 --array=0-1"), HasSubstr("lux-01"), HasSubstr("lux-02")));
  const fs::path snapshot = small.folder() / "universe/dmo/snapdir_096";
  ASSERT_TRUE(fs::exists(snapshot));
  fs::rename(snapshot, small.folder() / "away");
  run_command(fmt::format("scontrol release {}", *small.submissions().front().arrays.front().answer->job));
  std::map<std::string, int> ends;
  for (const SlurmJob& job : small.wait_for_end())
    ++ends[std::string(job.name.substr(0, job.name.find('_'))) + " " +
           std::string(job_state_name(job.state))];
  const std::map<std::string, int> expected = {{"lensplanes-01 failed", 1}, {"lensplanes-01 done", 1},
                                               {"lux-01 failed", 1},        {"lux-02 done", 1},
                                               {"raytracing-01 failed", 1}, {"raytracing-02 done", 1}};
  EXPECT_EQ(ends, expected);
  // Products alone say what is done, and the log why one isn't.
  const auto status = nlohmann::json::parse(small.expect_status("recovery status --json", 1));
  ASSERT_THAT(status.at("failed"), SizeIs(1)) << status.dump(1);
  EXPECT_EQ(status.at("failed")[0].at("array"), "lensplanes-01");
  EXPECT_THAT(status.at("failed")[0].at("because").get<std::string>(),
              AllOf(HasSubstr("FAILED with exit status"), HasSubstr("snapdir_096")));
  std::map<std::string, int> held_back;
  for (const auto& array : status.at("submissions").at(0).at("arrays"))
    if (array.at("held_back") != 0) held_back[array.at("array")] = array.at("held_back");
  EXPECT_THAT(held_back, testing::ElementsAre(std::pair("lux-01", 1), std::pair("raytracing-01", 1)));
  EXPECT_THAT(small.expect_status("recovery status", 1),
              AllOf(HasSubstr("DependencyNeverSatisfied"), HasSubstr("next: recovery submit")));
  const ProductFiles half = small.demo().products();
  for (const std::string& name : differing(gold, half))
    EXPECT_THAT(name, HasSubstr("dmo/LP_00")) << "independent of what failed";

  // Without its snapshot it is blocked; with it exactly the rest is made.
  EXPECT_THAT(small.expect_status("recovery submit --executor slurm --dry-run", 1), HasSubstr("blocked"));
  fs::rename(small.folder() / "away", snapshot);
  small.expect_status("recovery submit --executor slurm --set slurm.lensplanes.extra=null", 0);
  const std::vector<Submission> submissions = small.submissions();
  ASSERT_THAT(submissions, SizeIs(2));
  EXPECT_THAT(submissions[1].arrays, SizeIs(3));
  for (const SubmittedArray& array : submissions[1].arrays) EXPECT_THAT(array.intent.elements, SizeIs(1));
  small.wait_for_end();
  small.expect_status("recovery verify --tier full", 0);
  EXPECT_THAT(differing(gold, small.demo().products()), IsEmpty());
}

TEST_F(RecoverySubmitSlurm, NothingIsSubmittedTwiceNeitherInARowNorAtOnce) {
  SlurmCampaign small(folder_.path(), slurm_campaign_yaml("  lensplanes: {extra: ['#SBATCH --hold']}\n"));
  CommandOutcome outcomes[2];
  std::thread other([&] { outcomes[1] = small.run("recovery submit --executor slurm"); });
  outcomes[0] = small.run("recovery submit --executor slurm");
  other.join();
  const int refused = (outcomes[0].status == 2 ? 1 : 0) + (outcomes[1].status == 2 ? 1 : 0);
  for (const CommandOutcome& outcome : outcomes) {
    if (outcome.status != 2) continue;
    EXPECT_THAT(outcome.output, AllOf(HasSubstr("is at work on this campaign"), HasSubstr("since ")));
  }
  EXPECT_LE(refused, 1);
  EXPECT_THAT(small.submissions(), SizeIs(1));
  const std::string again = small.expect_status("recovery submit --executor slurm", 0);
  EXPECT_THAT(again, AllOf(HasSubstr("in flight: "), HasSubstr("nothing to submit")));
  EXPECT_THAT(small.expect_status("recovery submit --executor local", 0), HasSubstr("nothing to submit"))
      << "nor by another executor";
  EXPECT_THAT(small.submissions(), SizeIs(1));
  for (const auto& [id, times] : times_submitted(small)) EXPECT_EQ(times, 1);
  // What was cancelled is no longer in flight.
  run_command("scancel --user=$(id -un)");
  small.wait_for_end();
  small.expect_status("recovery submit --executor slurm --set slurm.lensplanes.extra=null", 0);
  small.wait_for_end();
  small.expect_status("recovery verify", 0);
  EXPECT_TRUE(small.submissions().front().closed);
}

TEST_F(RecoverySubmitSlurm, AnAnswerThatIsLostIsFoundInTheQueue) {
  SlurmCampaign small(folder_.path());
  put_sbatch(
      "\"$real\" \"$@\" > /dev/null\necho 'sbatch: error: Batch job submission failed: Socket timed out on "
      "send/recv operation' >&2\nexit 1\n");
  small.expect_status("recovery submit --executor slurm", 0);
  const std::vector<SlurmJob> jobs = small.wait_for_end();
  EXPECT_THAT(job_ids(jobs), SizeIs(3)) << "as many as arrays";
  for (const SlurmJob& job : jobs) EXPECT_EQ(job.state, JobState::done) << describe_end(job);
  const std::vector<Submission> submissions = small.submissions();
  ASSERT_THAT(submissions, SizeIs(1));
  for (const SubmittedArray& array : submissions[0].arrays)
    EXPECT_THAT(array.answer->message, HasSubstr("found in the queue"));
  small.expect_status("recovery verify", 0);
}

TEST_F(RecoverySubmitSlurm, AnSbatchThatHangsIsGivenUpAndItsJobFoundInTheQueue) {
  SlurmCampaign small(folder_.path(), slurm_campaign_yaml("  command_timeout_seconds: 3\n"));
  put_sbatch("\"$real\" \"$@\" > /dev/null\nsleep 600\n");
  small.expect_status("recovery submit --executor slurm", 0);
  const std::vector<SlurmJob> jobs = small.wait_for_end();
  EXPECT_THAT(job_ids(jobs), SizeIs(3)) << "as many as arrays";
  for (const SlurmJob& job : jobs) EXPECT_EQ(job.state, JobState::done) << describe_end(job);
  small.expect_status("recovery verify", 0);
}

// Stopped, it takes connections and says nothing; away, nobody takes them.
TEST_F(RecoverySubmitSlurm, AControllerThatDoesNotAnswerIsAnErrorWithTheNextStepAndNothingChanges) {
  SlurmCampaign small(folder_.path(), slurm_campaign_yaml("  lensplanes: {extra: ['#SBATCH --hold']}\n"));
  const std::string hurry = " --set slurm.command_timeout_seconds=2";
  small.expect_status("recovery submit --executor slurm --stage lensplanes", 0);
  const TemporaryFolder other;
  SlurmCampaign fresh(other.path());
  const auto expect_silence = [&] {
    for (const char* command : {"status", "cancel --yes", "submit --executor slurm"})
      EXPECT_THAT(small.expect_status(std::string("recovery ") + command + hurry, 2),
                  AllOf(HasSubstr("squeue"), HasSubstr("does not answer"), HasSubstr("scontrol ping")))
          << command;
    EXPECT_THAT(small.expect_status("recovery status" + hurry, 2),
                Not(HasSubstr("nothing of it was submitted")));
    EXPECT_THAT(
        fresh.expect_status("recovery submit --executor slurm" + hurry, 2),
        AllOf(HasSubstr("scontrol"), HasSubstr("does not answer"), HasSubstr("nothing is submitted")));
    EXPECT_THAT(fresh.expect_status("recovery submit --dry-run --executor slurm" + hurry, 0),
                AllOf(HasSubstr("the cluster doesn't answer"), HasSubstr("for Slurm: 3 arrays")));
  };
  {
    SCOPED_TRACE("stopped");
    const StoppedController stopped(sandbox_);
    expect_silence();
  }
  {
    SCOPED_TRACE("away");
    const std::string conf = std::getenv("SLURM_CONF");
    std::string text = read_file(conf);
    const auto port = text.find("SlurmctldPort=");
    write_file(folder_ / "slurm.conf", text.replace(port, text.find('\n', port) - port, "SlurmctldPort=1"));
    setenv("SLURM_CONF", (folder_ / "slurm.conf").c_str(), 1);
    expect_silence();
    setenv("SLURM_CONF", conf.c_str(), 1);
  }
  EXPECT_THAT(fresh.submissions(), IsEmpty());
  EXPECT_THAT(small.submissions(), SizeIs(1));
  EXPECT_THAT(small.expect_status("recovery submit --executor slurm --stage lensplanes", 0),
              HasSubstr("nothing to submit"));
  EXPECT_THAT(small.expect_status("recovery cancel --yes", 0), HasSubstr("2 waiting"));
}

TEST_F(RecoverySubmitSlurm, ASubmitThatDiesBeforeItNotesTheAnswerIsSettledByTheNext) {
  SlurmCampaign small(folder_.path());
  // The job is there, and recovery is killed before sbatch has answered.
  put_sbatch("\"$real\" --hold \"$@\" > /dev/null\nkill -KILL \"$PPID\"\nsleep 1\n");
  const CommandOutcome killed = small.run("recovery submit --executor slurm");
  EXPECT_EQ(killed.status, 137) << killed.output;
  ASSERT_THAT(small.submissions(), SizeIs(1));
  EXPECT_FALSE(small.submissions()[0].arrays.at(0).answer);
  fs::remove(folder_ / "bin/sbatch");
  const std::string second = small.expect_status("recovery submit --executor slurm", 0);
  EXPECT_THAT(second, AllOf(HasSubstr("the queue knows it as job"), HasSubstr("in flight: ")));
  for (const auto& [id, times] : times_submitted(small)) EXPECT_EQ(times, 1);
}

// recovery is killed, its sbatch is still on the way, as far as anybody can see for ever.
TEST_F(RecoverySubmitSlurm, AJobThatComesInLongAfterItWasGivenUpMakesNothingTwice) {
  SlurmCampaign small(folder_.path());
  put_sbatch(
      fmt::format("kill -KILL \"$PPID\"\nexec >/dev/null 2>&1\nwhile [ ! -e '{0}/go' ]; do sleep 0.1; done\n"
                  "\"$real\" \"$@\"\ntouch '{0}/gone'\n",
                  folder_.path().string()));
  EXPECT_EQ(small.run("recovery submit --executor slurm").status, 137);
  fs::remove(folder_ / "bin/sbatch");
  const Campaign campaign = small.campaign();
  const std::string lost = small.submissions().at(0).arrays.at(0).intent.job_name;
  {
    const CampaignLock lock(real_disk(), campaign);
    SilentProgress silent;
    SlurmSubmission settling(real_disk(), campaign, small.client(), lock, silent, {{}, {}});
    try {
      settling.settle_earlier();
      FAIL() << "nobody can tell whether it is there";
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), AllOf(HasSubstr(lost), HasSubstr("--assume-lost")));
    }
    EXPECT_THAT(settling.settle_earlier({lost}), SizeIs(1));
  }
  small.expect_status("recovery submit --executor slurm", 0);
  small.wait_for_end();
  small.expect_status("recovery verify", 0);
  const ProductFiles gold = small.demo().products();

  write_file(folder_ / "go", "");
  ASSERT_TRUE(eventually("the lost sbatch is through", [&] { return fs::exists(folder_ / "gone"); }));
  std::vector<SlurmJob> late;
  ASSERT_TRUE(eventually("the late job has ended", [&] {
    late = small.client().jobs_named(lost);
    return late.size() == 2 && late[0].over() && late[1].over();
  }));
  for (const SlurmJob& job : late) EXPECT_EQ(describe_end(job), "FAILED with exit status 2");
  for (const auto& [name, facts] : small.demo().products())
    EXPECT_EQ(gold.at(name).inode, facts.inode) << name;
}

TEST_F(RecoverySubmitSlurm, CancelTakesBackTheJobThatWouldGoOnByItself) {
  SlurmCampaign small(folder_.path(), slurm_campaign_yaml("  lensplanes: {extra: ['#SBATCH --hold']}\n"));
  small.expect_status("recovery submit --executor slurm --auto-retry 2", 0);
  const Submission submission = small.submissions().at(0);
  ASSERT_TRUE(submission.follow_up && submission.follow_up->answer);
  EXPECT_THAT(small.expect_status("recovery status", 1),
              HasSubstr(fmt::format("job {} plans again what lacks (2 times at most)",
                                    *submission.follow_up->answer->job)));
  {
    const CampaignLock busy(real_disk(), small.campaign());
    EXPECT_THAT(small.expect_status("recovery cancel --yes", 2), HasSubstr("is at work on this campaign"))
        << "what is handed over at this moment would escape";
  }
  EXPECT_THAT(small.expect_status("recovery cancel --yes", 0), HasSubstr("and the job that follows"));
  const std::vector<SlurmJob> follow = when_over(small.client(), {*submission.follow_up->answer->job});
  EXPECT_EQ(follow.at(0).cause, JobCause::cancelled);
  small.wait_for_end();
  EXPECT_THAT(small.submissions(), SizeIs(1));
  EXPECT_FALSE(fs::exists(small.campaign().state / "reports")) << "it ran";
  EXPECT_THAT(small.expect_status("recovery cancel --yes", 0), HasSubstr("nothing of campaign"));
}

// What was really lost: the arrays as people read them, and each script as the cluster takes it.
TEST_F(RecoverySubmitSlurm, TheRealLossesBecomeArraysThatWaitForExactlyWhatTheyNeed) {
  const std::vector<std::string> resources = {"slurm.defaults.partition=main",
                                              "slurm.lensplanes.nodes=2",
                                              "slurm.lensplanes.ntasks_per_node=4",
                                              "slurm.lux.ntasks=4",
                                              "slurm.lux.mem=2G",
                                              "slurm.raytracing.ntasks=4",
                                              "slurm.raytracing.mem=2G"};
  std::vector<std::string> more = resources;
  const fs::path inputs = folder_ / "sims";
  more.push_back("input.dmo=" + (inputs / "dmo").string());
  more.push_back("input.hydro=" + (inputs / "hydro").string());
  const LossyTree tree(more);
  for (const int snapshot : tree.campaign().snapshots)
    for (const auto& simulation : {tree.campaign().input.dmo, tree.campaign().input.hydro}) {
      write_file(simulation / fmt::format("snapdir_{0:03}/snap_{0:03}.0.hdf5", snapshot), "");
      write_file(simulation / fmt::format("groups_{0:03}/fof_subhalo_tab_{0:03}.0.hdf5", snapshot), "");
    }
  std::string command = fmt::format("'{}' submit --dry-run --executor slurm --config '{}'",
                                    program("recovery").string(), source("configs/production.yaml").string());
  for (const std::string& text : tree.campaign().overrides) command += " --set '" + text + "'";
  const CommandOutcome shown = run_command(command);
  EXPECT_EQ(shown.status, 0) << shown.output;
  EXPECT_THAT(shown.output,
              AllOf(HasSubstr("for Slurm: 35 arrays, 174 elements\n"),
                    HasSubstr("  lensplanes-01 --array=" + std::string(kRealLossIndices) + ";"),
                    HasSubstr(", after lensplanes-01 element"), HasSubstr("raytracing-17 --array="),
                    HasSubstr(", after lux-17, element by element")));

  SilentProgress silent;
  const ScanResult found = scan(tree.campaign(), real_disk(), Tier::header, {}, {}, silent);
  const Plan plan = make_plan(tree.campaign(), found, {}, {}, {});
  const std::vector<JobArray> arrays = job_arrays(tree.campaign(), plan, {}, {});
  SubmissionSettings settings;
  settings.name = "one";
  settings.folder = tree.folder() / "state/plans/one";
  settings.logs = tree.folder() / "state/logs/one";
  settings.programs = program("");
  const std::vector<PreparedArray> prepared = prepare_arrays(tree.campaign(), plan, arrays, {}, settings);
  write_arrays(real_disk(), prepared);
  const auto commands = make_process_source();
  SlurmClient client(*commands);
  ASSERT_THAT(prepared, SizeIs(35));
  for (const PreparedArray& array : prepared) EXPECT_EQ(client.test_only(array.intent.script), "");
}

TEST(RecoverySubmitOwnSlurm, ACampaignOfMoreElementsThanAnArrayTakesIsSplitAndCompletes) {
  const OwnSlurmSandbox sandbox("--set MaxArraySize=3 --nodes 2");
  const TemporaryFolder folder;
  SlurmCampaign small(folder.path());
  const std::string plan = small.expect_status("recovery submit --executor slurm", 0);
  EXPECT_THAT(plan, AllOf(HasSubstr("lux-01 --array=0-2"), HasSubstr("lux-02 --array=0"),
                          HasSubstr("raytracing-02 --array=0, after lux-02, element by element")));
  for (const SlurmJob& job : small.wait_for_end()) EXPECT_EQ(job.state, JobState::done) << describe_end(job);
  small.expect_status("recovery verify", 0);
}

}  // namespace
}  // namespace lenswright::test
