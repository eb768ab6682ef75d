#include "ledger/trash_swap.hpp"

#include <fmt/format.h>

#include <limits>

#include "base/error.hpp"
#include "campaign/product_path.hpp"
#include "io/atomic_writer.hpp"
#include "io/contained_path.hpp"
#include "ledger/sealed_json.hpp"
#include "ledger/trash_record.hpp"

namespace lenswright {

namespace {

namespace fs = std::filesystem;

constexpr int kIntentSchema = 1;

fs::path pending_folder(const Campaign& campaign) {
  return trash_records_folder(campaign) / "pending";
}

fs::path intent_file(const Campaign& campaign, const std::string& made_room) {
  return pending_folder(campaign) / (made_room + ".json");
}

std::string encode_intent(const UnfinishedSwap& swap) {
  return seal_json({{"schema", kIntentSchema},
                    {"restored", swap.restored},
                    {"made_room", swap.made_room},
                    {"stage", stage_name(swap.stage)},
                    {"path", swap.path},
                    {"inode", swap.inode}});
}

UnfinishedSwap decode_intent(const fs::path& file, const std::string& text) {
  const nlohmann::json object = unseal_json(file, text);
  const JsonFields fields(file, object);
  fields.integer("schema", 1, kIntentSchema);
  const std::optional<Stage> stage = stage_from_name(fields.text("stage"));
  if (!stage) fields.fail("stage", "the name of a stage", fields.text("stage"));
  for (const char* key : {"restored", "made_room", "path"})
    if (const std::string why = why_not_contained(fields.text(key)); !why.empty())
      fields.fail(key, "a plain name", "another one: " + why);
  return {fields.text("restored"), fields.text("made_room"), *stage, fields.text("path"),
          fields.size("inode")};
}

// The three places: where it belongs, where the one that comes back lies, where the one that makes room goes.
struct Places {
  fs::path home, back, room;
};

Places places_of(Disk& disk, const Campaign& campaign, const UnfinishedSwap& swap) {
  const fs::path& root = stage_root(campaign, swap.stage);
  const fs::path trash = root / kTrashFolder;
  return {contained_path(disk, root, swap.path), contained_path(disk, trash, swap.restored + "/" + swap.path),
          contained_path(disk, trash, swap.made_room + "/" + swap.path)};
}

void move_durably(Disk& disk, const fs::path& from, const fs::path& to) {
  disk.create_directories(to.parent_path());
  if (!disk.rename_if_absent(from, to))
    throw InputError(fmt::format("{} appeared just now and is left alone; look again", to.string()));
  disk.sync_directory(to.parent_path());
  disk.sync_directory(from.parent_path());
}

}  // namespace

std::string swap_with_trash(Disk& disk, const Campaign& campaign, const TrashEntry& entry,
                            const std::string& present_receipt) {
  TrashRecord room = new_trash_record(
      entry.stage, entry.path, fmt::format("made room for {}, which came back from the trash", entry.entry));
  room.receipt = present_receipt;
  UnfinishedSwap swap{entry.entry, room.entry, entry.stage, entry.path, 0};
  const Places places = places_of(disk, campaign, swap);
  const std::optional<FileStatus> present = disk.entry_status(places.home);
  if (!present) throw InputError(fmt::format("{} went away just now; look again", places.home.string()));
  swap.inode = present->inode;
  disk.create_directories(places.room.parent_path());
  publish_text(disk, trash_record_file(campaign, room.entry), encode_trash_record(campaign, room));
  publish_text(disk, intent_file(campaign, room.entry), encode_intent(swap));
  if (disk.exchange(places.back, places.home)) {
    disk.sync_directory(places.home.parent_path());
    disk.sync_directory(places.back.parent_path());
    move_durably(disk, places.back, places.room);
  } else {
    move_durably(disk, places.home, places.room);
    move_durably(disk, places.back, places.home);
  }
  return room.entry;
}

void end_swap(Disk& disk, const Campaign& campaign, const std::string& made_room) {
  disk.remove(intent_file(campaign, made_room));
  disk.sync_directory(pending_folder(campaign));
}

std::vector<UnfinishedSwap> unfinished_swaps(Disk& disk, const Campaign& campaign) {
  std::vector<UnfinishedSwap> swaps;
  const fs::path folder = pending_folder(campaign);
  if (!disk.status(folder)) return swaps;
  for (const DirectoryEntry& file : disk.list(folder)) {
    if (!file.name.ends_with(".json") || file.name.starts_with('.')) continue;
    swaps.push_back(decode_intent(folder / file.name, read_text(disk, folder / file.name)));
  }
  return swaps;
}

std::string finish_swap(Disk& disk, const Campaign& campaign, const UnfinishedSwap& swap) {
  require_trash(disk, campaign, swap.stage);
  const Places places = places_of(disk, campaign, swap);
  const std::optional<FileStatus> home = disk.entry_status(places.home),
                                  back = disk.entry_status(places.back);
  const bool room_made = disk.entry_status(places.room).has_value();
  const std::string ended =
      fmt::format("ended the swap of {}, which had been interrupted", places.home.string());
  if (room_made) {
    if (back && !home) move_durably(disk, places.back, places.home);
    return ended;
  }
  if (back && back->inode == swap.inode) {
    move_durably(disk, places.back, places.room);
    return ended;
  }
  return fmt::format("gave up the swap of {}, which had been interrupted before anything moved",
                     places.home.string());
}

bool swap_is_over(Disk& disk, const Campaign& campaign, const UnfinishedSwap& swap) {
  const Places places = places_of(disk, campaign, swap);
  return disk.entry_status(places.home) && !disk.entry_status(places.back);
}

}  // namespace lenswright
