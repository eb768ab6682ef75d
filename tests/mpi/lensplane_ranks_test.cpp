// The same mass planes, byte for byte, from any number of ranks and threads and within any memory; and one rank's
// failure ends all. Works on as many ranks as it is started with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "reference_campaign.hpp"
#include "stages/lensplane_memory.hpp"

namespace lenswright {
namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;

// One folder for all ranks, made by the first.
class SharedCampaign {
 public:
  explicit SharedCampaign(const Communicator& ranks,
                          const std::filesystem::path& simulations = test::reference("sim"))
      : ranks_(ranks) {
    if (ranks.first()) mine_.emplace(simulations);
    file_ = mine_ ? mine_->file().string() : "";
    ranks.broadcast(0, file_);
  }
  ~SharedCampaign() { ranks_.barrier(); }
  SharedCampaign(const SharedCampaign&) = delete;
  SharedCampaign& operator=(const SharedCampaign&) = delete;
  Campaign load(const std::vector<std::string>& overrides = {}) const {
    return load_campaign(file_, overrides);
  }

 private:
  const Communicator& ranks_;
  std::optional<test::ReferenceCampaign> mine_;
  std::string file_;
};

// dmo, hydro, an open bin with all radii, one radius of a closed bin, and the last
const std::vector<int> kModels{0, 1, 6, 7, 8, 9, 20, 33};

// Counts the times that the simulations are read, and that passes put down what was kept of it.
class Passes final : public ProgressSink {
 public:
  void begin(std::string_view what, std::uint64_t, std::string_view) override {
    if (what.starts_with("reading")) ++readings;
    if (what.starts_with("putting down")) ++kept;
  }
  void advance(std::uint64_t) override {}
  void end() override {}
  void note(std::string_view) override {}
  std::size_t readings = 0, kept = 0;
};

// What holds about this many planes of 512 x 512 beside program and buffers, on every rank.
std::uint64_t memory_for(const Communicator& world, int planes) {
  std::uint64_t in_use = 0;
  for (const std::string& text : world.gather_all(std::to_string(resident_memory())))
    in_use = std::max<std::uint64_t>(in_use, std::stoull(text));
  in_use += kMebibyte;  // what the next run may add
  for (std::uint64_t budget = in_use;; budget += kMebibyte) {
    try {
      if (divide_memory(budget, in_use, 512, 1'000'000, 1).most_planes >= static_cast<std::size_t>(planes))
        return budget;
    } catch (const InputError&) {
    }
  }
}

std::map<std::string, std::string> planes_made(const Communicator& world, int size, int threads,
                                               std::uint64_t memory, int most_sharing = 64) {
  const SharedCampaign shared(world);
  const Campaign campaign = shared.load({"lensplanes.grid=512"});
  MPI_Comm part = MPI_COMM_NULL;
  MPI_Comm_split(world.handle(), world.rank() < size ? 0 : MPI_UNDEFINED, world.rank(), &part);
  if (part != MPI_COMM_NULL) {
    Passes seen;
    const StageOutcome outcome = test::make_planes(
        campaign, test::mass_planes(campaign, kModels, {0}),
        [&](StageRequest& request) {
          request.threads = threads;
          request.memory_bytes = memory;
          request.most_sharing = most_sharing;
        },
        part, &seen);
    EXPECT_EQ(outcome.made, 2 * kModels.size());
    // dmo and hydro, one after the other, once per pass
    if (memory == 0) {
      EXPECT_EQ(seen.readings, 1u);
    } else {
      EXPECT_GT(seen.readings, 1u);
    }
    MPI_Comm_free(&part);
  }
  world.barrier();
  return world.first() ? test::lensplane_files(campaign) : std::map<std::string, std::string>{};
}

TEST(LensplaneRanks, RanksThreadsAndMemoryChangeNoByte) {
  const Communicator world;
  const auto gold = planes_made(world, 1, 1, 0);
  for (int size = 1; size <= world.size(); ++size) {
    for (const auto& [threads, memory] : {std::pair{1, memory_for(world, 3)}, {2, std::uint64_t{0}}}) {
      const auto silver = planes_made(world, size, threads, memory);
      EXPECT_TRUE(silver == gold) << size << " ranks, " << threads << " threads, memory " << memory;
    }
  }
}

TEST(LensplaneRanks, WhichRanksSharePlanesChangesNoByte) {
  const Communicator world;
  const auto gold = planes_made(world, 1, 1, 0);
  // Each with planes of its own, as on as many nodes; and in twos, the last alone where their number is odd.
  for (const int most_sharing : {1, 2}) {
    for (const std::uint64_t memory : {memory_for(world, 3), std::uint64_t{0}})
      EXPECT_TRUE(planes_made(world, world.size(), 2, memory, most_sharing) == gold)
          << most_sharing << " sharing, memory " << memory;
  }
}

// What was made, and how.
struct Made {
  std::map<std::string, std::string> files;  // on the first rank
  Passes passes;                             // that this rank saw
};

Made made_by(const Communicator& world, const std::vector<int>& models, const std::vector<int>& realizations,
             const std::function<void(StageRequest&)>& adjust) {
  const SharedCampaign shared(world);
  const Campaign campaign = shared.load({"lensplanes.grid=512"});
  Made made;
  test::make_planes(campaign, test::mass_planes(campaign, models, realizations), adjust, world.handle(),
                    &made.passes);
  world.barrier();
  if (world.first()) made.files = test::lensplane_files(campaign);
  return made;
}

TEST(LensplaneRanks, SeveralShortPassesOfOneReadingChangeNoByte) {
  const Communicator world;
  const auto made = [&](double pass_seconds, int most_sharing) {
    return made_by(world, kModels, {0}, [&](StageRequest& request) {
      request.pass_seconds = pass_seconds;
      request.most_sharing = most_sharing;
    });
  };
  const Made gold = made(0, 64);
  for (const int most_sharing : {1, 2, 64}) {
    const Made silver = made(1e-6, most_sharing);
    EXPECT_EQ(silver.passes.readings, 1u);
    EXPECT_EQ(silver.passes.kept, 2 * kModels.size());
    EXPECT_TRUE(silver.files == gold.files) << most_sharing << " sharing";
  }
}

TEST(LensplaneRanks, OnePassForEachRealizationOfOneReadingChangesNoByte) {
  const Communicator world;
  std::vector<int> all(34);
  std::iota(all.begin(), all.end(), 0);
  // Of few models at once there are no several passes.
  std::map<std::string, std::string> gold;
  for (const int realization : {0, 1}) {
    const Made some = made_by(world, kModels, {realization}, [](StageRequest&) {});
    EXPECT_EQ(some.passes.kept, 0u);
    gold.insert(some.files.begin(), some.files.end());
  }
  // Of all, one pass for each of two realizations.
  for (const int most_sharing : {1, 2, 64}) {
    const Made silver =
        made_by(world, all, {0, 1}, [&](StageRequest& request) { request.most_sharing = most_sharing; });
    EXPECT_EQ(silver.passes.readings, 1u);
    EXPECT_EQ(silver.passes.kept, 2u) << most_sharing;
    for (const auto& [path, bytes] : gold) {
      if (path.ends_with(".dat")) {
        EXPECT_TRUE(silver.files.at(path) == bytes) << path;
      }
    }
  }
}

TEST(LensplaneRanks, AloneAndWithAllOthersAPlaneIsTheSame) {
  const Communicator world;
  const SharedCampaign together(world), alone(world);
  const Campaign one = together.load(), other = alone.load();
  test::make_planes(one, test::mass_planes(one, {}, {1}));
  for (const int model : {0, 1, 2, 13, 33})
    for (const int plane : {0, 1}) test::make_planes(other, {{ProductKind::mass_plane, model, 1, plane}});
  world.barrier();
  if (!world.first()) return;
  const auto all = test::lensplane_files(one);
  for (const auto& [path, bytes] : test::lensplane_files(other)) EXPECT_TRUE(all.at(path) == bytes) << path;
}

TEST(LensplaneRanks, DamageThatOneRankSeesEndsAllWithoutAPlane) {
  const Communicator world;
  std::optional<test::TemporaryFolder> folder;
  if (world.first()) folder.emplace();
  std::string simulations = folder ? folder->path().string() : "";
  world.broadcast(0, simulations);
  const std::filesystem::path damaged =
      std::filesystem::path(simulations) / "dmo" / "snapdir_096" / "snap_096.3.hdf5";
  if (world.first()) {
    std::filesystem::copy(test::reference("sim"), simulations, std::filesystem::copy_options::recursive);
    std::filesystem::permissions(damaged, std::filesystem::perms::owner_all);
    const hid_t file = H5Fopen(damaged.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    const hid_t dataset = H5Dopen2(file, "PartType1/Coordinates", H5P_DEFAULT);
    const hid_t everywhere = H5Dget_space(dataset), memory = H5Screate(H5S_SCALAR);
    const hsize_t last[2] = {static_cast<hsize_t>(1000), 1};
    H5Sselect_elements(everywhere, H5S_SELECT_SET, 1, last);
    const double broken = std::numeric_limits<double>::quiet_NaN();
    H5Dwrite(dataset, H5T_NATIVE_DOUBLE, memory, everywhere, H5P_DEFAULT, &broken);
    H5Sclose(memory);
    H5Sclose(everywhere);
    H5Dclose(dataset);
    H5Fclose(file);
  }
  world.barrier();
  const SharedCampaign shared(world, simulations);
  const Campaign campaign = shared.load();
  std::string message;
  try {
    test::make_planes(campaign, test::mass_planes(campaign, {0, 1, 5}));
  } catch (const InputError& error) {
    message = error.what();
  }
  EXPECT_THAT(message, testing::HasSubstr("snap_096.3.hdf5"));
  for (const std::string& other : world.gather_all(message)) EXPECT_EQ(other, message);
  if (world.first()) {
    for (const auto& [path, bytes] : test::lensplane_files(campaign)) EXPECT_EQ(path, kTransformsFile);
  }
}

TEST(Communicator, AgreeingNamesTheFirstProblemOnAllRanks) {
  const Communicator world;
  EXPECT_NO_THROW(world.agree(""));
  const int last = world.size() - 1;
  try {
    world.agree(world.rank() == last ? "no such file" : "");
    FAIL() << "rank " << last << " had a problem";
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()),
              last == 0 ? "no such file" : "rank " + std::to_string(last) + ": no such file");
  }
  try {
    world.agree("the same everywhere");
    FAIL() << "all ranks had a problem";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "the same everywhere");
  }
}

