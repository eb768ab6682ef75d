// recovery why: the state of one product or file and the reason; what it is made from, and what its receipt
// tells.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "campaign/product_graph.hpp"
#include "campaign/product_path.hpp"
#include "command_line.hpp"
#include "input_availability.hpp"
#include "io/atomic_writer.hpp"
#include "ledger/released.hpp"
#include "ledger/root_marker.hpp"
#include "ledger/staleness.hpp"
#include "ledger/transforms_check.hpp"
#include "survey.hpp"
#include "verb.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

struct Place {
  Stage stage;
  std::string below;  // path below the stage's root
};

// With symbolic links resolved, as far as they may be read.
fs::path resolved(const fs::path& path) {
  std::error_code unreadable;
  const fs::path real = fs::weakly_canonical(path, unreadable);
  return unreadable ? path : real;
}

// The stage root that the path lies below, with and without symbolic links resolved.
std::optional<Place> place_of(const Campaign& campaign, const fs::path& path) {
  const fs::path spelled = fs::absolute(path).lexically_normal();
  for (const Stage stage : stages_of(campaign)) {
    const fs::path& root = stage_root(campaign, stage);
    for (const auto& [folder, file] :
         {std::pair(root.lexically_normal(), spelled), std::pair(resolved(root), resolved(spelled))}) {
      std::string below = file.lexically_relative(folder).generic_string();
      if (below.empty() || below == ".." || below.starts_with("../")) continue;
      while (below.ends_with('/')) below.pop_back();
      return Place{stage, below};
    }
  }
  return std::nullopt;
}

// The receipt of the product's newest record, merged or not.
std::optional<Receipt> receipt_of(Disk& disk, const Campaign& campaign, const ReceiptIndex& receipts,
                                  const std::string& product) {
  const auto known = receipts.known(product);
  if (!known) return std::nullopt;
  for (const fs::path& folder : {receipts_folder(campaign), receipts_archive(campaign)}) {
    const fs::path path = folder / known->receipt;
    try {
      if (disk.status(path)) return decode_receipt(path.string(), read_text(disk, path));
    } catch (const Failure&) {
      continue;  // moved to the archive in this moment; or damaged, of which `recovery ledger check` tells
    }
  }
  return std::nullopt;
}

class Explanation {
 public:
  Explanation(const Look& look, Disk& disk)
      : look_(look),
        campaign_(look.campaign),
        disk_(disk),
        receipts_(ReceiptIndex::load(disk, look.campaign)),
        staleness_(campaign_, disk_, receipts_),
        released_(read_released(disk, look.campaign)) {}

  ExitStatus product(const ProductId& id) {
    const std::string name = product_name(campaign_, id);
    const Finding finding = looked_at(id, look_.tier);
    const bool unverified = finding.state == State::complete && !receipts_.origin(name);
    fmt::print("{}: {}{}\n", name, state_name(finding.state),
               unverified ? ", unverified: no receipt tells what it was made from" : "");
    fmt::print("  because   {}\n", finding.because);
    fmt::print("  path      {}\n", absolute_path(campaign_, id).string());
    tell_receipt(name);
    const std::string blocked = tell_inputs(id);
    const bool to_make = to_be_made(finding.state);
    if (to_make && !blocked.empty())
      fmt::print("  blocked   {}\n", blocked);
    else if (to_make)
      fmt::print("  next      recovery submit{}\n", look_.options);
    else if (finding.state == State::stale)
      fmt::print("  next      recovery submit --include-stale{}\n", look_.options);
    else if (finding.state == State::mismatched)
      fmt::print("  next      check the grid in {}; if it is right, recovery submit --replace-mismatched{}\n",
                 campaign_.file.string(), look_.options);
    return finding.state == State::complete || finding.state == State::released ? ExitStatus::done
           : finding.state == State::unknown                                    ? ExitStatus::failed
                                                                                : ExitStatus::gaps;
  }

