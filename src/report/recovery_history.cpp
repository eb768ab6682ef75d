#include "report/recovery_history.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

namespace lenswright {

namespace {

// Of an ISO 8601 UTC time with milliseconds; negative: none.
double unix_seconds(const std::string& text) {
  std::tm utc{};
  int milliseconds = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3d", &utc.tm_year, &utc.tm_mon, &utc.tm_mday,
                  &utc.tm_hour, &utc.tm_min, &utc.tm_sec, &milliseconds) < 6)
    return -1;
  utc.tm_year -= 1900;
  utc.tm_mon -= 1;
  return static_cast<double>(timegm(&utc)) + 0.001 * milliseconds;
}

// The unit that the way before would have run again for a product, and how many products that is.
using Unit = std::tuple<ProductKind, int, int>;
Unit unit_of(const Campaign& campaign, const ProductId& id) {
  const ProductKind kind = id.kind == ProductKind::geometry ? ProductKind::potential : id.kind;
  if (kind == ProductKind::mass_plane) return {kind, id.model, snapshot_index_of(campaign, id)};
  return {kind, id.model, id.realization};
}
std::int64_t size_of(const Campaign& campaign, const ProductSet& set, const Unit& unit) {
  switch (std::get<0>(unit)) {
    case ProductKind::mass_plane:
      return std::int64_t{campaign.planes_per_snapshot} * campaign.realizations;
    case ProductKind::potential:
      return set.per_combination(ProductKind::potential) + set.per_combination(ProductKind::geometry);
    default:
      return set.per_combination(std::get<0>(unit));
  }
}

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (!text.empty() && std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

RecoveryStep step_of(const Campaign& campaign, const ScanResult& scan, const PastPlan& plan) {
  RecoveryStep step;
  step.plan = plan.name;
  step.found = plan.written;
  step.blocked = plan.blocked;
  step.no_longer_expected = plan.no_longer_expected;
  for (int state = 0; state < kStateCount; ++state) {
    const std::int64_t moved = plan.moved[static_cast<std::size_t>(state)];
    (state == static_cast<int>(State::truncated) ? step.truncated
     : state == static_cast<int>(State::corrupt) ? step.corrupt
                                                 : step.other_moved) += moved;
  }
  std::map<Stage, StageHistory> stages;
  std::map<Stage, std::set<Unit>> units;
  std::set<int> models, realizations, snapshots;
  for (const ProductId& id : plan.products) {
    const Stage stage = stage_of(id.kind);
    StageHistory& row = stages[stage];
    ++row.lacking;
    row.complete_now += scan.state(id) == State::complete ? 1 : 0;
    units[stage].insert(unit_of(campaign, id));
    models.insert(id.model);
    realizations.insert(id.realization);
    if (id.kind == ProductKind::mass_plane) snapshots.insert(snapshot_index_of(campaign, id));
  }
  for (auto& [stage, row] : stages) {
    row.stage = std::string(stage_name(stage));
    row.units = std::ssize(units[stage]);
    for (const Unit& unit : units[stage]) row.old_way += size_of(campaign, scan.products(), unit);
    step.stages.push_back(row);
  }
  for (const int index : snapshots)
    step.snapshots.push_back(campaign.snapshots[static_cast<std::size_t>(index)]);
  step.models = std::ssize(models);
  step.realizations = std::ssize(realizations);
  const auto planes = stages.find(Stage::lensplanes);
  step.first_making = planes != stages.end() &&
                      std::cmp_equal(planes->second.lacking, scan.products().count(ProductKind::mass_plane));
  return step;
}

void add_run(RecoveryStep& step, const Attempt& attempt) {
  ++step.runs;
  step.runs_failed += attempt.end == AttemptEnd::done ? 0 : 1;
  add_once(step.jobs, job_text(attempt.job));
  add_once(step.hosts, attempt.host);
  if (step.began.empty() || attempt.started < step.began) step.began = attempt.started;
  if (attempt.finished > step.ended) step.ended = attempt.finished;
  step.cpu_seconds += attempt.usage.cpu_seconds;
}

// The last submit that began before the plan was written: it wrote it.
std::string submitter(const std::vector<Happening>& happenings, const std::string& written) {
  std::string who;
  for (const Happening& happening : happenings)
    if (happening.when <= written && happening.command.starts_with("recovery submit")) who = happening.who;
  return who;
}

template <typename Number>
Number sum_of_recoveries(const RecoveryHistory& history, Number (*of)(const RecoveryStep&)) {
  Number sum = 0;
  for (const RecoveryStep& step : history.steps)
    if (!step.first_making) sum += of(step);
  return sum;
}

}  // namespace

