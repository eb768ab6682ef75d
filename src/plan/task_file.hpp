// task_file.hpp: the frozen work of one job array: for each array index the products to make.
//
// Written once into the plan's folder; elements read it with `--tasks FILE --task INDEX`. It carries the
// digest of the configuration that it was planned for, but for what may change while jobs wait
// (work_configuration): an element refuses to work under another.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "campaign/product_id.hpp"

namespace lenswright {

inline constexpr int kTaskFileSchema = 1;

struct Task {
  int index = 0;                    // array index: snapshot index (lensplanes), dense 0...n-1 (all others)
  std::vector<ProductId> products;  // to make, sorted
  bool operator==(const Task&) const = default;
};

struct TaskFile {
  std::string campaign;       // name
  std::string configuration;  // digest (hex) of work_configuration()
  Stage stage = Stage::lensplanes;
  std::map<int, Task> tasks;
  std::map<std::string, std::string> input_digests;  // product name -> digest known when planned
};

// Products are written by name.
std::string encode_task_file(const Campaign& campaign, const TaskFile& file);
// Throws FormatError; InputError if it is of another campaign or configuration.
TaskFile decode_task_file(const Campaign& campaign, const std::string& path, const std::string& text);

}  // namespace lenswright
