// Damaged, contradicting and missing inputs of lux_convert and raytrace, and disks that fill up: a clear error,
// and no product made from them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

#include "base/error.hpp"
#include "faulty_disk.hpp"
#include "light_cone_campaign.hpp"

namespace lenswright {
namespace {

using test::LightConeCampaign;
using testing::AllOf;
using testing::HasSubstr;

const ProductId kMass{ProductKind::mass_plane, 0, 0, 2};
const ProductId kPotential{ProductKind::potential, 0, 0, 3};
const ProductId kGeometry{ProductKind::geometry, 0, 0, 0};

std::string message_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.status(), ExitStatus::failed);
    return failure.what();
  }
  ADD_FAILURE() << "nothing was refused";
  return {};
}

void change(const std::filesystem::path& path, const std::function<void(std::string&)>& edit) {
  std::string bytes = test::read_file(path);
  edit(bytes);
  test::write_file(path, bytes);
}

void set_value(const std::filesystem::path& path, std::size_t element, double value) {
  change(path, [&](std::string& bytes) { std::memcpy(bytes.data() + 4 + 8 * element, &value, 8); });
}

class LuxDamage : public testing::Test {
 protected:
  LuxDamage() {
    cone_.take_reference_planes();
    request_ = cone_.request(Stage::lux);
    request_.products = {kPotential};
  }
  // What it says about it, after making sure that nothing came of it.
  std::string refusal() {
    const std::string message = message_of([&] { cone_.run(request_); });
    EXPECT_TRUE(cone_.files(Stage::lux).empty());
    return message;
  }
  LightConeCampaign cone_;
  StageRequest request_;
};

TEST_F(LuxDamage, MissingMassPlane) {
  std::filesystem::remove(cone_.file(kMass));
  EXPECT_THAT(refusal(),
              AllOf(HasSubstr("lensplanes/dmo/LP_00/lenspot02.dat is missing"), HasSubstr("lensplane --")));
}

TEST_F(LuxDamage, OneMissingPlaneOfManyStopsBeforeAnythingIsWritten) {
  request_ = cone_.request(Stage::lux);
  std::filesystem::remove(cone_.file({ProductKind::mass_plane, 0, 0, 7}));
  EXPECT_THAT(refusal(), HasSubstr("lenspot07.dat is missing"));
}

TEST_F(LuxDamage, TruncatedMassPlane) {
  std::filesystem::resize_file(cone_.file(kMass), 1000);
  EXPECT_THAT(refusal(), HasSubstr("is truncated"));
}

TEST_F(LuxDamage, MassPlaneOfAnotherGrid) {
  cone_.configure({"lensplanes.grid=128"});
  EXPECT_THAT(refusal(), HasSubstr("is mismatched"));
}

TEST_F(LuxDamage, MarkersThatAreWrong) {
  change(cone_.file(kMass), [](std::string& bytes) { bytes.back() = 1; });
  EXPECT_THAT(refusal(), HasSubstr("is corrupt"));
}

