// kappa_view: any map, mass plane, potential or FITS map as a PNG picture.
#include <fmt/format.h>

#include <cstdlib>
#include <optional>

#include "base/version.hpp"
#include "command_line.hpp"
#include "io/map_file.hpp"
#include "io/plane_file.hpp"
#include "report/output_file.hpp"
#include "report/picture.hpp"

namespace {

using namespace lenswright;
namespace fs = std::filesystem;

// "--range LOW HIGH" as one word: LOW and HIGH may be negative, which looks like an option.
std::vector<std::string> words_of(int argc, char** argv) {
  std::vector<std::string> words;
  for (int i = 0; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--range" && i + 2 < argc) {
      words.push_back(fmt::format("--range={}:{}", argv[i + 1], argv[i + 2]));
      i += 2;
    } else {
      words.push_back(word);
    }
  }
  return words;
}

double number_from(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') throw UsageError(fmt::format("--range: {} is not a number", text));
  return value;
}

std::pair<double, double> range_from(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos)
    throw UsageError("--range takes two numbers, the lowest and the highest value");
  const std::pair<double, double> range{number_from(text.substr(0, colon)),
                                        number_from(text.substr(colon + 1))};
  if (!(range.first < range.second))
    throw UsageError(fmt::format("--range {} {}: the first must be the smaller", range.first, range.second));
  return range;
}

std::vector<std::byte> whole_file(Disk& disk, const fs::path& path) {
  const auto file = disk.open(path);
  std::vector<std::byte> bytes(file->size());
  file->read_at(0, bytes);
  return bytes;
}

// Mass planes and maps hold one field, potentials five: the size tells which it is. Nothing asked for: the first field,
// of HDF5 files the first convergence map.
Grid2d<double> read_field(Disk& disk, const fs::path& path, std::optional<int> asked) {
  const int field = asked.value_or(0);
  if (path.extension() == ".fits") return decode_fits_map(path.string(), whole_file(disk, path));
  if (path.extension() == ".hdf5") {
    const auto maps = decode_hdf5_maps(path.string(), whole_file(disk, path));
    if (!asked)
      for (const auto& [name, map] : maps)
        if (name.field == "kappa") return map;
    if (std::cmp_greater_equal(field, maps.size()))
      throw UsageError(
          fmt::format("{} holds {} maps; --field 0 to {}", path.string(), maps.size(), maps.size() - 1));
    return maps[static_cast<std::size_t>(field)].second;
  }
  const auto file = disk.open(path);
  const PlaneMarkers markers = read_plane_markers(*file, path);
  const int side = markers.head;
  if (side < 1 || (file->size() != plane_file_size(side, kScalarFields) &&
                   file->size() != plane_file_size(side, kPotentialFields))) {
    throw FormatError(path, 0, "a side length N that fits the file: 8 + 8 N^2 or 8 + 40 N^2 bytes",
                      fmt::format("N = {} in a file of {} bytes", side, file->size()));
  }
  const int fields = file->size() == plane_file_size(side, kScalarFields) ? kScalarFields : kPotentialFields;
  if (field >= fields)
    throw UsageError(fmt::format("{} holds {} field{}; --field 0{}", path.string(), fields,
                                 fields == 1 ? "" : "s",
                                 fields == 1 ? "" : fmt::format(" to {}", fields - 1)));
  PlaneReader reader(disk, path, side, fields);
  Grid2d<double> result(side);
  std::vector<double> row(static_cast<std::size_t>(side) * static_cast<std::size_t>(fields));
  for (int i = 0; i < side; ++i) {
    reader.read_rows(row);
    for (int j = 0; j < side; ++j)
      result(i, j) = row[static_cast<std::size_t>(field) +
                         static_cast<std::size_t>(fields) * static_cast<std::size_t>(j)];
  }
  return result;
}

int view(int argc, char** argv) {
  cxxopts::Options options(
      "kappa_view", "Draws a convergence map, mass plane, potential, FITS or HDF5 map as a picture.\n");
  options.add_options()("map", "the file", cxxopts::value<std::string>(), "MAP")(
      "o,output", "the picture", cxxopts::value<std::string>(), "FILE.png")("log",
                                                                            "logarithmic colour scale")(
      "range", "values of the darkest and the lightest colour (percentiles 0.5 and 99.5)",
      cxxopts::value<std::string>(),
      "LOW HIGH")("width", "pixels of the picture's field (at most 1024)", cxxopts::value<int>(), "PX")(
      "field", "which field of a potential (0 to 4), which map of an HDF5 file (its first kappa)",
      cxxopts::value<int>(),
      "F")("degrees", "side of the field of view: draws axes and a scale bar in arcmin",
           cxxopts::value<double>(), "D")("help", "print this help")("version", "print the version");
  options.parse_positional({"map"});
  options.positional_help("MAP");
  const std::vector<std::string> words = words_of(argc, argv);
  std::vector<const char*> pointers;
  for (const std::string& word : words) pointers.push_back(word.c_str());
  const cxxopts::ParseResult parsed = options.parse(static_cast<int>(pointers.size()), pointers.data());
  if (parsed.count("help") > 0) {
    fmt::print("{}\n{}", options.help(), exit_status_help());
    return static_cast<int>(ExitStatus::done);
  }
  if (parsed.count("version") > 0) {
    fmt::print("kappa_view {}\n", code_version());
    return static_cast<int>(ExitStatus::done);
  }
  if (parsed.count("map") == 0 || parsed.count("output") == 0 || !parsed.unmatched().empty())
    throw UsageError("which map, and where to? kappa_view MAP -o FILE.png");
  PictureSettings settings;
  settings.logarithmic = parsed.count("log") > 0;
  constexpr int kWidest = 16384;
  if (parsed.count("width") > 0) {
    settings.width = parsed["width"].as<int>();
    if (settings.width < 1 || settings.width > kWidest)
      throw UsageError(fmt::format("--width {}: 1 to {}", settings.width, kWidest));
  }
  if (parsed.count("range") > 0) settings.range = range_from(parsed["range"].as<std::string>());
  if (parsed.count("degrees") > 0) {
    const double degrees = parsed["degrees"].as<double>();
    if (!(degrees > 0 && degrees <= 180))
      throw UsageError(fmt::format("--degrees {}: above 0, at most 180", degrees));
    settings.field_arcmin = 60 * degrees;
  }
  std::optional<int> field;
  if (parsed.count("field") > 0) field = parsed["field"].as<int>();
  if (field && *field < 0) throw UsageError(fmt::format("--field {}: from 0", *field));
  Disk& disk = real_disk();
  const fs::path map = parsed["map"].as<std::string>(), output = parsed["output"].as<std::string>();
  write_output(disk, output, encode_png(draw_field(read_field(disk, map, field), settings)));
  fmt::print("{}\n", output.string());
  return static_cast<int>(ExitStatus::done);
}

}  // namespace

int main(int argc, char** argv) {
  return lenswright::run_guarded("kappa_view", [&] { return view(argc, argv); });
}
