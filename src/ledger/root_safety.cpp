#include "ledger/root_safety.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "base/error.hpp"
#include "ledger/root_marker.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> home_folders() {
  std::vector<fs::path> homes;
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    homes.push_back(fs::weakly_canonical(home));
  if (const passwd* entry = getpwuid(geteuid()); entry != nullptr && entry->pw_dir != nullptr)
    homes.push_back(fs::weakly_canonical(entry->pw_dir));
  return homes;
}

}  // namespace

void refuse_shared_folder(const fs::path& folder, const std::string& what) {
  const fs::path real = fs::weakly_canonical(folder);
  const auto refuse = [&](const std::string& why) {
    throw InputError(fmt::format("{} {} is {}; name a folder of its own in the campaign file", what,
                                 folder.string(), why));
  };
  if (real == real.root_path()) refuse("the whole file system");
  for (const fs::path& home : home_folders())
    if (const fs::path below = home.lexically_relative(real); !below.empty() && *below.begin() != "..")
      refuse(real == home ? "a home folder" : fmt::format("a folder that holds the home {}", home.string()));
}

void require_own_root(Disk& disk, const Campaign& campaign, Stage stage) {
  refuse_shared_folder(stage_root(campaign, stage), fmt::format("the {} root", stage_name(stage)));
  require_root(disk, campaign, stage);
}

void require_own_roots(Disk& disk, const Campaign& campaign) {
  refuse_shared_folder(campaign.state, "the state folder");
  for (const Stage stage : stages_of(campaign)) require_own_root(disk, campaign, stage);
}

}  // namespace lenswright
