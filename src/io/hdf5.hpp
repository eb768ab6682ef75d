// hdf5.hpp: the HDF5 calls that this project uses, each wrapped once, its return code checked here.
//
// Throws: FormatError naming file, dataset or attribute, and the library's innermost message; IoError if the
//         file is absent or may not be read
// Not thread-safe: Debian's library is not; callers read from one thread.
#pragma once

#include <hdf5.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lenswright::hdf5 {

// Owns one identifier; closes it with the function of its class.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle() = default;
  Handle(hid_t id, Close close) : id_(id), close_(close) {}
  ~Handle() { reset(); }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept;
  hid_t get() const { return id_; }
  bool valid() const { return id_ >= 0; }
  void reset();
  hid_t release() { return std::exchange(id_, -1); }  // the caller closes it

 private:
  hid_t id_ = -1;
  Close close_ = nullptr;
};

// An open file for reading.
class File {
 public:
  explicit File(const std::filesystem::path& path);
  // A file image in memory, which must outlive this; `name` stands in messages.
  File(const std::filesystem::path& name, std::span<const std::byte> image);
  const std::filesystem::path& path() const { return path_; }
  bool exists(const std::string& object) const;                       // group or dataset, any depth
  std::vector<std::string> children(const std::string& group) const;  // names, sorted
  bool has_attribute(const std::string& object, const std::string& name) const;
  // Any integer type, scalar or array, widened.
  std::vector<std::int64_t> integer_attribute(const std::string& object, const std::string& name) const;
  std::vector<double> real_attribute(const std::string& object, const std::string& name) const;
  std::string text_attribute(const std::string& object, const std::string& name) const;  // fixed length
  std::vector<std::uint64_t> shape(const std::string& dataset) const;
  // Whether its rows lie in the file as they are: neither in chunks nor compressed, so that few cost as little as many.
  bool is_contiguous(const std::string& dataset) const;
  // Rows [first, first + count) of a dataset, converted to double (any float or integer type); `out` holds
  // count * columns values. Integers: a dataset of floats is an error.
  void read_rows(const std::string& dataset, std::uint64_t first, std::uint64_t count,
                 std::span<double> out) const;
  void read_rows(const std::string& dataset, std::uint64_t first, std::uint64_t count,
                 std::span<std::int64_t> out) const;
  // All rows.
  std::vector<double> read_real(const std::string& dataset) const;
  std::vector<std::int64_t> read_integer(const std::string& dataset) const;

 private:
  std::filesystem::path path_;
  Handle file_;
};

// A new file in the format of HDF5 1.8, built in memory (core driver, no object timestamps) so that its bytes can be published
// atomically and depend on the content alone.
class MemoryFile {
 public:
  MemoryFile();
  ~MemoryFile();
  MemoryFile(MemoryFile&&) noexcept = default;
  void create_group(const std::string& name);
  void write_attribute(const std::string& object, const std::string& name,
                       std::span<const std::int64_t> values, bool scalar);
  void write_attribute(const std::string& object, const std::string& name, std::span<const double> values,
                       bool scalar);
  void write_attribute(const std::string& object, const std::string& name, const std::string& value);
  void write_dataset(const std::string& name, std::span<const std::uint64_t> shape,
                     std::span<const double> values);
  void write_dataset(const std::string& name, std::span<const std::uint64_t> shape,
                     std::span<const float> values);
  void write_dataset(const std::string& name, std::span<const std::uint64_t> shape,
                     std::span<const std::int64_t> values);
  // 8-bit enumeration {FALSE = 0, TRUE = 1}, which h5py and MATLAB read as bool.
  void write_flags(const std::string& name, std::span<const std::uint64_t> shape,
                   std::span<const std::uint8_t> values);
  // The whole file. Closes it: REQUIRES: called once, and last.
  std::vector<std::byte> bytes();

 private:
  struct Image;
  std::shared_ptr<Image> image_;  // outlives file_: the library lays the bytes down here when it closes
  Handle file_;
};

}  // namespace lenswright::hdf5
