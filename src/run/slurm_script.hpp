// slurm_script.hpp: the batch script of one job array, from the templates in batch/ and the campaign's resources.
//
// A script is whole: what is asked for, the site's preamble, the program with its frozen task file. Every value is
// quoted. In a path anything may stand but control characters (and backslashes, which Slurm reads in its own way); in
// a resource only what Slurm's own values are made of.
// Pure: values in, text out. Throws InputError naming the value that cannot stand in a script.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "io/checksum.hpp"
#include "plan/job_arrays.hpp"

namespace lenswright {

struct ScriptValues {
  Stage stage = Stage::lensplanes;
  std::string name;      // of the array: "lux-03"
  std::string job_name;  // on the cluster
  std::string comment;
  std::string campaign;
  std::vector<int> elements;                     // array indices, ascending
  int at_once = 0;                               // 0: no limit
  std::map<std::string, std::string> resources;  // resources_of()
  std::string site;                              // text of the site preset; empty: none
  std::filesystem::path folder;                  // that elements work in
  std::filesystem::path log;                     // with %a for the element
  std::filesystem::path program, config, tasks;
  std::vector<std::string> overrides;  // "path.to.key=value"
  Digest tasks_digest;
  bool replace_mismatched = false;
};
std::string slurm_script(const ScriptValues& values);

// What an array asks for: the campaign's values of its stage, with the array's own in their place.
std::map<std::string, std::string> resources_of(const Campaign& campaign, const JobArray& array);
// The resources in words: "4 nodes, 16 tasks per node, 06:00:00".
std::string resources_text(const std::map<std::string, std::string>& resources);
// Seconds before the time limit at which the element is told: a tenth of the time, from 1 to 10 minutes, and never
// more than half of it.
std::int64_t warning_seconds(const std::map<std::string, std::string>& resources);

// A word of a shell line, whatever it holds.
std::string bash_quoted(const std::string& text);

}  // namespace lenswright
