#include "io/hdf5_call.hpp"

#include <cstdint>

#include "base/error.hpp"

namespace lenswright::hdf5 {

namespace {

extern "C" herr_t take_first_message(unsigned, const H5E_error2_t* error, void* text) {
  if (error->desc) *static_cast<std::string*>(text) = error->desc;
  return 1;  // enough
}

}  // namespace

void silence_error_stack() {
  static const bool silenced = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
  static_cast<void>(silenced);
}

std::string innermost_message() {
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_first_message, &text);
  return text.empty() ? "an HDF5 error without a message" : text;
}

std::string unique_memory_name() {
  static std::uint64_t count = 0;
  return "lenswright-memory-" + std::to_string(count++);
}

void fail(const std::filesystem::path& path, const std::string& wanted) {
  throw FormatError(path, 0, wanted, innermost_message());
}

void check(herr_t result, const std::filesystem::path& path, const std::string& wanted) {
  if (result < 0) fail(path, wanted);
}

Handle own(hid_t id, Handle::Close close, const std::filesystem::path& path, const std::string& wanted) {
  if (id < 0) fail(path, wanted);
  return Handle(id, close);
}

void Handle::reset() {
  if (id_ >= 0) close_(id_);
  id_ = -1;
}

Handle& Handle::operator=(Handle&& other) noexcept {
  if (this != &other) {
    reset();
    id_ = std::exchange(other.id_, -1);
    close_ = other.close_;
  }
  return *this;
}

}  // namespace lenswright::hdf5
