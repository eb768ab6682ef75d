// validation_output.hpp: the numbers behind the figures of docs/validation.md.
//
// A validation test that draws something hands its points to write_points: if LENSWRIGHT_VALIDATION_OUTPUT names a
// folder, they are written there as {name}.json for scripts/plot_validation.py; else nothing happens.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "test_paths.hpp"

namespace lenswright::test {

inline void write_points(const std::string& name, const nlohmann::json& points) {
  const char* const folder = std::getenv("LENSWRIGHT_VALIDATION_OUTPUT");
  if (folder == nullptr) return;
  std::filesystem::create_directories(folder);
  write_file(std::filesystem::path(folder) / (name + ".json"), points.dump(1) + "\n");
}

}  // namespace lenswright::test
