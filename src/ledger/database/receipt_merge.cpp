#include "ledger/database/receipt_merge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <optional>
#include <set>
#include <span>
#include <thread>

#include "base/error.hpp"
#include "base/stop_request.hpp"
#include "ledger/actor.hpp"
#include "ledger/database/ledger_database.hpp"
#include "ledger/database/record_publishing.hpp"
#include "ledger/event_log.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kReadAtOnce = 1024;  // receipts in memory
constexpr std::size_t kReaders = 2;

std::vector<std::string> receipt_names(Disk& disk, const fs::path& folder) {
  std::vector<std::string> names;
  if (!disk.status(folder)) return names;
  for (DirectoryEntry& entry : disk.list(folder))
    if (entry.status.type == FileType::regular && is_receipt_name(entry.name))
      names.push_back(std::move(entry.name));
  return names;
}

// A receipt read from its file, or why it cannot be taken in.
struct ReadReceipt {
  Digest bytes;
  std::optional<Receipt> receipt;
  std::string problem;
};

ReadReceipt read_receipt(Disk& disk, const Campaign& campaign, const fs::path& path) {
  ReadReceipt read;
  try {
    const std::string text = read_text(disk, path);
    read.bytes = digest_of(text);
    Receipt receipt = decode_receipt(path.string(), text);
    if (receipt.campaign != campaign.name) {
      read.problem = fmt::format("{}: is of campaign \"{}\", not \"{}\": left where it is", path.string(),
                                 receipt.campaign, campaign.name);
    } else if (!std::all_of(receipt.products.begin(), receipt.products.end(), can_be_recorded)) {
      read.problem = fmt::format(
          "{}: a name in it is no product's, or leads out of its folder: left where it is", path.string());
    } else {
      read.receipt = std::move(receipt);
    }
  } catch (const IoError& error) {
    // A disk that fails is no damaged receipt.
    if (error.error_number() != EACCES) throw;
    read.problem = fmt::format("{}: left where it is", error.what());
  } catch (const FormatError& error) {
    read.problem = fmt::format("{}: left where it is", error.what());
  }
  return read;
}

std::vector<ReadReceipt> read_receipts(Disk& disk, const Campaign& campaign, const fs::path& folder,
                                       std::span<const std::string> names) {
  std::vector<ReadReceipt> read(names.size());
  if (!disk.shared_by_threads()) {
    for (std::size_t i = 0; i < names.size(); ++i) read[i] = read_receipt(disk, campaign, folder / names[i]);
    return read;
  }
  std::atomic<std::size_t> next{0};
  std::vector<std::exception_ptr> failures(kReaders);
  std::vector<std::thread> readers;
  for (std::size_t reader = 0; reader < kReaders; ++reader)
    readers.emplace_back([&, reader] {
      try {
        for (std::size_t i; (i = next++) < names.size();)
          read[i] = read_receipt(disk, campaign, folder / names[i]);
      } catch (...) {
        failures[reader] = std::current_exception();
      }
    });
  for (std::thread& reader : readers) reader.join();
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
  return read;
}

class Merge {
 public:
  Merge(Disk& disk, const Campaign& campaign, const std::function<void()>& still_held, ProgressSink& progress)
      : disk_(disk), campaign_(campaign), still_held_(still_held), progress_(progress) {}

  MergeOutcome into_ledger() {
    const std::vector<std::string> names = receipt_names(disk_, receipts_folder(campaign_));
    if (names.empty()) return std::move(outcome_);
    LedgerDatabase ledger(ledger_file(campaign_), campaign_.name, LedgerDatabase::Access::write);
    ledger.begin();
    take_in(ledger, receipts_folder(campaign_), names);
    take_in_events(ledger);
    still_held_();
    ledger.commit();
    finish(ledger);
    return std::move(outcome_);
  }

