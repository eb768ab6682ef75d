#include "input_availability.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/error.hpp"
#include "campaign/product_graph.hpp"
#include "io/simulation_files.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

bool listed(const std::vector<int>& chosen, int value) {
  return chosen.empty() || std::find(chosen.begin(), chosen.end(), value) != chosen.end();
}

// The sentence why `look` fails; empty if it does not.
std::string reason(const std::function<void()>& look) {
  try {
    look();
    return {};
  } catch (const Failure& failure) {
    return failure.what();
  } catch (const fs::filesystem_error& error) {
    return error.what();
  }
}

void require_matches(const fs::path& folder, int snapshot) {
  const fs::path file = folder / fmt::format("matches_snap{:03}.hdf5", snapshot);
  if (!fs::is_regular_file(file)) throw InputError(fmt::format("{}: no such match file", file.string()));
}

}  // namespace

InputAvailability input_availability(const Campaign& campaign, const Selection& selection) {
  bool dmo = false, hydro = false, halos = false;
  for (std::size_t index = 0; index < campaign.models.size(); ++index) {
    if (!listed(selection.models, static_cast<int>(index))) continue;
    const Model& model = campaign.models[index];
    const auto simulations = simulations_of(model);
    dmo = dmo || std::find(simulations.begin(), simulations.end(), Simulation::dmo) != simulations.end();
    hydro =
        hydro || std::find(simulations.begin(), simulations.end(), Simulation::hydro) != simulations.end();
    halos = halos || model.kind == ModelKind::replace;
  }
  const std::size_t count = campaign.snapshots.size();
  InputAvailability inputs;
  inputs.dmo.resize(count);
  inputs.hydro.resize(count);
  inputs.halos.resize(count);
  for (std::size_t index = 0; index < count; ++index) {
    const int snapshot = campaign.snapshots[index];
    if (dmo) inputs.dmo[index] = reason([&] { snapshot_files(campaign.input.dmo, snapshot); });
    if (hydro) inputs.hydro[index] = reason([&] { snapshot_files(campaign.input.hydro, snapshot); });
    if (!halos) continue;
    inputs.halos[index] = reason([&] {
      if (campaign.input.matches)
        require_matches(*campaign.input.matches, snapshot);
      else
        catalogue_files(campaign.input.dmo, snapshot);
    });
  }
  return inputs;
}

}  // namespace lenswright
