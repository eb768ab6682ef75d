// Potentials that were let go after tracing, and bytes that were damaged: what is needed is made again byte for byte, and
// nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <random>
#include <set>
#include <thread>

#include "demo_campaign.hpp"

namespace lenswright::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

std::uint32_t random_seed() {
  const char* given = std::getenv("LENSWRIGHT_TEST_SEED");
  return given != nullptr ? static_cast<std::uint32_t>(std::stoul(given)) : std::random_device{}();
}

void flip_bit(const fs::path& path, std::uint64_t bit) {
  std::string bytes = read_file(path);
  bytes.at(bit / 8) = static_cast<char>(static_cast<unsigned char>(bytes.at(bit / 8)) ^ (1U << (bit % 8)));
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// Made once, copied for each test: six models of two realizations, of four planes and three runs each.
class Finished : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    origin_ = new TemporaryFolder;
    const DemoCampaign made(origin_->path(), yaml());
    ASSERT_EQ(made.run("mock_universe --particles 32").status, 0);
    ASSERT_EQ(made.run("recovery init --yes").status, 0);
    made.run_stages(2, 1);
    ASSERT_EQ(made.run("recovery ledger merge").status, 0);
  }
  static void TearDownTestSuite() {
    delete origin_;
    origin_ = nullptr;
  }
  static std::string yaml() {
    std::string text = small_campaign_yaml();
    const std::string keep = "lux: {root: LUX}";
    return text.replace(text.find(keep), keep.size(), "lux: {root: LUX, keep: until_traced}");
  }
  void SetUp() override {
    fs::copy(origin_->path(), folder_.path(),
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    gold_ = campaign_.products();
  }
  CommandOutcome run(const std::string& command) const { return campaign_.run("recovery " + command); }
  std::string done(const std::string& command) const {
    const CommandOutcome outcome = run(command);
    EXPECT_EQ(outcome.status, 0) << command << "\n" << outcome.output;
    return outcome.output;
  }
  std::size_t potentials() const {
    // By names alone: files may be moved away in this moment.
    std::size_t count = 0;
    for (auto entry = fs::recursive_directory_iterator(campaign_.folder() / "LUX"), end = fs::end(entry);
         entry != end; ++entry) {
      const std::string name = entry->path().filename().string();
      if (name.starts_with('.')) entry.disable_recursion_pending();
      count += name.starts_with("lenspot") && name.ends_with(".dat") ? 1 : 0;
    }
    return count;
  }
  static bool is_potential(const std::string& name) {
    return name.starts_with("LUX/") && name.find("lenspot") != std::string::npos;
  }
  // Everything but the potentials is as it was; those that are there have the bytes they had.
  void expect_nothing_else_changed() const {
    const ProductFiles now = campaign_.products();
    for (const auto& [name, facts] : gold_) {
      const auto twin = now.find(name);
      if (twin == now.end()) {
        EXPECT_TRUE(is_potential(name)) << name;
      } else {
        EXPECT_TRUE(twin->second.bytes == facts.bytes) << name;
      }
    }
    EXPECT_LE(now.size(), gold_.size());
  }

  static inline TemporaryFolder* origin_ = nullptr;
  TemporaryFolder folder_;
  DemoCampaign campaign_{folder_.path(), yaml()};
  ProductFiles gold_;
  static constexpr std::size_t kPotentials = 6 * 2 * 4;
};

TEST_F(Finished, ReleasedPotentialsAreNotMissingAndAreMadeAgainForTheRunThatNeedsThem) {
  EXPECT_THAT(done("release --yes"), HasSubstr("released 48 potentials"));
  EXPECT_EQ(potentials(), 0U);
  expect_nothing_else_changed();
  EXPECT_THAT(done("verify --tier full"), HasSubstr("48 released"));
  EXPECT_THAT(done("diagnose --json -"), HasSubstr("\"released\": 48"));
  EXPECT_THAT(done("why lux/dmo/LP_01/lenspot03.dat"), HasSubstr("released"));
  done("submit --yes");  // nothing needs them
  EXPECT_EQ(potentials(), 0U);
  EXPECT_THAT(done("release --yes"), HasSubstr("nothing to release"));

  fs::remove(campaign_.folder() / "RT/hydro/LP_01/run002/kappa04.dat");
  EXPECT_EQ(run("verify").status, 1);
  done("submit --yes");
  EXPECT_EQ(potentials(), 4U);
  EXPECT_EQ(campaign_.products().at("RT/hydro/LP_01/run002/kappa04.dat").bytes,
            gold_.at("RT/hydro/LP_01/run002/kappa04.dat").bytes);
  expect_nothing_else_changed();
  done("verify --tier full");
  EXPECT_THAT(done("release --now --yes"), HasSubstr("released 4 potentials"));
  EXPECT_EQ(potentials(), 0U);

  // Those in the trash come back as they were; the four that were removed later stay released.
  done("trash restore --since 2000-01-01");
  EXPECT_EQ(potentials(), kPotentials);
  expect_nothing_else_changed();
}

