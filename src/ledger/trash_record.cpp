#include "ledger/trash_record.hpp"

#include <fmt/format.h>

#include <random>

#include "base/error.hpp"
#include "campaign/product_path.hpp"
#include "io/contained_path.hpp"
#include "ledger/actor.hpp"
#include "ledger/receipt.hpp"
#include "ledger/root_safety.hpp"
#include "ledger/sealed_json.hpp"

namespace lenswright {

namespace {

constexpr int kTrashSchema = 1;

}  // namespace

TrashRecord new_trash_record(Stage stage, const std::string& path, const std::string& why) {
  TrashRecord record{{}, stage, path, utc_now(), why, acting_user(), {}};
  record.entry = fmt::format("{}-{:08x}", compact_time(record.when), std::random_device{}());
  return record;
}

std::string encode_trash_record(const Campaign& campaign, const TrashRecord& record) {
  return seal_json({{"schema", kTrashSchema},
                    {"campaign", campaign.name},
                    {"stage", stage_name(record.stage)},
                    {"path", record.path},
                    {"entry", record.entry},
                    {"when", record.when},
                    {"why", record.why},
                    {"who", record.who},
                    {"receipt", record.receipt}});
}

TrashRecord decode_trash_record(const Campaign& campaign, const std::filesystem::path& file,
                                const std::string& text) {
  const nlohmann::json object = unseal_json(file, text);
  const JsonFields fields(file, object);
  fields.integer("schema", 1, kTrashSchema);
  if (fields.text("campaign") != campaign.name)
    fields.fail("campaign", campaign.name, fields.text("campaign"));
  const std::optional<Stage> stage = stage_from_name(fields.text("stage"));
  if (!stage) fields.fail("stage", "the name of a stage", fields.text("stage"));
  if (fields.text("entry") != file.stem().string())
    fields.fail("entry", file.stem().string(), fields.text("entry"));
  if (const std::string why = why_not_contained(fields.text("path")); !why.empty())
    fields.fail("path", "a path below the stage's root", "another one: " + why);
  return {fields.text("entry"),
          *stage,
          fields.text("path"),
          fields.text("when"),
          fields.text("why"),
          fields.text("who"),
          object.contains("receipt") ? fields.text("receipt") : std::string()};
}

std::filesystem::path trash_records_folder(const Campaign& campaign) {
  return campaign.state / "trash";
}

std::filesystem::path trash_record_file(const Campaign& campaign, const std::string& entry) {
  return trash_records_folder(campaign) / (entry + ".json");
}

std::filesystem::path trash_entry_folder(const Campaign& campaign, Stage stage, const std::string& entry) {
  return stage_root(campaign, stage) / kTrashFolder / entry;
}

void require_trash(Disk& disk, const Campaign& campaign, Stage stage) {
  require_own_root(disk, campaign, stage);
  const std::filesystem::path trash = stage_root(campaign, stage) / kTrashFolder;
  if (const auto status = disk.entry_status(trash); status && status->type != FileType::directory)
    throw InputError(
        fmt::format("{} is not a folder: nothing is moved there or taken from there", trash.string()));
}

}  // namespace lenswright
