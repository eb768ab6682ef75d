// trash.hpp: moves a product aside, into .trash/ of its stage's root, with a record of what, when, why and by
// whom.
//
// A rename within one file system: costs nothing and loses nothing. Records: <state>/trash/<entry>.json,
// written before the move.
#pragma once

#include <filesystem>
#include <string>

#include "campaign/product_id.hpp"
#include "io/disk.hpp"

namespace lenswright {

// relative_path: a file or folder below the stage's root. receipt: file name of the one that tells of it, so that
// its record can come back with it. Returns where it lies now.
std::filesystem::path move_to_trash(Disk& disk, const Campaign& campaign, Stage stage,
                                    const std::string& relative_path, const std::string& why,
                                    const std::string& receipt = {});

}  // namespace lenswright
