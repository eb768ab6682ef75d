// FITS side of map_file.hpp.
#include <fitsio.h>
#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>

#include "base/error.hpp"
#include "io/map_file.hpp"

namespace lenswright {

namespace {

constexpr std::size_t kFitsBlock = 2880;

// CFITSIO does nothing when entered with an error: so one check at the end of a few calls is enough.
void check(int status, const std::string& path, const std::string& wanted) {
  if (status == 0) return;
  std::array<char, FLEN_STATUS> text{};
  fits_get_errstatus(status, text.data());
  fits_clear_errmsg();
  throw FormatError(path, 0, wanted, text.data());
}

// The buffer that CFITSIO reallocates, and the file on it.
class FitsMemory {
 public:
  FitsMemory() : size_(kFitsBlock), buffer_(std::malloc(size_)) {
    if (!buffer_) throw std::bad_alloc();
    std::memset(buffer_, 0, size_);
    int status = 0;
    fits_create_memfile(&file_, &buffer_, &size_, 0, std::realloc, &status);
    if (status != 0) free_all();
    check(status, "(FITS file in memory)", "a new file");
  }
  ~FitsMemory() { free_all(); }
  FitsMemory(const FitsMemory&) = delete;
  FitsMemory& operator=(const FitsMemory&) = delete;
  fitsfile* file() const { return file_; }
  // Closes the file. The buffer may be larger than the file: it ends with the last unit.
  std::vector<std::byte> bytes() {
    int status = 0;
    LONGLONG head = 0, data = 0, end = 0;
    fits_flush_file(file_, &status);
    fits_get_hduaddrll(file_, &head, &data, &end, &status);
    fitsfile* const file = std::exchange(file_, nullptr);
    fits_close_file(file, &status);
    check(status, "(FITS file in memory)", "a closed file");
    const auto* const first = static_cast<const std::byte*>(buffer_);
    return {first, first + end};
  }

 private:
  void free_all() {
    int ignored = 0;
    if (file_) fits_close_file(file_, &ignored);
    std::free(buffer_);
  }
  std::size_t size_;
  void* buffer_;
  fitsfile* file_ = nullptr;
};

class Header {
 public:
  explicit Header(fitsfile* file) : file_(file) {}
  void write(const char* name, const std::string& value, const char* comment) {
    fits_write_key_str(file_, name, value.c_str(), comment, &status_);
  }
  void write(const char* name, double value, const char* comment) {
    fits_write_key(file_, TDOUBLE, name, &value, comment, &status_);
  }
  void write(const char* name, int value, const char* comment) {
    fits_write_key(file_, TINT, name, &value, comment, &status_);
  }
  void write(const char* name, std::uint64_t value, const char* comment) {
    ULONGLONG wide = value;
    fits_write_key(file_, TULONGLONG, name, &wide, comment, &status_);
  }
  int status() const { return status_; }

 private:
  fitsfile* file_;
  int status_ = 0;
};

// The 32-bit ones' complement sum of the FITS standard (appendix J): all ones for a sound file whose units
// carry CHECKSUM.
std::uint32_t fits_sum(std::span<const std::byte> bytes) {
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at + 4 <= bytes.size(); at += 4) {
    std::uint64_t word = 0;
    for (std::size_t k = 0; k < 4; ++k) word = word << 8 | std::to_integer<std::uint64_t>(bytes[at + k]);
    sum += word;
    sum = (sum & 0xffffffffU) + (sum >> 32);
  }
  return static_cast<std::uint32_t>(sum);
}

// DATASUM and CHECKSUM of the current unit. CFITSIO's own function would put the date into the comments.
int write_checksum(fitsfile* file) {
  int status = 0;
  unsigned long data_sum = 0, unit_sum = 0;
  fits_flush_file(file, &status);
  fits_write_key_str(file, "DATASUM", "0", "sum of the data", &status);
  fits_write_key_str(file, "CHECKSUM", "0000000000000000", "makes the unit's sum all ones", &status);
  fits_set_hdustruc(file, &status);  // puts the END card in its place, which counts
  fits_get_chksum(file, &data_sum, &unit_sum, &status);
  fits_modify_key_str(file, "DATASUM", std::to_string(data_sum).c_str(), "&", &status);
  fits_get_chksum(file, &data_sum, &unit_sum, &status);
  std::array<char, 17> encoded{};
  fits_encode_chksum(unit_sum, 1, encoded.data());
  fits_modify_key_str(file, "CHECKSUM", encoded.data(), "&", &status);
  fits_flush_file(file, &status);
  return status;
}

int write_header(fitsfile* file, const MapDescription& description, const NamedMap& map, int side) {
  const double pixel_deg = description.field_deg / side;
  const double centre = (side + 1) / 2.0;
  Header header(file);
  header.write("BUNIT", std::string(), "dimensionless");
  header.write("FIELD", map.field, "kappa, gamma1, gamma2 or omega");
  header.write("WCSAXES", 2, "axis 1: j (fast), axis 2: i");
  header.write("CTYPE1", std::string("RA---TAN"), "gnomonic projection");
  header.write("CTYPE2", std::string("DEC--TAN"), "gnomonic projection");
  header.write("CUNIT1", std::string("deg"), "");
  header.write("CUNIT2", std::string("deg"), "");
  header.write("CRPIX1", centre, "centre of the field");
  header.write("CRPIX2", centre, "centre of the field");
  header.write("CRVAL1", 0.0, "[deg]");
  header.write("CRVAL2", 0.0, "[deg]");
  header.write("CDELT1", -pixel_deg, "[deg] pixel size");
  header.write("CDELT2", pixel_deg, "[deg] pixel size");
  header.write("CAMPAIGN", description.campaign, "campaign");
  header.write("MODEL", description.model, "model");
  header.write("REALIZ", description.realization, "realization, from 0");
  header.write("RUN", description.run, "ray-tracing run, from 1");
  header.write("SRCPLANE", map.source, "source plane, from 1");
  header.write("Z_S", map.z_source, "source redshift");
  header.write("SEED", description.seed, "seed of the runs");
  header.write("CFGDIGST", description.configuration_digest, "XXH3-128 of the configuration");
  return header.status();
}

}  // namespace

