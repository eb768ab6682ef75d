// auto_retry.hpp: the small job that follows a submission: once everything of it has ended, it plans again what is still
// lacking, some times at most, and leaves a report of what is there.
//
// It does what a user would type, under the campaign's lock; elements of arrays never do such things.
// Pure: values in, text out. Throws InputError for a value that cannot stand in a script.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "campaign/campaign.hpp"

namespace lenswright {

struct AutoRetry {
  int times_left = 0;              // 0: report only
  std::filesystem::path recovery;  // the program
  std::string options;             // " --config FILE --tier full", in words of a shell
  bool yes = false;                // the user said so where a fuse asks
  bool replace_mismatched = false;
  std::string site;               // shell text of the site preset
  std::filesystem::path reports;  // <state>/reports
  std::filesystem::path folder;   // where the user submitted: relative paths count from it
};
std::string auto_retry_script(const AutoRetry& retry);

// Of the job: unique on the cluster, as the plan's name is.
std::string auto_retry_name(const Campaign& campaign, const std::string& plan);

// Of sbatch: one task after all of these jobs, charged like the campaign's other jobs.
std::vector<std::string> auto_retry_arguments(const Campaign& campaign, const std::string& plan,
                                              const std::vector<std::int64_t>& jobs,
                                              const std::filesystem::path& folder,
                                              const std::filesystem::path& log);

}  // namespace lenswright
