// Reading side of hdf5.hpp.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"
#include "io/hdf5.hpp"
#include "io/hdf5_call.hpp"

namespace lenswright::hdf5 {

namespace {

constexpr std::size_t kImageIncrement = 1 << 16;

// A type that values of this class convert to, or an error that names what is there.
void require_integer(hid_t type, const std::filesystem::path& path, const std::string& wanted) {
  const H5T_class_t type_class = H5Tget_class(type);
  if (type_class != H5T_INTEGER && type_class != H5T_ENUM)
    throw FormatError(path, 0, wanted + " of integers", "another type");
}

void require_number(hid_t type, const std::filesystem::path& path, const std::string& wanted) {
  const H5T_class_t type_class = H5Tget_class(type);
  if (type_class != H5T_INTEGER && type_class != H5T_FLOAT && type_class != H5T_ENUM)
    throw FormatError(path, 0, wanted + " of numbers", "another type");
}

std::string dataset_text(const std::string& dataset) {
  return "dataset " + dataset;
}

std::string attribute_text(const std::string& object, const std::string& name) {
  return fmt::format("attribute {} of {}", name, object);
}

Handle open_attribute(const Handle& file, const std::filesystem::path& path, const std::string& object,
                      const std::string& name) {
  return own(H5Aopen_by_name(file.get(), object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
             path, attribute_text(object, name));
}

std::size_t attribute_points(const Handle& attribute, const std::filesystem::path& path,
                             const std::string& wanted) {
  const Handle space = own(H5Aget_space(attribute.get()), H5Sclose, path, wanted);
  const hssize_t points = H5Sget_simple_extent_npoints(space.get());
  if (points < 0) fail(path, wanted);
  return static_cast<std::size_t>(points);
}

std::vector<std::uint64_t> shape_of(hid_t dataset, const std::filesystem::path& path,
                                    const std::string& wanted) {
  const Handle space = own(H5Dget_space(dataset), H5Sclose, path, wanted);
  if (H5Sget_simple_extent_type(space.get()) == H5S_NULL) return {0};
  const int rank = H5Sget_simple_extent_ndims(space.get());
  if (rank < 0) fail(path, wanted);
  std::vector<hsize_t> extent(static_cast<std::size_t>(rank));
  if (rank > 0 && H5Sget_simple_extent_dims(space.get(), extent.data(), nullptr) < 0) fail(path, wanted);
  return {extent.begin(), extent.end()};
}

std::uint64_t row_count(const std::vector<std::uint64_t>& shape) {
  return shape.empty() ? 1 : shape.front();
}

std::uint64_t column_count(const std::vector<std::uint64_t>& shape) {
  std::uint64_t columns = 1;
  for (std::size_t axis = 1; axis < shape.size(); ++axis) columns *= shape[axis];
  return columns;
}

void read_hyperslab(const Handle& file, const std::filesystem::path& path, const std::string& name,
                    std::uint64_t first, std::uint64_t count, hid_t memory_type, void* out,
                    std::uint64_t out_size) {
  const std::string wanted = dataset_text(name);
  const Handle dataset = own(H5Dopen2(file.get(), name.c_str(), H5P_DEFAULT), H5Dclose, path, wanted);
  const Handle type = own(H5Dget_type(dataset.get()), H5Tclose, path, wanted);
  if (memory_type == H5T_NATIVE_INT64)
    require_integer(type.get(), path, wanted);
  else
    require_number(type.get(), path, wanted);
  const std::vector<std::uint64_t> shape = shape_of(dataset.get(), path, wanted);
  const std::uint64_t rows = row_count(shape);
  if (first > rows || count > rows - first)
    throw FormatError(path, 0, fmt::format("{} with rows {} to {}", wanted, first, first + count),
                      fmt::format("{} rows", rows));
  if (count * column_count(shape) != out_size)
    throw FormatError(path, 0, fmt::format("{} with {} values in {} rows", wanted, out_size, count),
                      fmt::format("{} values per row", column_count(shape)));
  if (out_size == 0) return;
  if (shape.empty()) {
    check(H5Dread(dataset.get(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out), path, wanted);
    return;
  }
  std::vector<hsize_t> start(shape.size(), 0), extent(shape.begin(), shape.end());
  start[0] = first;
  extent[0] = count;
  const Handle file_space = own(H5Dget_space(dataset.get()), H5Sclose, path, wanted);
  check(H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr),
        path, wanted);
  const Handle memory_space =
      own(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), H5Sclose, path, wanted);
  check(H5Dread(dataset.get(), memory_type, memory_space.get(), file_space.get(), H5P_DEFAULT, out), path,
        wanted);
}

extern "C" herr_t collect_name(hid_t, const char* name, const H5L_info_t*, void* names) {
  static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  return 0;
}

}  // namespace

File::File(const std::filesystem::path& path) : path_(path) {
  silence_error_stack();
  // The library has one error for all cases; whether the file is there at all is asked of the system.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw IoError(path, "open", errno);
  const off_t size = lseek(descriptor, 0, SEEK_END);
  ::close(descriptor);
  if (H5Fis_hdf5(path.c_str()) <= 0)
    throw FormatError(path, 0, "an HDF5 file", fmt::format("{} bytes without its signature", size));
  const Handle access = own(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, path, "an HDF5 file");
  // Reading needs no lock, and many network file systems refuse one.
  check(H5Pset_file_locking(access.get(), false, true), path, "an HDF5 file");
  file_ = own(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose, path, "a whole HDF5 file");
}

File::File(const std::filesystem::path& name, std::span<const std::byte> image) : path_(name) {
  silence_error_stack();
  const std::string wanted = "a whole HDF5 file";
  if (image.empty()) throw FormatError(path_, 0, wanted, "0 bytes");
  const Handle access = own(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, path_, wanted);
  check(H5Pset_fapl_core(access.get(), kImageIncrement, false), path_, wanted);
  // The library copies the image; its interface forgot the const.
  check(H5Pset_file_image(access.get(), const_cast<std::byte*>(image.data()), image.size()), path_, wanted);
  file_ = own(H5Fopen(unique_memory_name().c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose, path_, wanted);
}

bool File::exists(const std::string& object) const {
  // H5Lexists fails if a folder on the way is missing: so one by one.
  for (std::size_t end = object.find_first_not_of('/'); end != std::string::npos && end < object.size();) {
    end = std::min(object.find('/', end), object.size());
    if (H5Lexists(file_.get(), object.substr(0, end).c_str(), H5P_DEFAULT) <= 0) return false;
    end = object.find_first_not_of('/', end);
  }
  return true;
}

std::vector<std::string> File::children(const std::string& group) const {
  std::vector<std::string> names;
  check(H5Literate_by_name(file_.get(), group.c_str(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect_name,
                           &names, H5P_DEFAULT),
        path_, "group " + group);
  std::sort(names.begin(), names.end());
  return names;
}

bool File::has_attribute(const std::string& object, const std::string& name) const {
  return exists(object) && H5Aexists_by_name(file_.get(), object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

std::vector<std::int64_t> File::integer_attribute(const std::string& object, const std::string& name) const {
  const std::string wanted = attribute_text(object, name);
  const Handle attribute = open_attribute(file_, path_, object, name);
  const Handle type = own(H5Aget_type(attribute.get()), H5Tclose, path_, wanted);
  require_integer(type.get(), path_, wanted);
  std::vector<std::int64_t> values(attribute_points(attribute, path_, wanted));
  if (!values.empty()) check(H5Aread(attribute.get(), H5T_NATIVE_INT64, values.data()), path_, wanted);
  return values;
}

std::vector<double> File::real_attribute(const std::string& object, const std::string& name) const {
  const std::string wanted = attribute_text(object, name);
  const Handle attribute = open_attribute(file_, path_, object, name);
  const Handle type = own(H5Aget_type(attribute.get()), H5Tclose, path_, wanted);
  require_number(type.get(), path_, wanted);
  std::vector<double> values(attribute_points(attribute, path_, wanted));
  if (!values.empty()) check(H5Aread(attribute.get(), H5T_NATIVE_DOUBLE, values.data()), path_, wanted);
  return values;
}

std::string File::text_attribute(const std::string& object, const std::string& name) const {
  const std::string wanted = attribute_text(object, name);
  const Handle attribute = open_attribute(file_, path_, object, name);
  const Handle type = own(H5Aget_type(attribute.get()), H5Tclose, path_, wanted);
  if (H5Tget_class(type.get()) != H5T_STRING || H5Tis_variable_str(type.get()) != 0)
    throw FormatError(path_, 0, wanted + " as text of fixed length", "another type");
  std::string text(H5Tget_size(type.get()), '\0');
  check(H5Aread(attribute.get(), type.get(), text.data()), path_, wanted);
  text.resize(std::min(text.size(), text.find('\0')));
  return text;
}

std::vector<std::uint64_t> File::shape(const std::string& dataset) const {
  const std::string wanted = dataset_text(dataset);
  const Handle open = own(H5Dopen2(file_.get(), dataset.c_str(), H5P_DEFAULT), H5Dclose, path_, wanted);
  return shape_of(open.get(), path_, wanted);
}

bool File::is_contiguous(const std::string& dataset) const {
  const std::string wanted = dataset_text(dataset);
  const Handle open = own(H5Dopen2(file_.get(), dataset.c_str(), H5P_DEFAULT), H5Dclose, path_, wanted);
  const Handle creation = own(H5Dget_create_plist(open.get()), H5Pclose, path_, wanted);
  return H5Pget_layout(creation.get()) == H5D_CONTIGUOUS;
}

void File::read_rows(const std::string& dataset, std::uint64_t first, std::uint64_t count,
                     std::span<double> out) const {
  read_hyperslab(file_, path_, dataset, first, count, H5T_NATIVE_DOUBLE, out.data(), out.size());
}

void File::read_rows(const std::string& dataset, std::uint64_t first, std::uint64_t count,
                     std::span<std::int64_t> out) const {
  read_hyperslab(file_, path_, dataset, first, count, H5T_NATIVE_INT64, out.data(), out.size());
}

std::vector<double> File::read_real(const std::string& dataset) const {
  const std::vector<std::uint64_t> extent = shape(dataset);
  std::vector<double> values(row_count(extent) * column_count(extent));
  read_rows(dataset, 0, row_count(extent), values);
  return values;
}

std::vector<std::int64_t> File::read_integer(const std::string& dataset) const {
  const std::vector<std::uint64_t> extent = shape(dataset);
  std::vector<std::int64_t> values(row_count(extent) * column_count(extent));
  read_rows(dataset, 0, row_count(extent), values);
  return values;
}

}  // namespace lenswright::hdf5
