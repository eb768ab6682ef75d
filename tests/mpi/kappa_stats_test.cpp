// Statistics have the same bytes whatever ranks, threads, subset and format of the maps they are made with; a damaged
// map makes none.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/error.hpp"
#include "io/statistics_file.hpp"
#include "ledger/receipt_index.hpp"
#include "light_cone_campaign.hpp"

namespace lenswright {
namespace {

using test::LightConeCampaign;
using Files = std::map<std::string, std::string>;

std::vector<std::string> set_up(const std::string& formats = "[dat]") {
  return {"statistics={root: ST, smoothing_arcmin: [10, 20], ell_bins: 6}",
          "raytracing.randomize=true",
          "raytracing.runs=5",
          "raytracing.formats=" + formats,
          "raytracing.grid=40",
          "realizations=1"};
}

void trace(const LightConeCampaign& cone) {
  cone.take_reference_planes();
  cone.convert();
  cone.trace();
}

std::vector<std::byte> bytes_of(const std::string& text) {
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

// Each rank for itself.
Files alone() {
  const LightConeCampaign cone(set_up());
  trace(cone);
  cone.run(cone.request(Stage::statistics));
  return cone.files(Stage::statistics);
}

TEST(KappaStatsIdentity, RanksThreadsAndFormatsMakeTheSameFile) {
  const Files expected = alone();
  ASSERT_EQ(expected.size(), 1U);
  EXPECT_EQ(expected.begin()->first, "dmo/LP_00/kappa_stats.h5");
  for (const std::string formats : {"[dat]", "[fits]", "[hdf5]", "[hdf5, dat]"}) {
    const LightConeCampaign cone(set_up(formats), MPI_COMM_WORLD);
    trace(cone);
    StageRequest request = cone.request(Stage::statistics);
    request.threads = formats == "[dat]" ? 3 : 1;
    EXPECT_EQ(cone.run(request).made, 1U);
    EXPECT_TRUE(cone.files(Stage::statistics) == expected) << formats;
    cone.ranks().barrier();
    EXPECT_EQ(cone.run(request).were_complete, 1U);
  }
}

TEST(KappaStats, FileHoldsEveryMapItsShearAndTheMeanOverRuns) {
  const Files files = alone();
  const StatisticsFile file = decode_statistics("kappa_stats.h5", bytes_of(files.begin()->second));
  EXPECT_EQ(file.model, "dmo");
  EXPECT_EQ(file.grid, 40);
  ASSERT_EQ(file.sources.size(), 2U);
  EXPECT_EQ(file.sources[1].source, 8);
  EXPECT_EQ(file.sources[1].runs, (std::vector<int>{1, 2, 3, 4, 5}));
  for (const SourceStatistics& source : file.sources) {
    double mean = 0;
    for (const MapStatistics& map : source.maps) {
      mean += map.scalar(Statistic::mean) / 5;
      double pixels = 0;
      for (const double count : map[Statistic::pdf_kappa]) pixels += count;
      EXPECT_EQ(pixels, 1600.0);
      EXPECT_EQ(map[Statistic::c_ell_b].size(), map[Statistic::c_ell].size());
    }
    EXPECT_DOUBLE_EQ(source.over_runs.mean.scalar(Statistic::mean), mean);
    EXPECT_GT(source.over_runs.scatter.scalar(Statistic::mean), 0.0);
    const std::size_t bins = file.bins.ell_mean.size();
    EXPECT_NEAR(source.over_runs.c_ell_covariance[bins + 1],
                source.over_runs.scatter[Statistic::c_ell][1] * source.over_runs.scatter[Statistic::c_ell][1],
                1e-12 * source.over_runs.c_ell_covariance[bins + 1]);
  }
  EXPECT_EQ(decode_statistics("again", encode_statistics(file)), file);
}

class KappaStatsDamage : public testing::Test {
 protected:
  KappaStatsDamage() : cone_(set_up(), MPI_COMM_WORLD) { trace(cone_); }
  void expect_refused(const std::string& what) {
    try {
      cone_.run(cone_.request(Stage::statistics));
      ADD_FAILURE() << "was made of a damaged map";
    } catch (const Failure& failure) {
      EXPECT_NE(std::string(failure.what()).find("raytracing/dmo/LP_00/run003"), std::string::npos)
          << failure.what();
      EXPECT_NE(std::string(failure.what()).find(what), std::string::npos) << failure.what();
    }
    cone_.ranks().barrier();
    EXPECT_TRUE(cone_.files(Stage::statistics).empty());
    cone_.ranks().barrier();
  }
  template <typename Change>
  void change(const Change& change_bytes) {
    if (cone_.ranks().first()) {
      const std::filesystem::path path = cone_.map(3, "kappa08.dat");
      std::string bytes = test::read_file(path);
      change_bytes(bytes);
      std::ofstream(path, std::ios::binary) << bytes;
    }
    cone_.ranks().barrier();
  }
  LightConeCampaign cone_;
};

TEST_F(KappaStatsDamage, MissingRunIsNamed) {
  if (cone_.ranks().first()) std::filesystem::remove_all(cone_.file({ProductKind::run, 0, 0, 3}));
  cone_.ranks().barrier();
  expect_refused("missing");
}

TEST_F(KappaStatsDamage, ChangedBitIsFoundByTheDigestOfItsReceipt) {
  change([](std::string& bytes) { bytes[4000] = static_cast<char>(bytes[4000] ^ 1); });
  expect_refused("digest");
}

TEST_F(KappaStatsDamage, ValueThatIsNoNumberIsNamedByPixel) {
  change([](std::string& bytes) {
    const double nan = std::nan("");
    std::memcpy(bytes.data() + 4 + 8 * (40 * 7 + 9), &nan, sizeof(nan));
  });
  expect_refused("damaged input");
}

TEST(KappaStats, ReceiptNamesEveryMapThatWasRead) {
  const LightConeCampaign cone(set_up());
  trace(cone);
  cone.run(cone.request(Stage::statistics));
  const ReceiptIndex receipts = ReceiptIndex::load(real_disk(), cone.campaign());
  const auto record = receipts.find("statistics/dmo/LP_00/kappa_stats.h5");
  ASSERT_TRUE(record != nullptr);
  std::set<std::string> names;
  for (const ReceiptInput& input : record->inputs) names.insert(input.name);
  EXPECT_EQ(names.size(), 5U * 2 * 3) << "kappa and shear of five runs at two sources";
  EXPECT_TRUE(names.contains("raytracing/dmo/LP_00/run005/gamma2_08.dat"));
}

}  // namespace
}  // namespace lenswright