  // Beside the old one, which stays in use until the new one is whole.
  MergeOutcome anew() {
    outcome_.rebuilt = true;
    const fs::path place = ledger_file(campaign_);
    const fs::path beside = place.string() + ".new";
    disk_.create_directories(place.parent_path());
    for (const fs::path& litter : {beside, fs::path(beside.string() + "-journal")})
      if (disk_.status(litter)) disk_.remove(litter);
    {
      LedgerDatabase ledger(beside, campaign_.name, LedgerDatabase::Access::write);
      ledger.begin();
      take_in(ledger, receipts_archive(campaign_), receipt_names(disk_, receipts_archive(campaign_)));
      take_in(ledger, receipts_folder(campaign_), receipt_names(disk_, receipts_folder(campaign_)));
      take_in_events(ledger);
      ledger.commit();
      still_held_();
    }
    retire(place);
    disk_.rename(beside, place);
    disk_.sync_directory(place.parent_path());
    still_held_();
    const LedgerDatabase ledger(place, campaign_.name, LedgerDatabase::Access::read);
    for (std::string& group : ledger.groups()) groups_.insert(std::move(group));
    finish(ledger);
    return std::move(outcome_);
  }

 private:
  void take_in(LedgerDatabase& ledger, const fs::path& folder, const std::vector<std::string>& names) {
    const bool archived = folder == receipts_archive(campaign_);
    progress_.begin(fmt::format("merging {}receipts", archived ? "archived " : ""), names.size(), "receipts");
    for (std::size_t first = 0; first < names.size(); first += kReadAtOnce) {
      throw_if_stop_requested();
      const auto part = std::span(names).subspan(first, std::min(kReadAtOnce, names.size() - first));
      std::vector<ReadReceipt> read = read_receipts(disk_, campaign_, folder, part);
      for (std::size_t i = 0; i < part.size(); ++i) take_in(ledger, part[i], read[i], archived);
      progress_.advance(part.size());
    }
    progress_.end();
  }

  void take_in(LedgerDatabase& ledger, const std::string& name, ReadReceipt& read, bool archived) {
    if (!read.receipt) {
      outcome_.problems.push_back(std::move(read.problem));
      return;
    }
    if (const std::optional<Digest> merged = ledger.merged(name)) {
      if (*merged != read.bytes) {
        outcome_.problems.push_back(
            fmt::format("{}: another receipt of this name has been merged before: left where it is",
                        (receipts_folder(campaign_) / name).string()));
        return;
      }
    } else {
      outcome_.records += ledger.add(name, read.bytes, *read.receipt);
      ++outcome_.receipts;
    }
    // Also of one that was merged before: the merge may have died before its record files.
    for (const ProductRecord& record : read.receipt->products) groups_.insert(record_group(record.product));
    if (!archived) to_archive_.push_back(name);
  }

  void take_in_events(LedgerDatabase& ledger) {
    const EventLogContents log = read_event_log(disk_, campaign_);
    for (const EventLine& line : log.lines) ledger.add_event(digest_of(line.text), line.text);
  }

  // The ledger that is there, with the journal that belongs to it, out of the way of the new one.
  void retire(const fs::path& place) {
    const fs::path journal = place.string() + "-journal";
    if (!disk_.status(place) && !disk_.status(journal)) return;
    const fs::path folder = campaign_.state / "replaced" / compact_time(utc_now());
    disk_.create_directories(folder);
    // The journal first: left alone beside a new ledger it would be played back into that.
    for (const fs::path& old : {journal, place})
      if (disk_.status(old)) disk_.rename(old, folder / old.filename());
    disk_.sync_directory(folder);
    disk_.sync_directory(place.parent_path());
  }

