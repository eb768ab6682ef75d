#include "plan/plan.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "campaign/effective_configuration.hpp"
#include "campaign/product_path.hpp"
#include "campaign/statistics_section.hpp"
#include "io/checksum.hpp"
#include "plan/feasibility.hpp"

namespace lenswright {

namespace {

std::vector<PlannedTask> lensplane_tasks(const Campaign& campaign, const ProductSet& products,
                                         const Feasibility& feasibility) {
  std::vector<PlannedTask> by_snapshot(campaign.snapshots.size());
  for (std::size_t position = 0; position < products.count(ProductKind::mass_plane); ++position)
    if (const ProductId id = products.at(ProductKind::mass_plane, position); feasibility.can_make(id))
      by_snapshot[static_cast<std::size_t>(snapshot_index_of(campaign, id))].task.products.push_back(id);
  std::vector<PlannedTask> tasks;
  for (std::size_t s = 0; s < by_snapshot.size(); ++s) {
    if (by_snapshot[s].task.products.empty()) continue;
    by_snapshot[s].stage = Stage::lensplanes;
    by_snapshot[s].task.index = static_cast<int>(s);
    tasks.push_back(std::move(by_snapshot[s]));
  }
  return tasks;
}

// One task per (model, realization) with something to make; `makers`: the task of this plan that makes a
// product's inputs in that stage.
using Makers = std::map<ProductId, std::pair<Stage, int>>;
std::vector<PlannedTask> combination_tasks(const Campaign& campaign, const ProductSet& products,
                                           const Feasibility& feasibility, Stage stage,
                                           const Makers& makers) {
  std::vector<PlannedTask> tasks;
  for (int m = 0; m < static_cast<int>(campaign.models.size()); ++m)
    for (int r = 0; r < campaign.realizations; ++r) {
      PlannedTask task{stage, {static_cast<int>(tasks.size()), {}}, {}};
      for (const ProductKind kind : kinds_of(stage)) {
        const auto each = static_cast<std::size_t>(products.per_combination(kind));
        const std::size_t first = static_cast<std::size_t>(campaign.combination_index(m, r)) * each;
        for (std::size_t i = 0; i < each; ++i)
          if (const ProductId id = products.at(kind, first + i); feasibility.can_make(id))
            task.task.products.push_back(id);
      }
      if (task.task.products.empty()) continue;
      std::set<std::pair<Stage, int>> after;
      for (const ProductId& id : task.task.products) {
        for (const ProductId& input : inputs_of(campaign, id))
          if (const auto maker = makers.find(input); maker != makers.end()) after.insert(maker->second);
        if (id.kind == ProductKind::run) break;  // all runs of a combination have the same inputs
      }
      task.after.assign(after.begin(), after.end());
      tasks.push_back(std::move(task));
    }
  return tasks;
}

Makers makers_of(const std::vector<PlannedTask>& tasks) {
  Makers makers;
  for (const PlannedTask& task : tasks)
    for (const ProductId& id : task.task.products)
      makers.emplace_hint(makers.end(), id, std::pair{task.stage, task.task.index});
  return makers;
}

// FITS and HDF5 maps have no size known beforehand: taken as uncompressed maps plus headers.
std::uint64_t expected_bytes(const Campaign& campaign, const ProductFile& file) {
  if (file.size) return *file.size;
  if (file.layout == FileLayout::statistics) return statistics_bytes(campaign);
  constexpr std::uint64_t kHeaders = 16 * 1024;
  const auto side = static_cast<std::uint64_t>(file.grid);
  const std::uint64_t maps = file.layout == FileLayout::hdf5
                                 ? campaign.raytracing.sources.size() * campaign.raytracing.fields.size()
                                 : 1;
  return kHeaders + maps * side * side * sizeof(double);
}

void add_cost(const Campaign& campaign, Plan& plan) {
  // Products of one kind cost the same, so each kind is asked once.
  struct Cost {
    std::uint64_t bytes = 0, files = 0;
  };
  std::map<ProductKind, Cost> costs;
  for (const PlannedTask& task : plan.tasks)
    for (const ProductId& id : task.task.products) {
      const auto [cost, is_new] = costs.try_emplace(id.kind);
      if (is_new)
        for (const ProductFile& file : product_files(campaign, id)) {
          cost->second.bytes += expected_bytes(campaign, file);
          ++cost->second.files;
        }
      plan.bytes_to_write += cost->second.bytes;
      plan.files_to_write += cost->second.files;
    }
}

void append(std::vector<PlannedTask>& all, std::vector<PlannedTask> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

std::size_t Plan::count(Stage stage) const {
  return static_cast<std::size_t>(std::count_if(
      tasks.begin(), tasks.end(), [&](const PlannedTask& task) { return task.stage == stage; }));
}

std::size_t Plan::products(Stage stage) const {
  std::size_t sum = 0;
  for (const PlannedTask& task : tasks)
    if (task.stage == stage) sum += task.task.products.size();
  return sum;
}

Plan make_plan(const Campaign& campaign, const ScanResult& scan, const Selection& selection,
               const InputAvailability& inputs, const PlanOptions& options) {
  const Feasibility feasibility(
      campaign, scan, inputs, [&](const ProductId& id) { return selection.contains(campaign, id); },
      options.replace_mismatched, options.in_flight, options.include_stale);
  const ProductSet& products = scan.products();
  Plan plan;
  std::vector<PlannedTask> lensplanes = lensplane_tasks(campaign, products, feasibility);
  std::vector<PlannedTask> lux =
      combination_tasks(campaign, products, feasibility, Stage::lux, makers_of(lensplanes));
  std::vector<PlannedTask> raytracing =
      combination_tasks(campaign, products, feasibility, Stage::raytracing, makers_of(lux));
  std::vector<PlannedTask> statistics =
      combination_tasks(campaign, products, feasibility, Stage::statistics, makers_of(raytracing));
  append(plan.tasks, std::move(lensplanes));
  append(plan.tasks, std::move(lux));
  append(plan.tasks, std::move(raytracing));
  append(plan.tasks, std::move(statistics));

  for (const ProductKind kind : kProductKinds)
    for (std::size_t position = 0; position < products.count(kind); ++position) {
      const ProductId id = products.at(kind, position);
      if (feasibility.waits(id))
        plan.waiting.push_back({id, feasibility.because(id)});
      else if (feasibility.to_make(id) && !feasibility.can_make(id))
        plan.blocked.push_back({id, feasibility.because(id)});
      else if (scan.state(id) == State::mismatched && !options.replace_mismatched &&
               selection.contains(campaign, id))
        plan.left_mismatched.push_back(id);
      else if (scan.state(id) == State::stale && !options.include_stale && selection.contains(campaign, id))
        plan.left_stale.push_back(id);
    }
  for (const ProductId& id : options.in_flight)
    if ((to_be_made(scan.state(id)) || scan.state(id) == State::released) && selection.contains(campaign, id))
      plan.in_flight.push_back(id);
  // Only what is made again now is moved: a damaged product that is blocked stays where it is.
  for (const Finding& finding : scan.findings)
    if (finding.product && finding.state != State::missing && feasibility.can_make(*finding.product))
      plan.moves.push_back(finding);
  plan.dead_temporary_files = scan.dead_temporary_files;
  add_cost(campaign, plan);
  return plan;
}

TaskFile task_file_of(const Campaign& campaign, const Plan& plan, Stage stage, const ReceiptIndex& receipts) {
  std::map<int, Task> tasks;
  for (const PlannedTask& task : plan.tasks)
    if (task.stage == stage) tasks.emplace(task.task.index, task.task);
  return task_file_of(campaign, plan, stage, std::move(tasks), receipts);
}

TaskFile task_file_of(const Campaign& campaign, const Plan& plan, Stage stage, std::map<int, Task> tasks,
                      const ReceiptIndex& receipts) {
  TaskFile file{campaign.name, digest_of(work_configuration(campaign)).hex(), stage, std::move(tasks), {}};
  if (receipts.empty()) return file;
  std::set<ProductId> inputs;
  const ProductId* last = nullptr;
  for (const auto& [index, task] : file.tasks)
    for (const ProductId& id : task.products) {
      // All runs of a combination have the same inputs.
      if (last != nullptr && id.kind == ProductKind::run && last->kind == ProductKind::run &&
          id.model == last->model && id.realization == last->realization)
        continue;
      last = &id;
      for (const ProductId& input : inputs_of(campaign, id)) inputs.insert(input);
    }
  for (const PlannedTask& task : plan.tasks)
    for (const ProductId& made : task.task.products) inputs.erase(made);
  for (const ProductId& input : inputs) {
    const std::string name = product_name(campaign, input);
    if (const auto record = receipts.find(name); record != nullptr && record->files.size() == 1)
      file.input_digests.emplace(name, record->files.front().digest.hex());
  }
  return file;
}

}  // namespace lenswright
