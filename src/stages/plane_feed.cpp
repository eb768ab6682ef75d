#include "stages/plane_feed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "campaign/product_path.hpp"
#include "io/plane_file.hpp"
#include "ledger/value_range.hpp"

namespace lenswright {

namespace {

// Values read at a time: few enough to be in the cache when they are checked and digested.
constexpr int kValuesPerBlock = 1 << 17;

}  // namespace

PlaneFeed::PlaneFeed(const StageContext& context, const KnownDigests& known, int slots)
    : context_(context), known_(known), node_(context.ranks) {
  const std::size_t side = static_cast<std::size_t>(context.campaign.lensplanes.grid);
  together(context.ranks, [&] {
    for (int slot = 0; slot < slots; ++slot)
      slots_.push_back(std::make_unique<NodeArray>(node_, kPotentialFields * side * side));
  });
}

void PlaneFeed::start(std::vector<ProductId> potentials) {
  potentials_ = std::move(potentials);
  digests_.assign(potentials_.size(), Digest{});
  next_ = 0;
}

std::span<const double> PlaneFeed::next() {
  const std::size_t which = next_++;
  const bool reads = node_.ranks().first();
  // With one slot, all of the node have to be done with the plane before. With two, the slot that is read into
  // next holds the plane before this one, which all are done with when they agree below.
  if (slots_.size() == 1) node_.ranks().barrier();
  together(context_.ranks, [&] {
    if (!reads) return;
    if (reading_.valid())
      reading_.get();
    else
      read(which);
  });
  NodeArray& slot = *slots_[which % slots_.size()];
  slot.publish();
  if (reads && slots_.size() > 1 && next_ < potentials_.size())
    reading_ = std::async(std::launch::async, [this, ahead = next_] { read(ahead); });
  return slot.values();
}

std::vector<ReceiptInput> PlaneFeed::inputs_read() const {
  std::string digests;
  for (const Digest& digest : digests_) digests += digest.hex();
  context_.ranks.broadcast(0, digests);  // rank 0 is the first of its node
  std::vector<ReceiptInput> inputs;
  for (std::size_t k = 0; k < potentials_.size(); ++k)
    inputs.push_back(
        {product_name(context_.campaign, potentials_[k]), *Digest::from_hex(digests.substr(32 * k, 32))});
  return inputs;
}

void PlaneFeed::read(std::size_t which) {
  const Campaign& campaign = context_.campaign;
  const ProductId& id = potentials_[which];
  const int grid = campaign.lensplanes.grid;
  const std::size_t side = static_cast<std::size_t>(grid), row = kPotentialFields * side;
  const std::array<ValueRange, kPotentialFields> ranges = potential_ranges(campaign);
  const int step = std::clamp(kValuesPerBlock / (kPotentialFields * grid), 1, grid);
  const std::span<double> values = slots_[which % slots_.size()]->values();
  read_input(campaign, id, [&] {
    PlaneReader reader(context_.disk, absolute_path(campaign, id), grid, kPotentialFields);
    for (int first = 0; first < grid; first += step) {
      const int count = std::min(step, grid - first);
      const std::span<double> rows =
          values.subspan(row * static_cast<std::size_t>(first), row * static_cast<std::size_t>(count));
      reader.read_rows(rows);
      if (const std::optional<std::size_t> bad = first_outside(rows, ranges)) {
        const std::size_t field = *bad % kPotentialFields;
        const std::size_t pixel = static_cast<std::size_t>(first * grid) + *bad / kPotentialFields;
        throw InputError(
            fmt::format("damaged input: {}: field {} of pixel ({}, {}) is {:g}, outside the sane range from "
                        "{:g} to {:g}; make "
                        "it anew with `{} --force`",
                        product_name(campaign, id), field, pixel / side, pixel % side, rows[*bad],
                        ranges[field].lowest, ranges[field].highest, command_for(campaign, id)));
      }
    }
    digests_[which] = reader.digest();
  });
  compare_digest(known_, product_name(campaign, id), digests_[which]);
}

}  // namespace lenswright
