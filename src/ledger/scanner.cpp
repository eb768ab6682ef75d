#include "ledger/scanner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "base/error.hpp"
#include "base/stop_request.hpp"
#include "io/atomic_writer.hpp"
#include "ledger/root_marker.hpp"
#include "ledger/transforms_check.hpp"

namespace lenswright {

namespace {

// Which of two states of a run's files stands for the run: what cannot be told, or must not be replaced,
// comes before what would be made again.
int gravity(State state) {
  switch (state) {
    case State::complete:
    case State::stale:
    case State::orphan:
    case State::released:
      return 0;
    case State::missing:
      return 1;
    case State::truncated:
      return 2;
    case State::corrupt:
      return 3;
    case State::mismatched:
      return 4;
    case State::unknown:
      break;
  }
  return 5;
}

}  // namespace

const DirectoryEntry* find_entry(const std::vector<DirectoryEntry>& entries, std::string_view name) {
  const auto entry = std::lower_bound(
      entries.begin(), entries.end(), name,
      [](const DirectoryEntry& candidate, std::string_view wanted) { return candidate.name < wanted; });
  return entry != entries.end() && entry->name == name ? &*entry : nullptr;
}

Scanner::Scanner(const Campaign& campaign, Disk& disk, Tier tier, const ReceiptIndex& receipts,
                 SetState set_state)
    : campaign_(campaign),
      disk_(disk),
      tier_(tier),
      receipts_(receipts),
      set_state_(std::move(set_state)),
      check_(campaign, disk, tier),
      full_check_(campaign, disk, Tier::full),
      tallies_(kProductKindCount) {}

void Scanner::add_finding(State state, const std::filesystem::path& path, std::string because) {
  findings.push_back({state, stage_, std::nullopt, path.string(), std::move(because)});
}

std::string Scanner::below_root(const std::filesystem::path& path) const {
  return path.lexically_relative(stage_root(campaign_, stage_)).string();
}

Scanner::Tally& Scanner::tally_of(const ProductId& id) {
  std::vector<Tally>& of_kind = tallies_[static_cast<std::size_t>(id.kind)];
  const auto index = static_cast<std::size_t>(id.index);
  if (of_kind.size() <= index) of_kind.resize(index + 1);
  return of_kind[index];
}

Scanner::Listing Scanner::list(const std::filesystem::path& folder, const DirectoryEntry* entry) {
  if (entry == nullptr) return {Listing::Is::missing, {}};
  if (entry->status.type != FileType::directory) {
    add_finding(
        State::unknown, folder,
        fmt::format("{} stands where a folder is expected: what lies below cannot be looked at",
                    entry->status.type == FileType::symlink ? "a symbolic link, which is not followed,"
                                                            : "no folder"));
    return {Listing::Is::unknown, {}};
  }
  try {
    return {Listing::Is::there, disk_.list(folder)};
  } catch (const IoError& error) {
    add_finding(State::unknown, folder, error.what());
    return {Listing::Is::unknown, {}};
  }
}

bool Scanner::open_root(Stage stage, Listing& root) {
  stage_ = stage;
  const std::filesystem::path& path = stage_root(campaign_, stage);
  if (const RootCheck check = check_root(disk_, campaign_, stage); check.state != RootState::ours) {
    add_finding(State::unknown, path, check.because);
    return false;
  }
  const DirectoryEntry itself{path.filename().string(), {.type = FileType::directory}};
  root = list(path, &itself);
  return root.is == Listing::Is::there;
}

void Scanner::scan_products(const std::vector<ProductId>& products) {
  using ByRealization = std::map<int, std::vector<ProductId>>;
  std::map<Stage, std::map<int, ByRealization>> by_place;
  for (const ProductId& id : products) by_place[stage_of(id.kind)][id.model][id.realization].push_back(id);
  for (const auto& [stage, models] : by_place) {
    Listing root;
    const bool is_open = open_root(stage, root);
    for (const auto& [model, realizations] : models) {
      const std::string& name = campaign_.models[static_cast<std::size_t>(model)].name;
      Listing folder;
      if (is_open) folder = list(stage_root(campaign_, stage) / name, find_entry(root.entries, name));
      for (const auto& [realization, here] : realizations) {
        if (is_open) {
          scan_combination(expected_folder(campaign_, here), folder, model, realization);
        } else {
          for (const ProductId& id : here) set_state_(id, State::unknown);
        }
      }
    }
  }
}

void Scanner::scan_combination(const ExpectedFolder& expected, const Listing& model, int model_index,
                               int realization) {
  model_ = model_index;
  realization_ = realization;
  if (seen_ != nullptr)
    combination_ = fmt::format(
        "{} {}", stage_name(stage_),
        (stage_root(campaign_, stage_) / combination_folder(campaign_, model_, realization_)).string());
  const std::filesystem::path model_folder =
      stage_root(campaign_, stage_) / campaign_.models[static_cast<std::size_t>(model_index)].name;
  const std::string name = realization_folder(realization);
  if (model.is != Listing::Is::there)
    mark_all(expected, model.is == Listing::Is::missing ? State::missing : State::unknown, model_folder);
  else
    visit(expected, model_folder / name, list(model_folder / name, find_entry(model.entries, name)));
  settle(expected);
}

void Scanner::mark_all(const ExpectedFolder& expected, State state, const std::filesystem::path& folder) {
  for (const ExpectedFile& file : expected.files) {
    Tally& tally = tally_of(file.product);
    if (gravity(state) > gravity(tally.worst)) tally.worst = state;
    if (state != State::missing || tally.missing++ > 0) continue;
    tally.first_missing = file.below;
    tally.missing_folder = below_root(folder);
  }
  for (const ExpectedFolder& inner : expected.folders) mark_all(inner, state, folder);
}

void Scanner::visit(const ExpectedFolder& expected, const std::filesystem::path& folder,
                    const Listing& listing) {
  if (listing.is != Listing::Is::there) {
    mark_all(expected, listing.is == Listing::Is::missing ? State::missing : State::unknown, folder);
    return;
  }
  // Both are sorted by name: one pass.
  std::vector<DirectoryEntry> extras;
  auto file = expected.files.begin();
  auto inner = expected.folders.begin();
  const auto missing_until = [&](const std::string* name) {
    for (; file != expected.files.end() && (name == nullptr || file->name < *name); ++file) {
      Tally& tally = tally_of(file->product);
      if (gravity(State::missing) > gravity(tally.worst)) tally.worst = State::missing;
      if (tally.missing++ == 0) tally.first_missing = file->below;
    }
    for (; inner != expected.folders.end() && (name == nullptr || inner->name < *name); ++inner)
      mark_all(*inner, State::missing, folder / inner->name);
  };
  for (const DirectoryEntry& entry : listing.entries) {
    missing_until(&entry.name);
    if (file != expected.files.end() && file->name == entry.name)
      visit_file(*file++, folder / entry.name, entry.status);
    else if (inner != expected.folders.end() && inner->name == entry.name) {
      const std::filesystem::path path = folder / entry.name;
      visit(*inner++, path, list(path, &entry));
    } else {
      extras.push_back(entry);
    }
  }
  missing_until(nullptr);
  look_at_extras(extras, folder, [&](const std::string& name) {
    return product_at(campaign_, stage_, below_root(folder / name)).has_value();  // not in the selection
  });
}

void Scanner::visit_file(const ExpectedFile& expected, const std::filesystem::path& path,
                         const FileStatus& status) {
  const ProductId id{expected.product.kind, model_, realization_, expected.product.index};
  const bool full = tier_ == Tier::full || (closer_ != nullptr && closer_->wanted(id));
  std::optional<Digest> recorded;
  if (full && !receipts_.empty()) {
    recorded =
        receipts_.file_digest(product_name(campaign_, id),
                              combination_folder(campaign_, model_, realization_) + "/" + expected.below);
  }
  FilePrint print = 0;
  if (seen_ != nullptr && tier_ != Tier::quick && status.type == FileType::regular) {
    print = seen_->print(combination_, expected.below, status, expected.format);
    if (!full && seen_->contains(print)) {
      sound.push_back(print);
      return;
    }
  }
  FileCheck& check = full ? full_check_ : check_;
  FileVerdict verdict = check(path, status, expected.format, recorded ? &*recorded : nullptr);
  if (verdict.state == State::complete) {
    if (print != 0 && seen_->at_rest(status)) sound.push_back(print);
    return;
  }
  Tally& tally = tally_of(expected.product);
  if (gravity(verdict.state) > gravity(tally.worst)) tally.worst = verdict.state;
  tally.bad.push_back({verdict.state, stage_, std::nullopt, path.string(), std::move(verdict.because)});
}

void Scanner::look_at_extras(const std::vector<DirectoryEntry>& entries, const std::filesystem::path& folder,
                             const std::function<bool(const std::string&)>& expected) {
  for (const DirectoryEntry& entry : entries) {
    if (const std::optional<TemporaryName> temporary = parse_temporary_name(entry.name);
        temporary && entry.status.type == FileType::regular) {
      if (writer_is_dead(*temporary, entry.status)) dead_temporary_files.push_back(folder / entry.name);
    } else if (report_orphans_ && !expected(entry.name)) {
      add_finding(State::orphan, folder / entry.name,
                  entry.status.type == FileType::directory
                      ? "the campaign expects no such folder here; what it holds was not looked at"
                      : "the campaign expects no such file here");
    }
  }
}

void Scanner::count_files(const ExpectedFolder& expected) {
  for (const ExpectedFile& file : expected.files) ++tally_of(file.product).files;
  for (const ExpectedFolder& inner : expected.folders) count_files(inner);
}

void Scanner::settle(const ExpectedFolder& expected) {
  count_files(expected);
  for (std::size_t kind = 0; kind < tallies_.size(); ++kind)
    for (std::size_t index = 0; index < tallies_[kind].size(); ++index) {
      Tally& tally = tallies_[kind][index];
      if (tally.files == 0) continue;
      settle_product({static_cast<ProductKind>(kind), model_, realization_, static_cast<int>(index)}, tally);
      tally = Tally{};
    }
}

void Scanner::settle_product(const ProductId& id, Tally& tally) {
  set_state_(id, tally.worst);
  if (id.kind == ProductKind::mass_plane && tally.worst != State::missing && tally.worst != State::unknown)
    any_plane_there_ = true;
  if (tally.worst == State::complete) return;
  for (Finding& finding : tally.bad) {
    finding.product = id;
    findings.push_back(std::move(finding));
  }
  if (tally.missing == 0) return;
  const std::filesystem::path product = absolute_path(campaign_, id);
  Finding finding{State::missing, stage_, id, product.string(), {}};
  if (tally.missing < tally.files) {
    finding.path = (stage_root(campaign_, stage_) / combination_folder(campaign_, model_, realization_) /
                    tally.first_missing)
                       .string();
    finding.because =
        fmt::format("{} of its {} files are missing, the first of them {}", tally.missing, tally.files,
                    std::filesystem::path(tally.first_missing).filename().string());
  } else if (tally.missing_folder.empty()) {
    finding.because = tally.files == 1 ? "there is no such file" : "its folder is empty of its files";
  } else if (below_root(product) == tally.missing_folder) {
    finding.because = "there is no such folder";
  } else {
    finding.because = fmt::format("there is no folder {}", tally.missing_folder);
  }
  findings.push_back(std::move(finding));
}

void Scanner::look_at_transforms(const std::filesystem::path& root, const Listing& listing) {
  if (!any_plane_there_) return;
  const bool there = find_entry(listing.entries, kTransformsFile) != nullptr;
  if (FileVerdict verdict = check_transforms(campaign_, there, tier_); verdict.state != State::complete)
    add_finding(verdict.state, root / kTransformsFile, std::move(verdict.because));
}

void sort_findings(std::vector<Finding>& findings) {
  const auto key = [](const Finding& finding) {
    return std::tuple(finding.stage, !finding.product.has_value(),
                      finding.product.value_or(ProductId{ProductKind::mass_plane, 0, 0, 0}));
  };
  std::stable_sort(findings.begin(), findings.end(),
                   [&](const Finding& a, const Finding& b) { return key(a) < key(b); });
}

}  // namespace lenswright
