#include "stages/run_maps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "io/plane_file.hpp"
#include "ledger/value_range.hpp"

namespace lenswright {

RunMaps::RunMaps(const StageContext& context, const KnownDigests& known, const ProductId& run)
    : context_(context), known_(known), run_(run) {
  const std::vector<ProductFile> all = product_files(context.campaign, run);
  for (const FileLayout layout : {FileLayout::scalar_plane, FileLayout::fits, FileLayout::hdf5}) {
    std::copy_if(all.begin(), all.end(), std::back_inserter(files_),
                 [&](const ProductFile& file) { return file.layout == layout; });
    if (!files_.empty()) break;
  }
}

Grid2d<double> RunMaps::take(MapField field, int source) {
  Grid2d<double> map;
  if (files_.front().layout == FileLayout::hdf5) {
    if (inputs_.empty()) load_all(files_.front());
    const auto found = std::find_if(loaded_.begin(), loaded_.end(), [&](const auto& entry) {
      return entry.first.field == map_field_name(field) && entry.first.source == source;
    });
    if (found == loaded_.end())
      throw InputError(
          fmt::format("damaged input: {} holds no {} at source {}; make it anew with `{} --force`",
                      product_name(context_.campaign, run_), map_field_name(field), source,
                      command_for(context_.campaign, run_)));
    map = std::move(found->second);
    loaded_.erase(found);
  } else {
    const auto file = std::find_if(files_.begin(), files_.end(), [&](const ProductFile& candidate) {
      return candidate.field == field && candidate.source == source;
    });
    map = read(*file);
  }
  require_sane(map, field, source);
  return map;
}

Grid2d<double> RunMaps::read(const ProductFile& file) {
  const Campaign& campaign = context_.campaign;
  const std::filesystem::path path = campaign.raytracing.root / file.path;
  Grid2d<double> map;
  Digest digest;
  read_input(campaign, run_, [&] {
    if (file.layout == FileLayout::scalar_plane) {
      ReadPlane plane = read_scalar_plane(context_.disk, path, file.grid);
      map = std::move(plane.values);
      digest = plane.digest;
      return;
    }
    const std::vector<std::byte> bytes = bytes_of(file);
    digest = digest_of(bytes);
    map = decode_fits_map(path.string(), bytes);
  });
  note_input(file, digest);
  return map;
}

void RunMaps::load_all(const ProductFile& file) {
  const Campaign& campaign = context_.campaign;
  Digest digest;
  read_input(campaign, run_, [&] {
    const std::vector<std::byte> bytes = bytes_of(file);
    digest = digest_of(bytes);
    loaded_ = decode_hdf5_maps((campaign.raytracing.root / file.path).string(), bytes);
  });
  note_input(file, digest);
}

std::vector<std::byte> RunMaps::bytes_of(const ProductFile& file) {
  const std::unique_ptr<ReadableFile> source =
      context_.disk.open(context_.campaign.raytracing.root / file.path);
  std::vector<std::byte> bytes(source->size());
  source->read_at(0, bytes);
  return bytes;
}

void RunMaps::note_input(const ProductFile& file, const Digest& digest) {
  inputs_.push_back({fmt::format("{}/{}", stage_name(Stage::raytracing), file.path), digest});
  compare_digest(known_, inputs_.back().name, digest);
}

void RunMaps::require_sane(const Grid2d<double>& map, MapField field, int source) const {
  const Campaign& campaign = context_.campaign;
  const auto refuse = [&](const std::string& what) {
    throw InputError(fmt::format("damaged input: {} at source {} of {} {}; make it anew with `{} --force`",
                                 map_field_name(field), source, product_name(campaign, run_), what,
                                 command_for(campaign, run_)));
  };
  if (map.side() != campaign.raytracing.grid)
    refuse(fmt::format("is of grid {}, where the campaign says {}", map.side(), campaign.raytracing.grid));
  const std::array<ValueRange, 1> range{map_range()};
  if (const std::optional<std::size_t> bad = first_outside(map.values(), range)) {
    const auto side = static_cast<std::size_t>(map.side());
    refuse(fmt::format("is {:g} at pixel ({}, {}), outside the sane range from {:g} to {:g}", map[*bad],
                       *bad / side, *bad % side, range[0].lowest, range[0].highest));
  }
}

}  // namespace lenswright
