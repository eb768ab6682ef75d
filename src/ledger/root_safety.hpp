// root_safety.hpp: which folders a campaign may never call its own, whatever the configuration says.
#pragma once

#include <filesystem>
#include <string>

#include "campaign/campaign.hpp"
#include "io/disk.hpp"

namespace lenswright {

// Throws InputError if the folder is the whole file system or somebody's home. what: "the lux root".
void refuse_shared_folder(const std::filesystem::path& folder, const std::string& what);
// What every destructive verb asks for first: a folder of its own, with this campaign's marker. Throws
// InputError.
void require_own_root(Disk& disk, const Campaign& campaign, Stage stage);
void require_own_roots(Disk& disk, const Campaign& campaign);  // all of them, and the state folder

}  // namespace lenswright
