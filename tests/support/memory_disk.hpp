// memory_disk.hpp: a disk in memory that forgets, on demand, what was not made durable.
//
// Content is durable after WritableFile::sync, a name (creation, rename, removal) after sync_directory of its
// folder. power_loss() goes back to that; whether names survive without sync_directory is the file system's
// choice, so both ways can be asked for.
#pragma once

#include <cerrno>
#include <cstring>
#include <map>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "io/disk.hpp"

namespace lenswright::test {

enum class Names { kept, lost };  // those not made durable

class MemoryDisk final : public Disk {
 public:
  using Path = std::filesystem::path;

  MemoryDisk() { names_["/"] = durable_names_["/"] = new_node(FileType::directory); }

  void power_loss(Names names) {
    if (names == Names::lost) {
      // What lies in a folder goes with it.
      names_.clear();
      for (const auto& [path, node] : durable_names_)
        if (path == "/" || names_.count(key(Path(path).parent_path())) != 0) names_[path] = node;
    }
    for (auto& [path, node] : names_) node->content = node->durable_content;
    durable_names_ = names_;
  }
  // All files below a folder: path and content.
  std::map<std::string, std::string> files(const Path& folder) const {
    std::map<std::string, std::string> found;
    for (const auto& [path, node] : names_)
      if (node->status.type == FileType::regular && is_below(path, folder)) found[path] = node->content;
    return found;
  }
  void set_space(const DiskSpace& space) { space_ = space; }
  void put(const Path& path, const std::string& content) {
    create_directories(path.parent_path());
    const std::shared_ptr<Node> node = new_node(FileType::regular);
    node->content = node->durable_content = content;
    names_[key(path)] = durable_names_[key(path)] = node;
  }

  std::optional<FileStatus> status(const Path& path) override {
    const auto found = names_.find(key(path));
    if (found == names_.end()) return std::nullopt;
    return status_of(*found->second);
  }
  std::optional<FileStatus> entry_status(const Path& path) override { return status(path); }
  std::vector<DirectoryEntry> list(const Path& folder) override {
    require_folder(folder, "read the folder");
    std::vector<DirectoryEntry> entries;
    for (const auto& [path, node] : names_)
      if (path != "/" && Path(path).parent_path() == key(folder))
        entries.push_back({Path(path).filename().string(), status_of(*node)});
    return entries;
  }
  std::unique_ptr<ReadableFile> open(const Path& path) override {
    return std::make_unique<Readable>(path, require_file(path, "open"));
  }
  std::unique_ptr<WritableFile> create(const Path& path) override {
    require_folder(path.parent_path(), "create");
    if (names_.count(key(path)) != 0) throw IoError(path, "create", EEXIST);
    return std::make_unique<Writable>(names_[key(path)] = new_node(FileType::regular));
  }
  void rename(const Path& from, const Path& to) override {
    if (names_.count(key(from)) == 0) throw IoError(from, "rename", ENOENT);
    require_folder(to.parent_path(), "rename");
    std::map<std::string, std::shared_ptr<Node>> moved;
    for (auto entry = names_.begin(); entry != names_.end();) {
      const bool itself = entry->first == key(from);
      if (itself || is_below(entry->first, from)) {
        moved[key(to) + entry->first.substr(key(from).size())] = entry->second;
        entry = names_.erase(entry);
      } else {
        ++entry;
      }
    }
    for (auto& [path, node] : moved) names_[path] = node;
  }
  bool rename_if_absent(const Path& from, const Path& to) override {
    if (names_.count(key(to)) != 0) return false;
    rename(from, to);
    return true;
  }
  bool exchange(const Path&, const Path&) override { return false; }
  bool link_if_absent(const Path& from, const Path& to) override {
    const std::shared_ptr<Node> node = require_file(from, "link");
    return names_.emplace(key(to), node).second;
  }
  void remove(const Path& path) override {
    if (names_.count(key(path)) == 0) throw IoError(path, "remove", ENOENT);
    for (const auto& [other, node] : names_)
      if (is_below(other, path)) throw IoError(path, "remove", ENOTEMPTY);
    names_.erase(key(path));
  }
  void touch(const Path& path) override {
    require_file(path, "touch")->status.modified_ns = static_cast<std::int64_t>(next_inode_++);
  }
  std::vector<Path> make_directories(const Path& folder) override {
    std::vector<Path> changed;
    Path way = "/";
    for (const Path& part : Path(key(folder)).relative_path()) {
      const Path above = way;
      way /= part;
      const auto found = names_.find(key(way));
      if (found == names_.end()) {
        names_[key(way)] = new_node(FileType::directory);
        changed.push_back(above);
      } else if (found->second->status.type != FileType::directory) {
        throw IoError(way, "make the folder", ENOTDIR);
      }
    }
    return changed;
  }
  void sync_directory(const Path& folder) override {
    require_folder(folder, "sync the folder");
    const auto inside = [&](const std::string& path) { return Path(path).parent_path() == key(folder); };
    std::erase_if(durable_names_,
                  [&](const auto& entry) { return entry.first != "/" && inside(entry.first); });
    for (const auto& [path, node] : names_)
      if (inside(path)) durable_names_[path] = node;
  }
  DiskSpace space(const Path&) override { return space_; }

