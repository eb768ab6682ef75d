// report_folder.hpp: reports on disk: a folder each, never replaced, and `latest`, which leads to the newest.
//
// <folder>/20260131T123456Z-tng300/{report.html, report.md, report.json, checksums.xxh128}
// Throws: IoError
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "report/report.hpp"
#include "survey.hpp"

namespace lenswright {

std::filesystem::path reports_folder(const Campaign& campaign);  // <state>/reports

// Gathers, writes and names a report of what was found; returns its folder. It appears whole, or not at all.
// ledger_problems: as Report has it.
std::filesystem::path leave_report(Disk& disk, const Look& look, const Survey& found,
                                   std::optional<std::vector<std::string>> ledger_problems,
                                   const std::filesystem::path& folder, ProgressSink& progress);

// Names of those that are there, oldest first.
std::vector<std::string> report_names(Disk& disk, const std::filesystem::path& folder);

}  // namespace lenswright
