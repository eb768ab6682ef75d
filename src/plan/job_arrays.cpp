#include "plan/job_arrays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "campaign/product_path.hpp"
#include "io/checksum.hpp"
#include "plan/array_spec.hpp"

namespace lenswright {

namespace {

// sbatch reads a directive into a buffer of a few thousand bytes and says nothing of what doesn't fit.
constexpr std::size_t kLongestSpec = 1500;

using Place = std::pair<std::size_t, int>;  // array, element
using Places = std::vector<Place>;          // ascending

std::int64_t resource(const Campaign& campaign, Stage stage, const std::string& key, std::int64_t otherwise) {
  const auto resources = campaign.slurm.find(stage);
  if (resources == campaign.slurm.end()) return otherwise;
  const auto value = resources->second.values.find(key);
  return value == resources->second.values.end() ? otherwise : std::stoll(value->second);
}

std::size_t pack_of(const Campaign& campaign, Stage stage) {
  if (stage == Stage::lensplanes) return 1;
  return static_cast<std::size_t>(resource(campaign, stage, "tasks_per_element", 1));
}

// Tasks that may share an array.
struct Family {
  bool pairwise = false;
  std::vector<std::size_t> tasks;  // positions in the plan
};

class Builder {
 public:
  Builder(const Campaign& campaign, const Plan& plan, const Advice& advice, const ArrayLimits& limits)
      : campaign_(campaign), plan_(plan), advice_(advice), limits_(limits) {
    needs_.resize(plan.tasks.size());
  }

  std::vector<JobArray> build() {
    for (const Stage stage : kStages) add_stage(stage);
    name_and_limit();
    trim();
    return std::move(arrays_);
  }

 private:
  ElementResources resources_of(std::size_t task) const {
    const auto found = advice_.find({plan_.tasks[task].stage, plan_.tasks[task].task.index});
    return found == advice_.end() ? ElementResources{} : found->second.resources;
  }

  Places places_needed(std::size_t task) const {
    Places places;
    for (const auto& maker : plan_.tasks[task].after)
      if (const auto place = place_.find(maker); place != place_.end()) places.push_back(place->second);
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    return places;
  }

  bool goes_pairwise(Stage stage, const Places& needed) const {
    if (needed.size() != 1) return false;
    const Stage parent = arrays_[needed.front().first].stage;
    return parent != Stage::lensplanes && pack_of(campaign_, stage) == pack_of(campaign_, parent);
  }

  // What must be equal for two tasks to share an array: of elements of lensplanes exactly which ones, of others
  // the arrays that they stand in.
  std::vector<Family> families_of(Stage stage) {
    std::map<std::tuple<bool, Places, ElementResources>, std::size_t> known;
    std::vector<Family> families;
    for (std::size_t task = 0; task < plan_.tasks.size(); ++task) {
      if (plan_.tasks[task].stage != stage) continue;
      needs_[task] = places_needed(task);
      const bool pairwise = goes_pairwise(stage, needs_[task]);
      Places key = needs_[task];
      for (Place& place : key)
        if (arrays_[place.first].stage != Stage::lensplanes) place.second = 0;
      key.erase(std::unique(key.begin(), key.end()), key.end());
      const auto [entry, is_new] =
          known.try_emplace({pairwise, std::move(key), resources_of(task)}, families.size());
      if (is_new) families.push_back({pairwise, {}});
      families[entry->second].tasks.push_back(task);
    }
    return families;
  }

  void add_stage(Stage stage) {
    const std::size_t pack = pack_of(campaign_, stage);
    int number = 0;
    for (const Family& family : families_of(stage)) {
      if (family.pairwise) {
        add_pairwise(stage, family);
        continue;
      }
      // Elements that need exactly the same share an array; so do their indices' blocks.
      std::map<std::pair<Places, int>, std::size_t> array_of;
      for (std::size_t first = 0; first < family.tasks.size(); first += pack) {
        const std::size_t end = std::min(first + pack, family.tasks.size());
        ArrayElement element;
        Places needed;
        for (std::size_t i = first; i < end; ++i) {
          element.tasks.push_back(family.tasks[i]);
          const Places& more = needs_[family.tasks[i]];
          needed.insert(needed.end(), more.begin(), more.end());
        }
        std::sort(needed.begin(), needed.end());
        needed.erase(std::unique(needed.begin(), needed.end()), needed.end());
        const int position = pack == 1 ? plan_.tasks[element.tasks.front()].task.index : number++;
        element.index = position % limits_.max_array_size;
        const auto [entry, is_new] =
            array_of.try_emplace({needed, position / limits_.max_array_size}, arrays_.size());
        if (is_new) arrays_.push_back(array_after(stage, family, needed));
        arrays_[entry->second].elements.push_back(std::move(element));
      }
      for (const auto& [key, array] : array_of) settle(array);
    }
  }

  void add_pairwise(Stage stage, const Family& family) {
    std::map<int, ArrayElement> elements;
    for (const std::size_t task : family.tasks) elements[needs_[task].front().second].tasks.push_back(task);
    JobArray array;
    array.stage = stage;
    array.resources = resources_of(family.tasks.front());
    for (auto& [index, element] : elements) {
      element.index = index;
      array.elements.push_back(std::move(element));
    }
    array.after = {{needs_[family.tasks.front()].front().first, array.indices(), true}};
    arrays_.push_back(std::move(array));
    settle(arrays_.size() - 1);
  }

