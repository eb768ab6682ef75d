// A campaign whose configuration changes after all was made: shown, explained, left alone, made anew only when asked, and
// brought back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "demo_campaign.hpp"

namespace lenswright::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr int kRuns = 6 * 2 * 3;

class StaleCampaign : public testing::Test {
 protected:
  TemporaryFolder folder_;
  DemoCampaign campaign_{folder_.path(), small_campaign_yaml()};
  ProductFiles gold_;

  void SetUp() override {
    ASSERT_EQ(campaign_.run("mock_universe --particles 32").status, 0);
    ASSERT_EQ(campaign_.run("recovery init --yes").status, 0);
    campaign_.run_stages(2, 1);
    gold_ = campaign_.products();
  }
  void edit(const std::string& from, const std::string& to) const {
    const fs::path file = folder_.path() / "campaign.yaml";
    std::string text = read_file(file);
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos);
    write_file(file, text.replace(at, from.size(), to));
  }
  // Names below `root` whose files are not those of before.
  std::size_t replaced(const std::string& root) const {
    const ProductFiles now = campaign_.products();
    return static_cast<std::size_t>(std::count_if(gold_.begin(), gold_.end(), [&](const auto& file) {
      const auto found = now.find(file.first);
      return file.first.starts_with(root) && (found == now.end() || found->second.inode != file.second.inode);
    }));
  }
  std::size_t files(const std::string& root) const {
    return static_cast<std::size_t>(std::count_if(
        gold_.begin(), gold_.end(), [&](const auto& file) { return file.first.starts_with(root); }));
  }
  std::size_t trashed(const std::string& root) const {
    const fs::path trash = folder_.path() / root / ".trash";
    return fs::exists(trash) ? static_cast<std::size_t>(std::distance(fs::directory_iterator(trash), {})) : 0;
  }
};

TEST_F(StaleCampaign, AnotherRaytracingSeedAndBack) {
  edit("seed: 1992", "seed: 7");
  const CommandOutcome diagnosis = campaign_.run("recovery diagnose");
  EXPECT_EQ(diagnosis.status, 1) << diagnosis.output;
  EXPECT_THAT(diagnosis.output,
              AllOf(HasSubstr("36 products are sound, but of an earlier configuration"),
                    HasSubstr("recovery submit --include-stale"),
                    HasSubstr("it was made under another configuration: seed 1992, now 7")));
  const CommandOutcome why = campaign_.run("recovery why raytracing/dmo/LP_00/run001");
  EXPECT_EQ(why.status, 1) << why.output;
  EXPECT_THAT(why.output, AllOf(HasSubstr("run001: stale"), HasSubstr("seed 1992, now 7"),
                                HasSubstr("recovery submit --include-stale")));

  const CommandOutcome left = campaign_.run("recovery submit --yes");
  EXPECT_EQ(left.status, 1) << left.output;
  EXPECT_THAT(left.output, HasSubstr("left alone: 36 stale products"));
  EXPECT_EQ(replaced(""), 0u);

  const CommandOutcome anew = campaign_.run("recovery submit --include-stale --yes --ranks 2");
  EXPECT_EQ(anew.status, 0) << anew.output;
  EXPECT_EQ(replaced("LP/") + replaced("LUX/"), 0u);
  EXPECT_EQ(replaced("RT/"), files("RT/"));
  EXPECT_EQ(trashed("RT"), kRuns);
  EXPECT_EQ(campaign_.run("recovery verify --tier full").status, 0);

  edit("seed: 7", "seed: 1992");
  EXPECT_EQ(campaign_.run("recovery diagnose").status, 1);
  const CommandOutcome back = campaign_.run("recovery trash restore --swap --since 2000");
  EXPECT_EQ(back.status, 0) << back.output;
  EXPECT_EQ(differing(gold_, campaign_.products()), std::vector<std::string>{});
  EXPECT_EQ(replaced(""), 0u) << "the very files";
  const CommandOutcome verification = campaign_.run("recovery verify --tier full");
  EXPECT_EQ(verification.status, 0) << verification.output;
}

TEST_F(StaleCampaign, OtherTransformsMakeEverythingStaleAndNothingIsMixed) {
  // Contradicting transforms are settled before anything moves.
  const CommandOutcome contradiction = campaign_.run(
      "recovery submit --include-stale --yes --set lensplanes.seed=7 --set lensplanes.assignment=cic");
  EXPECT_EQ(contradiction.status, 2) << contradiction.output;
  EXPECT_THAT(contradiction.output, HasSubstr("nothing is moved or made until that is settled"));

  edit("seed: 2020", "seed: 7, transforms: seed");
  const CommandOutcome why = campaign_.run("recovery why raytracing/dmo/LP_00/run001");
  EXPECT_THAT(why.output, AllOf(HasSubstr("run001: stale"), HasSubstr("lensplanes/dmo/LP_00/lenspot00.dat"),
                                HasSubstr("transform of realization 0, snapshot 96")));
  fs::remove_all(folder_.path() / "RT/dmo/LP_00/run001");
  for (const char* command : {"lux_convert --force", "raytrace --model dmo --realization 0 --run 1"}) {
    const CommandOutcome stage = campaign_.run(command);
    EXPECT_EQ(stage.status, 2) << stage.output;
    EXPECT_THAT(stage.output, AllOf(HasSubstr("is stale"), HasSubstr("--include-stale")));
  }
  // What is missing is not made from what is stale either.
  const CommandOutcome left = campaign_.run("recovery submit --yes");
  EXPECT_EQ(left.status, 1) << left.output;
  EXPECT_THAT(left.output, AllOf(HasSubstr("blocked: 1 product"), HasSubstr("--include-stale")));

  const CommandOutcome anew = campaign_.run("recovery submit --include-stale --yes --ranks 2");
  EXPECT_EQ(anew.status, 0) << anew.output;
  EXPECT_EQ(replaced("LP/"), files("LP/"));
  EXPECT_EQ(replaced("RT/"), files("RT/"));
  const CommandOutcome verification = campaign_.run("recovery verify --tier full");
  EXPECT_EQ(verification.status, 0) << verification.output;
}

}  // namespace
}  // namespace lenswright::test
