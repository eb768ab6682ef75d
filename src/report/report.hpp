// report.hpp: what is sent to those who use the data: are they complete, sound, where are they, how were they made. The one
// value that report.html, report.md and report.json draw, so that all show the same numbers.
//
// Pure: made by whoever has looked; nothing here reads a disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report/coverage.hpp"
#include "report/provenance.hpp"
#include "report/recovery_history.hpp"
#include "report/soundness.hpp"
#include "report/summary.hpp"

namespace lenswright {

// A product that is not complete, and the command that mends it.
struct IncompleteEntry {
  std::string stage, product, state, because, command;
};

struct ReportPicture {
  std::string title, alt;  // alt: for those who don't see it
  std::string product;     // the run
  int source = 0;
  double field_deg = 0, lowest = 0,
         highest = 0;  // field of view; kappa of the darkest and the lightest colour
  int width = 0, height = 0;
  std::vector<std::byte> png;
};

struct ChecksumFacts {
  std::string file;  // beside the report; empty: none was written
  std::string base;  // folder that the list's paths start from
  std::int64_t files = 0, products_left_out = 0;
};

struct Report {
  std::string name;     // of its folder: "20260131T123456Z-tng300"
  std::string written;  // UTC
  std::string options;  // of this look, for a shell: " --config FILE --tier full"
  Summary summary;
  Coverage coverage;
  RecoveryHistory history;
  Provenance provenance;
  Soundness soundness;
  std::vector<IncompleteEntry> incomplete;  // damage first, kIncompleteKept at most
  std::int64_t incomplete_total = 0;
  std::int64_t orphans = 0;  // files that the campaign does not expect
  std::vector<ReportPicture> pictures;
  ChecksumFacts checksums;
  // What the ledger tells of products against its own checksums and the receipts, sentences; none: not looked at.
  std::optional<std::vector<std::string>> ledger_problems;

  std::int64_t expected() const;
  std::int64_t complete() const;
  std::int64_t damaged_records() const;  // receipts that are not used, and what is wrong with the ledger
  std::string goal_sentence() const;     // empty: no goal
};
inline constexpr std::size_t kIncompleteKept = 300;

// "Complete: all 61,540 products are there."; then what was looked at so closely.
std::string headline(const Report& report);
std::string tier_sentence(Tier tier);

// campaign_options: " --config FILE", without a selection. Adds the entries that `incomplete` shows, from the findings.
void list_incomplete(Report& report, const std::vector<Finding>& findings, const Campaign& campaign,
                     const Selection& selection, const std::string& campaign_options);

// The forms. html: one file, self-contained, no scripts.
std::string html(const Report& report);
std::string markdown(const Report& report);
inline constexpr std::string_view kReportSchema = "lenswright.report/1";  // docs/report-json.md
std::string report_json(const Report& report);

}  // namespace lenswright
