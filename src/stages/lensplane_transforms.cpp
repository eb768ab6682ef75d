#include "stages/lensplane_transforms.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.hpp"
#include "campaign/product_path.hpp"
#include "io/transforms_file.hpp"
#include "ledger/trash.hpp"
#include "stages/lensplane_inputs.hpp"

namespace lenswright {

namespace {

using nlohmann::json;

// Whether any file lies where planes lie, {model}/LP_{rr}/, of this campaign's models or others'.
bool holds_planes(Disk& disk, const std::filesystem::path& root) {
  const auto is_folder = [](const DirectoryEntry& entry) {
    return entry.status.type == FileType::directory && !entry.name.starts_with('.');
  };
  for (const DirectoryEntry& model : disk.list(root)) {
    if (!is_folder(model)) continue;
    for (const DirectoryEntry& realization : disk.list(root / model.name)) {
      if (!is_folder(realization)) continue;
      for (const DirectoryEntry& file : disk.list(root / model.name / realization.name))
        if (!file.name.starts_with('.')) return true;
    }
  }
  return false;
}

void require_shape(const TransformSet& set, const TransformSet& expected, const std::filesystem::path& path) {
  std::vector<std::string> differences;
  const auto compare = [&](const std::string& what, const auto& found, const auto& wanted) {
    if (found != wanted) differences.push_back(fmt::format("{} {} (campaign: {})", what, found, wanted));
  };
  compare("realizations", set.realizations, expected.realizations);
  compare("snapshots", set.snapshot_order, expected.snapshot_order);
  compare("planes per snapshot", set.planes_per_snapshot, expected.planes_per_snapshot);
  compare("box", set.box_mpc_h, expected.box_mpc_h);
  if (differences.empty()) return;
  throw InputError(
      fmt::format("{}: holds {}. Another number of realizations or snapshots redraws nearly all transforms, "
                  "so planes made with this file do not go with this campaign: correct the campaign file, or "
                  "choose another lensplane root",
                  path.string(), fmt::join(differences, "; ")));
}

// What the file holds; none: it is damaged, and the campaign says that the seed holds.
std::optional<TransformSet> read_present(const std::filesystem::path& path, const TransformSet& drawn,
                                         TransformAuthority authority) {
  std::optional<TransformSet> found;
  try {
    found = read_transforms(path);
  } catch (const FormatError& damage) {
    if (authority == TransformAuthority::seed) return std::nullopt;
    throw InputError(fmt::format(
        "{}. Put a sound copy back, or set lensplanes.transforms: seed if the planes are of seed {} "
        "(the damaged file then moves to the trash)",
        damage.what(), drawn.seed));
  }
  require_shape(*found, drawn, path);
  return found;
}

TransformSet settle(const StageContext& context, bool look_only) {
  const Campaign& campaign = context.campaign;
  const std::filesystem::path& root = stage_root(campaign, Stage::lensplanes);
  const std::filesystem::path path = root / kTransformsFile;
  const TransformAuthority authority = campaign.lensplanes.transforms;
  const TransformSet drawn =
      draw_transforms(campaign.lensplanes.seed, campaign.realizations, campaign.snapshots,
                      campaign.planes_per_snapshot, campaign.box_mpc_h);
  bool present = context.disk.status(path).has_value();
  if (!present) {
    // Asked again after the look at the planes: another program may publish both meanwhile, this file first.
    const bool planes = holds_planes(context.disk, root);
    present = context.disk.status(path).has_value();
    if (!present && authority == TransformAuthority::file) {
      throw InputError(
          fmt::format("{} does not exist, but the campaign says that it holds (lensplanes.transforms: file): "
                      "put it back, or set lensplanes.transforms: seed to draw it from seed {}",
                      path.string(), campaign.lensplanes.seed));
    }
    if (!present && planes && authority == TransformAuthority::agree) {
      throw InputError(
          fmt::format("{} is not there, but mass planes are: nothing says that they were made with seed {}. "
                      "Put the file back, or set lensplanes.transforms: seed if the planes are of this seed",
                      path.string(), campaign.lensplanes.seed));
    }
    if (!present) {
      if (look_only) return drawn;
      write_transforms(context.disk, path, drawn);
      context.progress.note(fmt::format("{} drawn from seed {}", path.string(), campaign.lensplanes.seed));
      return drawn;
    }
  }
  const std::optional<TransformSet> found = read_present(path, drawn, authority);
  if (found && found->transforms == drawn.transforms) return drawn;
  if (found && authority == TransformAuthority::file) return *found;
  if (found && authority == TransformAuthority::agree) {
    throw InputError(
        fmt::format("{}: its transforms are not those of seed {} (the file names seed {}). Set "
                    "lensplanes.transforms: file to go on with the file, as its planes were made, or "
                    "lensplanes.transforms: seed to draw anew (the file then moves to the trash)",
                    path.string(), campaign.lensplanes.seed, found->seed));
  }
  if (look_only) return drawn;
  move_to_trash(context.disk, campaign, Stage::lensplanes, std::string(kTransformsFile),
                fmt::format("{} of seed {}, which the campaign says hold (lensplanes.transforms: seed)",
                            found ? "its transforms are not those" : "it is damaged; drawn anew are those",
                            campaign.lensplanes.seed));
  write_transforms(context.disk, path, drawn);
  context.progress.note(fmt::format("{} drawn from seed {}; the one before moved to the trash", path.string(),
                                    campaign.lensplanes.seed));
  return drawn;
}

std::string encode(const TransformSet& set) {
  json text{{"realizations", set.realizations},
            {"planes_per_snapshot", set.planes_per_snapshot},
            {"seed", set.seed},
            {"box", set.box_mpc_h},
            {"snapshot_order", set.snapshot_order},
            {"transforms", json::array()}};
  for (const SnapshotTransform& transform : set.transforms)
    text["transforms"].push_back({transform.proj_dir, transform.displacement, transform.flip});
  return text.dump();
}

TransformSet decode(const std::string& encoded) {
  const json text = json::parse(encoded);
  TransformSet set;
  text.at("realizations").get_to(set.realizations);
  text.at("planes_per_snapshot").get_to(set.planes_per_snapshot);
  text.at("seed").get_to(set.seed);
  text.at("box").get_to(set.box_mpc_h);
  text.at("snapshot_order").get_to(set.snapshot_order);
  for (const json& transform : text.at("transforms"))
    set.transforms.push_back(
        {transform[0].get<int>(), transform[1].get<std::array<double, 3>>(), transform[2].get<bool>()});
  return set;
}

}  // namespace

TransformSet settle_transforms(const StageContext& context) {
  return decode(text_from_first(context.ranks, [&] { return encode(settle(context, false)); }));
}

TransformSet foreseen_transforms(const StageContext& context) {
  return decode(text_from_first(context.ranks, [&] { return encode(settle(context, true)); }));
}

}  // namespace lenswright
