#include "stages/plane_writing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "campaign/product_path.hpp"
#include "io/plane_file.hpp"

namespace lenswright {

PlaneParts detached(const PlaneParts& parts, int grid) {
  auto own = std::make_shared<QuantaPlane>(grid);
  std::copy(parts.whole.begin(), parts.whole.end(), own->values().begin());
  if (parts.change) parts.change->add_rows_to(0, own->values());
  return {own->values(), nullptr, own};
}

Published write_mass_plane(const StageContext& context, const ProductId& id, const PlaneParts& parts,
                           const MassQuantum& quantum) {
  const Campaign& campaign = context.campaign;
  const int grid = campaign.lensplanes.grid;
  PlaneWriter writer(context.disk, absolute_path(campaign, id), grid, kScalarFields);
  // A row of tiles at a time stays in a core's cache from the sum to the file.
  constexpr int kRows = TileSet::kTile;
  const std::span<const std::int64_t> whole = parts.whole;
  std::vector<std::int64_t> quanta(static_cast<std::size_t>(kRows) * static_cast<std::size_t>(grid));
  std::vector<double> rows(quanta.size());
  for (int first = 0; first < grid; first += kRows) {
    const std::size_t begin = static_cast<std::size_t>(first) * static_cast<std::size_t>(grid);
    const std::size_t count = std::min(quanta.size(), whole.size() - begin);
    std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(begin), count, quanta.begin());
    if (parts.change) parts.change->add_rows_to(first, std::span(quanta.data(), count));
    std::int64_t signs = 0;
    for (std::size_t element = 0; element < count; ++element) {
      signs |= quanta[element];
      rows[element] = quantum.mass_of(quanta[element]);
    }
    if (signs < 0) {
      const auto pixel = std::find_if(quanta.begin(), quanta.end(), [](std::int64_t q) { return q < 0; });
      throw NumericError(fmt::format("{}: pixel {} has a negative mass of {} quanta",
                                     product_name(campaign, id),
                                     begin + static_cast<std::size_t>(pixel - quanta.begin()), *pixel));
    }
    writer.write_rows(std::span<const double>(rows.data(), count));
  }
  return writer.publish();
}

void PlaneWriting::start(const StageContext& context, const ProductId& id, PlaneParts parts,
                         const MassQuantum& quantum, ProductRecord record) {
  finish();
  flight_.emplace();
  flight_->record = std::move(record);
  flight_->path = relative_path(context.campaign, id);
  flight_->published = std::async(std::launch::async, [&context, id, parts = std::move(parts), quantum] {
    return write_mass_plane(context, id, parts, quantum);
  });
}

void PlaneWriting::finish() {
  if (!flight_) return;
  Flight landed = std::move(*flight_);
  flight_.reset();
  const Published published = landed.published.get();
  landed.record.files.push_back({landed.path, published.size, published.digest});
  book_.add(std::move(landed.record));
}

void PlaneWriting::finish_quietly() noexcept {
  try {
    finish();
  } catch (...) {
    // The failure that ends the run is told; this plane has none of its own to tell and no receipt.
  }
}

}  // namespace lenswright
