#include "run/auto_retry.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "run/slurm_script.hpp"

namespace lenswright {

namespace {

constexpr const char* kTime = "04:00:00";  // a full look at a campaign takes minutes
constexpr const char* kMemory = "2G";

void require_one_line(const std::string& what, const std::string& text) {
  if (std::none_of(text.begin(), text.end(),
                   [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; }))
    return;
  throw InputError(
      fmt::format("{}: a batch script cannot hold a name with a line break or another control character; "
                  "rename it, or submit without --auto-retry",
                  what));
}

// Slurm puts job numbers in the place of %.
std::string without_patterns(const std::string& path) {
  std::string text;
  for (const char c : path) text += c == '%' ? "%%" : std::string(1, c);
  return text;
}

}  // namespace

std::string auto_retry_script(const AutoRetry& retry) {
  for (const std::string& text :
       {retry.recovery.string(), retry.options, retry.reports.string(), retry.folder.string()})
    require_one_line(text, text);
  std::string script = "#!/usr/bin/env bash\n";
  script +=
      retry.times_left > 0
          ? fmt::format(
                "# After all jobs of a submission: plans again what lacks ({} time{} at most), and leaves a "
                "report.\n",
                retry.times_left, retry.times_left == 1 ? "" : "s")
          : "# After all jobs of a submission: leaves a report.\n";
  script += "# Written by `recovery submit --auto-retry`.\nset -o pipefail\n";
  if (!retry.site.empty()) script += retry.site + (retry.site.ends_with('\n') ? "" : "\n");
  script += fmt::format("recovery={}\nreport={}/$(date -u +%Y%m%dT%H%M%SZ)-${{SLURM_JOB_ID:-0}}\n",
                        bash_quoted(retry.recovery.string()), bash_quoted(retry.reports.string()));
  script += "mkdir -p \"$report\" || exit 2\n";
  if (retry.times_left > 0) {
    script += fmt::format(
        "# Status 2 may mean that another one holds the campaign for the moment.\n"
        "for _ in 1 2 3 4 5; do\n"
        "  status=0\n"
        "  \"$recovery\" submit{} --executor slurm --auto-retry {}{}{} >\"$report/submit.txt\" 2>&1 || "
        "status=$?\n"
        "  [ \"$status\" -eq 2 ] || break\n"
        "  sleep 20\n"
        "done\n"
        "cat \"$report/submit.txt\"\n",
        retry.options, retry.times_left - 1, retry.yes ? " --yes" : "",
        retry.replace_mismatched ? " --replace-mismatched" : "");
  }
  script += fmt::format(
      "\"$recovery\" diagnose{0} --json \"$report/diagnosis.json\" >\"$report/diagnosis.txt\" 2>&1\n"
      "verdict=0\n"
      "\"$recovery\" verify{0} --report {1} >\"$report/verify.txt\" 2>&1 || verdict=$?\n"
      "cat \"$report/verify.txt\"\n"
      "exit \"$verdict\"\n",
      retry.options, bash_quoted(retry.reports.string()));
  return script;
}

std::string auto_retry_name(const Campaign& campaign, const std::string& plan) {
  return campaign.name + "-retry-" + plan;
}

std::vector<std::string> auto_retry_arguments(const Campaign& campaign, const std::string& plan,
                                              const std::vector<std::int64_t>& jobs,
                                              const std::filesystem::path& folder,
                                              const std::filesystem::path& log) {
  std::vector<std::string> arguments = {"--job-name=" + auto_retry_name(campaign, plan),
                                        "--nodes=1",
                                        "--ntasks=1",
                                        fmt::format("--time={}", kTime),
                                        fmt::format("--mem={}", kMemory),
                                        "--chdir=" + folder.string(),
                                        "--output=" + without_patterns(log.string()),
                                        "--open-mode=append"};
  if (!campaign.slurm.empty()) {
    const auto& values = campaign.slurm.begin()->second.values;
    for (const char* key : {"partition", "account", "qos"})
      if (const auto value = values.find(key); value != values.end())
        arguments.push_back(fmt::format("--{}={}", key, value->second));
  }
  if (!jobs.empty()) arguments.push_back(fmt::format("--dependency=afterany:{}", fmt::join(jobs, ":")));
  return arguments;
}

}  // namespace lenswright
