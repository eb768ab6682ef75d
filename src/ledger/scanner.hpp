// scanner.hpp: walks the folders of one stage and holds what it finds against what the campaign expects
// there.
//
// One directory read per folder; symbolic links to folders are not followed. What scan.hpp promises of the
// whole is made here for one stage, or for some products.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ledger/expected_files.hpp"
#include "ledger/file_check.hpp"
#include "ledger/scan.hpp"
#include "ledger/seen_files.hpp"

namespace lenswright {

class Scanner {
 public:
  using SetState = std::function<void(const ProductId&, State)>;
  Scanner(const Campaign& campaign, Disk& disk, Tier tier, const ReceiptIndex& receipts, SetState set_state);

  void look_closer(const CloserLook* closer) { closer_ = closer; }  // null: no product; must outlive this
  // Files that it knows are not opened at tier header; null: none. Must outlive this.
  void trust(const SeenFiles* seen) { seen_ = seen; }
  void scan_stage(Stage stage, const Selection& selection, ProgressSink& progress);
  void scan_products(const std::vector<ProductId>& products);

  std::vector<Finding> findings;  // per product in order; see sort_findings for the whole
  std::vector<std::filesystem::path> dead_temporary_files;
  std::vector<FilePrint> sound;  // of files found sound; only with trust()

 private:
  struct StageWalk;
  // A folder as a directory read gives it.
  struct Listing {
    enum class Is { there, missing, unknown } is = Is::missing;
    std::vector<DirectoryEntry> entries;
  };
  struct Tally {  // of one product's files
    int files = 0, missing = 0;
    State worst = State::complete;
    std::string first_missing;  // path below the combination's folder
    std::string missing_folder;
    std::vector<Finding> bad;
  };

  void scan_model(const StageWalk& walk, int model_index, const std::function<void(std::uint64_t)>& advance);
  void scan_models_together(const StageWalk& walk, const std::function<void(std::uint64_t)>& advance);
  Listing list(const std::filesystem::path& folder, const DirectoryEntry* entry);
  bool open_root(Stage stage, Listing& root);
  void scan_combination(const ExpectedFolder& expected, const Listing& model, int model_index,
                        int realization);
  void visit(const ExpectedFolder& expected, const std::filesystem::path& folder, const Listing& listing);
  void visit_file(const ExpectedFile& expected, const std::filesystem::path& path, const FileStatus& status);
  void mark_all(const ExpectedFolder& expected, State state, const std::filesystem::path& folder);
  void look_at_extras(const std::vector<DirectoryEntry>& entries, const std::filesystem::path& folder,
                      const std::function<bool(const std::string&)>& expected);
  void count_files(const ExpectedFolder& expected);
  void settle(const ExpectedFolder& expected);
  void settle_product(const ProductId& id, Tally& tally);
  void look_at_transforms(const std::filesystem::path& root, const Listing& listing);
  Tally& tally_of(const ProductId& id);
  void add_finding(State state, const std::filesystem::path& path, std::string because);
  std::string below_root(const std::filesystem::path& path) const;

  const Campaign& campaign_;
  Disk& disk_;
  Tier tier_;
  const ReceiptIndex& receipts_;
  SetState set_state_;
  FileCheck check_, full_check_;
  const CloserLook* closer_ = nullptr;
  const SeenFiles* seen_ = nullptr;
  bool report_orphans_ = false;
  bool any_plane_there_ = false;
  // The place of the walk.
  Stage stage_ = Stage::lensplanes;
  int model_ = 0, realization_ = 0;
  std::string combination_;                  // its folder, with its stage, for prints of files
  std::vector<std::vector<Tally>> tallies_;  // by kind, then index
};

// In a folder's entries, which are sorted by name; null: not there.
const DirectoryEntry* find_entry(const std::vector<DirectoryEntry>& entries, std::string_view name);

// As ScanResult::findings promises.
void sort_findings(std::vector<Finding>& findings);

}  // namespace lenswright
