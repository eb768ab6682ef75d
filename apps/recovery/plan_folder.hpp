// plan_folder.hpp: where a submit leaves its plan, whoever carries it out.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "io/disk.hpp"
#include "plan/plan.hpp"

namespace lenswright {

struct PlanFolder {
  std::string name;                  // "20260131T123456789Z-4711"
  std::filesystem::path plan, logs;  // <state>/plans/<name>, <state>/logs/<name>
};
// Makes both folders and publishes plan.json.
PlanFolder write_plan_folder(Disk& disk, const Campaign& campaign, const Plan& plan);

// Temporary files of writers that are gone, looked at once more right before.
void remove_dead_files(Disk& disk, const std::vector<std::filesystem::path>& files);

}  // namespace lenswright
