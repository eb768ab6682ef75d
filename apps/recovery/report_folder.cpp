#include "report_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "base/error.hpp"
#include "io/atomic_writer.hpp"
#include "ledger/checksum_list.hpp"
#include "report_gathering.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

constexpr const char* kLatest = "latest";
constexpr const char* kChecksums = "checksums.xxh128";

// "20260131T123456Z-tng300"; a second one of the same second gets a number.
std::string report_name(const std::string& written, const std::string& campaign) {
  std::string time = written.substr(0, 19) + "Z";
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return fmt::format("{}-{}", time, campaign);
}

ChecksumFacts write_checksums(Disk& disk, const Look& look, const Survey& found, const fs::path& folder,
                              ProgressSink& progress) {
  constexpr std::size_t kBlock = 1 << 20;
  ChecksumFacts facts;
  const fs::path base = common_folder(look.campaign, look.selection);
  AtomicWriter writer(disk, folder / kChecksums);
  std::string block;
  const auto flush = [&] {
    writer.write(std::as_bytes(std::span(block)));
    block.clear();
  };
  const ChecksumListing listing = list_known_checksums(
      look.campaign, found.scan, found.receipts, look.selection, base,
      [&](const std::string& line) {
        block += line;
        if (block.size() >= kBlock) flush();
      },
      progress);
  flush();
  writer.publish();
  return {kChecksums, base.string(), static_cast<std::int64_t>(listing.listed),
          static_cast<std::int64_t>(listing.left_out)};
}

// A link in the place of the one before, in one step.
void point_latest(const fs::path& folder, const std::string& name) {
  const fs::path latest = folder / kLatest, temporary = folder / make_temporary_name(kLatest);
  if (fs::exists(fs::symlink_status(latest)) && !fs::is_symlink(latest))
    throw InputError(
        fmt::format("{}: is no link, so it cannot lead to the newest report; rename it", latest.string()));
  std::error_code error;
  fs::create_symlink(name, temporary, error);
  if (!error) fs::rename(temporary, latest, error);
  if (error) throw IoError(latest, "link", error.value());
}

}  // namespace

fs::path reports_folder(const Campaign& campaign) {
  return campaign.state / "reports";
}

fs::path leave_report(Disk& disk, const Look& look, const Survey& found,
                      std::optional<std::vector<std::string>> ledger_problems, const fs::path& folder,
                      ProgressSink& progress) {
  Report report = gather_report(disk, look, found, progress);
  report.ledger_problems = std::move(ledger_problems);
  report.written = utc_now();
  const std::string first_choice = report_name(report.written, look.campaign.name);
  report.name = first_choice;
  for (int copy = 2; disk.status(folder / report.name); ++copy)
    report.name = fmt::format("{}-{}", first_choice, copy);
  const fs::path made = folder / make_temporary_name(report.name);
  disk.create_directories(made);
  try {
    report.checksums = write_checksums(disk, look, found, made, progress);
    publish_text(disk, made / "report.json", report_json(report));
    publish_text(disk, made / "report.md", markdown(report));
    publish_text(disk, made / "report.html", html(report));
    if (!disk.rename_if_absent(made, folder / report.name))
      throw IoError(folder / report.name, "write", EEXIST);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(made, ignored);
    throw;
  }
  disk.sync_directory(folder);
  point_latest(folder, report.name);
  return folder / report.name;
}

std::vector<std::string> report_names(Disk& disk, const fs::path& folder) {
  std::vector<std::string> names;
  if (!disk.status(folder)) return names;
  for (const DirectoryEntry& entry : disk.list(folder))
    if (entry.status.type == FileType::directory && !entry.name.starts_with(".") &&
        disk.status(folder / entry.name / "report.json"))
      names.push_back(entry.name);
  return names;
}

}  // namespace lenswright