  ExitStatus transforms(const fs::path& path, bool there) {
    if (!there) return said(path, "missing: lensplane writes it before the first plane", ExitStatus::gaps);
    const FileVerdict verdict = check_transforms(campaign_, there, look_.tier);
    if (verdict.state == State::complete)
      return said(path, "the transforms that all planes of the campaign share", ExitStatus::done);
    fmt::print("{}: {}\n  because   {}\n", path.string(), state_name(verdict.state), verdict.because);
    return verdict.state == State::unknown ? ExitStatus::failed : ExitStatus::gaps;
  }

  // A path below a stage's root that is no product.
  ExitStatus other(const Place& place) {
    const fs::path& folder = stage_root(campaign_, place.stage);
    const fs::path path = place.below == "." ? folder : folder / place.below;
    const RootCheck root = check_root(disk_, campaign_, place.stage);
    if (root.state != RootState::ours) {
      fmt::print("{}: unknown\n  because   {}\n", path.string(), root.because);
      return ExitStatus::failed;
    }
    if (place.below == ".") return said(path, "the root of a stage", ExitStatus::done);
    if (place.below == kRootMarkerFile)
      return said(path, "the marker that says whose root this is", ExitStatus::done);
    const auto status = disk_.status(path);
    if (status && *fs::path(place.below).begin() == kTrashFolder)
      return said(path, "in the trash: moved aside by submit or --force, restorable by hand",
                  ExitStatus::done);
    if (place.stage == Stage::lensplanes && place.below == kTransformsFile)
      return transforms(path, status.has_value());
    if (!status)
      return said(path, "there is no such file, and the campaign expects none of this name",
                  ExitStatus::failed);
    if (const auto temporary = parse_temporary_name(path.filename().string())) {
      return said(
          path,
          fmt::format("a temporary file that process {} on {} {} for {}", temporary->pid, temporary->host,
                      writer_is_dead(*temporary, *status) ? "left behind" : "may still be writing",
                      temporary->target),
          ExitStatus::gaps);
    }
    if (status->type == FileType::directory)
      return said(path, "a folder; name a product or a file in it", ExitStatus::failed);
    fmt::print("{}: orphan\n  because   the campaign expects no file of this name: {}\n",
               printable(path.string()), reason_for_orphan(place));
    return ExitStatus::gaps;
  }

 private:
  Finding looked_at(const ProductId& id, Tier tier) {
    Finding finding = check_product(campaign_, disk_, id, tier, receipts_, &staleness_);
    if (id.kind == ProductKind::potential && finding.state == State::missing &&
        released_.contains(product_name(campaign_, id))) {
      finding.state = State::released;
      finding.because =
          "let go when all runs made from it were there; it is made again when one of them has to be";
    }
    return finding;
  }

  static ExitStatus said(const fs::path& path, const std::string& what, ExitStatus status) {
    fmt::print("{}: {}\n", printable(path.string()), what);
    return status;
  }

  std::string reason_for_orphan(const Place& place) const {
    const std::string model = place.below.substr(0, place.below.find('/'));
    if (campaign_.model_index(model))
      return fmt::format(
          "its model is the campaign's, but its realization, number or name is not one of {} "
          "realizations, {} planes, {} runs",
          campaign_.realizations, campaign_.planes(), campaign_.raytracing.runs);
    return fmt::format("\"{}\" is none of its {} models", model, campaign_.models.size());
  }

  void tell_receipt(const std::string& name) {
    const std::optional<Receipt> receipt = receipt_of(disk_, campaign_, receipts_, name);
    if (!receipt) {
      fmt::print("  receipt   none\n");
      return;
    }
    fmt::print("  receipt   published until {} on {} by lenswright {}, {} rank{}\n", receipt->finished,
               receipt->host, receipt->code_version, receipt->ranks, receipt->ranks == 1 ? "" : "s");
    const std::shared_ptr<const ProductRecord> record = receipts_.find(name);
    if (record == nullptr) return;
    for (const ReceiptFile& file : record->files)
      fmt::print("            {} {} bytes {}\n", file.digest.hex(), file.size, file.path);
  }

