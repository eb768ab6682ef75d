#include "demo_campaign.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <stdexcept>

namespace lenswright::test {

namespace fs = std::filesystem;

namespace {

constexpr const char* kRoots[] = {"LP", "LUX", "RT", "ST"};

bool is_temporary(const std::string& name) {
  return name.find(".tmp-") != std::string::npos;
}

template <typename Visit>
void visit_files(const fs::path& folder, Visit visit) {
  for (const char* root : kRoots) {
    if (!fs::exists(folder / root)) continue;
    for (auto entry = fs::recursive_directory_iterator(folder / root);
         entry != fs::recursive_directory_iterator(); ++entry) {
      if (entry->is_directory() && entry->path().filename() == ".trash") entry.disable_recursion_pending();
      if (entry->is_regular_file()) visit(entry->path());
    }
  }
}

}  // namespace

DemoCampaign::DemoCampaign(fs::path folder, const std::string& yaml) : folder_(std::move(folder)) {
  write_file(folder_ / "campaign.yaml", yaml);
}

CommandOutcome DemoCampaign::run(const std::string& command) const {
  return run_command("cd '" + folder_.string() + "' && PATH='" + program("").string() + "':\"$PATH\" " +
                     command + " --config campaign.yaml");
}

void DemoCampaign::run_stages(int ranks, int threads) const {
  std::vector<std::string> stages{"lensplane", "lux_convert", "raytrace"};
  if (read_file(folder_ / "campaign.yaml").find("\nstatistics:") != std::string::npos)
    stages.emplace_back("kappa_stats");
  for (const std::string& stage : stages) {
    const CommandOutcome outcome =
        run("mpirun -n " + std::to_string(ranks) + " " + stage + " --threads " + std::to_string(threads));
    if (outcome.status != 0)
      throw std::runtime_error(stage + " ended with " + std::to_string(outcome.status) + ":\n" +
                               outcome.output);
  }
}

ProductFiles DemoCampaign::products() const {
  ProductFiles files;
  visit_files(folder_, [&](const fs::path& path) {
    const std::string name = path.filename().string();
    if (is_temporary(name) || path.extension() == ".json") return;
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) throw std::runtime_error("cannot stat " + path.string());
    FileFacts& facts = files[fs::relative(path, folder_).string()];
    facts.bytes = read_file(path);
    facts.inode = status.st_ino;
    facts.modified_ns = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
  });
  return files;
}

std::vector<std::string> DemoCampaign::temporary_files() const {
  std::vector<std::string> names;
  visit_files(folder_, [&](const fs::path& path) {
    if (is_temporary(path.filename().string())) names.push_back(path.string());
  });
  return names;
}

std::string small_campaign_yaml() {
  return R"(campaign: small
state: state
cosmology: {omega_m: 0.3089, h: 0.6774}
box: 50.0
input: {dmo: universe/dmo, hydro: universe/hydro}
snapshots: [96, 90]
planes_per_snapshot: 2
realizations: 2
models:
  - dmo
  - hydro
  - replace: {log10_mass_edges: [12.5, 14.5], open_bins: true, radius_factors: [1.0, 3.0]}
lensplanes: {root: LP, grid: 64, assignment: tsc, seed: 2020}
lux: {root: LUX}
raytracing: {root: RT, grid: 32, field_deg: 5.0, runs: 3, seed: 1992, randomize: true, sources: [2, 4], fields: [kappa, gamma1], formats: [dat]}
)";
}

std::string demo_yaml() {
  return read_file(source("configs/demo.yaml"));
}

std::vector<std::string> differing(const ProductFiles& one, const ProductFiles& other) {
  std::vector<std::string> names;
  for (const auto& [name, facts] : one) {
    const auto twin = other.find(name);
    if (twin == other.end() || twin->second.bytes != facts.bytes) names.push_back(name);
  }
  for (const auto& [name, facts] : other)
    if (!one.contains(name)) names.push_back(name);
  return names;
}

}  // namespace lenswright::test
