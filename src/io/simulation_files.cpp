#include "io/simulation_files.hpp"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "io/disk.hpp"

namespace lenswright {

namespace fs = std::filesystem;

namespace {

// K of "<stem>.K.hdf5".
std::optional<int> piece_number(std::string_view name, std::string_view stem) {
  constexpr std::string_view kEnding = ".hdf5";
  if (name.size() < stem.size() + kEnding.size() + 2 || !name.starts_with(stem) || !name.ends_with(kEnding) ||
      name[stem.size()] != '.')
    return std::nullopt;
  const std::string_view digits =
      name.substr(stem.size() + 1, name.size() - stem.size() - 1 - kEnding.size());
  int number = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 0) return std::nullopt;
  return number;
}

// folder: "snapdir", stem: "snap"
std::vector<fs::path> numbered_files(const fs::path& simulation, const std::string& what,
                                     const std::string& folder, const std::string& stem, int snapshot) {
  Disk& disk = real_disk();
  if (!disk.status(simulation))
    throw InputError(fmt::format(
        "{}: the simulation's folder is not there; check `input` in the campaign file", simulation.string()));
  const std::string full_stem = fmt::format("{}_{:03}", stem, snapshot);
  const fs::path own_folder = simulation / fmt::format("{}_{:03}", folder, snapshot);
  for (const fs::path& place : {own_folder, simulation}) {
    if (!disk.status(place)) continue;
    const fs::path unsplit = place / (full_stem + ".hdf5");
    std::map<int, fs::path> pieces;
    for (const DirectoryEntry& entry : disk.list(place))
      if (const std::optional<int> number = piece_number(entry.name, full_stem))
        pieces.emplace(*number, place / entry.name);
    const bool has_unsplit = disk.status(unsplit).has_value();
    if (has_unsplit && !pieces.empty())
      throw InputError(fmt::format(
          "{}: both {} and pieces like {} are there; which is the {} of snapshot {}?", place.string(),
          unsplit.filename().string(), pieces.begin()->second.filename().string(), what, snapshot));
    if (has_unsplit) return {unsplit};
    if (pieces.empty()) continue;
    std::vector<fs::path> files;
    for (const auto& [number, path] : pieces) {
      if (number != static_cast<int>(files.size()))
        throw InputError(fmt::format(
            "{}/{}.{}.hdf5: missing piece of the {} of snapshot {} (there are {} pieces, up "
            "to number {})",
            place.string(), full_stem, files.size(), what, snapshot, pieces.size(), pieces.rbegin()->first));
      files.push_back(path);
    }
    return files;
  }
  throw InputError(fmt::format("{}: no {} of snapshot {}: neither {}_{:03}/{}.0.hdf5 nor {}.hdf5",
                               simulation.string(), what, snapshot, folder, snapshot, full_stem, full_stem));
}

}  // namespace

std::vector<fs::path> snapshot_files(const fs::path& simulation, int snapshot) {
  return numbered_files(simulation, "snapshot files", "snapdir", "snap", snapshot);
}

std::vector<fs::path> catalogue_files(const fs::path& simulation, int snapshot) {
  return numbered_files(simulation, "halo catalogue", "groups", "fof_subhalo_tab", snapshot);
}

}  // namespace lenswright
