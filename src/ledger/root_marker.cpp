#include "ledger/root_marker.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "campaign/product_path.hpp"
#include "io/atomic_writer.hpp"
#include "ledger/sealed_json.hpp"

namespace lenswright {

namespace {

constexpr int kMarkerSchema = 1;

std::string init_command(const Campaign& campaign) {
  return fmt::format("`recovery init --config {}`", campaign.file.string());
}

std::string marker_text(const Campaign& campaign, Stage stage) {
  const nlohmann::json marker{
      {"schema", kMarkerSchema}, {"campaign", campaign.name}, {"stage", stage_name(stage)}};
  return marker.dump(1) + "\n";
}

RootCheck check_marker(const Campaign& campaign, Stage stage, const std::string& root,
                       const std::filesystem::path& path, const std::string& text) {
  const nlohmann::json marker = parse_json_object(path, text);
  const JsonFields fields(path, marker);
  fields.integer("schema", 1, kMarkerSchema);
  const std::string campaign_name = fields.text("campaign");
  const std::string stage_found = fields.text("stage");
  if (campaign_name == campaign.name && stage_found == stage_name(stage)) return {RootState::ours, {}};
  return {RootState::foreign,
          fmt::format("{} is marked as the {} root of campaign \"{}\", not as the {} root of \"{}\": correct "
                      "{}.root in {}",
                      root, stage_found, campaign_name, stage_name(stage), campaign.name, stage_name(stage),
                      campaign.file.string())};
}

}  // namespace

RootCheck check_root(Disk& disk, const Campaign& campaign, Stage stage) {
  const std::filesystem::path& folder = stage_root(campaign, stage);
  const std::string root = folder.string();
  try {
    if (!disk.status(folder))
      return {
          RootState::absent,
          fmt::format("the {} root {} does not exist: its disk is not mounted, the path is wrong, or it is "
                      "still to be made by {}",
                      stage_name(stage), root, init_command(campaign))};
    const std::filesystem::path marker = folder / kRootMarkerFile;
    if (!disk.status(marker)) {
      disk.list(folder);  // a root that is no folder, or may not be read, is unreadable rather than unmarked
      return {RootState::unmarked,
              fmt::format("the {} root {} has no marker {}: it may be the mount point of a disk that is not "
                          "mounted; if it is the right folder, take it in with {}",
                          stage_name(stage), root, kRootMarkerFile, init_command(campaign))};
    }
    return check_marker(campaign, stage, root, marker, read_text(disk, marker));
  } catch (const FormatError& error) {
    return {
        RootState::unreadable,
        fmt::format("the marker of the {} root is damaged: {}; if it is the right folder, remove the marker "
                    "and take the folder in with {}",
                    stage_name(stage), error.what(), init_command(campaign))};
  } catch (const Failure& failure) {
    return {RootState::unreadable, fmt::format("the {} root cannot be read: {}; when it can, check with "
                                               "`recovery diagnose --config {}`",
                                               stage_name(stage), failure.what(), campaign.file.string())};
  }
}

void require_root(Disk& disk, const Campaign& campaign, Stage stage) {
  const RootCheck check = check_root(disk, campaign, stage);
  if (check.state != RootState::ours) throw InputError(check.because);
}

void mark_root(Disk& disk, const Campaign& campaign, Stage stage) {
  if (check_root(disk, campaign, stage).state == RootState::ours) return;
  publish_text(disk, stage_root(campaign, stage) / kRootMarkerFile, marker_text(campaign, stage));
}

}  // namespace lenswright
