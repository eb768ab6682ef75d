// slurm_campaign.hpp: a small campaign that is carried out by the tests' Slurm.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "campaign/load_campaign.hpp"
#include "demo_campaign.hpp"
#include "run/submission_journal.hpp"
#include "slurm_sandbox.hpp"

namespace lenswright::test {

// One snapshot's planes of one model take a second. `slurm`: lines below the section's defaults.
inline std::string slurm_campaign_yaml(const std::string& slurm = {}) {
  return R"(campaign: small
state: state
cosmology: {omega_m: 0.3089, h: 0.6774}
box: 50.0
input: {dmo: universe/dmo, hydro: universe/hydro}
snapshots: [96, 90]
planes_per_snapshot: 2
realizations: 2
models: [dmo, hydro]
lensplanes: {root: LP, grid: 64, assignment: tsc, seed: 2020}
lux: {root: LUX}
raytracing: {root: RT, grid: 16, field_deg: 5.0, runs: 2, seed: 1992, randomize: true, sources: [4], fields: [kappa], formats: [dat]}
slurm:
  defaults: {ntasks: 1, mem: 500M, time: "00:10:00", launcher: mpirun}
)" + slurm;
}

class SlurmCampaign {
 public:
  explicit SlurmCampaign(std::filesystem::path folder, const std::string& yaml = slurm_campaign_yaml())
      : demo_(std::move(folder), yaml) {
    // Ranks share this machine's few cores, whatever the nodes claim to have.
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
    setenv("OMPI_MCA_rmaps_base_oversubscribe", "1", 1);
    setenv("OMPI_MCA_hwloc_base_binding_policy", "none", 1);
    expect_status("mock_universe --particles 16 --files 1", 0);
    expect_status("recovery init --yes", 0);
  }
  const DemoCampaign& demo() const { return demo_; }
  std::filesystem::path folder() const { return demo_.folder(); }
  Campaign campaign() const { return load_campaign(demo_.folder() / "campaign.yaml", {}); }
  CommandOutcome run(const std::string& command) const { return demo_.run(command); }
  std::string expect_status(const std::string& command, int status) const {
    const CommandOutcome outcome = run(command);
    EXPECT_EQ(outcome.status, status) << command << "\n" << outcome.output;
    return outcome.output;
  }
  // Made by mpirun on this machine, without Slurm.
  void make_all() const { demo_.run_stages(1, 1); }

  std::vector<Submission> submissions() const { return read_submissions(real_disk(), campaign()); }
  // All elements of all submissions, once each is over.
  std::vector<SlurmJob> wait_for_end() {
    std::vector<std::int64_t> ids;
    for (const Submission& submission : submissions())
      for (const SubmittedArray& array : submission.arrays)
        if (array.answer && array.answer->job) ids.push_back(*array.answer->job);
    return when_over(client_, ids);
  }
  SlurmClient& client() { return client_; }

  // Of all elements' logs, what the programs say of products: "made 3, already complete 0".
  std::vector<std::string> words_on_products() const {
    std::vector<std::string> lines;
    for (const Submission& submission : submissions())
      for (const SubmittedArray& array : submission.arrays)
        for (const int element : array.intent.elements) {
          const auto log = log_of(array.intent, element);
          if (!std::filesystem::exists(log)) continue;
          const std::string text = read_file(log);
          if (const auto at = text.find("made "); at != std::string::npos)
            lines.push_back(text.substr(at, text.find('\n', at) - at));
        }
    return lines;
  }

 private:
  DemoCampaign demo_;
  std::unique_ptr<CommandSource> commands_ = make_process_source();
  SlurmClient client_{*commands_};
};

}  // namespace lenswright::test