  void finish(const LedgerDatabase& ledger) {
    publish_records(disk_, campaign_, ledger, groups_);
    if (to_archive_.empty()) return;
    still_held_();
    const fs::path from = receipts_folder(campaign_), to = receipts_archive(campaign_);
    disk_.create_directories(to);
    for (const std::string& name : to_archive_) {
      if (!disk_.rename_if_absent(from / name, to / name)) {
        // Archived before, by a copy of the state folder, say; the same bytes need not lie here twice.
        if (digest_of(read_text(disk_, to / name)) != digest_of(read_text(disk_, from / name))) {
          outcome_.problems.push_back(
              fmt::format("{}: another receipt of this name is in the archive: left where it is",
                          (from / name).string()));
          continue;
        }
        disk_.remove(from / name);
      }
      ++outcome_.archived;
    }
    disk_.sync_directory(to);
    disk_.sync_directory(from);
  }

  Disk& disk_;
  const Campaign& campaign_;
  const std::function<void()>& still_held_;
  ProgressSink& progress_;
  MergeOutcome outcome_;
  std::set<std::string> groups_;  // whose record files change
  std::vector<std::string> to_archive_;
};

}  // namespace

bool merge_is_due(Disk& disk, const Campaign& campaign) {
  if (!receipt_names(disk, receipts_folder(campaign)).empty()) return true;
  return !disk.status(ledger_file(campaign)) && !receipt_names(disk, receipts_archive(campaign)).empty();
}

MergeOutcome merge_receipts(Disk& disk, const Campaign& campaign, const std::function<void()>& still_held,
                            ProgressSink& progress) {
  if (!merge_is_due(disk, campaign)) return {};
  Merge merge(disk, campaign, still_held, progress);
  return disk.status(ledger_file(campaign)) ? merge.into_ledger() : merge.anew();
}

MergeOutcome rebuild_ledger(Disk& disk, const Campaign& campaign, const std::function<void()>& still_held,
                            ProgressSink& progress) {
  return Merge(disk, campaign, still_held, progress).anew();
}

std::vector<std::string> check_ledger(Disk& disk, const Campaign& campaign, ProgressSink& progress) {
  const fs::path file = ledger_file(campaign), archive = receipts_archive(campaign);
  const std::vector<std::string> archived = receipt_names(disk, archive);
  std::vector<std::string> problems;
  if (!disk.status(file)) {
    if (!archived.empty())
      problems.push_back(
          fmt::format("{}: there is none, but {} receipts have been merged: make it again with "
                      "`recovery ledger rebuild`",
                      file.string(), archived.size()));
    return problems;
  }
  try {
    const LedgerDatabase ledger(file, campaign.name, LedgerDatabase::Access::read);
    problems = ledger.check();
    if (!problems.empty()) return problems;
    for (const std::string& group : ledger.groups()) {
      const fs::path records = records_folder(campaign) / record_file_name(group);
      if (!disk.status(records) || read_text(disk, records) != records_of_group(ledger, campaign, group))
        problems.push_back(
            fmt::format("{}: is not what the ledger says: make it again with `recovery ledger "
                        "rebuild`",
                        records.string()));
    }
    progress.begin("checking the archived receipts", archived.size(), "receipts");
    std::set<std::string> open(archived.begin(), archived.end());  // not told of by the ledger yet
    ledger.each_receipt([&](const LedgerReceipt& receipt) {
      throw_if_stop_requested();
      const bool there = open.erase(receipt.name) > 0;
      const fs::path path = there ? archive / receipt.name : receipts_folder(campaign) / receipt.name;
      progress.advance(1);
      if (!there && !disk.status(path))
        problems.push_back(
            fmt::format("{}: merged, but no longer there; what it told is in the ledger only: "
                        "keep a copy with `recovery ledger export`",
                        (archive / receipt.name).string()));
      else if (digest_of(read_text(disk, path)) != receipt.bytes)
        problems.push_back(
            fmt::format("{}: its bytes are not those that were merged: it is damaged", path.string()));
    });
    progress.end();
    for (const std::string& name : open)
      problems.push_back(
          fmt::format("{}: archived, but the ledger does not know it: make the ledger again with "
                      "`recovery ledger rebuild`",
                      (archive / name).string()));
  } catch (const Failure& failure) {
    problems.push_back(failure.what());
  }
  return problems;
}

}  // namespace lenswright
