// plane_file.hpp: reader and writer of `int32 N, float64[fields * N * N], int32 N`, the layout of mass planes
// and maps (one field) and of potentials (five, interleaved: field f of pixel (i, j) at f + 5 * (j + N * i)).
//
// Little-endian. Units as in the product.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <span>

#include "base/grid2d.hpp"
#include "io/atomic_writer.hpp"
#include "io/checksum.hpp"
#include "io/disk.hpp"

namespace lenswright {

inline constexpr int kScalarFields = 1;
inline constexpr int kPotentialFields = 5;

std::uint64_t plane_file_size(int grid, int fields);

struct PlaneMarkers {
  std::int32_t head = 0;
  std::int32_t tail = 0;
};
// Throws FormatError for a file too short to hold both.
PlaneMarkers read_plane_markers(const ReadableFile& file, const std::filesystem::path& path);

// Reads rows in order; throws FormatError at once if size or markers are not those of `grid`.
class PlaneReader {
 public:
  PlaneReader(Disk& disk, const std::filesystem::path& path, int grid, int fields);
  // The next values.size() / (fields * grid) rows. REQUIRES: whole rows, not past the end.
  void read_rows(std::span<double> values);
  Digest digest() const;  // of the whole file; REQUIRES: all rows read

 private:
  std::filesystem::path path_;
  std::unique_ptr<ReadableFile> file_;
  int grid_, fields_;
  std::uint64_t offset_;
  DigestStream digest_;
};

class PlaneWriter {
 public:
  PlaneWriter(Disk& disk, const std::filesystem::path& path, int grid, int fields,
              WriteBack write_back = WriteBack::while_written);
  void write_rows(std::span<const double> values);
  // As AtomicWriter's. REQUIRES: all rows written
  void begin_sync();
  Published publish();
  Published publish_unsynced(std::set<std::filesystem::path>& folders);

 private:
  void end();
  AtomicWriter writer_;
  int grid_;
  std::uint64_t remaining_;
  bool ended_ = false;
};

struct ReadPlane {
  Grid2d<double> values;
  Digest digest;
};
ReadPlane read_scalar_plane(Disk& disk, const std::filesystem::path& path, int grid);
Published write_scalar_plane(Disk& disk, const std::filesystem::path& path, const Grid2d<double>& values);

}  // namespace lenswright
