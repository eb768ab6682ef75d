#include "ledger/recorded_configuration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "io/atomic_writer.hpp"
#include "ledger/receipt.hpp"

namespace lenswright {

namespace {

using nlohmann::json;

std::set<std::string> keys_of(const json& then, const json& now) {
  std::set<std::string> keys;
  for (const json* text : {&then, &now})
    for (const auto& [key, value] : text->items()) keys.insert(key);
  return keys;
}

std::string shown(const json& text, const std::string& key) {
  if (!text.contains(key)) return "not set";
  const json& value = text.at(key);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

bool is_prefix(const json& shorter, const json& longer) {
  return shorter.is_array() && longer.is_array() && shorter.size() <= longer.size() &&
         std::equal(shorter.begin(), shorter.end(), longer.begin());
}

}  // namespace

std::optional<std::string> recorded_configuration(Disk& disk, const Campaign& campaign,
                                                  std::string_view receipt, const Digest& configuration) {
  if (!is_receipt_name(receipt) || receipt.find('/') != std::string_view::npos) return std::nullopt;
  for (const std::filesystem::path& folder : {receipts_folder(campaign), receipts_archive(campaign)}) {
    const std::filesystem::path file = folder / receipt;
    try {
      if (!disk.status(file)) continue;
      const Receipt found = decode_receipt(file.string(), read_text(disk, file));
      const auto text = found.configurations.find(configuration.hex());
      if (text != found.configurations.end() && digest_of(text->second) == configuration) return text->second;
    } catch (const Failure&) {
      // Moved into the archive just now, or damaged, which ReceiptIndex says.
    }
  }
  return std::nullopt;
}

std::string configuration_changes(const std::string& then, const std::string& now) {
  const json before = json::parse(then, nullptr, false), after = json::parse(now, nullptr, false);
  if (!before.is_object() || !after.is_object()) return {};
  std::string changes;
  for (const std::string& key : keys_of(before, after)) {
    const std::string was = shown(before, key), is = shown(after, key);
    if (was != is) changes += fmt::format("{}{} {}, now {}", changes.empty() ? "" : "; ", key, was, is);
  }
  return changes;
}

bool only_other_maps(const std::string& then, const std::string& now) {
  const json before = json::parse(then, nullptr, false), after = json::parse(now, nullptr, false);
  if (!before.is_object() || !after.is_object()) return false;
  if (before.value("formats", json()) != json::array({"dat"})) return false;
  const std::set<std::string> which{"fields", "formats", "sources"};
  const std::set<std::string> of_formats{
      "campaign", "fits_compression", "model", "omega_m", "realization", "run", "seed"};
  const bool other_formats = after.value("formats", json()) != before.at("formats");
  for (const std::string& key : keys_of(before, after)) {
    if (which.contains(key)) continue;
    const bool had = before.contains(key), has = after.contains(key);
    if (had && has && before.at(key) == after.at(key)) continue;
    if (!had && has && other_formats && of_formats.contains(key)) continue;
    if (key == "snapshots" && had && has &&
        (is_prefix(before.at(key), after.at(key)) || is_prefix(after.at(key), before.at(key))))
      continue;
    return false;
  }
  return true;
}

}  // namespace lenswright