TEST_F(LuxDamage, MassesThatCannotBe) {
  for (const double bad :
       {-1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    set_value(cone_.file(kMass), 4095, bad);
    EXPECT_THAT(refusal(), AllOf(HasSubstr("damaged input"), HasSubstr("pixel (63, 63)")));
  }
}

TEST_F(LuxDamage, AFlippedBitIsFoundByTheReceiptsDigest) {
  Receipt receipt;
  receipt.campaign = cone_.campaign().name;
  receipt.stage = Stage::lensplanes;
  receipt.started = receipt.finished = "2026-01-31T12:00:00.000Z";
  const std::string bytes = test::read_file(cone_.file(kMass));
  receipt.products = {{product_name(cone_.campaign(), kMass),
                       {{relative_path(cone_.campaign(), kMass), bytes.size(), digest_of(bytes)}},
                       {},
                       configuration_digest(cone_.campaign(), kMass)}};
  write_receipt(real_disk(), cone_.campaign(), receipt);
  change(cone_.file(kMass), [](std::string& text) { text[5000] = static_cast<char>(text[5000] ^ 1); });
  EXPECT_THAT(refusal(), AllOf(HasSubstr("damaged input"), HasSubstr(digest_of(bytes).hex())));
  test::write_file(cone_.file(kMass), bytes);
  EXPECT_EQ(cone_.run(request_).made, 1U);
}

TEST_F(LuxDamage, TooLittleMemoryIsToldBeforeAnythingIsWritten) {
  request_.memory_bytes = 1 << 20;
  EXPECT_THAT(refusal(), AllOf(HasSubstr("--memory"), HasSubstr("65 MB are needed")));
}

TEST_F(LuxDamage, AFullDiskLeavesNothingUnderTheProductsName) {
  // Counted on a disk of the same content, so that the fault strikes at each write in turn.
  test::FaultyDisk counted(real_disk());
  {
    const LightConeCampaign twin;
    twin.take_reference_planes();
    twin.run(request_, counted);
  }
  std::size_t refused = 0;
  for (std::size_t at = 1; at <= counted.operations(); at += 3) {
    test::FaultyDisk full(real_disk(), {at, test::FaultKind::error, ENOSPC});
    const LightConeCampaign twin;
    twin.take_reference_planes();
    try {
      twin.run(request_, full);
    } catch (const Failure& failure) {
      ++refused;
      EXPECT_EQ(failure.status(), ExitStatus::failed);
    }
    // The product is there whole or not at all, and the next run finishes.
    const Finding finding = check_product(twin.campaign(), real_disk(), kPotential, Tier::full, {});
    EXPECT_TRUE(finding.state == State::complete || finding.state == State::missing) << finding.because;
    twin.run(request_);
    EXPECT_EQ(check_product(twin.campaign(), real_disk(), kPotential, Tier::full, {}).state, State::complete);
  }
  EXPECT_GT(refused, 3U);
}

class RaytraceDamage : public testing::Test {
 protected:
  RaytraceDamage() { cone_.take_reference_potentials(); }
  std::string refusal() {
    const std::string message = message_of([&] { cone_.trace(); });
    EXPECT_TRUE(cone_.files(Stage::raytracing).empty());
    return message;
  }
  LightConeCampaign cone_;
};

TEST_F(RaytraceDamage, MissingPotentialInTheMiddle) {
  std::filesystem::remove(cone_.file(kPotential));
  EXPECT_THAT(refusal(),
              AllOf(HasSubstr("lux/dmo/LP_00/lenspot03.dat is missing"), HasSubstr("lux_convert --")));
}

TEST_F(RaytraceDamage, MissingGeometry) {
  std::filesystem::remove(cone_.file(kGeometry));
  EXPECT_THAT(refusal(), HasSubstr("lux/dmo/LP_00/config.dat is missing"));
}

TEST_F(RaytraceDamage, TruncatedPotential) {
  std::filesystem::resize_file(cone_.file(kPotential), 8 + 40 * 64 * 63);
  EXPECT_THAT(refusal(), HasSubstr("is truncated"));
}

TEST_F(RaytraceDamage, PotentialOfAnotherGrid) {
  cone_.configure({"lensplanes.grid=32"});
  EXPECT_THAT(refusal(), HasSubstr("is mismatched"));
}

TEST_F(RaytraceDamage, CorruptMarker) {
  change(cone_.file(kPotential), [](std::string& bytes) { bytes[0] = 63; });
  EXPECT_THAT(refusal(), HasSubstr("lenspot03.dat is"));
}

TEST_F(RaytraceDamage, FieldsThatAreNotFinite) {
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity()}) {
    set_value(cone_.file(kPotential), 5 * (64 * 40 + 1) + 2, bad);
    EXPECT_THAT(refusal(),
                AllOf(HasSubstr("damaged input"), HasSubstr("lenspot03.dat: field 2 of pixel (40, 1)")));
  }
}

TEST_F(RaytraceDamage, FieldsThatAreInRangeButLensBeyondAllMeasureMakeNoMap) {
  for (int plane = 1; plane <= 8; ++plane)
    change(cone_.file({ProductKind::potential, 0, 0, plane}), [](std::string& bytes) {
      const double strong = 0.1;  // h/Mpc, in f2 and f4
      for (std::size_t pixel = 0; pixel < 64 * 64; ++pixel)
        for (const std::size_t field : {2U, 4U})
          std::memcpy(bytes.data() + 4 + 8 * (5 * pixel + field), &strong, 8);
    });
  EXPECT_THAT(refusal(), AllOf(HasSubstr("run001: kappa at source plane"), HasSubstr("sane range")));
}

TEST_F(RaytraceDamage, AFlippedBitIsFoundByTheReceiptsDigest) {
  const LightConeCampaign cone;
  cone.take_reference_planes();
  cone.convert();  // leaves receipts
  change(cone.file(kPotential), [](std::string& text) { text[5000] = static_cast<char>(text[5000] ^ 1); });
  EXPECT_THAT(message_of([&] { cone.trace(); }),
              AllOf(HasSubstr("damaged input"), HasSubstr("lenspot03.dat")));
  EXPECT_TRUE(cone.files(Stage::raytracing).empty());
}

TEST_F(RaytraceDamage, GeometryThatContradictsTheCampaign) {
  const std::string sound = test::read_file(cone_.file(kGeometry));
  struct Change {
    std::size_t element;  // double after the two counts: a[9], chi[9], chi_out[8], Ll[4], Lt[4]
    const char* named;
  };
  for (const Change& changed : {Change{2, "a[2]"}, Change{9 + 4, "chi[4]"}, Change{18 + 7, "chi_out[7]"},
                                Change{26 + 1, "Ll[1]"}, Change{30 + 3, "Lt[3]"}}) {
    for (const double factor : {1.001, std::numeric_limits<double>::quiet_NaN()}) {
      change(cone_.file(kGeometry), [&](std::string& bytes) {
        double value = 0;
        std::memcpy(&value, bytes.data() + 8 + 8 * changed.element, 8);
        value *= factor;
        std::memcpy(bytes.data() + 8 + 8 * changed.element, &value, 8);
      });
      EXPECT_THAT(refusal(), HasSubstr(changed.named));
      test::write_file(cone_.file(kGeometry), sound);
    }
  }
  EXPECT_EQ(cone_.trace().made, 1U);
}

