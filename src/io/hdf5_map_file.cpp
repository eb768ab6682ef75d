// HDF5 side of map_file.hpp.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <set>

#include "base/error.hpp"
#include "io/hdf5.hpp"
#include "io/map_file.hpp"

namespace lenswright {

namespace {

std::string group_of(int source) {
  return fmt::format("z{:02}", source);
}

// Source plane of "z40"; 0 if it is none.
int source_of(const std::string& group) {
  int source = 0;
  if (group.size() < 2 || group.front() != 'z') return 0;
  const char* const last = group.data() + group.size();
  const auto [end, error] = std::from_chars(group.data() + 1, last, source);
  return error == std::errc() && end == last && group == group_of(source) ? source : 0;
}

void write_scalar(hdf5::MemoryFile& file, const std::string& object, const std::string& name,
                  std::int64_t value) {
  file.write_attribute(object, name, std::span<const std::int64_t>(&value, 1), true);
}

void write_scalar(hdf5::MemoryFile& file, const std::string& object, const std::string& name, double value) {
  file.write_attribute(object, name, std::span<const double>(&value, 1), true);
}

}  // namespace

std::vector<std::byte> encode_hdf5_maps(const MapDescription& description,
                                        const std::vector<NamedMap>& maps) {
  hdf5::MemoryFile file;
  file.write_attribute("/", "campaign", description.campaign);
  file.write_attribute("/", "model", description.model);
  file.write_attribute("/", "configuration_digest", description.configuration_digest);
  write_scalar(file, "/", "realization", static_cast<std::int64_t>(description.realization));
  write_scalar(file, "/", "run", static_cast<std::int64_t>(description.run));
  // The same 64 bits: the attributes of this layout are signed.
  write_scalar(file, "/", "seed", static_cast<std::int64_t>(description.seed));
  std::set<int> groups;
  for (const NamedMap& map : maps) {
    const std::string group = group_of(map.source);
    if (groups.insert(map.source).second) {
      file.create_group(group);
      write_scalar(file, group, "z_s", map.z_source);
      write_scalar(file, group, "angle_deg", description.field_deg);
      write_scalar(file, group, "source_plane", static_cast<std::int64_t>(map.source));
    }
    const std::uint64_t side = static_cast<std::uint64_t>(map.values->side());
    file.write_dataset(group + "/" + map.field, std::array{side, side}, map.values->values());
  }
  return file.bytes();
}

std::vector<std::pair<NamedMap, Grid2d<double>>> decode_hdf5_maps(const std::string& path,
                                                                  const std::vector<std::byte>& bytes) {
  const hdf5::File file(path, bytes);
  std::vector<std::pair<NamedMap, Grid2d<double>>> maps;
  for (const std::string& group : file.children("/")) {
    const int source = source_of(group);
    if (source == 0) throw FormatError(path, 0, "groups z01, z02, ...", "an object " + group);
    const std::vector<double> z_source = file.real_attribute(group, "z_s");
    if (z_source.size() != 1) throw FormatError(path, 0, "one z_s of " + group, "another number");
    for (const std::string& field : file.children(group)) {
      const std::string dataset = group + "/" + field;
      const std::vector<std::uint64_t> shape = file.shape(dataset);
      if (shape.size() != 2 || shape[0] != shape[1] || shape[0] < 1 || shape[0] > 1 << 20)
        throw FormatError(path, 0, "a square dataset " + dataset, "another shape");
      Grid2d<double> values(static_cast<int>(shape[0]));
      file.read_rows(dataset, 0, shape[0], values.values());
      maps.emplace_back(NamedMap{field, source, z_source.front(), nullptr}, std::move(values));
    }
  }
  return maps;
}

}  // namespace lenswright
