// plan.hpp: what to do about the gaps: tasks in dependency order, and what to move aside first. A value;
// executors carry it out.
//
// lensplanes: one task per snapshot, index = snapshot index; lux, raytracing and statistics: one per
// (model, realization), dense 0...n-1. A product is planned if it is to be made and each of its inputs is complete or
// planned too; else it is blocked, with a sentence. Complete products are never planned, nor those in flight;
// what is made from the latter is left for later.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "plan/gaps.hpp"
#include "plan/task_file.hpp"

namespace lenswright {

struct PlannedTask {
  Stage stage = Stage::lensplanes;
  Task task;
  std::vector<std::pair<Stage, int>> after;  // tasks of this plan (stage, index) that make its inputs
};

struct BlockedProduct {
  ProductId product;
  std::string because;
};

struct Plan {
  std::vector<PlannedTask> tasks;  // in an order that respects `after`
  // Damaged (truncated, corrupt; mismatched if asked) files and, if asked, stale products to move aside first.
  std::vector<Finding> moves;
  std::vector<BlockedProduct> blocked;
  std::vector<ProductId> in_flight;        // not complete, and a job that waits or runs is to make them
  std::vector<BlockedProduct> waiting;     // made from those: planned once they are there
  std::vector<ProductId> left_mismatched;  // reported, never moved without --replace-mismatched
  std::vector<ProductId> left_stale;       // likewise, without --include-stale
  std::vector<std::filesystem::path> dead_temporary_files;
  std::uint64_t bytes_to_write = 0, files_to_write = 0;
  std::size_t count(Stage stage) const;  // tasks
  std::size_t products(Stage stage) const;
};

struct PlanOptions {
  bool replace_mismatched = false;
  std::set<ProductId> in_flight{};
  bool include_stale = false;
};

Plan make_plan(const Campaign& campaign, const ScanResult& scan, const Selection& selection,
               const InputAvailability& inputs, const PlanOptions& options);

TaskFile task_file_of(const Campaign& campaign, const Plan& plan, Stage stage, const ReceiptIndex& receipts);
// Of some of its tasks, perhaps numbered anew and packed together.
TaskFile task_file_of(const Campaign& campaign, const Plan& plan, Stage stage, std::map<int, Task> tasks,
                      const ReceiptIndex& receipts);
std::string encode_plan(const Campaign& campaign, const Plan& plan);  // JSON, for people and for resuming
Plan decode_plan(const Campaign& campaign, const std::string& path,
                 const std::string& text);  // throws FormatError

}  // namespace lenswright
