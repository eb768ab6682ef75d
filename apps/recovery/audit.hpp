// audit.hpp: the event log of this run of recovery: main says what was asked and how it ended, a verb that changes
// something says so.
#pragma once

#include <string>

#include "campaign/campaign.hpp"

namespace lenswright {

// By main, before the verb.
void audit_command(int argc, char** argv);
// By a verb, when it knows the campaign and is about to change something: from here on the run stands in the log.
void audit_begin(const Campaign& campaign);
// REQUIRES: audit_begin(). One sentence on what was changed.
void audit_change(const std::string& what);
// Of a verb that only looks, but has changed something by the way.
void audit_aside(const Campaign& campaign, const std::string& what);
// By main, after the verb; message: of the failure.
void audit_end(int exit_status, const std::string& message = "");

}  // namespace lenswright
