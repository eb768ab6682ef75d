#include "ledger/sealed_json.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/error.hpp"

namespace lenswright {

namespace {

constexpr std::string_view kSealStart = ",\n \"checksum\": \"";
constexpr std::string_view kSealEnd = "\"\n}\n";
constexpr std::size_t kDigestDigits = 32;
constexpr std::size_t kSealSize = kSealStart.size() + kDigestDigits + kSealEnd.size();

std::string seal_of(std::string_view body) {
  return fmt::format("{}{}{}", kSealStart, digest_of(body).hex(), kSealEnd);
}

std::string shortened(std::string text) {
  constexpr std::size_t kLongest = 80;
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  return text;
}

}  // namespace

std::string seal_json(const nlohmann::json& object) {
  std::string body = object.dump(1);
  body.resize(body.size() - 2);  // without "\n}": the seal closes the object
  return body + seal_of(body);
}

nlohmann::json parse_json_object(const std::filesystem::path& path, const std::string& text) {
  try {
    nlohmann::json value = nlohmann::json::parse(text);
    if (!value.is_object()) throw FormatError(path, 0, "a JSON object", value.type_name());
    return value;
  } catch (const nlohmann::json::parse_error& error) {
    throw FormatError(path, error.byte, "JSON", "a syntax error (torn while it was written, or edited)");
  }
}

nlohmann::json unseal_json(const std::filesystem::path& path, const std::string& text) {
  if (text.size() <= kSealSize || !text.ends_with(kSealEnd))
    throw FormatError(path, text.size(), "a last line with the checksum", "none: the record is torn");
  const std::string_view body(text.data(), text.size() - kSealSize);
  if (const std::string seal = seal_of(body); !text.ends_with(seal))
    throw FormatError(path, body.size(), shortened(seal.substr(2, seal.size() - 2 - kSealEnd.size())),
                      "another one: the record is damaged");
  nlohmann::json value = parse_json_object(path, text);
  value.erase("checksum");
  return value;
}

JsonFields::JsonFields(const std::filesystem::path& path, const nlohmann::json& object, std::string where)
    : path_(path), object_(object), where_(std::move(where)) {
  if (!object_.is_object())
    throw FormatError(path_, 0, fmt::format("{} to be an object", where_), shortened(object_.dump()));
}

std::string JsonFields::place(const std::string& key) const {
  return where_.empty() ? key : where_ + "." + key;
}

void JsonFields::fail(const std::string& key, const std::string& expected, const std::string& found) const {
  throw FormatError(path_, 0, fmt::format("{} to be {}", place(key), expected), shortened(found));
}

const nlohmann::json& JsonFields::member(const char* key) const {
  const auto found = object_.find(key);
  if (found == object_.end()) fail(key, "there", "nothing");
  return *found;
}

std::string JsonFields::text(const char* key) const {
  const nlohmann::json& value = member(key);
  if (!value.is_string()) fail(key, "a string", value.dump());
  return value.get<std::string>();
}

std::int64_t JsonFields::integer(const char* key, std::int64_t lowest, std::int64_t highest) const {
  const nlohmann::json& value = member(key);
  const bool fits = value.is_number_integer() &&
                    (!value.is_number_unsigned() || value.get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
  if (!fits || value.get<std::int64_t>() < lowest || value.get<std::int64_t>() > highest)
    fail(key, fmt::format("an integer from {} to {}", lowest, highest), value.dump());
  return value.get<std::int64_t>();
}

std::uint64_t JsonFields::size(const char* key) const {
  const nlohmann::json& value = member(key);
  if (!value.is_number_unsigned()) fail(key, "a size in bytes", value.dump());
  return value.get<std::uint64_t>();
}

Digest JsonFields::digest(const char* key) const {
  const std::string hex = text(key);
  const std::optional<Digest> digest = Digest::from_hex(hex);
  if (!digest) fail(key, "a digest of 32 hexadecimal digits", hex);
  return *digest;
}

const nlohmann::json& JsonFields::array(const char* key) const {
  const nlohmann::json& value = member(key);
  if (!value.is_array()) fail(key, "a list", value.dump());
  return value;
}

std::map<std::string, std::string> JsonFields::texts(const char* key) const {
  const nlohmann::json& value = member(key);
  if (!value.is_object()) fail(key, "an object", value.dump());
  std::map<std::string, std::string> result;
  for (const auto& [name, text] : value.items()) {
    if (!text.is_string()) fail(key, "an object of strings", text.dump());
    result.emplace(name, text.get<std::string>());
  }
  return result;
}

JsonFields JsonFields::element(const char* key, std::size_t index) const {
  return JsonFields(path_, array(key).at(index), fmt::format("{}[{}]", place(key), index));
}

}  // namespace lenswright
