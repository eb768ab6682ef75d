#include "report/json.hpp"

#include <nlohmann/json.hpp>

namespace lenswright {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const StageSummary& stage) {
  const StageCounts& counts = stage.counts;
  Json json;
  json["expected"] = counts.expected;
  for (const State state : {State::complete, State::missing, State::truncated, State::corrupt,
                            State::mismatched, State::stale, State::unknown, State::released})
    json[std::string(state_name(state))] = counts.in(state);
  json["blocked"] = counts.blocked;
  json["unverified"] = stage.unverified;
  json["adopted"] = stage.adopted;
  return json;
}

Json json_of(const std::vector<CombinationSummary>& combinations) {
  Json json = Json::array();
  for (const CombinationSummary& combination : combinations) {
    json.push_back({{"model", combination.model},
                    {"realization", combination.realization},
                    {"missing", combination.missing}});
  }
  return json;
}

}  // namespace

Json mixed_json(const Summary& summary) {
  Json json = Json::array();
  for (const MixedProducers& mixed : summary.mixed) {
    Json producers = Json::object();
    for (const ProducerCount& count : mixed.producers) producers[count.producer] = count.products;
    json.push_back({{"stage", stage_name(stage_of(mixed.kind))},
                    {"sets", mixed.sets},
                    {"example", mixed.example},
                    {"producers", std::move(producers)},
                    {"because", describe(mixed)}});
  }
  return json;
}

std::string diagnosis_json(const Summary& summary) {
  Json json;
  json["schema"] = kDiagnoseSchema;
  json["campaign"] = summary.campaign;
  json["tier"] = tier_name(summary.tier);
  json["verdict"] = verdict_name(summary.verdict);
  json["stages"] = Json::object();
  for (const StageSummary& stage : summary.stages) json["stages"][stage.name] = json_of(stage);
  json["snapshots"] = Json::array();
  for (const SnapshotSummary& snapshot : summary.snapshots) {
    json["snapshots"].push_back({{"snapshot", snapshot.snapshot},
                                 {"array_index", snapshot.array_index},
                                 {"missing_planes", snapshot.missing_planes},
                                 {"models_affected", snapshot.models_affected}});
  }
  json["combinations"] = {{"lux", json_of(summary.lux_combinations)},
                          {"raytracing", json_of(summary.raytracing_combinations)}};
  for (const StageSummary& stage : summary.stages)
    if (stage.name == "statistics")
      json["combinations"]["statistics"] = json_of(summary.statistics_combinations);
  json["blocked"] = Json::array();
  for (const BlockedSummary& blocked : summary.blocked) {
    json["blocked"].push_back({{"stage", stage_name(blocked.stage)},
                               {"products", blocked.products},
                               {"because", blocked.because},
                               {"example", blocked.example}});
  }
  json["mixed"] = mixed_json(summary);
  json["pattern"] = summary.pattern;
  json["findings"] = Json::array();
  for (const FindingSummary& finding : summary.findings) {
    Json row = {{"stage", stage_name(finding.stage)}, {"product", nullptr}, {"path", finding.path}};
    if (finding.product) row["product"] = *finding.product;
    row["state"] = state_name(finding.state);
    row["because"] = finding.because;
    json["findings"].push_back(std::move(row));
  }
  // File names may hold any byte; JSON text is UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lenswright