std::vector<std::byte> encode_fits_map(const MapDescription& description, const NamedMap& map,
                                       bool compressed) {
  const Grid2d<double>& values = *map.values;
  const std::string name = fmt::format("(FITS file of {}{:02})", map.field, map.source);
  FitsMemory memory;
  int status = 0;
  if (compressed) {
    // Lossless: without quantization, with the bytes of the doubles sorted by weight before gzip.
    fits_set_compression_type(memory.file(), GZIP_2, &status);
    fits_set_quantize_level(memory.file(), 0.0F, &status);
  }
  std::array<LONGLONG, 2> axes{values.side(), values.side()};
  fits_create_imgll(memory.file(), DOUBLE_IMG, 2, axes.data(), &status);
  check(status, name, "an image");
  check(write_header(memory.file(), description, map, values.side()), name, "header cards");
  // The interface forgot the const.
  fits_write_img(memory.file(), TDOUBLE, 1, static_cast<LONGLONG>(values.size()),
                 const_cast<double*>(values.data()), &status);
  check(status, name, "pixels");
  check(write_checksum(memory.file()), name, "a checksum");
  if (compressed) {
    // The image is an extension; the empty first unit needs its own for the file to add up.
    fits_movabs_hdu(memory.file(), 1, nullptr, &status);
    check(status == 0 ? write_checksum(memory.file()) : status, name, "a checksum");
    fits_movabs_hdu(memory.file(), 2, nullptr, &status);
    check(status, name, "the image");
  }
  return memory.bytes();
}

Grid2d<double> decode_fits_map(const std::string& path, const std::vector<std::byte>& bytes) {
  if (bytes.empty() || bytes.size() % kFitsBlock != 0)
    throw FormatError(path, bytes.size(), "a multiple of 2880 bytes", fmt::format("{} bytes", bytes.size()));
  // Before CFITSIO sees it: on damaged headers and tiles the library can crash or run for hours.
  if (const std::uint32_t sum = fits_sum(bytes); sum != 0xffffffffU)
    throw FormatError(path, 0, "bytes that add up with CHECKSUM", fmt::format("the sum {:#010x}", sum));
  // CFITSIO would take the end of a memory file for zeros: the copy is read-only and of exact size.
  std::vector<std::byte> copy = bytes;
  void* buffer = copy.data();
  std::size_t size = copy.size();
  fitsfile* file = nullptr;
  int status = 0;
  fits_open_memfile(&file, "memory.fits", READONLY, &buffer, &size, 0, nullptr, &status);
  check(status, path, "a FITS file");
  int dimensions = 0;
  int type = 0;
  std::array<LONGLONG, 2> axes{};
  fits_get_img_dim(file, &dimensions, &status);
  if (status == 0 && dimensions == 0) fits_movabs_hdu(file, 2, nullptr, &status);  // tile-compressed
  fits_get_img_paramll(file, 2, &type, &dimensions, axes.data(), &status);
  Grid2d<double> values;
  LONGLONG head = 0, data = 0, end = 0;
  fits_get_hduaddrll(file, &head, &data, &end, &status);
  const bool is_map = status == 0 && dimensions == 2 && type == DOUBLE_IMG && axes[0] == axes[1] &&
                      axes[0] > 0 && axes[0] <= 1 << 20;
  const bool is_whole = is_map && end >= 0 && static_cast<std::size_t>(end) == bytes.size();
  if (is_whole) {
    values = Grid2d<double>(static_cast<int>(axes[0]));
    fits_read_img(file, TDOUBLE, 1, static_cast<LONGLONG>(values.size()), nullptr, values.data(), nullptr,
                  &status);
  }
  int close_status = 0;
  fits_close_file(file, &close_status);
  check(status, path, "a readable image");
  if (!is_map)
    throw FormatError(path, 0, "a square image of float64",
                      fmt::format("BITPIX {}, {} axes, {} x {}", type, dimensions, axes[0], axes[1]));
  if (!is_whole)
    throw FormatError(path, bytes.size(), fmt::format("{} bytes", end),
                      fmt::format("{} bytes", bytes.size()));
  return values;
}

}  // namespace lenswright
