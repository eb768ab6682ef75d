#include "campaign/slurm_section.hpp"

#include <fmt/format.h>

#include <functional>
#include <string>

#include "campaign/slurm_values.hpp"

namespace lenswright {

namespace {

using Values = std::map<std::string, std::string>;

constexpr std::uint64_t kLargestCount = 1000000;
constexpr std::uint64_t kLongestTimeout = 3600;  // seconds; who waits longer for an answer gets none

using Reading = std::function<std::optional<std::uint64_t>(const std::string&)>;

std::optional<std::uint64_t> time_of(const std::string& text) {
  const auto seconds = slurm_seconds(text);
  return seconds ? std::optional(static_cast<std::uint64_t>(*seconds)) : std::nullopt;
}

std::optional<std::uint64_t> memory_of(const std::string& text) {
  return slurm_bytes(text);
}

// Slurm takes 0 for all of a node.
std::optional<std::uint64_t> memory_or_all_of(const std::string& text) {
  return text == "0" ? std::optional<std::uint64_t>(0) : memory_of(text);
}

struct Resources {
  Values values;
  std::map<std::string, Place> places;  // of the values that are amounts
};

void read_amount(Section& section, std::string_view key, const Reading& reading, const std::string& allowed,
                 Resources& resources, Problems& problems) {
  const ConfigNode* node = section.value(key, Need::optional);
  if (node == nullptr) return;
  const std::string name = section.name_of(key);
  const auto text = read_text(*node, name, problems);
  if (!text) return;
  if (!reading(*text)) {
    problems.add(node->place, fmt::format("{} is {}; allowed: {}", name, describe(*node), allowed));
    return;
  }
  resources.values[std::string(key)] = *text;
  resources.places[std::string(key)] = node->place;
}

void read_extra(Section& section, Values& values, Problems& problems) {
  const ConfigNode* node = section.value(kSlurmExtra, Need::optional);
  if (node == nullptr) return;
  std::string lines;
  for (const ConfigNode& item : read_list(*node, section.name_of(kSlurmExtra), problems)) {
    const auto line = read_text(item, "a line of " + section.name_of(kSlurmExtra), problems);
    if (!line) continue;
    lines += (lines.empty() ? "" : "\n") + *line;
  }
  values[std::string(kSlurmExtra)] = lines;
}

Resources read_resources(Section section, Problems& problems) {
  Resources resources;
  Values& values = resources.values;
  for (const char* key :
       {"partition", "account", "qos", "constraint", "exclude", "mail_type", "mail_user", "site"}) {
    std::string text;
    section.text(key, text, Need::optional);
    if (!text.empty()) values[key] = text;
  }
  for (const char* key : {"nodes", "ntasks", "ntasks_per_node", "cpus_per_task", "array_limit",
                          "tasks_per_element", "retries"}) {
    std::uint64_t number = 0;
    section.whole_number(key, number, 1, kLargestCount, Need::optional);
    if (number > 0) values[key] = std::to_string(number);
  }
  const std::string time = "minutes, \"hh:mm:ss\" or \"d-hh:mm:ss\"";
  for (const char* key : {"time", "max_time"}) read_amount(section, key, time_of, time, resources, problems);
  const std::string memory = "a whole number with K, M, G or T, as in 180G (without: M)";
  for (const char* key : {"mem", "mem_per_cpu"})
    read_amount(section, key, memory_or_all_of, memory, resources, problems);
  read_amount(section, "max_mem", memory_of, memory, resources, problems);
  if (values.contains("mem") && values.contains("mem_per_cpu")) {
    problems.add(section.value("mem_per_cpu", Need::optional)->place,
                 fmt::format("{} and {} exclude each other; allowed: one of them", section.name_of("mem"),
                             section.name_of("mem_per_cpu")));
  }
  static const std::vector<std::string> kLaunchers = {"srun", "mpirun", "mpiexec"};
  if (const ConfigNode* node = section.value("launcher", Need::optional)) {
    if (const auto choice = read_choice(*node, section.name_of("launcher"), kLaunchers, problems)) {
      values["launcher"] = kLaunchers[*choice];
    }
  }
  read_extra(section, values, problems);
  section.close();
  return resources;
}

Resources merged(Resources defaults, const Resources& own) {
  if (own.values.contains("mem")) defaults.values.erase("mem_per_cpu");
  if (own.values.contains("mem_per_cpu")) defaults.values.erase("mem");
  for (const auto& [key, value] : own.values) defaults.values[key] = value;
  for (const auto& [key, place] : own.places) defaults.places[key] = place;
  return defaults;
}

// A cap below what is asked for from the start: one of the two is a mistake.
void check_cap(const std::string& stage, const Resources& resources, const std::string& key,
               const std::string& cap, const Reading& reading, Problems& problems) {
  const auto value = resources.values.find(key), most = resources.values.find(cap);
  if (value == resources.values.end() || most == resources.values.end()) return;
  if (reading(value->second) <= reading(most->second)) return;
  problems.add(resources.places.at(cap), fmt::format("{} of slurm.{} is {}; allowed: at least its {}, {}",
                                                     cap, stage, most->second, key, value->second));
}

}  // namespace

void read_slurm(Section section, Campaign& campaign, Problems& problems) {
  if (!section.present()) return;
  section.whole_number("command_timeout_seconds", campaign.slurm_command_timeout_seconds, 1, kLongestTimeout,
                       Need::optional);
  const Resources defaults = read_resources(section.section("defaults", Need::optional), problems);
  for (const Stage stage : kStages) {
    const std::string name(stage_name(stage));
    const Resources all = merged(defaults, read_resources(section.section(name, Need::optional), problems));
    check_cap(name, all, "time", "max_time", time_of, problems);
    check_cap(name, all, "mem", "max_mem", memory_of, problems);
    campaign.slurm[stage].values = all.values;
  }
  section.close();
}

}  // namespace lenswright
