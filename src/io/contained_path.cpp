#include "io/contained_path.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace lenswright {

namespace {

constexpr std::size_t kLongestPart = 255;
constexpr std::size_t kLongest = 4000;

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

// Bytes of the UTF-8 character at the head of `text`; 0: none (overlong forms and surrogates are none).
std::size_t character_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (length == 0 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
      (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f))
    return 0;
  return length;
}

// As it can be shown: odd bytes as \xNN.
std::string shown(std::string_view name) {
  std::string text;
  while (!name.empty()) {
    const std::size_t length = is_control(name.front()) ? 0 : character_bytes(name);
    if (length == 0)
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(name.front()));
    else
      text += name.substr(0, length);
    name.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

}  // namespace

std::string why_not_contained(std::string_view relative) {
  if (relative.empty()) return "it is empty";
  if (relative.front() == '/') return "it is an absolute path";
  if (relative.size() > kLongest) return "it is too long";
  for (std::string_view rest = relative; !rest.empty();) {
    const std::size_t length = is_control(rest.front()) ? 0 : character_bytes(rest);
    if (length == 0) return "it holds bytes that no name of ours has";
    rest.remove_prefix(length);
  }
  for (std::string_view rest = relative;;) {
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return "it is not a plain path below its root";
    if (part.size() > kLongestPart) return "a part of it is too long";
    if (slash == std::string_view::npos) return {};
    rest.remove_prefix(slash + 1);
  }
}

std::filesystem::path contained_path(Disk& disk, const std::filesystem::path& root,
                                     std::string_view relative) {
  const auto refuse = [&](std::string_view why) {
    throw InputError(
        fmt::format("\"{}\" is not taken as a name below {}: {}", shown(relative), root.string(), why));
  };
  if (const std::string why = why_not_contained(relative); !why.empty()) refuse(why);
  std::filesystem::path way = root;
  for (std::string_view rest = relative;;) {
    const std::size_t slash = rest.find('/');
    way /= rest.substr(0, slash);
    if (slash == std::string_view::npos) return way;
    rest.remove_prefix(slash + 1);
    const std::optional<FileStatus> status = disk.entry_status(way);
    if (status && status->type != FileType::directory)
      refuse(fmt::format("{} is not a folder{}", way.string(),
                         status->type == FileType::symlink ? " but a symbolic link" : ""));
  }
}

}  // namespace lenswright
