#include "command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "campaign/load_campaign.hpp"
#include "test_paths.hpp"

namespace lenswright {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Arguments {
 public:
  explicit Arguments(std::vector<std::string> words) : words_(std::move(words)) {
    for (std::string& word : words_) pointers_.push_back(word.data());
    pointers_.push_back(nullptr);
  }
  int count() const { return static_cast<int>(words_.size()); }
  char** values() { return pointers_.data(); }

 private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;
};

std::vector<std::string> joined(std::vector<std::string> words) {
  Arguments arguments(std::move(words));
  return join_list_options(arguments.count(), arguments.values(), {"--snapshot", "--model"});
}

Campaign demo(const std::vector<std::string>& overrides = {}) {
  return load_campaign(test::source("configs/demo.yaml"), overrides);
}

std::string usage_error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(ListOptions, ValuesAfterAListOptionBecomeOneWord) {
  EXPECT_THAT(joined({"lensplane", "--snapshot", "96", "90", "--config", "c.yaml"}),
              ElementsAre("lensplane", "--snapshot", "96,90", "--config", "c.yaml"));
  EXPECT_THAT(joined({"lensplane", "--snapshot=96", "90", "--model", "dmo"}),
              ElementsAre("lensplane", "--snapshot=96,90", "--model", "dmo"));
  EXPECT_THAT(joined({"lensplane", "--snapshot", "96,90", "85"}),
              ElementsAre("lensplane", "--snapshot", "96,90,85"));
}

TEST(ListOptions, OtherOptionsAndPositionalWordsStayApart) {
  EXPECT_THAT(joined({"recovery", "why", "dmo", "x", "--json", "-", "--set", "a=[1, 2]"}),
              ElementsAre("recovery", "why", "dmo", "x", "--json", "-", "--set", "a=[1, 2]"));
}

TEST(CommonOptions, SetMayBeRepeatedAndHoldCommas) {
  cxxopts::Options options("program");
  add_common_options(options);
  Arguments arguments({"program", "--config", test::source("configs/demo.yaml").string(), "--set",
                       "raytracing.runs=2", "--set", "raytracing.sources=[2, 4, 6]"});
  const Campaign campaign = campaign_from(options.parse(arguments.count(), arguments.values()));
  EXPECT_EQ(campaign.raytracing.runs, 2);
  EXPECT_EQ(campaign.raytracing.sources, (std::vector{2, 4, 6}));
  EXPECT_THAT(campaign.overrides, ElementsAre("raytracing.runs=2", "raytracing.sources=[2, 4, 6]"));
}

TEST(CommonOptions, WithoutConfigTheUsageIsWrong) {
  cxxopts::Options options("program");
  add_common_options(options);
  Arguments arguments({"program"});
  EXPECT_THROW(campaign_from(options.parse(arguments.count(), arguments.values())), UsageError);
}

TEST(Selectors, AreTurnedIntoSortedIndices) {
  const Campaign campaign = demo();
  EXPECT_THAT(models_from(campaign, {"hydro", "dmo", "hydro"}), ElementsAre(0, 1));
  EXPECT_THAT(snapshots_from(campaign, {80, 96}), ElementsAre(0, 3));
  EXPECT_THAT(realizations_from(campaign, {1, 0}), ElementsAre(0, 1));
  EXPECT_TRUE(models_from(campaign, {}).empty());
}

TEST(Selectors, UnknownOnesNameWhatThereIs) {
  const Campaign campaign = demo();
  EXPECT_THAT(usage_error_of([&] { models_from(campaign, {"dmoo"}); }),
              HasSubstr("no model dmoo; it has dmo, hydro, hydro_replace_"));
  EXPECT_THAT(usage_error_of([&] { snapshots_from(campaign, {95}); }),
              HasSubstr("no snapshot 95; it has 96, 90, 85, 80"));
  EXPECT_THAT(usage_error_of([&] { realizations_from(campaign, {2}); }),
              HasSubstr("no realization 2; it has 0 to 1"));
  EXPECT_THAT(usage_error_of([&] { realizations_from(campaign, {-1}); }), HasSubstr("no realization -1"));
}

TEST(Bytes, HaveBinaryUnits) {
  EXPECT_EQ(bytes_from("4096"), 4096u);
  EXPECT_EQ(bytes_from("512M"), 512ull << 20);
  EXPECT_EQ(bytes_from("180G"), 180ull << 30);
  EXPECT_EQ(bytes_from("2T"), 2ull << 40);
}

TEST(Bytes, OtherTextIsRefused) {
  for (const char* text :
       {"", "G", "0", "-1", "1.5G", "4GB", "4 G", "4g", "99999999999999999999", "99999999999T"}) {
    EXPECT_THROW(bytes_from(text), UsageError) << text;
  }
}

TEST(ExitStatus, FailuresAreToldOnceAndEndWithTheirStatus) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run_guarded("lensplane", [] { return 1; }), 1);
  EXPECT_EQ(run_guarded("lensplane", []() -> int { throw InputError("snapshot 96 is missing"); }), 2);
  EXPECT_EQ(
      run_guarded("lensplane", []() -> int { throw StopRequested("stopped", ExitStatus::stopped_early); }),
      75);
  EXPECT_EQ(run_guarded("lensplane",
                        []() -> int {
                          throw ConfigError({{"a", 1, 2, "x"}, {"b", 3, 4, "y"}});
                        }),
            2);
  EXPECT_EQ(run_guarded("lensplane", []() -> int { throw std::bad_alloc(); }), 2);
  EXPECT_EQ(run_guarded("lensplane",
                        []() -> int {
                          cxxopts::Options options("lensplane");
                          Arguments arguments({"lensplane", "--nonsense"});
                          options.parse(arguments.count(), arguments.values());
                          return 0;
                        }),
            2);
  const std::string told = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(told,
              ::testing::StartsWith("lensplane: snapshot 96 is missing\nlensplane: stopped\n"
                                    "lensplane: a:1:2: x\nlensplane: b:3:4: y\nlensplane: std::bad_alloc\n"));
  EXPECT_THAT(told, HasSubstr("nonsense"));
  EXPECT_THAT(told, HasSubstr("try lensplane --help"));
}

TEST(ExitStatus, HelpListsAllFive) {
  for (const char* status : {"    0  ", "    1  ", "    2  ", "   75  ", "  130  "}) {
    EXPECT_THAT(exit_status_help(), HasSubstr(status));
  }
}

}  // namespace
}  // namespace lenswright
