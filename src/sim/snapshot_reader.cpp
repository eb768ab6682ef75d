#include "sim/snapshot_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "base/units.hpp"
#include "io/hdf5.hpp"
#include "io/simulation_files.hpp"
#include "sim/simulation_input.hpp"

namespace lenswright {

namespace {

constexpr std::size_t kTypes = 6;
// Handed out at a time, and read at a time where a few cost as little as many: they stay in a core's cache from one step
// to the next.
constexpr std::size_t kRows = 4096, kReadRows = 4 * kRows;

std::string coordinates_of(std::size_t type) {
  return fmt::format("PartType{}/Coordinates", type);
}
std::string masses_of(std::size_t type) {
  return fmt::format("PartType{}/Masses", type);
}

// One value per type; codes compiled for fewer types write shorter attributes.
template <typename T>
std::array<T, kTypes> per_type(const hdf5::File& file, const std::string& name,
                               const std::vector<T>& values) {
  if (values.empty() || values.size() > kTypes)
    throw InputError(fmt::format("{}: Header/{} has {} values, expected 1 to {} (one per particle type)",
                                 file.path().string(), name, values.size(), kTypes));
  std::array<T, kTypes> result{};
  std::copy(values.begin(), values.end(), result.begin());
  return result;
}

std::array<std::int64_t, kTypes> counts_of(const hdf5::File& file, const std::string& name) {
  return per_type(file, name, file.integer_attribute("Header", name));
}

std::array<std::uint64_t, kTypes> totals_of(const hdf5::File& file) {
  const auto low = counts_of(file, "NumPart_Total");
  std::array<std::int64_t, kTypes> high{};
  const bool has_high_word = file.has_attribute("Header", "NumPart_Total_HighWord");
  if (has_high_word) high = counts_of(file, "NumPart_Total_HighWord");
  std::array<std::uint64_t, kTypes> total{};
  constexpr std::int64_t kWord = std::int64_t{1} << 32;
  for (std::size_t type = 0; type < kTypes; ++type) {
    // With a high word the low one is 32 bits wide, signed in some files: its sign bit counts particles.
    // Files that give 64 bits and a high word as well need the former only.
    if (has_high_word && low[type] < kWord)
      total[type] = static_cast<std::uint64_t>((low[type] & (kWord - 1)) + high[type] * kWord);
    else if (low[type] >= 0)
      total[type] = static_cast<std::uint64_t>(low[type]);
    else
      throw InputError(
          fmt::format("{}: Header/NumPart_Total of type {} is {}", file.path().string(), type, low[type]));
  }
  return total;
}

double single(const hdf5::File& file, const std::string& name) {
  const std::vector<double> values = file.real_attribute("Header", name);
  if (values.size() != 1 || !std::isfinite(values.front()))
    throw InputError(fmt::format("{}: Header/{} is not one finite number", file.path().string(), name));
  return values.front();
}

// Why `count` particles of a type cannot be read from this file; empty if they can.
std::string dataset_problem(const hdf5::File& file, std::size_t type, std::uint64_t count,
                            double mass_table) {
  if (count == 0) return {};
  const std::string coordinates = coordinates_of(type), masses = masses_of(type);
  const auto counted = [&](const std::string& dataset) {
    return fmt::format("{}: Header/NumPart_ThisFile counts {} particles of type {}, but ",
                       file.path().string(), count, type) +
           dataset;
  };
  if (!file.exists(coordinates)) return counted("there is no dataset " + coordinates);
  if (const auto shape = file.shape(coordinates); shape != std::vector<std::uint64_t>{count, 3})
    return counted(fmt::format("{} has shape ({})", coordinates, fmt::join(shape, ", ")));
  if (file.exists(masses)) {
    if (const auto shape = file.shape(masses); shape != std::vector<std::uint64_t>{count})
      return counted(fmt::format("{} has shape ({})", masses, fmt::join(shape, ", ")));
  } else if (!(mass_table > 0)) {
    return counted(fmt::format("there is no dataset {} and Header/MassTable has no mass for them", masses));
  }
  return {};
}

// Reads and checks one file's header; the first file's values are what the others must agree with.
void add_file(SnapshotHeader& header, const std::filesystem::path& path) {
  const hdf5::File file(path);
  const bool is_first = header.in_file.empty();
  check_box(path, single(file, "BoxSize"), header.box_mpc_h);
  const auto file_counts = file.integer_attribute("Header", "NumFilesPerSnapshot");
  if (file_counts.size() != 1)
    throw InputError(fmt::format("{}: Header/NumFilesPerSnapshot is not one number", path.string()));
  check_file_count(header.files, file_counts.front());

  const double redshift = single(file, "Redshift");
  const auto total = totals_of(file);
  auto mass_table = per_type(file, "MassTable", file.real_attribute("Header", "MassTable"));
  for (double& mass : mass_table) {
    if (!(mass >= 0) || !std::isfinite(mass))
      throw InputError(fmt::format("{}: Header/MassTable holds {}", path.string(), mass));
    mass *= kMsunPerSnapshotMass;
  }
  if (is_first) {
    header.redshift = redshift;
    header.total = total;
    header.mass_table_msun_h = mass_table;
  }
  const auto disagree = [&](const char* name) {
    throw InputError(fmt::format("{}: Header/{} differs from {}'s: files of different snapshots?",
                                 path.string(), name, header.files.front().string()));
  };
  if (redshift != header.redshift) disagree("Redshift");
  if (total != header.total) disagree("NumPart_Total");
  if (mass_table != header.mass_table_msun_h) disagree("MassTable");

  const auto counts = counts_of(file, "NumPart_ThisFile");
  auto& in_file = header.in_file.emplace_back();
  auto& unreadable = header.unreadable.emplace_back();
  for (std::size_t type = 0; type < kTypes; ++type) {
    if (counts[type] < 0)
      throw InputError(
          fmt::format("{}: Header/NumPart_ThisFile of type {} is {}", path.string(), type, counts[type]));
    in_file[type] = static_cast<std::uint64_t>(counts[type]);
    unreadable[type] = dataset_problem(file, type, in_file[type], mass_table[type]);
  }
}

void check_totals(const SnapshotHeader& header) {
  for (std::size_t type = 0; type < kTypes; ++type) {
    std::uint64_t sum = 0;
    for (const auto& in_file : header.in_file) sum += in_file[type];
    if (sum != header.total[type])
      throw InputError(fmt::format(
          "{}: Header/NumPart_Total counts {} particles of type {}, the files' Header/NumPart_ThisFile {}",
          header.files.front().string(), header.total[type], type, sum));
  }
}

static_assert(std::endian::native == std::endian::little, "fingerprints are of little-endian bytes");

}  // namespace

SnapshotHeader read_snapshot_header(const std::filesystem::path& simulation, int snapshot, double box_mpc_h) {
  return reading_input([&] {
    SnapshotHeader header;
    header.files = snapshot_files(simulation, snapshot);
    header.box_mpc_h = box_mpc_h;
    for (const std::filesystem::path& path : header.files) add_file(header, path);
    check_totals(header);
    return header;
  });
}

std::vector<SnapshotChunk> snapshot_chunks(const SnapshotHeader& header, const std::vector<int>& types) {
  std::vector<SnapshotChunk> chunks;
  for (std::size_t file = 0; file < header.files.size(); ++file) {
    for (const int type : types) {
      if (type < 0 || type >= static_cast<int>(kTypes))
        throw InputError(fmt::format("particle type {} does not exist: 0 to 5 do", type));
      const auto t = static_cast<std::size_t>(type);
      if (file < header.unreadable.size() && !header.unreadable[file][t].empty())
        throw InputError(header.unreadable[file][t]);
      const std::uint64_t count = header.in_file[file][t];
      for (std::uint64_t first = 0; first < count; first += kChunkParticles)
        chunks.push_back({file, type, first, std::min(kChunkParticles, count - first)});
    }
  }
  return chunks;
}

struct SnapshotReader::OpenFile {
  std::size_t number;
  hdf5::File file;
};

SnapshotReader::SnapshotReader(SnapshotHeader header) : header_(std::move(header)) {}
SnapshotReader::~SnapshotReader() = default;

Digest SnapshotReader::read(const SnapshotChunk& chunk, const Take& take) {
  return reading_input([&] {
    if (!open_ || open_->number != chunk.file) {
      open_.reset();
      open_.reset(new OpenFile{chunk.file, hdf5::File(header_.files.at(chunk.file))});
    }
    const hdf5::File& file = open_->file;
    const auto type = static_cast<std::size_t>(chunk.type);
    const std::string coordinates = coordinates_of(type), masses = masses_of(type);
    const double mass_table = header_.mass_table_msun_h.at(type);
    // Again, for the file may have changed since the header was read.
    if (const auto problem = dataset_problem(file, type, header_.in_file.at(chunk.file).at(type), mass_table);
        !problem.empty())
      throw InputError(problem);

    const auto count = static_cast<std::size_t>(chunk.count);
    const std::size_t read_rows = file.is_contiguous(coordinates) ? std::min(kReadRows, count) : count;
    positions_.resize(3 * read_rows);
    const bool has_masses = file.exists(masses);
    if (has_masses) {
      mass_of_all_.reset();
      masses_.resize(count);
      file.read_rows(masses, chunk.first, chunk.count, std::span<double>(masses_));
    } else if (mass_of_all_ != mass_table || masses_.size() != count) {
      masses_.assign(count, mass_table);
      mass_of_all_ = mass_table;
    }

    const std::array<std::uint64_t, 4> where{chunk.file, static_cast<std::uint64_t>(chunk.type), chunk.first,
                                             chunk.count};
    DigestStream digest;
    digest.add(std::as_bytes(std::span(where)));
    std::vector<std::array<double, 3>> moved(std::min(kRows, count));
    std::vector<double> weighed(moved.size());
    for (std::size_t row = 0; row < count; row += kRows) {
      const std::size_t rows = std::min(kRows, count - row), in_positions = row % read_rows;
      if (in_positions == 0) {
        const std::size_t more = std::min(read_rows, count - row);
        file.read_rows(coordinates, chunk.first + row, more, std::span(positions_).first(3 * more));
      }
      const auto part = std::span<const double>(positions_).subspan(3 * in_positions, 3 * rows);
      check_positions(file.path(), coordinates, chunk.first + row, part, header_.box_mpc_h);
      digest.add(std::as_bytes(part));
      double* const to = moved.front().data();
      for (std::size_t n = 0; n < part.size(); ++n) to[n] = position_mpc_h(part[n], header_.box_mpc_h);
      for (std::size_t n = 0; n < rows; ++n) {
        const double mass = masses_[row + n];
        if (has_masses && (!(mass > 0) || !std::isfinite(mass)))
          throw InputError(fmt::format("{}: {}, row {}: {} is not a mass", file.path().string(), masses,
                                       chunk.first + row + n, mass));
        weighed[n] = has_masses ? mass * kMsunPerSnapshotMass : mass;
      }
      take(std::span(moved).first(rows), std::span(weighed).first(rows));
    }
    digest.add(std::as_bytes(std::span(masses_)));
    return digest.digest();
  });
}

void SnapshotReader::read(const SnapshotChunk& chunk, ParticleChunk& out) {
  out.positions.clear();
  out.masses.clear();
  out.fingerprint = read(chunk, [&](auto positions, auto masses) {
    out.positions.insert(out.positions.end(), positions.begin(), positions.end());
    out.masses.insert(out.masses.end(), masses.begin(), masses.end());
  });
}

}  // namespace lenswright
