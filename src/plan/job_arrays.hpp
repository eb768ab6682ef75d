// job_arrays.hpp: a plan as job arrays: which elements there are, what each makes, what each waits for.
//
// Tasks that wait for the same elements and ask for the same resources share an array, so that an array's dependency is
// exactly what each of its elements needs. Where every element waits for one element of one array and both arrays pack
// alike, they have the same indices and wait pairwise (aftercorr).
// lensplanes: index = snapshot index, one task each. Others: several tasks in an element (tasks_per_element), numbered
// through the stage; arrays are cut where an index would reach max_array_size.
//
// Pure: values in, values out.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "plan/element_resources.hpp"
#include "plan/plan.hpp"

namespace lenswright {

struct ArrayElement {
  int index = 0;
  std::vector<std::size_t> tasks;  // positions in Plan::tasks, ascending
};

struct ArrayNeed {
  std::size_t array = 0;      // position among the arrays
  std::vector<int> elements;  // indices there, ascending
  bool pairwise = false;      // each element for the one of its own index
  bool operator==(const ArrayNeed&) const = default;
};

struct JobArray {
  std::string name;  // "lux-03"
  Stage stage = Stage::lensplanes;
  std::vector<ArrayElement> elements;  // ascending by index
  std::vector<ArrayNeed> after;        // earlier ones only
  ElementResources resources;
  int at_once = 0;                   // elements running at once; 0: no limit
  std::vector<std::string> reasons;  // why resources differ from the campaign's, each once
  std::vector<int> indices() const;
};

struct ArrayLimits {
  int max_array_size = 1001;  // an index is below it
  std::int64_t elements =
      -1;  // of all arrays together; -1: no limit. What is beyond is left for a later submit
};

// In an order that respects `after`. REQUIRES: limits.max_array_size > 0
std::vector<JobArray> job_arrays(const Campaign& campaign, const Plan& plan, const Advice& advice,
                                 const ArrayLimits& limits);
std::size_t count_elements(const std::vector<JobArray>& arrays);
TaskFile task_file_of(const Campaign& campaign, const Plan& plan, const JobArray& array,
                      const ReceiptIndex& receipts);

}  // namespace lenswright