double seconds_between(const std::string& from, const std::string& to) {
  const double begin = unix_seconds(from), end = unix_seconds(to);
  return begin < 0 || end < 0 ? 0 : std::max(0.0, end - begin);
}

std::int64_t RecoveryStep::lacking() const {
  return std::accumulate(stages.begin(), stages.end(), std::int64_t{0},
                         [](std::int64_t sum, const StageHistory& stage) { return sum + stage.lacking; });
}
std::int64_t RecoveryStep::complete_now() const {
  return std::accumulate(
      stages.begin(), stages.end(), std::int64_t{0},
      [](std::int64_t sum, const StageHistory& stage) { return sum + stage.complete_now; });
}
std::int64_t RecoveryStep::old_way() const {
  return std::accumulate(stages.begin(), stages.end(), std::int64_t{0},
                         [](std::int64_t sum, const StageHistory& stage) { return sum + stage.old_way; });
}

std::int64_t RecoveryHistory::recoveries() const {
  return sum_of_recoveries<std::int64_t>(*this, [](const RecoveryStep&) { return std::int64_t{1}; });
}
std::int64_t RecoveryHistory::lacking() const {
  return sum_of_recoveries<std::int64_t>(*this, [](const RecoveryStep& step) { return step.lacking(); });
}
std::int64_t RecoveryHistory::old_way() const {
  return sum_of_recoveries<std::int64_t>(*this, [](const RecoveryStep& step) { return step.old_way(); });
}
double RecoveryHistory::cpu_seconds() const {
  return sum_of_recoveries<double>(*this, [](const RecoveryStep& step) { return step.cpu_seconds; });
}

RecoveryHistory history_of(const Campaign& campaign, const ScanResult& scan,
                           const std::vector<PastPlan>& plans, const std::vector<Attempt>& attempts,
                           const std::vector<Happening>& happenings) {
  RecoveryHistory history;
  std::map<std::string, std::vector<const Attempt*>> runs;
  for (const Attempt& attempt : attempts)
    runs[std::filesystem::path(attempt.task_file).parent_path().filename().string()].push_back(&attempt);
  for (const PastPlan& plan : plans) {
    RecoveryStep step = step_of(campaign, scan, plan);
    step.by = submitter(happenings, plan.written);
    for (const Attempt* attempt : runs[plan.name]) add_run(step, *attempt);
    step.wall_seconds = seconds_between(step.began, step.ended);
    if (step.lacking() > 0 || step.no_longer_expected > 0) history.steps.push_back(std::move(step));
  }
  std::stable_sort(history.steps.begin(), history.steps.end(),
                   [](const RecoveryStep& a, const RecoveryStep& b) { return a.found < b.found; });
  for (const Happening& happening : happenings)
    if (!happening.changes.empty()) history.happenings.push_back(happening);
  history.happenings_total = std::ssize(history.happenings);
  if (history.happenings.size() > kHappeningsKept)
    history.happenings.erase(history.happenings.begin(),
                             history.happenings.end() - std::ptrdiff_t{kHappeningsKept});
  return history;
}

}  // namespace lenswright
