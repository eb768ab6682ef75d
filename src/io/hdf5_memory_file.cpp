// Writing side of hdf5.hpp.
#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>

#include "io/hdf5.hpp"
#include "io/hdf5_call.hpp"

namespace lenswright::hdf5 {

namespace {

constexpr std::size_t kImageIncrement = 1 << 16;
const std::filesystem::path kName = "(HDF5 file in memory)";

// Object header messages hold the time of creation unless this is off.
Handle timeless(hid_t property_class) {
  Handle properties = own(H5Pcreate(property_class), H5Pclose, kName, "creation properties");
  check(H5Pset_obj_track_times(properties.get(), false), kName, "object times to be off");
  return properties;
}

void write_attribute_of(const Handle& file, const std::string& object, const std::string& name, hid_t type,
                        hid_t memory_type, const void* values, std::size_t count, bool scalar) {
  assert(!scalar || count == 1);
  const std::string wanted = "attribute " + name + " of " + object;
  const hsize_t extent = count;
  const Handle space =
      own(scalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &extent, nullptr), H5Sclose, kName, wanted);
  const Handle attribute = own(H5Acreate_by_name(file.get(), object.c_str(), name.c_str(), type, space.get(),
                                                 H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                               H5Aclose, kName, wanted);
  if (count > 0) check(H5Awrite(attribute.get(), memory_type, values), kName, wanted);
}

void write_dataset_of(const Handle& file, const std::string& name, std::span<const std::uint64_t> shape,
                      hid_t type, hid_t memory_type, const void* values, std::size_t count) {
  const std::string wanted = "dataset " + name;
  const std::vector<hsize_t> extent(shape.begin(), shape.end());
  hsize_t points = 1;
  for (const hsize_t side : extent) points *= side;
  assert(points == count && "shape and values disagree");
  const Handle space =
      own(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), H5Sclose, kName, wanted);
  const Handle properties = timeless(H5P_DATASET_CREATE);
  const Handle dataset =
      own(H5Dcreate2(file.get(), name.c_str(), type, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT),
          H5Dclose, kName, wanted);
  if (count > 0 && points > 0)
    check(H5Dwrite(dataset.get(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), kName, wanted);
}

// The end of the file as the superblock (version 2 of the format specification) has it.
std::uint64_t end_of_file(const void* image) {
  constexpr std::size_t kEndAddress = 28;
  std::uint64_t end = 0;
  std::memcpy(&end, static_cast<const std::byte*>(image) + kEndAddress, sizeof end);
  return end;
}

}  // namespace

// The memory of the file, handed over by the driver at closing in place of being freed.
struct MemoryFile::Image {
  Image() = default;
  ~Image() { std::free(buffer); }
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;

  static void* allocate(std::size_t size, H5FD_file_image_op_t, void*) { return std::malloc(size); }
  static void* copy(void* to, const void* from, std::size_t size, H5FD_file_image_op_t, void*) {
    return std::memcpy(to, from, size);
  }
  static void* resize(void* memory, std::size_t size, H5FD_file_image_op_t, void* image) {
    static_cast<Image*>(image)->size = size;
    return std::realloc(memory, size);
  }
  static herr_t release(void* memory, H5FD_file_image_op_t operation, void* image) {
    if (operation == H5FD_FILE_IMAGE_OP_FILE_CLOSE)
      static_cast<Image*>(image)->buffer = memory;
    else
      std::free(memory);
    return 0;
  }
  static void* share(void* image) { return image; }
  static herr_t unshare(void*) { return 0; }

