#include "run/slurm_script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.hpp"
#include "campaign/slurm_section.hpp"
#include "campaign/slurm_values.hpp"
#include "plan/array_spec.hpp"
#include "run/batch_texts.hpp"
#include "run/local_executor.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

// Key in the campaign file, and the option it becomes; in the order of the script.
constexpr std::pair<const char*, const char*> kOptions[] = {
    {"partition", "--partition"},
    {"account", "--account"},
    {"qos", "--qos"},
    {"nodes", "--nodes"},
    {"ntasks", "--ntasks"},
    {"ntasks_per_node", "--ntasks-per-node"},
    {"cpus_per_task", "--cpus-per-task"},
    {"mem", "--mem"},
    {"mem_per_cpu", "--mem-per-cpu"},
    {"time", "--time"},
    {"constraint", "--constraint"},
    {"exclude", "--exclude"},
    {"mail_type", "--mail-type"},
    {"mail_user", "--mail-user"},
};
constexpr std::string_view kDirective = "#SBATCH";

std::string shown(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

// What a resource is made of; the shell never sees it (a directive is a comment to it), Slurm and people do.
void require_plain(const std::string& key, const std::string& value) {
  const auto allowed = [&](char c) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
    return std::strchr("_.:,@%+=/[]-", c) != nullptr ||
           (key == "constraint" && std::strchr("&|()*!", c) != nullptr);
  };
  if (!value.empty() && value.front() != '-' && std::all_of(value.begin(), value.end(), allowed)) return;
  throw InputError(fmt::format(
      "slurm: {} is {}: letters, digits and _.:,@%+=/[]-{} can stand there, nothing that a shell would read",
      key, shown(value), key == "constraint" ? "&|()*!" : ""));
}

void require_one_line(const std::string& what, const std::string& value) {
  if (std::any_of(value.begin(), value.end(), is_control))
    throw InputError(fmt::format(
        "{} {}: a batch script cannot hold a name with a line break or another control character; "
        "rename it, or use --executor local",
        what, shown(value)));
}

// As Slurm's own reading of a directive takes it apart again.
std::string directive(const char* option, const std::string& value) {
  std::string text;
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return fmt::format("{} {}=\"{}\"\n", kDirective, option, text);
}

// A file name in which Slurm replaces %a; its other % stand for themselves.
std::string file_pattern(const fs::path& log) {
  const std::string text = log.string();
  if (text.find('\\') != std::string::npos)
    throw InputError(fmt::format(
        "{}: Slurm reads a backslash in the name of a log file in its own way; choose a state folder "
        "without one, or use --executor local",
        shown(text)));
  std::string folder;
  for (const char c : log.parent_path().string()) folder += c == '%' ? std::string("%%") : std::string(1, c);
  return folder + "/" + log.filename().string();
}

// Lines of the site preset or the campaign's `extra`: directives apart from what the shell runs.
struct SiteLines {
  std::string directives, shell;
};
SiteLines split_lines(const std::string& text) {
  SiteLines lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("#!")) continue;
    std::string& part = line.starts_with(kDirective) ? lines.directives : lines.shell;
    part += line + "\n";
  }
  return lines;
}

std::string without_last_break(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string directives_of(const ScriptValues& values, const SiteLines& site, const SiteLines& extra) {
  std::string text;
  text += directive("--job-name", values.job_name);
  text += directive("--comment", values.comment);
  text += directive("--array", array_spec(values.elements) +
                                   (values.at_once > 0 ? fmt::format("%{}", values.at_once) : ""));
  text += directive("--output", file_pattern(values.log));
  text += directive("--open-mode", "append");
  text += directive("--chdir", values.folder.string());
  text += directive("--signal", fmt::format("B:USR1@{}", warning_seconds(values.resources)));
  text += directive("--kill-on-invalid-dep", "yes");
  text += site.directives;
  for (const auto& [key, option] : kOptions) {
    const auto value = values.resources.find(key);
    if (value == values.resources.end()) continue;
    require_plain(key, value->second);
    text += directive(option, value->second);
  }
  return without_last_break(text + extra.directives);
}

std::string arguments_of(const ScriptValues& values) {
  constexpr const char* kBreak = " \\\n  ";
  std::string text = std::string(kBreak + 1) + "--config " + bash_quoted(values.config.string());
  for (const std::string& text_of_override : values.overrides) {
    require_one_line("--set", text_of_override);
    text += kBreak + std::string("--set ") + bash_quoted(text_of_override);
  }
  text += kBreak + std::string("--tasks ") + bash_quoted(values.tasks.string());
  text += kBreak + std::string("--tasks-digest ") + values.tasks_digest.hex();
  if (values.replace_mismatched) text += std::string(kBreak) + "--replace-mismatched";
  return text;
}

// Each placeholder once, in the order of the template: what a value holds is never looked through again.
std::string filled(const std::string& text, const std::map<std::string, std::string>& values) {
  std::string result;
  std::size_t done = 0;
  while (true) {
    const std::size_t start = text.find('@', done);
    if (start == std::string::npos) break;
    const std::size_t end = text.find('@', start + 1);
    const auto value =
        end == std::string::npos ? values.end() : values.find(text.substr(start + 1, end - start - 1));
    result += text.substr(done, start - done);
    if (value == values.end()) {
      result += '@';
      done = start + 1;
    } else {
      result += value->second;
      done = end + 1;
    }
  }
  return result + text.substr(done);
}

}  // namespace