TEST(Communicator, SumsOfManyPiecesAreWhole) {
  const Communicator world;
  const std::size_t count = (std::size_t{1} << 22) + 12345;  // more than one piece
  for (int root = 0; root < world.size(); ++root) {
    std::vector<std::int64_t> values(count);
    for (std::size_t n = 0; n < count; ++n) values[n] = static_cast<std::int64_t>(n) * (world.rank() + 1);
    world.sum_to(root, values);
    if (world.rank() != root) continue;
    const std::int64_t factor = world.size() * (world.size() + 1) / 2;
    std::size_t wrong = 0;
    for (std::size_t n = 0; n < count; ++n) wrong += values[n] != static_cast<std::int64_t>(n) * factor;
    EXPECT_EQ(wrong, 0u);
  }
}

TEST(Communicator, TextsOfAnyLengthReachAllRanks) {
  const Communicator world;
  std::string text = world.first() ? std::string(100000, 'x') + '\0' + "end" : "something else";
  world.broadcast(0, text);
  EXPECT_EQ(text.size(), 100004u);
  const auto texts = world.gather_all(std::string(static_cast<std::size_t>(world.rank()) * 3, 'a'));
  ASSERT_EQ(texts.size(), static_cast<std::size_t>(world.size()));
  for (std::size_t rank = 0; rank < texts.size(); ++rank) EXPECT_EQ(texts[rank].size(), rank * 3);
}

}  // namespace
}  // namespace lenswright
