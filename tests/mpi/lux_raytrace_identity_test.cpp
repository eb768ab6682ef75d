// Potentials and maps have the same bytes whatever ranks, threads and memory made them.
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <memory>

#include "base/error.hpp"
#include "light_cone_campaign.hpp"

namespace lenswright {
namespace {

using test::LightConeCampaign;
using Files = std::map<std::string, std::string>;

// Seven runs: no multiple of two, three or four ranks. HDF5 needs all maps of a run on one rank.
const std::vector<std::string> kSetUp{"raytracing.randomize=true", "raytracing.runs=7",
                                      "raytracing.formats=[dat, hdf5]", "raytracing.sources=[1, 4, 8]",
                                      "raytracing.grid=40"};

// The same work by one rank alone, each rank for itself.
Files alone(Stage stage) {
  const LightConeCampaign cone(kSetUp);
  cone.take_reference_planes();
  cone.convert();
  if (stage == Stage::raytracing) cone.trace();
  return cone.files(stage);
}

void expect_same(const Files& found, const Files& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [name, bytes] : expected)
    EXPECT_TRUE(found.contains(name) && found.at(name) == bytes) << name;
}

TEST(LuxIdentity, RanksAndThreadsMakeTheSamePotentials) {
  const Files expected = alone(Stage::lux);
  for (const int threads : {1, 3}) {
    const LightConeCampaign cone(kSetUp, MPI_COMM_WORLD);
    cone.take_reference_planes();
    StageRequest request = cone.request(Stage::lux);
    request.threads = threads;
    EXPECT_EQ(cone.run(request).made, 9U);
    expect_same(cone.files(Stage::lux), expected);
  }
}

TEST(RaytraceIdentity, RanksThreadsAndMemoryMakeTheSameMaps) {
  const Files expected = alone(Stage::raytracing);
  ASSERT_EQ(expected.size(), 7U * (3 * 4 + 1));
  constexpr std::uint64_t kMegabyte = 1 << 20;
  struct Way {
    int threads;
    std::uint64_t memory;
  };
  // 65.5 MB hold two or, with two ranks, four of the runs: several passes.
  for (const Way& way : {Way{1, 0}, Way{2, 0}, Way{1, 131 * kMegabyte / 2}}) {
    const LightConeCampaign cone(kSetUp, MPI_COMM_WORLD);
    cone.take_reference_planes();
    cone.convert();
    StageRequest request = cone.request(Stage::raytracing);
    request.threads = way.threads;
    request.memory_bytes = way.memory;
    EXPECT_EQ(cone.run(request).made, 7U);
    expect_same(cone.files(Stage::raytracing), expected);
    cone.ranks().barrier();
    const StageOutcome again = cone.run(request);
    EXPECT_EQ(again.made, 0U);
    EXPECT_EQ(again.were_complete, 7U);
  }
}

TEST(RaytraceIdentity, ARunByAllRanksIsThatOfOneRank) {
  const Files expected = alone(Stage::raytracing);
  const LightConeCampaign cone(kSetUp, MPI_COMM_WORLD);
  cone.take_reference_planes();
  cone.convert();
  StageRequest request = cone.request(Stage::raytracing);
  request.products = {{ProductKind::run, 0, 0, 5}};
  cone.run(request);
  const Files found = cone.files(Stage::raytracing);
  EXPECT_EQ(found.size(), 13U);
  for (const auto& [name, bytes] : found) EXPECT_TRUE(expected.at(name) == bytes) << name;
}

TEST(RaytraceIdentity, OneReceiptHoldsTheRecordsOfAllRanks) {
  const LightConeCampaign cone(kSetUp, MPI_COMM_WORLD);
  cone.take_reference_planes();
  cone.convert();
  cone.trace();
  const ReceiptIndex receipts = ReceiptIndex::load(real_disk(), cone.campaign());
  EXPECT_EQ(receipts.size(), 9U + 7U);
  for (const Stage stage : {Stage::lux, Stage::raytracing})
    for (const ProductId& id : cone.products(stage)) {
      const Finding finding = check_product(cone.campaign(), real_disk(), id, Tier::full, receipts);
      EXPECT_EQ(finding.state, State::complete) << finding.because;
    }
  const auto run = receipts.find("raytracing/dmo/LP_00/run003");
  ASSERT_NE(run, nullptr);
  EXPECT_EQ(run->files.size(), 13U);
  EXPECT_EQ(run->inputs.size(), 9U);  // eight potentials and config.dat
  for (const ReceiptInput& input : run->inputs) {
    const auto upstream = receipts.find(input.name);
    ASSERT_NE(upstream, nullptr) << input.name;
    EXPECT_EQ(upstream->files.at(0).digest, input.digest) << input.name;
  }
}

// By system calls, of files.
std::uint64_t bytes_read_by_this_process() {
  std::ifstream counters("/proc/self/io");
  std::string name;
  std::uint64_t value = 0;
  while (counters >> name >> value)
    if (name == "rchar:") return value;
  return 0;
}

TEST(RaytraceReading, EveryPlaneIsReadOnceWhateverTheNumberOfRanks) {
  if (bytes_read_by_this_process() == 0) GTEST_SKIP() << "the system does not count what is read";
  const LightConeCampaign cone(kSetUp, MPI_COMM_WORLD);
  cone.take_reference_planes();
  cone.convert();
  cone.ranks().barrier();
  const std::uint64_t before = bytes_read_by_this_process();
  cone.trace();
  std::uint64_t read = 0;
  for (const std::string& bytes :
       cone.ranks().gather_all(std::to_string(bytes_read_by_this_process() - before)))
    read += std::stoull(bytes);
  const std::uint64_t planes = 8 * plane_file_size(64, kPotentialFields);
  EXPECT_GE(read, planes);
  EXPECT_LT(read, planes + planes / 2);  // markers, receipts, what the system says of itself
}

TEST(Estimate, SaysWhatTheWorkTakesAndTouchesNothing) {
  const LightConeCampaign cone(kSetUp, MPI_COMM_WORLD);
  cone.take_reference_planes();
  StageRequest request = cone.request(Stage::lux);
  request.estimate_only = true;
  const StageOutcome conversion = cone.run(request);
  EXPECT_EQ(conversion.made, 0U);
  EXPECT_NE(conversion.estimate.find("products: 9\n"), std::string::npos) << conversion.estimate;
  EXPECT_NE(conversion.estimate.find("bytes_written: 1310784 "), std::string::npos) << conversion.estimate;
  EXPECT_TRUE(cone.files(Stage::lux).empty());

  cone.ranks().barrier();
  cone.convert();
  request = cone.request(Stage::raytracing);
  request.estimate_only = true;
  request.memory_bytes = (std::uint64_t{131} << 20) / 2;
  const StageOutcome tracing = cone.run(request);
  EXPECT_NE(tracing.estimate.find("runs: 7\n"), std::string::npos) << tracing.estimate;
  EXPECT_EQ(tracing.estimate.find("passes: 1\n"), std::string::npos) << tracing.estimate;
  EXPECT_TRUE(cone.files(Stage::raytracing).empty());
  cone.ranks().barrier();
  cone.trace();
  EXPECT_EQ(cone.run(request).estimate, "runs: 0\n");
}

TEST(FailingTogether, ADamagedPlaneOfOneRankEndsAllAndWhatWasMadeHasItsReceipt) {
  const LightConeCampaign cone(kSetUp, MPI_COMM_WORLD);
  cone.take_reference_planes();
  const ProductId bad{ProductKind::mass_plane, 0, 0, 5};
  if (cone.ranks().first()) {
    std::string bytes = test::read_file(cone.file(bad));
    const double negative = -1e12;
    std::memcpy(bytes.data() + 4 + 8 * 777, &negative, 8);
    test::write_file(cone.file(bad), bytes);
  }
  cone.ranks().barrier();
  try {
    cone.convert();
    ADD_FAILURE() << "converted a negative mass";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("pixel (12, 9)"), std::string::npos) << error.what();
  }
  cone.ranks().barrier();
  const ReceiptIndex receipts = ReceiptIndex::load(real_disk(), cone.campaign());
  EXPECT_EQ(receipts.size(), cone.files(Stage::lux).size());
  EXPECT_FALSE(std::filesystem::exists(cone.file({ProductKind::potential, 0, 0, 6})));
}

TEST(FailingTogether, AMissingInputIsOneErrorOnAllRanks) {
  const LightConeCampaign cone(kSetUp, MPI_COMM_WORLD);
  EXPECT_THROW(cone.trace(), InputError);
  EXPECT_THROW(cone.convert(), InputError);
  EXPECT_TRUE(cone.files(Stage::lux).empty());
}

}  // namespace
}  // namespace lenswright
