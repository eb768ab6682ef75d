// root_marker.hpp: the file in each stage's root that says whose it is.
//
// A root without it (an unmounted disk, a wrong path) or with another campaign's is refused for writing and
// unknown for reading.
#pragma once

#include <optional>
#include <string>

#include "campaign/campaign.hpp"
#include "io/disk.hpp"

namespace lenswright {

enum class RootState { ours, absent, unmarked, foreign, unreadable };

struct RootCheck {
  RootState state = RootState::absent;
  std::string because;  // one sentence with the next command; empty if ours
};

RootCheck check_root(Disk& disk, const Campaign& campaign, Stage stage);
// Throws InputError with the sentence of check_root unless the root is ours.
void require_root(Disk& disk, const Campaign& campaign, Stage stage);
// REQUIRES: the root exists and is not marked as another's.
void mark_root(Disk& disk, const Campaign& campaign, Stage stage);

}  // namespace lenswright