  void* buffer = nullptr;
  std::size_t size = 0;
};

MemoryFile::~MemoryFile() = default;

MemoryFile::MemoryFile() : image_(std::make_shared<Image>()) {
  silence_error_stack();
  const Handle access = own(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, kName, "access properties");
  check(H5Pset_fapl_core(access.get(), kImageIncrement, false), kName, "a file in memory");
  // The format of HDF5 1.8 has checksums in all its metadata: damage is an error when read, where the older
  // one lets the library stumble into invalid memory.
  check(H5Pset_libver_bounds(access.get(), H5F_LIBVER_V18, H5F_LIBVER_V18), kName, "a file in memory");
  H5FD_file_image_callbacks_t callbacks{Image::allocate, Image::copy,    Image::resize, Image::release,
                                        Image::share,    Image::unshare, image_.get()};
  check(H5Pset_file_image_callbacks(access.get(), &callbacks), kName, "a file in memory");
  const Handle creation = timeless(H5P_FILE_CREATE);  // of the root group
  file_ = own(H5Fcreate(unique_memory_name().c_str(), H5F_ACC_TRUNC, creation.get(), access.get()), H5Fclose,
              kName, "a file in memory");
}

void MemoryFile::create_group(const std::string& name) {
  const Handle properties = timeless(H5P_GROUP_CREATE);
  own(H5Gcreate2(file_.get(), name.c_str(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), H5Gclose, kName,
      "group " + name);
}

void MemoryFile::write_attribute(const std::string& object, const std::string& name,
                                 std::span<const std::int64_t> values, bool scalar) {
  write_attribute_of(file_, object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, values.data(), values.size(),
                     scalar);
}

void MemoryFile::write_attribute(const std::string& object, const std::string& name,
                                 std::span<const double> values, bool scalar) {
  write_attribute_of(file_, object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values.data(), values.size(),
                     scalar);
}

void MemoryFile::write_attribute(const std::string& object, const std::string& name,
                                 const std::string& value) {
  const Handle type = own(H5Tcopy(H5T_C_S1), H5Tclose, kName, "text type");
  check(H5Tset_size(type.get(), value.size() + 1), kName, "text type");
  check(H5Tset_cset(type.get(), H5T_CSET_UTF8), kName, "text type");
  write_attribute_of(file_, object, name, type.get(), type.get(), value.c_str(), 1, true);
}

void MemoryFile::write_dataset(const std::string& name, std::span<const std::uint64_t> shape,
                               std::span<const double> values) {
  write_dataset_of(file_, name, shape, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values.data(), values.size());
}

void MemoryFile::write_dataset(const std::string& name, std::span<const std::uint64_t> shape,
                               std::span<const float> values) {
  write_dataset_of(file_, name, shape, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, values.data(), values.size());
}

void MemoryFile::write_dataset(const std::string& name, std::span<const std::uint64_t> shape,
                               std::span<const std::int64_t> values) {
  write_dataset_of(file_, name, shape, H5T_STD_I64LE, H5T_NATIVE_INT64, values.data(), values.size());
}

void MemoryFile::write_flags(const std::string& name, std::span<const std::uint64_t> shape,
                             std::span<const std::uint8_t> values) {
  const Handle type = own(H5Tenum_create(H5T_STD_I8LE), H5Tclose, kName, "flag type");
  const std::int8_t off = 0;
  const std::int8_t on = 1;
  check(H5Tenum_insert(type.get(), "FALSE", &off), kName, "flag type");
  check(H5Tenum_insert(type.get(), "TRUE", &on), kName, "flag type");
  std::vector<std::int8_t> flags(values.size());
  std::transform(values.begin(), values.end(), flags.begin(),
                 [&](std::uint8_t value) { return value != 0 ? on : off; });
  write_dataset_of(file_, name, shape, type.get(), type.get(), flags.data(), flags.size());
}

std::vector<std::byte> MemoryFile::bytes() {
  assert(file_.valid() && "bytes() called twice");
  // Not H5Fget_file_image: it clears the flag of an open file but leaves the checksum over it as it was.
  const hid_t file = file_.release();
  check(H5Fclose(file), kName, "a closed file");
  const void* const buffer = image_->buffer;
  if (!buffer || image_->size < end_of_file(buffer)) fail(kName, "a file image");
  const auto* const first = static_cast<const std::byte*>(buffer);
  return {first, first + end_of_file(buffer)};
}

}  // namespace lenswright::hdf5
