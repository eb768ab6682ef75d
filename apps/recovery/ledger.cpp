// recovery ledger: takes receipts into the ledger, makes it again from them, checks it, and moves it between places.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <span>

#include "audit.hpp"
#include "command_line.hpp"
#include "io/atomic_writer.hpp"
#include "ledger/backup.hpp"
#include "ledger/database/ledger_database.hpp"
#include "ledger/database/ledger_exchange.hpp"
#include "ledger_merge.hpp"
#include "survey.hpp"
#include "terminal_progress.hpp"
#include "verb.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes kPatience{2};

struct LedgerRequest {
  Campaign campaign;
  std::string options;  // for the next command
  std::string file;
  bool replace = false, yes = false;
};

ExitStatus tell(const MergeOutcome& outcome, const Campaign& campaign, const std::string& options) {
  for (const std::string& problem : outcome.problems) fmt::print("problem: {}\n", printable(problem));
  if (outcome.rebuilt)
    fmt::print("made again from {} receipts: ", outcome.receipts);
  else
    fmt::print("merged {} receipts ({} products new or newer), archived {}: ", outcome.receipts,
               outcome.records, outcome.archived);
  if (fs::exists(ledger_file(campaign))) {
    const LedgerDatabase ledger(ledger_file(campaign), campaign.name, LedgerDatabase::Access::read);
    fmt::print("the ledger holds {} products from {} receipts\n", ledger.products(), ledger.receipts());
  } else {
    fmt::print("there are no receipts yet\n");
  }
  if (outcome.problems.empty()) return ExitStatus::done;
  fmt::print("next: recovery ledger check{}\n", options);
  return ExitStatus::gaps;
}

ExitStatus merge(const LedgerRequest& request, bool rebuild) {
  Disk& disk = real_disk();
  const auto progress = make_terminal_progress();
  disk.create_directories(request.campaign.state);
  const LedgerLease lease(disk, request.campaign, kPatience);
  audit_begin(request.campaign);
  const MergeOutcome outcome = rebuild
                                   ? rebuild_ledger(disk, request.campaign, lease.still_held(), *progress)
                                   : merge_receipts(disk, request.campaign, lease.still_held(), *progress);
  if (outcome.changed())
    audit_change(fmt::format("{} {} receipts, {} products; archived {}",
                             outcome.rebuilt ? "rebuilt from" : "merged", outcome.receipts, outcome.records,
                             outcome.archived));
  return tell(outcome, request.campaign, request.options);
}

ExitStatus check(const LedgerRequest& request) {
  const auto progress = make_terminal_progress();
  Disk& disk = real_disk();
  const std::vector<std::string> problems = check_ledger_at_rest(disk, request.campaign, *progress);
  for (const std::string& problem : problems) fmt::print("problem: {}\n", printable(problem));
  if (!problems.empty()) {
    fmt::print("next: recovery ledger rebuild{}\n", request.options);
    return ExitStatus::gaps;
  }
  if (!disk.status(ledger_file(request.campaign))) {
    fmt::print("there is no ledger yet; next: recovery ledger merge{}\n", request.options);
    return ExitStatus::done;
  }
  const LedgerDatabase ledger(ledger_file(request.campaign), request.campaign.name,
                              LedgerDatabase::Access::read);
  fmt::print(
      "the ledger is sound: {} products, {} files, {} receipts, all archived receipts as they were merged\n",
      ledger.products(), ledger.files(), ledger.receipts());
  return ExitStatus::done;
}

ExitStatus export_to(const LedgerRequest& request) {
  if (!fs::exists(ledger_file(request.campaign)))
    throw InputError(fmt::format("{}: there is no ledger to export; make it with `recovery ledger merge{}`",
                                 ledger_file(request.campaign).string(), request.options));
  const LedgerDatabase ledger(ledger_file(request.campaign), request.campaign.name,
                              LedgerDatabase::Access::read);
  if (request.file.empty() || request.file == "-") {
    export_ledger(ledger, request.campaign, [](std::string_view text) {
      if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size())
        throw IoError("standard output", "write", errno);
    });
    if (std::fflush(stdout) != 0) throw IoError("standard output", "write", errno);
    return ExitStatus::done;
  }
  AtomicWriter writer(real_disk(), fs::absolute(request.file));
  const std::size_t products = export_ledger(
      ledger, request.campaign, [&](std::string_view text) { writer.write(std::as_bytes(std::span(text))); });
  writer.publish();
  fmt::print("exported {} products to {}\n", products, request.file);
  return ExitStatus::done;
}

