#include "io/plane_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

#include "base/error.hpp"

namespace lenswright {

namespace {

static_assert(std::endian::native == std::endian::little, "products are little-endian");

constexpr std::uint64_t kMarkerBytes = sizeof(std::int32_t);

std::uint64_t value_count(int grid, int fields) {
  return static_cast<std::uint64_t>(fields) * static_cast<std::uint64_t>(grid) *
         static_cast<std::uint64_t>(grid);
}

}  // namespace

std::uint64_t plane_file_size(int grid, int fields) {
  return 2 * kMarkerBytes + sizeof(double) * value_count(grid, fields);
}

PlaneMarkers read_plane_markers(const ReadableFile& file, const std::filesystem::path& path) {
  if (file.size() < 2 * kMarkerBytes)
    throw FormatError(path, file.size(), "two markers of 4 bytes",
                      fmt::format("{} bytes in all", file.size()));
  PlaneMarkers markers;
  file.read_at(0, std::as_writable_bytes(std::span(&markers.head, 1)));
  file.read_at(file.size() - kMarkerBytes, std::as_writable_bytes(std::span(&markers.tail, 1)));
  return markers;
}

PlaneReader::PlaneReader(Disk& disk, const std::filesystem::path& path, int grid, int fields)
    : path_(path), file_(disk.open(path)), grid_(grid), fields_(fields), offset_(kMarkerBytes) {
  const std::uint64_t size = plane_file_size(grid, fields);
  if (file_->size() != size)
    throw FormatError(
        path, std::min(size, file_->size()),
        fmt::format("{} bytes ({} field{} of N = {})", size, fields, fields == 1 ? "" : "s", grid),
        fmt::format("{} bytes", file_->size()));
  const PlaneMarkers markers = read_plane_markers(*file_, path);
  if (markers.head != grid)
    throw FormatError(path, 0, fmt::format("N = {}", grid), fmt::format("N = {}", markers.head));
  if (markers.tail != grid)
    throw FormatError(path, size - kMarkerBytes, fmt::format("N = {}", grid),
                      fmt::format("N = {}", markers.tail));
  digest_.add(std::as_bytes(std::span(&markers.head, 1)));
}

void PlaneReader::read_rows(std::span<double> values) {
  assert(values.size() % (static_cast<std::size_t>(fields_) * static_cast<std::size_t>(grid_)) == 0);
  const std::uint64_t footer = file_->size() - kMarkerBytes;
  assert(offset_ + values.size_bytes() <= footer && "read past the last row");
  file_->read_at(offset_, std::as_writable_bytes(values));
  digest_.add(std::as_bytes(values));
  if (values.empty()) return;
  offset_ += values.size_bytes();
  if (offset_ == footer) {
    std::array<std::byte, kMarkerBytes> marker{};
    file_->read_at(footer, marker);
    digest_.add(marker);
  }
}

Digest PlaneReader::digest() const {
  assert(offset_ == file_->size() - kMarkerBytes && "digest before all rows were read");
  return digest_.digest();
}

PlaneWriter::PlaneWriter(Disk& disk, const std::filesystem::path& path, int grid, int fields,
                         WriteBack write_back)
    : writer_(disk, path, write_back), grid_(grid), remaining_(value_count(grid, fields)) {
  const std::int32_t marker = grid_;
  writer_.write(std::as_bytes(std::span(&marker, 1)));
}

void PlaneWriter::write_rows(std::span<const double> values) {
  assert(values.size() <= remaining_ && "more rows than the plane has");
  writer_.write(std::as_bytes(values));
  remaining_ -= values.size();
}

void PlaneWriter::end() {
  assert(remaining_ == 0 && "published before all rows were written");
  if (ended_) return;
  const std::int32_t marker = grid_;
  writer_.write(std::as_bytes(std::span(&marker, 1)));
  ended_ = true;
}

void PlaneWriter::begin_sync() {
  end();
  writer_.begin_sync();
}

Published PlaneWriter::publish() {
  end();
  return writer_.publish();
}

Published PlaneWriter::publish_unsynced(std::set<std::filesystem::path>& folders) {
  end();
  return writer_.publish_unsynced(folders);
}

ReadPlane read_scalar_plane(Disk& disk, const std::filesystem::path& path, int grid) {
  PlaneReader reader(disk, path, grid, kScalarFields);
  ReadPlane plane{Grid2d<double>(grid), {}};
  reader.read_rows(plane.values.values());
  plane.digest = reader.digest();
  return plane;
}

Published write_scalar_plane(Disk& disk, const std::filesystem::path& path, const Grid2d<double>& values) {
  PlaneWriter writer(disk, path, values.side(), kScalarFields);
  writer.write_rows(values.values());
  return writer.publish();
}

}  // namespace lenswright