  // Prints what the product is made from; the first reason why it cannot be, or nothing.
  std::string tell_inputs(const ProductId& id) {
    std::string blocked;
    if (id.kind == ProductKind::mass_plane) {
      const Model& model = campaign_.models[static_cast<std::size_t>(id.model)];
      const int index = snapshot_index_of(campaign_, id);
      const int snapshot = campaign_.snapshots[static_cast<std::size_t>(index)];
      Selection selection;
      selection.models = {id.model};
      blocked = input_availability(campaign_, selection).missing_for(model, index);
      for (const Simulation simulation : simulations_of(model))
        fmt::print("  made from {} snapshot {}\n", simulation_name(simulation), snapshot);
      return blocked;
    }
    const std::vector<ProductId> inputs = inputs_of(campaign_, id);
    if (inputs.empty()) fmt::print("  made from the campaign file\n");
    std::size_t complete = 0;
    std::vector<Finding> lacking;
    for (const ProductId& input : inputs) {
      Finding finding = looked_at(input, std::min(look_.tier, Tier::header));
      if (finding.state == State::complete)
        ++complete;
      else
        lacking.push_back(std::move(finding));
    }
    if (inputs.size() == 1)
      fmt::print("  made from {}: {}\n", product_name(campaign_, inputs.front()),
                 complete == 1 ? "complete" : state_name(lacking.front().state));
    else if (!inputs.empty())
      fmt::print("  made from {} products of which {} are complete\n", inputs.size(), complete);
    for (const Finding& finding : lacking) {
      if (inputs.size() > 1 && finding.product)
        fmt::print("            {}: {}\n", product_name(campaign_, *finding.product),
                   state_name(finding.state));
      if (finding.state == State::unknown || finding.state == State::mismatched) blocked = finding.because;
      if (finding.state == State::stale)
        blocked = fmt::format("{} is stale; recovery submit --include-stale makes both anew",
                              product_name(campaign_, *finding.product));
    }
    return blocked;
  }

  const Look& look_;
  const Campaign& campaign_;
  Disk& disk_;
  ReceiptIndex receipts_;
  Staleness staleness_;
  ReleasedProducts released_;
};

// What a word can mean: a product's name, a path as seen from here, or a path below any stage's root.
std::vector<Place> places_of(const Campaign& campaign, const std::string& target) {
  if (const auto id = product_named(campaign, target))
    return {{stage_of(id->kind), relative_path(campaign, *id)}};
  if (const auto place = place_of(campaign, target)) return {*place};
  std::vector<Place> places;
  for (const Stage stage : kStages)
    if (product_at(campaign, stage, target)) places.push_back({stage, target});
  return places;
}

}  // namespace

ExitStatus run_why(int argc, char** argv) {
  cxxopts::Options options =
      verb_options("why",
                   "Shows the state of one product and the reason, what it is made from, and what its "
                   "receipt tells. Exit status 0: complete, 1: missing, damaged or not expected, 2: "
                   "cannot tell.");
  add_selection_options(options);
  options.add_options()("target", "a product's name (lux/dmo/LP_03/lenspot12.dat), or a path",
                        cxxopts::value<std::string>(), "PRODUCT|PATH");
  options.parse_positional({"target"});
  options.positional_help("PRODUCT|PATH");
  const auto parsed = parse_verb(options, argc, argv);
  if (!parsed) return ExitStatus::done;
  if (parsed->count("target") == 0)
    throw UsageError("why what? Name a product (lux/dmo/LP_03/lenspot12.dat) or a path");
  const Look look = look_from(*parsed);
  const std::string target = (*parsed)["target"].as<std::string>();
  const std::vector<Place> places = places_of(look.campaign, target);
  if (places.empty()) {
    throw UsageError(fmt::format(
        "{}: no product of the campaign has this name, and it lies below none of the roots {}, {}, {}; names "
        "are like lensplanes/{}/{}/lenspot00.dat",
        target, look.campaign.lensplanes.root.string(), look.campaign.lux.root.string(),
        look.campaign.raytracing.root.string(), look.campaign.models.front().name, realization_folder(0)));
  }
  Explanation explanation(look, real_disk());
  ExitStatus worst = ExitStatus::done;
  for (const Place& place : places) {
    const auto id = product_at(look.campaign, place.stage, place.below);
    worst = std::max(worst, id ? explanation.product(*id) : explanation.other(place));
  }
  return worst;
}

}  // namespace lenswright