ExitStatus import_from(const LedgerRequest& request) {
  constexpr std::size_t kShown = 10;
  if (request.file.empty())
    throw UsageError("import what? Name the file that recovery ledger export has made");
  Disk& disk = real_disk();
  const auto progress = make_terminal_progress();
  const std::string text = read_text(disk, request.file);
  disk.create_directories(request.campaign.state);
  const Campaign& campaign = request.campaign;
  if (request.replace &&
      !confirmed(
          "Set the ledger and all receipts aside, and believe this file alone? A backup is made first.",
          request.yes)) {
    fmt::print("nothing done\n");
    return ExitStatus::failed;
  }
  const LedgerLease lease(disk, campaign, kPatience);
  audit_begin(campaign);
  if (request.replace) {
    // Refused before anything moves if the file is torn, damaged or another campaign's.
    require_importable(campaign, request.file, text);
    const BackupManifest backup =
        create_backup(disk, campaign, "before-import", "made by ledger import --replace", *progress);
    audit_change(fmt::format("made backup {}", backup.name));
    const fs::path aside = set_ledger_aside(disk, campaign);
    audit_change(fmt::format("set the ledger and all receipts aside in {}", aside.string()));
    fmt::print("backup: {}\nset aside: {}\n", backup.name, aside.string());
  }
  const ImportOutcome outcome = import_ledger(disk, campaign, request.file, text);
  for (std::size_t i = 0; i < std::min(kShown, outcome.left_out.size()); ++i)
    fmt::print("left out: {}\n", printable(outcome.left_out[i]));
  if (outcome.left_out.size() > kShown) fmt::print("and {} more\n", outcome.left_out.size() - kShown);
  fmt::print("imported {} products, {} were known, {} are not there and were left out\n", outcome.taken,
             outcome.known, outcome.left_out.size());
  audit_change(fmt::format("imported {} products from {}", outcome.taken, request.file));
  const MergeOutcome merged = merge_receipts(disk, campaign, lease.still_held(), *progress);
  const ExitStatus status = tell(merged, campaign, request.options);
  return outcome.left_out.empty() ? status : ExitStatus::gaps;
}

}  // namespace

ExitStatus run_ledger(int argc, char** argv) {
  cxxopts::Options options = verb_options("ledger",
                                          "merge: takes the stages' receipts in. rebuild: makes the ledger "
                                          "again from all receipts. check: holds it "
                                          "against itself, the record files and the archived receipts. "
                                          "export, import: as JSON lines. Exit status 0: "
                                          "done, 1: problems found, 2: could not do it.");
  options.add_options()("action", "merge, rebuild, check, export or import", cxxopts::value<std::string>(),
                        "ACTION")("file", "export: to this file (standard output); import: from this file",
                                  cxxopts::value<std::string>(), "FILE")(
      "replace", "import: believe the file alone; what was known is backed up and set aside")("yes",
                                                                                              "do not ask");
  options.parse_positional({"action", "file"});
  options.positional_help("ACTION [FILE]");
  const auto parsed = parse_verb(options, argc, argv);
  if (!parsed) return ExitStatus::done;
  const std::string action = parsed->count("action") > 0 ? (*parsed)["action"].as<std::string>() : "";
  LedgerRequest request;
  request.campaign = campaign_from(*parsed);
  request.options = " --config " + (*parsed)["config"].as<std::string>();
  if (parsed->count("file") > 0) request.file = (*parsed)["file"].as<std::string>();
  request.replace = parsed->count("replace") > 0;
  request.yes = parsed->count("yes") > 0;
  if (action == "merge") return merge(request, false);
  if (action == "rebuild") return merge(request, true);
  if (action == "check") return check(request);
  if (action == "export") return export_to(request);
  if (action == "import") return import_from(request);
  throw UsageError(
      fmt::format("recovery ledger {}: there are merge, rebuild, check, export and import", action));
}

}  // namespace lenswright
