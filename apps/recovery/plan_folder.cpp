#include "plan_folder.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "io/atomic_writer.hpp"
#include "ledger/receipt.hpp"

namespace lenswright {

namespace {

std::string plan_name() {
  std::string time = utc_now();
  std::erase_if(time, [](char c) { return c == '-' || c == ':' || c == '.'; });
  return fmt::format("{}-{}", time, getpid());
}

}  // namespace

PlanFolder write_plan_folder(Disk& disk, const Campaign& campaign, const Plan& plan) {
  const std::string name = plan_name();
  PlanFolder folder{name, campaign.state / "plans" / name, campaign.state / "logs" / name};
  disk.create_directories(folder.plan);
  disk.create_directories(folder.logs);
  publish_text(disk, folder.plan / "plan.json", encode_plan(campaign, plan));
  return folder;
}

void remove_dead_files(Disk& disk, const std::vector<std::filesystem::path>& files) {
  std::size_t removed = 0;
  for (const std::filesystem::path& file : files) {
    const auto name = parse_temporary_name(file.filename().string());
    const auto status = disk.status(file);
    if (!name || !status || !writer_is_dead(*name, *status)) continue;
    disk.remove(file);
    ++removed;
  }
  if (removed > 0)
    fmt::print("removed {} temporary file{} of writers that no longer live\n", removed,
               removed == 1 ? "" : "s");
}

}  // namespace lenswright
