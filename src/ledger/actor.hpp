// actor.hpp: who does something, and when, as the records of the state directory say it.
#pragma once

#include <string>

namespace lenswright {

// "anna (uid 1042) on login01"
std::string acting_user();
// "2026-01-31T12:34:56.789Z" -> "20260131T123456.789Z", for names of files.
std::string compact_time(std::string time);
// The other way; empty: `name` does not begin with such a time.
std::string time_at_head(std::string_view name);
// Hours from `time` (as utc_now() gives it) to `now`; negative if `time` lies ahead. Throws InputError.
double hours_between(const std::string& time, const std::string& now);

}  // namespace lenswright