std::string bash_quoted(const std::string& text) {
  if (text.find_first_of("'$`") == std::string::npos) return "'" + text + "'";
  std::string quoted = "\"";
  for (const char c : text) {
    if (std::strchr("\"\\$`", c) != nullptr) quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string slurm_script(const ScriptValues& values) {
  const std::pair<const char*, std::string> lines[] = {{"the program", values.program.string()},
                                                       {"the campaign file", values.config.string()},
                                                       {"the task file", values.tasks.string()},
                                                       {"the log folder", values.log.string()},
                                                       {"the plan's folder", values.folder.string()},
                                                       {"the job name", values.job_name},
                                                       {"the comment", values.comment},
                                                       {"the campaign's name", values.campaign}};
  for (const auto& [what, value] : lines) require_one_line(what, value);
  const SiteLines site = split_lines(values.site.empty() ? batch_text("preamble.sh") : values.site);
  const auto extra_lines = values.resources.find(std::string(kSlurmExtra));
  const SiteLines extra = split_lines(extra_lines == values.resources.end() ? "" : extra_lines->second);
  const auto launcher = values.resources.find("launcher");
  const std::string launch =
      fmt::format("launch=({})\n", launcher == values.resources.end() ? "srun" : launcher->second);
  const std::string element =
      filled(batch_text("element.sh"),
             {{"PROGRAM", bash_quoted(values.program.string())}, {"ARGUMENTS", arguments_of(values)}});
  return filled(batch_text(std::string(program_of(values.stage)) + ".sbatch"),
                {{"NAME", values.name},
                 {"CAMPAIGN", values.campaign},
                 {"DIRECTIVES", directives_of(values, site, extra)},
                 {"PREAMBLE", without_last_break(launch + site.shell + extra.shell)},
                 {"ELEMENT", without_last_break(element)}});
}

std::map<std::string, std::string> resources_of(const Campaign& campaign, const JobArray& array) {
  std::map<std::string, std::string> values;
  if (const auto own = campaign.slurm.find(array.stage); own != campaign.slurm.end())
    values = own->second.values;
  if (array.resources.seconds) values["time"] = slurm_time_text(*array.resources.seconds);
  if (array.resources.mem) {
    values["mem"] = slurm_memory_text(*array.resources.mem);
    values.erase("mem_per_cpu");
  }
  for (const std::string& node : array.resources.exclude) {
    std::string& nodes = values["exclude"];
    nodes += (nodes.empty() ? "" : ",") + node;
  }
  return values;
}

std::string resources_text(const std::map<std::string, std::string>& resources) {
  std::string text;
  for (const auto& [key, option] : kOptions)
    if (const auto value = resources.find(key); value != resources.end())
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", key, value->second);
  return text;
}

std::int64_t warning_seconds(const std::map<std::string, std::string>& resources) {
  constexpr std::int64_t kLeast = 60, kMost = 600;
  const auto time = resources.find("time");
  const auto seconds = time == resources.end() ? std::nullopt : slurm_seconds(time->second);
  if (!seconds) return kLeast;
  return std::min(std::clamp(*seconds / 10, kLeast, kMost), *seconds / 2);
}

}  // namespace lenswright
