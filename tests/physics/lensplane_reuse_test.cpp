// Replace models that start from dmo's published planes: the same bytes and receipts, and only from planes that are
// known to be good.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "io/plane_file.hpp"
#include "ledger/receipt.hpp"
#include "physics/mass_quantum.hpp"
#include "reference_campaign.hpp"

namespace lenswright {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const std::vector<int> kReplace{7, 9, 25, 33};

class Notes final : public ProgressSink {
 public:
  void begin(std::string_view, std::uint64_t, std::string_view) override {}
  void advance(std::uint64_t) override {}
  void end() override {}
  void note(std::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

const char* const kStarted = "in place of putting dmo's particles down";
const char* const kNotStarted = "dmo's particles are put down again";

class Reuse : public testing::Test {
 protected:
  Campaign campaign() const { return reference_.load(overrides_); }
  std::vector<std::string> make(const std::vector<int>& models, double pass_seconds = 0) const {
    Notes notes;
    const Campaign loaded = campaign();
    test::make_planes(
        loaded, test::mass_planes(loaded, models),
        [&](StageRequest& request) { request.pass_seconds = pass_seconds; }, MPI_COMM_WORLD, &notes);
    return notes.lines;
  }
  std::filesystem::path dmo_plane() const {
    return absolute_path(campaign(), {ProductKind::mass_plane, 0, 1, 0});
  }
  // The receipts of dmo's planes, changed and written again in place of what they were.
  template <typename Change>
  void change_receipts(const Change& change) const {
    for (const auto& entry : std::filesystem::directory_iterator(receipts_folder(campaign()))) {
      Receipt receipt = decode_receipt(entry.path().string(), test::read_file(entry.path()));
      change(receipt);
      std::filesystem::remove(entry.path());
      test::write_file(entry.path(), encode_receipt(receipt));
    }
  }
  // Dmo's published planes, by their receipts.
  void say_they_were_made_of_other_particles() const {
    change_receipts([](Receipt& receipt) {
      for (ProductRecord& record : receipt.products)
        for (ReceiptInput& input : record.inputs)
          if (input.name == "dmo/snapshot 96") input.digest.low += 1;
    });
  }
  // The same planes made of particles alone.
  std::map<std::string, std::string> gold() const {
    const test::ReferenceCampaign other;
    const Campaign loaded = other.load(overrides_);
    std::vector<int> models = kReplace;
    models.push_back(0);
    test::make_planes(loaded, test::mass_planes(loaded, models));
    return test::lensplane_files(loaded);
  }
  void expect_gold() const {
    const auto expected = gold();
    for (const auto& [path, bytes] : test::lensplane_files(campaign())) {
      if (!path.starts_with("dmo/")) {
        EXPECT_TRUE(expected.at(path) == bytes) << path;
      }
    }
  }

  test::ReferenceCampaign reference_;
  std::vector<std::string> overrides_;
};

TEST_F(Reuse, PublishedDmoPlanesGiveTheSameBytesAndReceipts) {
  make({0});
  EXPECT_THAT(make(kReplace), Contains(HasSubstr("4 published dmo planes read")));
  EXPECT_TRUE(test::lensplane_files(campaign()) == gold());

  const test::ReferenceCampaign alone;
  const Campaign of_alone = alone.load();
  test::make_planes(of_alone, test::mass_planes(of_alone, kReplace));
  const ReceiptIndex with = ReceiptIndex::load(real_disk(), campaign()),
                     without = ReceiptIndex::load(real_disk(), of_alone);
  for (const ProductId& id : test::mass_planes(campaign(), kReplace)) {
    const std::string name = product_name(campaign(), id);
    ASSERT_NE(with.find(name), nullptr) << name;
    EXPECT_EQ(*with.find(name), *without.find(name)) << name;
  }
}

TEST_F(Reuse, OnlyTheRealizationsThatAreThereAreStartedFrom) {
  make({0});
  std::filesystem::remove(dmo_plane());
  EXPECT_THAT(make(kReplace), Contains(HasSubstr("3 published dmo planes read")));
  expect_gold();
}

TEST_F(Reuse, APlaneThatIsMadeInTheSameRunIsMadeOfParticles) {
  make({0});
  Notes notes;
  const Campaign loaded = campaign();
  test::make_planes(
      loaded, test::mass_planes(loaded, {0, 25}), [](StageRequest& request) { request.force = true; },
      MPI_COMM_WORLD, &notes);
  EXPECT_THAT(notes.lines, Not(Contains(HasSubstr(kStarted))));
}

TEST_F(Reuse, APlaneWithoutReceiptIsNot) {
  make({0});
  std::filesystem::remove_all(receipts_folder(campaign()));
  EXPECT_THAT(make(kReplace), Not(Contains(HasSubstr(kStarted))));
  expect_gold();
}

TEST_F(Reuse, APlaneOfOtherNumericsIsNot) {
  make({0});
  change_receipts([](Receipt& receipt) { receipt.numerics += 1; });
  EXPECT_THAT(make(kReplace), Not(Contains(HasSubstr(kStarted))));
  expect_gold();
}

TEST_F(Reuse, APlaneOfAnotherConfigurationOrTransformIsNot) {
  make({0});
  change_receipts([](Receipt& receipt) {
    for (ProductRecord& record : receipt.products) {
      if (record.product.find("LP_00") != std::string::npos) record.configuration.low += 1;
      for (ReceiptInput& input : record.inputs)
        if (input.name.starts_with("transform")) input.digest.low += 1;
    }
  });
  EXPECT_THAT(make(kReplace), Not(Contains(HasSubstr(kStarted))));
  expect_gold();
}

TEST_F(Reuse, APlaneThatIsNotWhatItsReceiptSaysIsNot) {
  make({0});
  std::string bytes = test::read_file(dmo_plane());
  bytes[5000] = static_cast<char>(bytes[5000] ^ 1);
  test::write_file(dmo_plane(), bytes);
  const std::vector<std::string> notes = make(kReplace);
  EXPECT_THAT(notes, Contains(HasSubstr(kNotStarted)));
  EXPECT_THAT(notes, Contains(HasSubstr("3 published dmo planes read")));
  expect_gold();
}

// Whole quanta to look at, but a double there holds only every second one.
TEST_F(Reuse, APlaneWithAPixelOf53BitsOrMoreIsNot) {
  make({0});
  const Campaign loaded = campaign();
  const int grid = loaded.lensplanes.grid;
  Grid2d<double> values = read_scalar_plane(real_disk(), dmo_plane(), grid).values;
  values(3, 4) = 0x1p53 * MassQuantum(loaded.omega_m, loaded.box_mpc_h).msun_h();
  std::filesystem::remove(dmo_plane());
  const Published published = write_scalar_plane(real_disk(), dmo_plane(), values);
  change_receipts([&](Receipt& receipt) {
    for (ProductRecord& record : receipt.products)
      if (record.product == product_name(loaded, {ProductKind::mass_plane, 0, 1, 0}))
        record.files.front().digest = published.digest;
  });
  const std::vector<std::string> notes = make(kReplace);
  EXPECT_THAT(notes, Contains(HasSubstr("2^53")));
  EXPECT_THAT(notes, Contains(HasSubstr("3 published dmo planes read")));
  expect_gold();
}

TEST_F(Reuse, APlaneOfOtherParticlesIsNot) {
  make({0});
  say_they_were_made_of_other_particles();
  EXPECT_THAT(make(kReplace), Contains(HasSubstr("made of other particles")));
  expect_gold();
}

// Passes so short that a realization is read for once and made plane by plane.
TEST_F(Reuse, SeveralPassesOfOneReadingStartFromPublishedPlanesToo) {
  make({0});
  const std::vector<std::string> notes = make(kReplace, 1e-6);
  EXPECT_THAT(notes, Contains(HasSubstr("16 passes over the particles, of which 2 read them")));
  EXPECT_THAT(notes, Contains(HasSubstr("2 published dmo planes read")));
  expect_gold();
}

TEST_F(Reuse, SeveralPassesOfOneReadingDoWithoutPlanesOfOtherParticles) {
  make({0});
  say_they_were_made_of_other_particles();
  const std::vector<std::string> notes = make(kReplace, 1e-6);
  EXPECT_THAT(notes, Contains(HasSubstr("16 passes over the particles, of which 2 read them")));
  EXPECT_THAT(notes, Contains(HasSubstr("made of other particles")));
  expect_gold();
}

}  // namespace
}  // namespace lenswright
