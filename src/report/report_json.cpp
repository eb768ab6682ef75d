// report.json, declared in report.hpp; its keys: docs/report-json.md.
#include <nlohmann/json.hpp>

#include "report/json.hpp"
#include "report/report.hpp"

namespace lenswright {

namespace {

using Json = nlohmann::ordered_json;
constexpr double kSecondsPerHour = 3600;

Json json_of(const StageSummary& stage) {
  Json json = {{"name", stage.name}, {"unit", stage.unit}, {"expected", stage.counts.expected}};
  for (const State state : {State::complete, State::missing, State::truncated, State::corrupt,
                            State::mismatched, State::stale, State::unknown, State::released})
    json[std::string(state_name(state))] = stage.counts.in(state);
  json["damaged"] = stage.damaged();
  json["blocked"] = stage.counts.blocked;
  json["unverified"] = stage.unverified;
  json["adopted"] = stage.adopted;
  return json;
}

Json models_json(const Report& report) {
  Json models = Json::array();
  const Summary& summary = report.summary;
  for (const ModelSummary& model : summary.models) {
    Json stages = Json::array();
    for (std::size_t i = 0; i < model.cells.size(); ++i)
      stages.push_back({{"stage", summary.stages[i].name},
                        {"expected", model.cells[i].expected},
                        {"complete", model.cells[i].complete},
                        {"unknown", model.cells[i].unknown}});
    models.push_back(
        {{"model", model.model}, {"stages", std::move(stages)}, {"kappa_maps", model.kappa_maps}});
  }
  return models;
}

Json coverage_json(const Coverage& coverage) {
  Json stages = Json::array();
  for (const StageCoverage& stage : coverage.stages) {
    Json rows = Json::array();
    for (const auto& row : stage.cells) {
      Json cells = Json::array();
      for (const CoverageCell& cell : row) {
        Json entry = {{"expected", cell.expected}, {"complete", cell.complete}};
        // Most cells are complete: what is zero is left out.
        for (const auto& [key, count] : {std::pair("missing", cell.missing),
                                         {"damaged", cell.damaged},
                                         {"unusable", cell.unusable},
                                         {"unknown", cell.unknown}})
          if (count > 0) entry[key] = count;
        cells.push_back(std::move(entry));
      }
      rows.push_back(std::move(cells));
    }
    Json states = Json::object();
    for (int state = 0; state < kCellStateCount; ++state)
      states[std::string(cell_state_name(static_cast<CellState>(state)))] =
          stage.in(static_cast<CellState>(state));
    stages.push_back({{"stage", stage.stage},
                      {"unit", stage.unit},
                      {"combinations", std::move(states)},
                      {"cells", std::move(rows)}});
  }
  return {{"models", coverage.models},
          {"realizations", coverage.realizations},
          {"stages", std::move(stages)},
          {"snapshots", coverage.snapshots},
          {"planes_per_cell", coverage.planes_per_cell},
          {"lost_planes", coverage.lost_planes},
          {"lost_planes_total", coverage.planes_lost()}};
}

Json history_json(const RecoveryHistory& history) {
  Json steps = Json::array();
  for (const RecoveryStep& step : history.steps) {
    Json stages = Json::array();
    for (const StageHistory& stage : step.stages)
      stages.push_back({{"stage", stage.stage},
                        {"lacking", stage.lacking},
                        {"complete_now", stage.complete_now},
                        {"units", stage.units},
                        {"old_way", stage.old_way}});
    steps.push_back(
        {{"plan", step.plan},
         {"found", step.found},
         {"by", step.by},
         {"first_making", step.first_making},
         {"lacking", step.lacking()},
         {"complete_now", step.complete_now()},
         {"old_way", step.old_way()},
         {"stages", std::move(stages)},
         {"snapshots", step.snapshots},
         {"models", step.models},
         {"realizations", step.realizations},
         {"moved_aside",
          {{"truncated", step.truncated}, {"corrupt", step.corrupt}, {"other", step.other_moved}}},
         {"blocked", step.blocked},
         {"no_longer_expected", step.no_longer_expected},
         {"runs", step.runs},
         {"runs_failed", step.runs_failed},
         {"jobs", step.jobs},
         {"hosts", step.hosts},
         {"began", step.began},
         {"ended", step.ended},
         {"wall_hours", step.wall_seconds / kSecondsPerHour},
         {"cpu_hours", step.cpu_seconds / kSecondsPerHour}});
  }
  Json happenings = Json::array();
  for (const Happening& happening : history.happenings)
    happenings.push_back({{"when", happening.when},
                          {"who", happening.who},
                          {"command", happening.command},
                          {"outcome", happening.outcome},
                          {"changes", happening.changes}});
  return {{"recoveries", history.recoveries()},  {"lacking", history.lacking()},
          {"old_way", history.old_way()},        {"cpu_hours", history.cpu_seconds() / kSecondsPerHour},
          {"steps", std::move(steps)},           {"happenings_total", history.happenings_total},
          {"happenings", std::move(happenings)}, {"problems", history.problems}};
}

Json json_of(const SoundnessValue& value) {
  return {{"mean", value.mean}, {"scatter", value.scatter}};
}
Json json_of(const SoundnessCurve& curve) {
  return {{"mean", curve.mean}, {"scatter", curve.scatter}};
}

Json soundness_json(const Soundness& soundness) {
  Json sources = Json::array();
  for (const SourceSoundness& source : soundness.sources) {
    Json models = Json::array();
    for (const ModelSoundness& model : source.models) {
      Json entry = {{"model", model.model},
                    {"realizations", model.realizations},
                    {"maps", model.maps},
                    {"mean", json_of(model.mean)},
                    {"sigma", json_of(model.sigma)},
                    {"skewness", json_of(model.skewness)},
                    {"kurtosis", json_of(model.kurtosis)},
                    {"c_ell", json_of(model.c_ell)},
                    {"pdf", json_of(model.pdf)},
                    {"peaks", json_of(model.peaks)},
                    {"minima", json_of(model.minima)}};
      if (!model.c_ell_ratio.mean.empty()) {
        entry["c_ell_ratio"] = json_of(model.c_ell_ratio);
        entry["pdf_ratio"] = json_of(model.pdf_ratio);
        entry["peaks_ratio"] = json_of(model.peaks_ratio);
      }
      models.push_back(std::move(entry));
    }
    sources.push_back({{"source", source.source},
                       {"redshift", source.redshift},
                       {"ell", source.ell},
                       {"kappa", source.kappa},
                       {"snr", source.snr},
                       {"smoothing_arcmin", source.smoothing_arcmin},
                       {"models", std::move(models)}});
  }
  Json outliers = Json::array();
  for (const OutlierEntry& outlier : soundness.outliers)
    outliers.push_back({{"product", outlier.product},
                        {"model", outlier.model},
                        {"realization", outlier.realization},
                        {"run", outlier.run},
                        {"source", outlier.source},
                        {"statistic", outlier.statistic},
                        {"sigmas", outlier.sigmas},
                        {"to_dmo", outlier.to_dmo},
                        {"because", outlier.because}});
  return {{"in_campaign", soundness.in_campaign},
          {"files", soundness.files},
          {"maps", soundness.maps},
          {"ensembles", soundness.ensembles},
          {"small_ensembles", soundness.small_ensembles},
          {"maps_flagged", soundness.maps_flagged},
          {"outliers_total", soundness.outliers_total},
          {"outliers", std::move(outliers)},
          {"sources", std::move(sources)},
          {"problems", soundness.problems}};
}

Json provenance_json(const Provenance& provenance) {
  Json producers = Json::array(), roots = Json::object();
  for (const ProducerSummary& producer : provenance.producers)
    producers.push_back({{"stage", producer.stage},
                         {"code_version", producer.code_version},
                         {"compiler", producer.compiler},
                         {"numerics", producer.numerics},
                         {"runs", producer.runs},
                         {"hosts", producer.hosts},
                         {"jobs", producer.jobs},
                         {"first", producer.first},
                         {"last", producer.last},
                         {"cpu_hours", producer.cpu_seconds / kSecondsPerHour}});
  for (const Provenance::Root& root : provenance.roots) roots[root.stage] = root.path;
  return {{"configuration", provenance.configuration},
          {"campaign_file", provenance.campaign_file},
          {"overrides", provenance.overrides},
          {"report",
           {{"code_version", provenance.report_code},
            {"compiler", provenance.report_compiler},
            {"host", provenance.report_host}}},
          {"seeds", {{"transforms", provenance.transform_seed}, {"raytracing", provenance.raytracing_seed}}},
          {"roots", std::move(roots)},
          {"receipts", provenance.receipts},
          {"producers", std::move(producers)}};
}

Json incomplete_json(const Report& report) {
  Json entries = Json::array();
  for (const IncompleteEntry& entry : report.incomplete)
    entries.push_back({{"stage", entry.stage},
                       {"product", entry.product},
                       {"state", entry.state},
                       {"because", entry.because},
                       {"command", entry.command}});
  return {{"total", report.incomplete_total},
          {"shown", report.incomplete.size()},
          {"entries", std::move(entries)}};
}

}  // namespace

std::string report_json(const Report& report) {
  const Summary& summary = report.summary;
  Json json;
  json["schema"] = kReportSchema;
  json["name"] = report.name;
  json["written"] = report.written;
  json["campaign"] = summary.campaign;
  json["options"] = report.options;
  json["tier"] = tier_name(summary.tier);
  json["verdict"] = verdict_name(summary.verdict);
  json["headline"] = headline(report);
  json["expected"] = report.expected();
  json["complete"] = report.complete();
  std::int64_t kappa_maps = 0;
  for (const ModelSummary& model : summary.models) kappa_maps += model.kappa_maps;
  json["kappa_maps"] = kappa_maps;
  json["stages"] = Json::array();
  for (const StageSummary& stage : summary.stages) json["stages"].push_back(json_of(stage));
  json["models"] = models_json(report);
  json["kappa_goal"] = summary.kappa_goal ? Json(*summary.kappa_goal) : Json();
  json["coverage"] = coverage_json(report.coverage);
  json["pattern"] = summary.pattern;
  json["blocked"] = Json::array();
  for (const BlockedSummary& blocked : summary.blocked)
    json["blocked"].push_back({{"stage", stage_name(blocked.stage)},
                               {"products", blocked.products},
                               {"because", blocked.because},
                               {"example", blocked.example}});
  json["incomplete"] = incomplete_json(report);
  json["orphans"] = report.orphans;
  json["mixed"] = mixed_json(summary);
  json["receipt_problems"] = summary.receipt_problems;
  json["ledger"] = {{"checked", report.ledger_problems.has_value()},
                    {"problems", report.ledger_problems.value_or(std::vector<std::string>{})}};
  json["history"] = history_json(report.history);
  json["soundness"] = soundness_json(report.soundness);
  json["provenance"] = provenance_json(report.provenance);
  json["pictures"] = Json::array();
  for (const ReportPicture& picture : report.pictures)
    json["pictures"].push_back({{"title", picture.title},
                                {"product", picture.product},
                                {"source", picture.source},
                                {"field_deg", picture.field_deg},
                                {"lowest", picture.lowest},
                                {"highest", picture.highest}});
  json["checksums"] = {{"file", report.checksums.file},
                       {"algorithm", "xxh128"},
                       {"base", report.checksums.base},
                       {"files", report.checksums.files},
                       {"products_left_out", report.checksums.products_left_out}};
  // File names may hold any byte; JSON text is UTF-8.
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lenswright
