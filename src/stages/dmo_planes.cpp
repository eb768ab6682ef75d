#include "stages/dmo_planes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "base/error.hpp"
#include "campaign/product_path.hpp"
#include "io/plane_file.hpp"
#include "io/transforms_file.hpp"
#include "stages/lensplane_inputs.hpp"
#include "stages/lensplane_transforms.hpp"

namespace lenswright {

namespace {

constexpr double kExactQuanta = 0x1p53;  // integers below are doubles
constexpr std::size_t kRowsAtOnce = 64;

std::optional<int> dmo_model(const Campaign& campaign) {
  for (std::size_t model = 0; model < campaign.models.size(); ++model)
    if (campaign.models[model].kind == ModelKind::dmo) return static_cast<int>(model);
  return std::nullopt;
}

const Digest* input_digest(const ProductRecord& record, const std::string& name) {
  const auto input = std::find_if(record.inputs.begin(), record.inputs.end(),
                                  [&](const ReceiptInput& candidate) { return candidate.name == name; });
  return input == record.inputs.end() ? nullptr : &input->digest;
}

// What the receipts know of a plane, if by all that they say it can be used.
std::optional<DmoPlane> usable(const StageContext& context, const ReceiptIndex& receipts,
                               const TransformSet& transforms, const ProductId& id) {
  const Campaign& campaign = context.campaign;
  const std::string name = product_name(campaign, id);
  const std::shared_ptr<const ProductRecord> record = receipts.find(name);
  if (!record || receipts.numerics(name) != numerics_version(Stage::lensplanes) ||
      !(record->configuration == configuration_digest(campaign, id)))
    return std::nullopt;
  const int index = campaign.snapshot_index_of_plane(id.index);
  const std::optional<Digest> file = receipts.file_digest(name, relative_path(campaign, id));
  const Digest* snapshot = input_digest(*record, snapshot_input(campaign, Simulation::dmo, index));
  const Digest* transform = input_digest(*record, transform_input(campaign, id.realization, index));
  if (!file || !snapshot || !transform ||
      !(*transform == transform_digest(transforms.at(id.realization, index))))
    return std::nullopt;
  if (check_product(campaign, context.disk, id, Tier::header, receipts).state != State::complete)
    return std::nullopt;
  return DmoPlane{*file, *snapshot};
}

}  // namespace

DmoPlanes::DmoPlanes(const StageContext& context, const ReceiptIndex& receipts,
                     const TransformSet& transforms, const std::vector<ProductId>& products) {
  const Campaign& campaign = context.campaign;
  const std::optional<int> model = dmo_model(campaign);
  if (!model) return;
  // Where dmo's plane is asked for too, it is made from its particles anyway.
  std::set<ProductId> wanted, made;
  for (const ProductId& id : products) {
    const ProductId dmo{ProductKind::mass_plane, *model, id.realization, id.index};
    if (id.model == *model) made.insert(dmo);
    if (campaign.models[static_cast<std::size_t>(id.model)].kind == ModelKind::replace) wanted.insert(dmo);
  }
  std::istringstream lines(text_from_first(context.ranks, [&] {
    std::string text;
    for (const ProductId& id : wanted) {
      if (made.contains(id)) continue;
      if (const auto plane = usable(context, receipts, transforms, id))
        text +=
            fmt::format("{} {} {} {}\n", id.realization, id.index, plane->file.hex(), plane->snapshot.hex());
    }
    return text;
  }));
  int realization = 0, plane = 0;
  for (std::string file, snapshot; lines >> realization >> plane >> file >> snapshot;)
    add(realization, plane, {Digest::from_hex(file).value(), Digest::from_hex(snapshot).value()});
}

const DmoPlane* DmoPlanes::find(int realization, int plane) const {
  const auto found = planes_.find({realization, plane});
  return found == planes_.end() ? nullptr : &found->second;
}

std::optional<std::string> read_dmo_plane(const StageContext& context, int realization, int plane,
                                          const DmoPlane& expected, const MassQuantum& quantum,
                                          std::span<std::int64_t> quanta) {
  const Campaign& campaign = context.campaign;
  const ProductId id{ProductKind::mass_plane, *dmo_model(campaign), realization, plane};
  const auto unusable = [&](const std::string& why) {
    std::fill(quanta.begin(), quanta.end(), 0);
    return fmt::format("{} {}: dmo's particles are put down again", product_name(campaign, id), why);
  };
  try {
    const int grid = campaign.lensplanes.grid;
    PlaneReader reader(context.disk, absolute_path(campaign, id), grid, kScalarFields);
    std::vector<double> rows(kRowsAtOnce * static_cast<std::size_t>(grid));
    bool exact = true;
    for (std::size_t first = 0; first < quanta.size(); first += rows.size()) {
      const std::size_t count = std::min(rows.size(), quanta.size() - first);
      reader.read_rows(std::span<double>(rows.data(), count));
      for (std::size_t element = 0; element < count; ++element) {
        const double value = rows[element] / quantum.msun_h();
        const bool whole = value >= 0 && value < kExactQuanta;
        const auto integer = whole ? static_cast<std::int64_t>(value) : 0;
        exact = exact && whole && static_cast<double>(integer) == value;
        quanta[first + element] = integer;
      }
    }
    if (!(reader.digest() == expected.file)) return unusable("does not have the digest of its receipt");
    if (!exact) return unusable("has pixels of 2^53 quanta or more");
    return std::nullopt;
  } catch (const Failure& failure) {
    return unusable(fmt::format("cannot be read ({})", failure.what()));
  }
}

}  // namespace lenswright
