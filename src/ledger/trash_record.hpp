// trash_record.hpp: the record of one entry of the trash, and where entries and records lie.
#pragma once

#include <filesystem>
#include <string>

#include "campaign/campaign.hpp"
#include "io/disk.hpp"

namespace lenswright {

struct TrashRecord {
  std::string entry;
  Stage stage = Stage::lensplanes;
  std::string path;  // below the stage's root
  std::string when, why, who;
  std::string receipt{};  // file name of the one that tells of it; empty: none known
};

// Of now, by whoever runs this program; the entry's name is new.
TrashRecord new_trash_record(Stage stage, const std::string& path, const std::string& why);
std::string encode_trash_record(const Campaign& campaign, const TrashRecord& record);
// Throws FormatError, also for a record of another campaign or entry.
TrashRecord decode_trash_record(const Campaign& campaign, const std::filesystem::path& file,
                                const std::string& text);

std::filesystem::path trash_records_folder(const Campaign& campaign);
std::filesystem::path trash_record_file(const Campaign& campaign, const std::string& entry);
// <root>/.trash/<entry>
std::filesystem::path trash_entry_folder(const Campaign& campaign, Stage stage, const std::string& entry);
// Throws InputError unless the root is ours and its .trash, if there, is a folder of its own.
void require_trash(Disk& disk, const Campaign& campaign, Stage stage);

}  // namespace lenswright
