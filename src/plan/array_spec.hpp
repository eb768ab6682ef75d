// array_spec.hpp: job-array indices as Slurm writes them: "0-4,6,8-12,14-17,19".
#pragma once

#include <string>
#include <vector>

namespace lenswright {

std::string array_spec(std::vector<int> indices);            // sorted, duplicates dropped
std::vector<int> parse_array_spec(const std::string& spec);  // throws UsageError

}  // namespace lenswright
