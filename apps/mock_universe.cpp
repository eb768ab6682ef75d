// mock_universe: a small dmo/hydro pair for a campaign, in the layout of the real simulations.
#include "sim/mock_universe.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <map>

#include "base/stop_request.hpp"
#include "base/version.hpp"
#include "command_line.hpp"
#include "terminal_progress.hpp"

namespace lenswright {

namespace {

cxxopts::Options make_options() {
  const MockUniverseOptions defaults;
  cxxopts::Options options("mock_universe",
                           "Writes a mock dmo/hydro pair into the campaign's input folders: for trying the "
                           "pipeline, not for science\n");
  add_common_options(options);
  options.add_options()("particles", "dark-matter particles per side of the box, even",
                        cxxopts::value<int>()->default_value(std::to_string(defaults.particles_per_side)),
                        "N")(
      "files", "files per snapshot",
      cxxopts::value<int>()->default_value(std::to_string(defaults.files_per_snapshot)),
      "K")("seed", "of the initial conditions",
           cxxopts::value<std::uint64_t>()->default_value(std::to_string(defaults.seed)),
           "S")("float32", "positions in single precision");
  return options;
}

// Halo counts per half decade of mass, one row per snapshot.
void print_summary(const std::vector<MockSnapshotSummary>& snapshots) {
  std::map<int, std::size_t> bins;  // lower edge, in half decades
  const auto bin_of = [](double mass) { return static_cast<int>(std::floor(2 * std::log10(mass))); };
  for (const MockSnapshotSummary& snapshot : snapshots)
    for (const double mass : snapshot.halo_masses) ++bins[bin_of(mass)];
  fmt::print("halos by log10 M200c [Msun/h]\nsnapshot     z  halos");
  for (const auto& [bin, all] : bins) fmt::print("  {:4.1f}-{:4.1f}", bin / 2.0, (bin + 1) / 2.0);
  fmt::print("\n");
  for (const MockSnapshotSummary& snapshot : snapshots) {
    std::map<int, std::size_t> counts;
    for (const double mass : snapshot.halo_masses) ++counts[bin_of(mass)];
    fmt::print("{:8} {:5.3f} {:6}", snapshot.snapshot, snapshot.redshift, snapshot.halo_masses.size());
    for (const auto& [bin, all] : bins) fmt::print("  {:9}", counts[bin]);
    fmt::print("{}\n", snapshot.was_there ? "  (was there)" : "");
  }
}

int run(int argc, char** argv) {
  cxxopts::Options options = make_options();
  const cxxopts::ParseResult parsed = options.parse(argc, argv);
  if (parsed.count("help")) {
    fmt::print("{}\n{}", options.help(), exit_status_help());
    return 0;
  }
  if (parsed.count("version")) {
    fmt::print("mock_universe {}\n", code_version());
    return 0;
  }
  if (!parsed.unmatched().empty())
    throw UsageError(
        fmt::format("'{}' is not an option; try mock_universe --help", parsed.unmatched().front()));
  const Campaign campaign = campaign_from(parsed);
  MockUniverseOptions mock;
  mock.particles_per_side = parsed["particles"].as<int>();
  mock.files_per_snapshot = parsed["files"].as<int>();
  mock.seed = parsed["seed"].as<std::uint64_t>();
  mock.float32_positions = parsed.count("float32") > 0;
  const std::unique_ptr<ProgressSink> progress = make_terminal_progress();
  print_summary(write_mock_universe(campaign, mock, *progress));
  fmt::print("dmo: {}\nhydro: {}\n", campaign.input.dmo.string(), campaign.input.hydro.string());
  return 0;
}

}  // namespace

}  // namespace lenswright

int main(int argc, char** argv) {
  lenswright::watch_stop_signals();
  return lenswright::run_guarded("mock_universe", [&] { return lenswright::run(argc, argv); });
}
