// output_file.hpp: a report or picture under the name that the user chose: unlike a product it may replace an
// earlier one, but appears whole or not at all.
//
// Throws: IoError
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include "io/disk.hpp"

namespace lenswright {

void write_output(Disk& disk, const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_output(Disk& disk, const std::filesystem::path& path, std::string_view text);

}  // namespace lenswright
