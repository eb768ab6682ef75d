#include "ledger/input_names.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <iterator>
#include <vector>

#include "base/error.hpp"
#include "io/simulation_files.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

int snapshot_number(const Campaign& campaign, int snapshot_index) {
  return campaign.snapshots[static_cast<std::size_t>(snapshot_index)];
}

std::optional<Digest> print_of(const std::function<std::vector<fs::path>()>& list) {
  try {
    std::string text;
    for (const fs::path& file : list())
      fmt::format_to(std::back_inserter(text), "{}\t{}\n", file.filename().string(), fs::file_size(file));
    return digest_of(text);
  } catch (const Failure&) {
    return std::nullopt;
  } catch (const fs::filesystem_error&) {
    return std::nullopt;
  }
}

}  // namespace

std::string snapshot_input(const Campaign& campaign, Simulation simulation, int snapshot_index) {
  return fmt::format("{}/snapshot {}", simulation_name(simulation),
                     snapshot_number(campaign, snapshot_index));
}

std::string halos_input(const Campaign& campaign, int snapshot_index) {
  return fmt::format("dmo/halos {}", snapshot_number(campaign, snapshot_index));
}

std::string transform_input(const Campaign& campaign, int realization, int snapshot_index) {
  return fmt::format("transform of realization {}, snapshot {}", realization,
                     snapshot_number(campaign, snapshot_index));
}

std::string files_input(const std::string& input) {
  return input + " files";
}

std::optional<Digest> snapshot_files_print(const Campaign& campaign, Simulation simulation,
                                           int snapshot_index) {
  const fs::path& folder = simulation == Simulation::dmo ? campaign.input.dmo : campaign.input.hydro;
  return print_of([&] { return snapshot_files(folder, snapshot_number(campaign, snapshot_index)); });
}

std::optional<Digest> halo_files_print(const Campaign& campaign, int snapshot_index) {
  const int snapshot = snapshot_number(campaign, snapshot_index);
  return print_of([&]() -> std::vector<fs::path> {
    if (campaign.input.matches)
      return {*campaign.input.matches / fmt::format("matches_snap{:03}.hdf5", snapshot)};
    return catalogue_files(campaign.input.dmo, snapshot);
  });
}

}  // namespace lenswright