  JobArray array_after(Stage stage, const Family& family, const Places& needed) const {
    JobArray array;
    array.stage = stage;
    array.resources = resources_of(family.tasks.front());
    for (const auto& [parent, element] : needed) {
      if (array.after.empty() || array.after.back().array != parent)
        array.after.push_back({parent, {}, false});
      array.after.back().elements.push_back(element);
    }
    return array;
  }

  // Nothing changes in it any more: its tasks have their places now.
  void settle(std::size_t position) {
    JobArray& array = arrays_[position];
    const bool pairwise = !array.after.empty() && array.after.front().pairwise;
    if (!pairwise && array_spec(array.indices()).size() > kLongestSpec)
      for (std::size_t i = 0; i < array.elements.size(); ++i) array.elements[i].index = static_cast<int>(i);
    for (const ArrayElement& element : array.elements)
      for (const std::size_t task : element.tasks) {
        const PlannedTask& planned = plan_.tasks[task];
        place_[{planned.stage, planned.task.index}] = {position, element.index};
        const auto advice = advice_.find({planned.stage, planned.task.index});
        if (advice == advice_.end() || advice->second.because.empty()) continue;
        if (std::find(array.reasons.begin(), array.reasons.end(), advice->second.because) ==
            array.reasons.end())
          array.reasons.push_back(advice->second.because);
      }
  }

  void name_and_limit() {
    for (const Stage stage : kStages) {
      std::vector<JobArray*> arrays;
      for (JobArray& array : arrays_)
        if (array.stage == stage) arrays.push_back(&array);
      const std::size_t width = std::max<std::size_t>(2, std::to_string(arrays.size()).size());
      for (std::size_t i = 0; i < arrays.size(); ++i)
        arrays[i]->name = fmt::format("{}-{:0{}}", stage_name(stage), i + 1, width);
      share_limit(arrays, resource(campaign_, stage, "array_limit", 0));
    }
  }

  // array_limit holds for the stage: one for each of its arrays, and of what is left as much as their sizes are. An
  // array must run one element at least, so more arrays than the limit exceed it.
  static void share_limit(const std::vector<JobArray*>& arrays, std::int64_t limit) {
    std::int64_t elements = 0;
    for (const JobArray* array : arrays) elements += std::ssize(array->elements);
    if (limit <= 0 || limit >= elements) return;
    std::int64_t more = std::max<std::int64_t>(0, limit - std::ssize(arrays));
    std::int64_t waiting = elements - std::ssize(arrays);  // beyond the first of each
    for (JobArray* array : arrays) {
      const std::int64_t beyond = std::ssize(array->elements) - 1;
      const std::int64_t part = waiting == 0 ? 0 : more * beyond / waiting;
      array->at_once = static_cast<int>(1 + part);
      more -= part;
      waiting -= beyond;
    }
  }

  void trim() {
    if (limits_.elements < 0) return;
    auto left = static_cast<std::size_t>(limits_.elements);
    for (JobArray& array : arrays_) {
      if (array.elements.size() > left) array.elements.resize(left);
      left -= array.elements.size();
      if (!array.after.empty() && array.after.front().pairwise)
        array.after.front().elements = array.indices();
    }
    // What waits for a dropped element stands behind it, and is dropped too.
    std::erase_if(arrays_, [](const JobArray& array) { return array.elements.empty(); });
  }

  const Campaign& campaign_;
  const Plan& plan_;
  const Advice& advice_;
  const ArrayLimits& limits_;
  std::vector<JobArray> arrays_;
  std::vector<Places> needs_;                     // by task
  std::map<std::pair<Stage, int>, Place> place_;  // where a task stands
};

}  // namespace

std::vector<int> JobArray::indices() const {
  std::vector<int> all;
  for (const ArrayElement& element : elements) all.push_back(element.index);
  return all;
}

std::vector<JobArray> job_arrays(const Campaign& campaign, const Plan& plan, const Advice& advice,
                                 const ArrayLimits& limits) {
  return Builder(campaign, plan, advice, limits).build();
}

std::size_t count_elements(const std::vector<JobArray>& arrays) {
  std::size_t count = 0;
  for (const JobArray& array : arrays) count += array.elements.size();
  return count;
}

TaskFile task_file_of(const Campaign& campaign, const Plan& plan, const JobArray& array,
                      const ReceiptIndex& receipts) {
  std::map<int, Task> tasks;
  for (const ArrayElement& element : array.elements) {
    Task& task = tasks[element.index];
    task.index = element.index;
    for (const std::size_t position : element.tasks) {
      const std::vector<ProductId>& products = plan.tasks[position].task.products;
      task.products.insert(task.products.end(), products.begin(), products.end());
    }
    std::sort(task.products.begin(), task.products.end());
  }
  return task_file_of(campaign, plan, array.stage, std::move(tasks), receipts);
}

}  // namespace lenswright
