// recovery init: makes the state folder, the stages' roots and their markers, and takes in an existing tree.
// No existing file is touched.
#include <fmt/format.h>

#include "campaign/product_path.hpp"
#include "command_line.hpp"
#include "ledger/root_marker.hpp"
#include "ledger/root_safety.hpp"
#include "survey.hpp"
#include "terminal_progress.hpp"
#include "tree_inventory.hpp"
#include "verb.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

std::int64_t products_with_receipt(const Campaign& campaign, const ReceiptIndex& receipts, Stage stage) {
  const ProductSet products(campaign);
  std::int64_t known = 0;
  for (const ProductKind kind : kinds_of(stage))
    for (std::size_t position = 0; position < products.count(kind); ++position)
      known += receipts.find(product_name(campaign, products.at(kind, position))) != nullptr ? 1 : 0;
  return known;
}

struct RootPlan {
  Stage stage;
  RootState state;
  TreeInventory found;
};

// Throws InputError where the root must not be taken.
RootPlan look_at_root(Disk& disk, const Campaign& campaign, const ReceiptIndex& receipts, Stage stage,
                      bool accept_empty, ProgressSink& progress) {
  const fs::path& root = stage_root(campaign, stage);
  refuse_shared_folder(root, fmt::format("the {} root", stage_name(stage)));
  const RootCheck check = check_root(disk, campaign, stage);
  if (check.state == RootState::foreign || check.state == RootState::unreadable)
    throw InputError(check.because);
  RootPlan plan{stage, check.state, {}};
  if (check.state == RootState::ours) return plan;
  if (check.state == RootState::unmarked) plan.found = take_inventory(disk, campaign, stage, progress);
  const std::int64_t known = products_with_receipt(campaign, receipts, stage);
  if (known > 0 && plan.found.empty() && !accept_empty) {
    throw InputError(fmt::format(
        "the {} root {} {}, but receipts tell of {} products made there: most likely its disk is not "
        "mounted. "
        "Mount it and run again; if the products are really gone and are to be made anew, add --accept-empty",
        stage_name(stage), root.string(), check.state == RootState::absent ? "does not exist" : "is empty",
        known));
  }
  return plan;
}

std::string describe(const Campaign& campaign, const RootPlan& plan) {
  const std::string where =
      fmt::format("{:11} {}: ", stage_name(plan.stage), stage_root(campaign, plan.stage).string());
  if (plan.state == RootState::ours) return where + "is this campaign's already\n";
  if (plan.state == RootState::absent) return where + "to be made\n";
  if (plan.found.empty()) return where + "empty, to be marked\n";
  std::string text =
      fmt::format("{}to be taken in: {} files of the expected size, {} of another size, {} orphans\n", where,
                  plan.found.expected, plan.found.other_size, plan.found.orphans);
  for (const std::string& example : plan.found.examples) text += fmt::format("{:13}{}\n", "", example);
  return text;
}

}  // namespace

ExitStatus run_init(int argc, char** argv) {
  cxxopts::Options options = verb_options(
      "init",
      "Makes the state folder, the stages' roots and their markers. A root that holds files already is "
      "taken in after showing what was found; no file is changed.");
  options.add_options()("yes", "take in a tree without asking")(
      "accept-empty", "mark an empty root although receipts tell of products there");
  const auto parsed = parse_verb(options, argc, argv);
  if (!parsed) return ExitStatus::done;
  const Campaign campaign = campaign_from(*parsed);
  Disk& disk = real_disk();
  refuse_shared_folder(campaign.state, "the state folder");
  const ReceiptIndex receipts = ReceiptIndex::load(disk, campaign);
  const auto progress = make_terminal_progress();

  std::vector<RootPlan> plans;
  bool takes_in = false, all_ours = true;
  for (const Stage stage : stages_of(campaign)) {
    plans.push_back(
        look_at_root(disk, campaign, receipts, stage, parsed->count("accept-empty") > 0, *progress));
    takes_in = takes_in || !plans.back().found.empty();
    all_ours = all_ours && plans.back().state == RootState::ours;
  }
  fmt::print("campaign {} ({})\n", campaign.name, campaign.file.string());
  for (const RootPlan& plan : plans) fmt::print("{}", describe(campaign, plan));
  if (takes_in && !confirmed("Take these files in as products of this campaign? Nothing is changed but for a "
                             "marker file in each root.",
                             parsed->count("yes") > 0)) {
    fmt::print("nothing done\n");
    return ExitStatus::failed;
  }
  disk.create_directories(campaign.state);
  for (const RootPlan& plan : plans) {
    if (plan.state == RootState::ours) continue;
    disk.create_directories(stage_root(campaign, plan.stage));
    mark_root(disk, campaign, plan.stage);
  }
  fmt::print("{}; next: recovery diagnose{}\n", all_ours ? "nothing to do" : "ready",
             " " + std::string("--config ") + (*parsed)["config"].as<std::string>());
  return ExitStatus::done;
}

}  // namespace lenswright
