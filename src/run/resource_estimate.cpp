#include "run/resource_estimate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <sstream>

#include "base/error.hpp"
#include "run/local_executor.hpp"
#include "run/retry_policy.hpp"

namespace lenswright {

namespace {

constexpr std::size_t kLatest = 50;  // finished tasks of a stage that count
constexpr double kMeasuredTimeMargin = 1.5, kMeasuredMemoryMargin = 1.25;
// A program's own guess is right within a factor of two, and ranks share work less well than it says.
constexpr double kForeseenTimeMargin = 4, kForeseenMemoryMargin = 1.25;
constexpr double kShortestSeconds = 600;
constexpr std::uint64_t kLauncherBytes = std::uint64_t{512} << 20;  // launcher, script, system's buffers
constexpr std::uint64_t kMegabyte = std::uint64_t{1} << 20;
constexpr std::chrono::seconds kEstimateTakes{120};

int count_from(const Campaign& campaign, Stage stage, const char* key) {
  const auto resources = campaign.slurm.find(stage);
  if (resources == campaign.slurm.end()) return 0;
  const auto value = resources->second.values.find(key);
  return value == resources->second.values.end() ? 0 : std::stoi(value->second);
}

std::int64_t whole_minutes(double seconds) {
  return static_cast<std::int64_t>(std::ceil(std::max(seconds, kShortestSeconds) / 60)) * 60;
}

std::uint64_t node_memory(double bytes_per_rank, int ranks) {
  const double bytes = bytes_per_rank * ranks + static_cast<double>(kLauncherBytes);
  return static_cast<std::uint64_t>(std::ceil(bytes / static_cast<double>(kMegabyte))) * kMegabyte;
}

// The command of the stage's program for everything of the task's snapshot or combination that is not there.
Command estimate_command(const Campaign& campaign, const PlannedTask& task,
                         const std::filesystem::path& programs) {
  Command command;
  command.arguments = {(programs / program_of(task.stage)).native(), "--config", campaign.file.native()};
  for (const std::string& text : campaign.overrides) {
    command.arguments.emplace_back("--set");
    command.arguments.push_back(text);
  }
  std::set<std::string> models, realizations;
  for (const ProductId& id : task.task.products) {
    models.insert(campaign.models.at(static_cast<std::size_t>(id.model)).name);
    realizations.insert(std::to_string(id.realization));
  }
  const auto list = [&](const char* option, const std::set<std::string>& words) {
    command.arguments.emplace_back(option);
    command.arguments.push_back(fmt::format("{}", fmt::join(words, ",")));
  };
  list("--model", models);
  list("--realization", realizations);
  if (task.stage == Stage::lensplanes) {
    const auto index = static_cast<std::size_t>(snapshot_index_of(campaign, task.task.products.front()));
    list("--snapshot", {std::to_string(campaign.snapshots.at(index))});
  }
  command.arguments.emplace_back("--estimate");
  return command;
}

}  // namespace

LaunchShape launch_shape(const Campaign& campaign, Stage stage) {
  LaunchShape shape;
  shape.nodes = std::max(1, count_from(campaign, stage, "nodes"));
  const int per_node = count_from(campaign, stage, "ntasks_per_node");
  const int ranks = count_from(campaign, stage, "ntasks");
  shape.ranks = ranks > 0 ? ranks : std::max(1, per_node) * shape.nodes;
  shape.ranks_per_node = per_node > 0 ? per_node : (shape.ranks + shape.nodes - 1) / shape.nodes;
  return shape;
}

std::optional<ForeseenCost> read_estimate(const std::string& text) {
  std::map<std::string, double> values;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    double value = 0;
    const char* begin = line.data() + colon + 2;
    if (std::from_chars(begin, line.data() + line.size(), value).ec == std::errc())
      values[line.substr(0, colon)] = value;
  }
  ForeseenCost cost;
  for (const char* key : {"planes", "products", "runs"})
    if (const auto count = values.find(key); count != values.end())
      cost.products = static_cast<std::size_t>(count->second);
  if (cost.products == 0 || !values.contains("seconds") || !values.contains("memory_per_rank"))
    return std::nullopt;
  cost.seconds = values.at("seconds");
  cost.memory_per_rank = static_cast<std::uint64_t>(values.at("memory_per_rank"));
  return cost;
}

ResourceEstimates::ResourceEstimates(const std::vector<Attempt>& records) {
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    if (record->end != AttemptEnd::done || record->made == 0 || record->usage.wall_seconds <= 0) continue;
    if (auto& latest = finished_[record->stage]; latest.size() < kLatest) latest.push_back(*record);
  }
}

void ResourceEstimates::foresee(const Campaign& campaign, const Plan& plan,
                                const std::filesystem::path& programs, CommandSource& commands) {
  for (const Stage stage : kStages) {
    const ElementResources given = campaign_resources(campaign, stage);
    if ((given.seconds && given.mem) || finished_.contains(stage)) continue;
    const PlannedTask* largest = nullptr;
    for (const PlannedTask& task : plan.tasks) {
      // What waits for other tasks has no inputs yet that a program could look at.
      if (task.stage != stage || !task.after.empty() || task.task.products.empty()) continue;
      if (largest == nullptr || task.task.products.size() > largest->task.products.size()) largest = &task;
    }
    if (largest == nullptr) continue;
    const Command command = estimate_command(campaign, *largest, programs);
    try {
      const CommandAnswer answer = commands.ask(command, kEstimateTakes);
      const auto cost = answer.status == 0 && !answer.timed_out ? read_estimate(answer.out) : std::nullopt;
      if (cost)
        foreseen_[stage] = *cost;
      else
        notes_.push_back(
            fmt::format("{}: no estimate of time and memory ({} ended with {}): the cluster's defaults "
                        "hold",
                        stage_name(stage), program_of(stage), answer.status));
    } catch (const Failure& failure) {
      notes_.push_back(
          fmt::format("{}: no estimate of time and memory: {}", stage_name(stage), failure.what()));
    }
  }
}

ElementResources ResourceEstimates::of(const Campaign& campaign, Stage stage, std::size_t products) const {
  const LaunchShape shape = launch_shape(campaign, stage);
  ElementResources resources;
  if (const auto finished = finished_.find(stage); finished != finished_.end()) {
    double seconds = 0, memory = 0;
    for (const Attempt& record : finished->second) {
      const double more_products = static_cast<double>(products) / static_cast<double>(record.made);
      const double fewer_ranks = static_cast<double>(record.ranks) / shape.ranks;
      seconds = std::max(
          seconds, record.usage.wall_seconds * std::max(1.0, more_products) * std::max(1.0, fewer_ranks));
      memory = std::max(memory, static_cast<double>(record.usage.peak_memory_bytes));
    }
    resources.seconds = whole_minutes(seconds * kMeasuredTimeMargin);
    if (memory > 0) resources.mem = node_memory(memory * kMeasuredMemoryMargin, shape.ranks_per_node);
  } else if (const auto foreseen = foreseen_.find(stage); foreseen != foreseen_.end()) {
    const ForeseenCost& cost = foreseen->second;
    const double more_products = static_cast<double>(products) / static_cast<double>(cost.products);
    resources.seconds =
        whole_minutes(cost.seconds * std::max(1.0, more_products) * kForeseenTimeMargin / shape.ranks);
    resources.mem =
        node_memory(static_cast<double>(cost.memory_per_rank) * kForeseenMemoryMargin, shape.ranks_per_node);
  }
  return resources;
}

}  // namespace lenswright
