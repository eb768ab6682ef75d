#include "campaign/slurm_section.hpp"

#include <fmt/format.h>

#include <regex>
#include <string>

namespace lenswright {

namespace {

using Values = std::map<std::string, std::string>;

constexpr std::uint64_t kLargestCount = 1000000;

// minutes, minutes:seconds, hours:minutes:seconds, days-hours[:minutes[:seconds]]: what sbatch --time takes
const std::regex& time_pattern() {
  static const std::regex pattern(R"(\d+(:\d{1,2}){0,2}|\d+-\d{1,2}(:\d{1,2}){0,2})");
  return pattern;
}

const std::regex& memory_pattern() {
  static const std::regex pattern(R"(\d+[KMGTkmgt]?)");
  return pattern;
}

void read_pattern(Section& section, std::string_view key, const std::regex& pattern,
                  const std::string& allowed, Values& values, Problems& problems) {
  const ConfigNode* node = section.value(key, Need::optional);
  if (node == nullptr) return;
  const std::string name = section.name_of(key);
  const auto text = read_text(*node, name, problems);
  if (!text) return;
  if (!std::regex_match(*text, pattern)) {
    problems.add(node->place, fmt::format("{} is {}; allowed: {}", name, describe(*node), allowed));
    return;
  }
  values[std::string(key)] = *text;
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

Values read_resources(Section section, Problems& problems) {
  Values values;
  for (const char* key : {"partition", "account", "qos", "constraint", "exclude", "mail_type", "mail_user"}) {
    std::string text;
    section.text(key, text, Need::optional);
    if (!text.empty()) values[key] = text;
  }
  for (const char* key :
       {"nodes", "ntasks", "ntasks_per_node", "cpus_per_task", "array_limit", "tasks_per_element"}) {
    std::uint64_t number = 0;
    section.whole_number(key, number, 1, kLargestCount, Need::optional);
    if (number > 0) values[key] = std::to_string(number);
  }
  read_pattern(section, "time", time_pattern(), "minutes, \"hh:mm:ss\" or \"d-hh:mm:ss\"", values, problems);
  const std::string memory = "a whole number with K, M, G or T, as in 180G (without: M)";
  read_pattern(section, "mem", memory_pattern(), memory, values, problems);
  read_pattern(section, "mem_per_cpu", memory_pattern(), memory, values, problems);
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
  return values;
}

Values merged(Values defaults, const Values& own) {
  if (own.contains("mem")) defaults.erase("mem_per_cpu");
  if (own.contains("mem_per_cpu")) defaults.erase("mem");
  for (const auto& [key, value] : own) defaults[key] = value;
  return defaults;
}

}  // namespace

std::map<Stage, SlurmResources> read_slurm(Section section, Problems& problems) {
  std::map<Stage, SlurmResources> resources;
  if (!section.present()) return resources;
  const Values defaults = read_resources(section.section("defaults", Need::optional), problems);
  for (const Stage stage : kStages) {
    const Values own = read_resources(section.section(stage_name(stage), Need::optional), problems);
    resources[stage].values = merged(defaults, own);
  }
  section.close();
  return resources;
}

}  // namespace lenswright
