// sealed_json.hpp: the JSON records of the state directory, with a digest of their own as the last line, and
// their strict reading.
//
// Text:    a JSON object whose last member, on a line of its own, is "checksum": the XXH3-128 of all bytes
//          before that line. Any other byte anywhere is noticed.
// Throws:  FormatError naming the file, where in it, what was expected and what was found
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "io/checksum.hpp"

namespace lenswright {

// REQUIRES: a non-empty object without "checksum".
std::string seal_json(const nlohmann::json& object);
// The object without "checksum".
nlohmann::json unseal_json(const std::filesystem::path& path, const std::string& text);
// Unsealed JSON (root markers, which people may write by hand); an object.
nlohmann::json parse_json_object(const std::filesystem::path& path, const std::string& text);

// One object of a record; every member asked for must be there and of its type.
class JsonFields {
 public:
  // where: as in "products[3]"; the object's place in the record. REQUIRES: `object` and `path` outlive this.
  JsonFields(const std::filesystem::path& path, const nlohmann::json& object, std::string where = "");
  const nlohmann::json& member(const char* key) const;
  std::string text(const char* key) const;
  std::int64_t integer(const char* key, std::int64_t lowest, std::int64_t highest) const;
  std::uint64_t size(const char* key) const;
  Digest digest(const char* key) const;
  const nlohmann::json& array(const char* key) const;
  std::map<std::string, std::string> texts(const char* key) const;  // an object of strings
  JsonFields element(const char* key, std::size_t index) const;     // of an array of objects
  std::string place(const std::string& key) const;                  // "products[3].files"
  [[noreturn]] void fail(const std::string& key, const std::string& expected, const std::string& found) const;
  const std::filesystem::path& path() const { return path_; }

 private:
  const std::filesystem::path& path_;
  const nlohmann::json& object_;
  std::string where_;
};

}  // namespace lenswright