TEST_F(RaytraceDamage, RedshiftsOfAnotherListAreAContradiction) {
  cone_.configure({"plane_redshifts=[0.017, 0.052, 0.087, 0.123, 0.160, 0.197, 0.236, 0.275]"});
  EXPECT_THAT(refusal(), AllOf(HasSubstr("contradicts the campaign"), HasSubstr("plane_redshifts")));
}

TEST_F(RaytraceDamage, TooLittleMemoryIsToldBeforeAnythingIsMoved) {
  StageRequest request = cone_.request(Stage::raytracing);
  request.memory_bytes = 1 << 20;
  EXPECT_THAT(message_of([&] { cone_.run(request); }), HasSubstr("--memory"));
}

TEST_F(RaytraceDamage, OtherWaysOfTracingLeaveTheStandardMapsAlone) {
  cone_.trace();
  const std::map<std::string, std::string> standard = cone_.files(Stage::raytracing);
  for (const char* way : {"method=born", "interpolation=nearest", "interpolation=bicubic"}) {
    cone_.configure({std::string("raytracing.") + way});
    EXPECT_EQ(cone_.trace().made, 1U) << way;  // the standard run does not count as this one
    const ReceiptIndex receipts = ReceiptIndex::load(real_disk(), cone_.campaign());
    const Finding finding =
        check_product(cone_.campaign(), real_disk(), {ProductKind::run, 0, 0, 1}, Tier::full, receipts);
    EXPECT_EQ(finding.state, State::complete) << finding.because;
    EXPECT_NE(test::read_file(cone_.map(1, "kappa08.dat")), standard.at("dmo/LP_00/run001/kappa08.dat"))
        << way;
  }
  const std::map<std::string, std::string> all = cone_.files(Stage::raytracing);
  EXPECT_EQ(all.size(), 4 * standard.size());
  for (const auto& [name, bytes] : standard) EXPECT_TRUE(all.at(name) == bytes) << name;
}

TEST_F(RaytraceDamage, ForceKeepsTheOldMapsWhenAnInputIsMissing) {
  cone_.trace();
  const std::map<std::string, std::string> before = cone_.files(Stage::raytracing);
  std::filesystem::remove(cone_.file(kPotential));
  StageRequest request = cone_.request(Stage::raytracing);
  request.force = true;
  EXPECT_THAT(message_of([&] { cone_.run(request); }), HasSubstr("lenspot03.dat is missing"));
  EXPECT_EQ(cone_.files(Stage::raytracing), before);
}

TEST_F(RaytraceDamage, MapsThatAreThereAreRecognisedAndTheMissingOnesAdded) {
  cone_.trace();
  const std::map<std::string, std::string> whole = cone_.files(Stage::raytracing);
  std::filesystem::remove(cone_.map(1, "gamma2_08.dat"));
  std::filesystem::resize_file(cone_.map(1, "kappa04.dat"), 77);
  const auto kept = std::filesystem::last_write_time(cone_.map(1, "kappa08.dat"));
  EXPECT_EQ(cone_.trace().made, 1U);
  EXPECT_EQ(cone_.files(Stage::raytracing), whole);
  EXPECT_EQ(std::filesystem::last_write_time(cone_.map(1, "kappa08.dat")), kept);
}

TEST_F(RaytraceDamage, AFullDiskWhileMapsAreWritten) {
  test::FaultyDisk counted(real_disk());
  cone_.run(cone_.request(Stage::raytracing), counted);
  const std::map<std::string, std::string> whole = cone_.files(Stage::raytracing);
  const ProductId run{ProductKind::run, 0, 0, 1};
  std::size_t refused = 0;
  for (std::size_t at = 1; at <= counted.operations(); at += counted.operations() / 15) {
    std::filesystem::remove_all(cone_.file(run));
    test::FaultyDisk full(real_disk(), {at, test::FaultKind::error, ENOSPC});
    try {
      cone_.run(cone_.request(Stage::raytracing), full);
    } catch (const Failure& failure) {
      ++refused;
      EXPECT_EQ(failure.status(), ExitStatus::failed);
    }
    for (const auto& [name, bytes] : cone_.files(Stage::raytracing))
      EXPECT_TRUE(whole.at(name) == bytes) << name;
    cone_.trace();
    EXPECT_EQ(cone_.files(Stage::raytracing), whole);
  }
  EXPECT_GT(refused, 5U);
}

}  // namespace
}  // namespace lenswright
