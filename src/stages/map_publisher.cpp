#include "stages/map_publisher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "campaign/product_path.hpp"
#include "io/plane_file.hpp"
#include "ledger/value_range.hpp"
#include "physics/exchange.hpp"

namespace lenswright {

void MapPublisher::publish(const Raytracer& tracer, std::span<const ProductId> runs,
                           const std::vector<ReceiptInput>& inputs, ReceiptBook& book) {
  together(context_.ranks, [&] { require_sane(tracer, runs); });
  context_.progress.begin("writing maps", runs.size(), "runs");
  const std::size_t ranks = static_cast<std::size_t>(context_.ranks.size());
  for (std::size_t first = 0; first < runs.size(); first += ranks) {
    stop_together(context_.ranks);
    publish_batch(tracer, runs, first, inputs, book);
    book.write_if_due();
    context_.progress.advance(std::min(ranks, runs.size() - first));
  }
  context_.progress.end();
}

// Each rank looks at the rays that it holds, before a map of any run is written.
void MapPublisher::require_sane(const Raytracer& tracer, std::span<const ProductId> runs) const {
  const RaytracingSettings& settings = context_.campaign.raytracing;
  const std::array<ValueRange, 1> range{map_range()};
  for (std::size_t run = 0; run < runs.size(); ++run)
    for (std::size_t s = 0; s < settings.sources.size(); ++s)
      for (std::size_t m = 0; m < settings.fields.size(); ++m) {
        const std::span<const double> values = tracer.values(run, s, m);
        if (const std::optional<std::size_t> bad = first_outside(values, range))
          throw NumericError(fmt::format(
              "{}: {} at source plane {} comes to {:g}, outside the sane range from {:g} to {:g}: none of "
              "its maps "
              "is written; look for the reason in the potentials with `recovery verify --tier full`",
              product_name(context_.campaign, runs[run]), map_field_name(settings.fields[m]),
              settings.sources[s], values[*bad], range[0].lowest, range[0].highest));
      }
}

// One run per rank: map by map, all ranks send what they hold of it to the run's rank.
void MapPublisher::publish_batch(const Raytracer& tracer, std::span<const ProductId> runs, std::size_t first,
                                 const std::vector<ReceiptInput>& inputs, ReceiptBook& book) {
  const RaytracingSettings& settings = context_.campaign.raytracing;
  const int ranks = context_.ranks.size();
  const std::size_t own = first + static_cast<std::size_t>(context_.ranks.rank());
  const bool writes = own < runs.size();
  std::vector<int> received(static_cast<std::size_t>(ranks), 0);
  for (int rank = 0; writes && rank < ranks; ++rank)
    received[static_cast<std::size_t>(rank)] = static_cast<int>(tracer.rays_held(own, rank));
  const bool in_one_file =
      std::find(settings.formats.begin(), settings.formats.end(), MapFormat::hdf5) != settings.formats.end();

  std::vector<ReceiptFile> files;
  std::deque<Grid2d<double>> kept;  // for the format that holds all maps in one file
  std::vector<NamedMap> named_maps;
  for (std::size_t s = 0; s < settings.sources.size(); ++s) {
    for (std::size_t m = 0; m < settings.fields.size(); ++m) {
      std::vector<double> values;
      std::vector<std::span<const double>> pieces(static_cast<std::size_t>(ranks));
      for (std::size_t rank = 0; rank < pieces.size() && first + rank < runs.size(); ++rank)
        pieces[rank] = tracer.values(first + rank, s, m);
      values = exchange(context_.ranks, pieces, received);
      together(context_.ranks, [&] {
        if (!writes) return;
        Grid2d<double> map = tracer.tiling().untile(values);
        for (ReceiptFile& file : write_map(runs[own], settings.fields[m], settings.sources[s], map))
          files.push_back(std::move(file));
        if (!in_one_file) return;
        kept.push_back(std::move(map));
        named_maps.push_back(named(settings.fields[m], settings.sources[s], kept.back()));
      });
    }
  }
  together(context_.ranks, [&] {
    if (!writes) return;
    const Campaign& campaign = context_.campaign;
    for (const ProductFile& file : product_files(campaign, runs[own])) {
      if (file.layout != FileLayout::hdf5) continue;
      const Published published = publish_bytes(context_.disk, campaign.raytracing.root / file.path,
                                                encode_hdf5_maps(description_of(runs[own]), named_maps));
      files.push_back({file.path, published.size, published.digest});
    }
    book.add({product_name(campaign, runs[own]), std::move(files), inputs,
              configuration_digest(campaign, runs[own])});
  });
}

MapDescription MapPublisher::description_of(const ProductId& run) const {
  const Campaign& campaign = context_.campaign;
  return {campaign.name,
          campaign.models[static_cast<std::size_t>(run.model)].name,
          run.realization,
          run.index,
          campaign.raytracing.field_deg,
          campaign.raytracing.seed,
          configuration_digest(campaign, run).hex()};
}

NamedMap MapPublisher::named(MapField field, int source, const Grid2d<double>& values) const {
  return {std::string(map_field_name(field)), source, cone_.z_source[static_cast<std::size_t>(source - 1)],
          &values};
}

std::vector<ReceiptFile> MapPublisher::write_map(const ProductId& run, MapField field, int source,
                                                 const Grid2d<double>& values) const {
  const Campaign& campaign = context_.campaign;
  std::vector<ReceiptFile> written;
  for (const ProductFile& file : product_files(campaign, run)) {
    if (file.field != field || file.source != source) continue;
    const std::filesystem::path path = campaign.raytracing.root / file.path;
    const Published published =
        file.layout == FileLayout::fits
            ? publish_bytes(context_.disk, path,
                            encode_fits_map(description_of(run), named(field, source, values),
                                            campaign.raytracing.fits_compression))
            : write_scalar_plane(context_.disk, path, values);
    written.push_back({file.path, published.size, published.digest});
  }
  return written;
}

}  // namespace lenswright
