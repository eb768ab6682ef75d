// demo_campaign.hpp: a small campaign in a folder of its own, driven through the real programs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "test_paths.hpp"

namespace lenswright::test {

struct FileFacts {
  std::string bytes;
  std::uint64_t inode = 0;
  std::int64_t modified_ns = 0;
};

// Contents and identity of every product file below LP/, LUX/, RT/ and ST/ (temporary files, markers and .trash/
// left out).
using ProductFiles = std::map<std::string, FileFacts>;

class DemoCampaign {
 public:
  // Copies `yaml` (a file of configs/ or a test's own text) to folder/campaign.yaml; runs nothing.
  DemoCampaign(std::filesystem::path folder, const std::string& yaml);
  const std::filesystem::path& folder() const { return folder_; }
  // Runs a command line in the folder with the programs on the PATH: "recovery verify", "mpirun -n 2
  // lensplane"; `--config campaign.yaml` is added after the program's other arguments.
  CommandOutcome run(const std::string& command) const;
  // All stages of the campaign; throws with their output if one fails.
  void run_stages(int ranks, int threads) const;
  ProductFiles products() const;
  // Names below LP/, LUX/, RT/, ST/ that look like temporary files.
  std::vector<std::string> temporary_files() const;

 private:
  std::filesystem::path folder_;
};

// A campaign that takes about a second per stage: 2 snapshots, 6 models, 2 realizations, 64 x 64 pixels.
std::string small_campaign_yaml();
std::string demo_yaml();  // configs/demo.yaml

// Paths whose bytes differ or that only one side has.
std::vector<std::string> differing(const ProductFiles& one, const ProductFiles& other);

}  // namespace lenswright::test