 private:
  struct Node {
    FileStatus status;
    std::string content, durable_content;
  };
  class Readable final : public ReadableFile {
   public:
    Readable(Path path, std::shared_ptr<const Node> node) : path_(std::move(path)), node_(std::move(node)) {}
    std::uint64_t size() const override { return node_->content.size(); }
    void read_at(std::uint64_t offset, std::span<std::byte> buffer) const override {
      const std::uint64_t end = offset + buffer.size();
      if (end > node_->content.size()) throw IoError(path_, "read to byte " + std::to_string(end), EIO);
      if (!buffer.empty()) std::memcpy(buffer.data(), node_->content.data() + offset, buffer.size());
    }

   private:
    Path path_;
    std::shared_ptr<const Node> node_;
  };
  class Writable final : public WritableFile {
   public:
    explicit Writable(std::shared_ptr<Node> node) : node_(std::move(node)) {}
    void write(std::span<const std::byte> bytes) override {
      for (const std::byte byte : bytes) node_->content += static_cast<char>(byte);
    }
    void sync() override { node_->durable_content = node_->content; }
    void close() override {}

   private:
    std::shared_ptr<Node> node_;
  };

  static std::string key(const Path& path) {
    std::string text = ("/" / path).lexically_normal().string();
    while (text.size() > 1 && text.back() == '/') text.pop_back();
    return text;
  }
  static bool is_below(const std::string& path, const Path& folder) {
    const std::string prefix = key(folder) == "/" ? "/" : key(folder) + "/";
    return path.size() > prefix.size() && path.starts_with(prefix);
  }
  static FileStatus status_of(const Node& node) {
    FileStatus status = node.status;
    status.size = node.content.size();
    return status;
  }
  std::shared_ptr<Node> new_node(FileType type) {
    const auto node = std::make_shared<Node>();
    node->status.type = type;
    node->status.inode = next_inode_++;
    node->status.modified_ns = static_cast<std::int64_t>(node->status.inode);
    return node;
  }
  std::shared_ptr<Node> require_file(const Path& path, const char* operation) const {
    const auto found = names_.find(key(path));
    if (found == names_.end()) throw IoError(path, operation, ENOENT);
    if (found->second->status.type != FileType::regular) throw IoError(path, operation, EISDIR);
    return found->second;
  }
  void require_folder(const Path& path, const char* operation) const {
    const auto found = names_.find(key(path));
    if (found == names_.end()) throw IoError(path, operation, ENOENT);
    if (found->second->status.type != FileType::directory) throw IoError(path, operation, ENOTDIR);
  }

  std::uint64_t next_inode_ = 1;
  std::map<std::string, std::shared_ptr<Node>> names_, durable_names_;
  DiskSpace space_{std::uint64_t{1} << 40, std::uint64_t{1} << 20, true};
};

}  // namespace lenswright::test