TEST_F(Finished, ReleaseKeepsWhatIsStillNeededAndWhatCouldNotBeMadeAgain) {
  fs::remove_all(campaign_.folder() / "RT/dmo/LP_00/run003");
  fs::remove(campaign_.folder() / "LP/hydro/LP_01/lenspot02.dat");
  const CommandOutcome outcome = run("release --now --yes");
  EXPECT_EQ(outcome.status, 1) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("raytracing/dmo/LP_00/run003 is missing"));
  EXPECT_THAT(outcome.output, HasSubstr("lensplanes/hydro/LP_01/lenspot02.dat is missing"));
  EXPECT_EQ(potentials(), 5U);
  for (const char* plane : {"dmo/LP_00/lenspot01", "dmo/LP_00/lenspot04", "hydro/LP_01/lenspot03"})
    EXPECT_TRUE(fs::exists(campaign_.folder() / "LUX" / (std::string(plane) + ".dat"))) << plane;
  const CommandOutcome refused = run("release --model dmo --realization 0 --now --yes");
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.output, HasSubstr("nothing to release"));
}

TEST_F(Finished, ReleaseWantsTheCampaignsWord) {
  EXPECT_EQ(run("release --yes --set lux.keep=always").status, 2);
  EXPECT_EQ(run("release").status, 2);  // nobody can be asked
  EXPECT_EQ(run("release --yes --stage lux").status, 2);
  EXPECT_EQ(potentials(), kPotentials);
}

TEST_F(Finished, KilledReleaseIsFinishedByTheNext) {
  std::mt19937 random(random_seed());
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    setpgid(0, 0);
    _exit(campaign_.run("recovery release --yes > /dev/null").status);
  }
  setpgid(child, child);
  while (potentials() > kPotentials - 1 - random() % 20 && kill(child, 0) == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  kill(-child, SIGKILL);
  waitpid(child, nullptr, 0);
  expect_nothing_else_changed();
  done("verify --tier full");
  done("release --yes");
  EXPECT_EQ(potentials(), 0U);
  done("verify --tier full");
}

TEST_F(Finished, DamagedRecordOfAReleaseIsToldOfAndNotBelieved) {
  done("release --now --yes");
  const fs::path record = fs::directory_iterator(campaign_.folder() / "state/released")->path();
  flip_bit(record, random_seed() % (8 * fs::file_size(record)));
  const CommandOutcome outcome = run("verify --tier full");
  EXPECT_EQ(outcome.status, 1) << outcome.output;
  EXPECT_THAT(run("diagnose").output, HasSubstr("state/released/"));
}

// One random bit in each of several products: all are found, and made again as they were.
TEST_F(Finished, FlippedBitsAreNoticedAndWhatTheyDamagedIsMadeAgainByteForByte) {
  const std::uint32_t seed = random_seed();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("LENSWRIGHT_TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  std::vector<std::string> names;
  for (const auto& [name, facts] : gold_)
    if (name.ends_with(".dat")) names.push_back(name);
  std::shuffle(names.begin(), names.end(), random);
  names.resize(12);
  for (const std::string& name : names)
    flip_bit(campaign_.folder() / name, random() % (8 * gold_.at(name).bytes.size()));
  const CommandOutcome diagnosis = run("diagnose --tier full --json -");
  EXPECT_EQ(diagnosis.status, 1);
  for (const std::string& name : names)
    EXPECT_THAT(diagnosis.output, HasSubstr(name.substr(0, name.size() - 4))) << name;
  done("submit --tier full --yes");
  EXPECT_EQ(differing(gold_, campaign_.products()), std::vector<std::string>{});
  const ProductFiles now = campaign_.products();
  const std::set<std::string> damaged(names.begin(), names.end());
  for (const auto& [name, facts] : gold_) {
    if (damaged.contains(name)) continue;
    EXPECT_EQ(now.at(name).inode, facts.inode) << name << " was sound and made again";
  }
  done("verify --tier full");
}

}  // namespace
}  // namespace lenswright::test
