#include "run/slurm_site.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "run/batch_texts.hpp"

namespace lenswright {

namespace {

constexpr std::string_view kPresets = "sites/";
constexpr std::string_view kEnding = ".sh";

}  // namespace

std::string site_text(Disk& disk, const Campaign& campaign, Stage stage) {
  const auto resources = campaign.slurm.find(stage);
  if (resources == campaign.slurm.end() || !resources->second.values.contains("site")) return {};
  const std::string& name = resources->second.values.at("site");
  std::string presets;
  for (const BatchText& text : batch_texts()) {
    if (!text.name.starts_with(kPresets)) continue;
    std::string_view preset = text.name.substr(kPresets.size());
    preset.remove_suffix(kEnding.size());
    if (preset == name) return std::string(text.text);
    presets += (presets.empty() ? "" : ", ") + std::string(preset);
  }
  const std::filesystem::path file = campaign.file.parent_path() / name;
  if (!disk.status(file))
    throw InputError(fmt::format(
        "slurm.{}.site: there is no file {}, and no preset of that name (there are {}); copy one of "
        "them from configs/sites/",
        stage_name(stage), file.string(), presets));
  return read_text(disk, file);
}

}  // namespace lenswright
