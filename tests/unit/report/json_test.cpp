#include "report/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report_campaign.hpp"

namespace lenswright {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

std::vector<std::string> keys_of(const nlohmann::json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

TEST(DiagnosisJson, HoldsTheDocumentedKeysAndNumbers) {
  const Campaign campaign = test::small_campaign();
  const auto json =
      nlohmann::json::parse(diagnosis_json(test::summary_of(campaign, test::scan_with_gaps(campaign))));
  EXPECT_THAT(keys_of(json),
              UnorderedElementsAre("schema", "campaign", "tier", "verdict", "stages", "snapshots",
                                   "combinations", "blocked", "mixed", "pattern", "findings"));
  EXPECT_EQ(json["schema"], "lenswright.diagnose/1");
  EXPECT_EQ(json["campaign"], "small");
  EXPECT_EQ(json["tier"], "header");
  EXPECT_THAT(keys_of(json["stages"]), UnorderedElementsAre("lensplanes", "lux", "geometry", "raytracing"));
  for (const auto& [stage, counts] : json["stages"].items()) {
    EXPECT_THAT(keys_of(counts),
                UnorderedElementsAre("expected", "complete", "missing", "truncated", "corrupt", "mismatched",
                                     "stale", "unknown", "released", "blocked", "unverified", "adopted"))
        << stage;
  }
  EXPECT_EQ(json["stages"]["lensplanes"]["expected"], 2 * 4 * 6);
  EXPECT_EQ(json["stages"]["lensplanes"]["corrupt"], 1);
  EXPECT_EQ(json["stages"]["raytracing"]["missing"], 15);
  EXPECT_EQ(
      json["snapshots"],
      nlohmann::json::parse(
          R"([{"snapshot": 90, "array_index": 1, "missing_planes": 3, "models_affected": ["hydro"]}])"));
  EXPECT_EQ(json["combinations"]["raytracing"][2],
            nlohmann::json::parse(R"({"model": "hydro", "realization": 3, "missing": 5})"));
  EXPECT_THAT(keys_of(json["findings"][0]),
              UnorderedElementsAre("stage", "product", "path", "state", "because"));
  EXPECT_EQ(json["findings"][0]["product"], "lensplanes/hydro/LP_01/lenspot03.dat");
  EXPECT_EQ(json["findings"][0]["state"], "corrupt");
}

TEST(DiagnosisJson, OrphanHasNoProductAndAnyNameStaysJson) {
  const Campaign campaign = test::small_campaign();
  ScanResult scan(campaign);
  test::set_all(scan, State::complete);
  scan.findings.push_back(
      {State::orphan, Stage::lux, std::nullopt, "/data/LUX/\"quoted\"\n\xff", "not expected"});
  const auto json = nlohmann::json::parse(diagnosis_json(test::summary_of(campaign, scan)));
  ASSERT_EQ(json["findings"].size(), 1u);
  EXPECT_TRUE(json["findings"][0]["product"].is_null());
  EXPECT_THAT(json["findings"][0]["path"].get<std::string>(), testing::StartsWith("/data/LUX/\"quoted\"\n"));
}

}  // namespace
}  // namespace lenswright
