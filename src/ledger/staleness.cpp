#include "ledger/staleness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "campaign/product_graph.hpp"
#include "campaign/product_path.hpp"
#include "campaign/stage_configuration.hpp"
#include "io/transforms_file.hpp"
#include "ledger/input_names.hpp"
#include "ledger/recorded_configuration.hpp"

namespace lenswright {

namespace {

// The transforms that hold, as lensplane settles it; none: it would stop, and nothing can be held against them.
std::optional<TransformSet> holding_transforms(const Campaign& campaign, Disk& disk) {
  const TransformSet drawn =
      draw_transforms(campaign.lensplanes.seed, campaign.realizations, campaign.snapshots,
                      campaign.planes_per_snapshot, campaign.box_mpc_h);
  const bool seed_holds = campaign.lensplanes.transforms == TransformAuthority::seed;
  const std::filesystem::path path = campaign.lensplanes.root / kTransformsFile;
  try {
    if (!disk.status(path)) return seed_holds ? std::optional(drawn) : std::nullopt;
    TransformSet found = read_transforms(path);
    const bool same_shape =
        found.realizations == drawn.realizations && found.snapshot_order == drawn.snapshot_order &&
        found.planes_per_snapshot == drawn.planes_per_snapshot && found.box_mpc_h == drawn.box_mpc_h;
    if (!same_shape) return std::nullopt;
    return seed_holds ? drawn : std::move(found);
  } catch (const FormatError&) {
    return seed_holds ? std::optional(drawn) : std::nullopt;
  } catch (const IoError&) {
    return std::nullopt;
  }
}

}  // namespace

Staleness::Staleness(const Campaign& campaign, Disk& disk, const ReceiptIndex& receipts)
    : campaign_(campaign), disk_(disk), receipts_(receipts), products_(campaign) {
  for (const ProductKind kind : kProductKinds)
    verdicts_[static_cast<std::size_t>(kind)].assign(products_.count(kind), Verdict::not_asked);
}

Staleness::Verdict& Staleness::verdict(const ProductId& id) {
  return verdicts_[static_cast<std::size_t>(id.kind)][products_.position(id)];
}

bool Staleness::stale(const ProductId& id) {
  if (receipts_.empty()) return false;
  Verdict& known = verdict(id);
  if (known == Verdict::not_asked) known = judge(id) ? Verdict::stale : Verdict::fresh;
  return known == Verdict::stale;
}

bool Staleness::judge(const ProductId& id) {
  if (const std::optional<KnownOrigin> origin = receipts_.origin(product_name(campaign_, id))) {
    if (configuration_differs(id, *origin)) return true;
    if (changed_input(origin->inputs)) return true;
  }
  return stale_input(id).has_value();
}

const Digest& Staleness::configuration_now(const ProductId& id) {
  const ProductId twin = configuration_twin(campaign_, id);
  const auto [place, is_new] = configurations_.try_emplace(twin);
  if (is_new) place->second = configuration_digest(campaign_, twin);
  return place->second;
}

bool Staleness::configuration_differs(const ProductId& id, const KnownOrigin& origin) {
  if (origin.configuration == configuration_now(id)) return false;
  return id.kind != ProductKind::run || !difference(id, origin).harmless;
}

const Staleness::Difference& Staleness::difference(const ProductId& id, const KnownOrigin& origin) {
  const auto [place, is_new] =
      differences_.try_emplace({origin.configuration.hex(), configuration_now(id).hex()});
  if (!is_new) return place->second;
  if (const std::optional<std::string> then =
          recorded_configuration(disk_, campaign_, origin.receipt, origin.configuration)) {
    const std::string now = product_configuration(campaign_, id);
    place->second = {id.kind == ProductKind::run && only_other_maps(*then, now),
                     configuration_changes(*then, now)};
  }
  return place->second;
}

std::optional<Staleness::Changed> Staleness::changed_input(const InputList& inputs) {
  if (const auto known = lists_.find(inputs.identity()); known != lists_.end()) return known->second;
  std::optional<Changed> changed;
  const std::vector<ReceiptInput> list = inputs.read();
  for (const ReceiptInput& input : list) {
    const std::optional<Digest> now = digest_now(input.name);
    if (!now || *now == input.digest) continue;
    changed = {input, *now};
    break;
  }
  if (list.size() > 1) lists_.emplace(inputs.identity(), changed);  // runs of a realization have one together
  return changed;
}

void Staleness::settle_transforms() {
  if (std::exchange(settled_, true)) return;
  const int snapshots = static_cast<int>(campaign_.snapshots.size());
  if (const std::optional<TransformSet> holding = holding_transforms(campaign_, disk_))
    for (int r = 0; r < campaign_.realizations; ++r)
      for (int s = 0; s < snapshots; ++s)
        inputs_[transform_input(campaign_, r, s)] = transform_digest(holding->at(r, s));
}

std::optional<Digest> Staleness::digest_now(const std::string& input) {
  settle_transforms();
  if (const auto known = inputs_.find(input); known != inputs_.end()) return known->second;
  if (!input.ends_with(" files")) return product_digest_now(input);
  std::optional<Digest> print;
  for (int s = 0; s < static_cast<int>(campaign_.snapshots.size()); ++s) {
    for (const Simulation simulation : {Simulation::dmo, Simulation::hydro})
      if (input == files_input(snapshot_input(campaign_, simulation, s)))
        print = snapshot_files_print(campaign_, simulation, s);
    if (input == files_input(halos_input(campaign_, s))) print = halo_files_print(campaign_, s);
  }
  return inputs_[input] = print;
}

// By the newest record of the file; none: it has none, or the campaign has no such product.
std::optional<Digest> Staleness::product_digest_now(const std::string& input) const {
  const std::size_t slash = input.find('/');
  if (slash == std::string::npos || !stage_from_name(input.substr(0, slash))) return std::nullopt;
  const std::optional<ProductId> id = product_named(campaign_, input);
  if (!id) return std::nullopt;
  return receipts_.file_digest(product_name(campaign_, *id), input.substr(slash + 1));
}

std::optional<ProductId> Staleness::stale_input(const ProductId& id) {
  const auto first = [&]() -> std::optional<ProductId> {
    for (const ProductId& input : inputs_of(campaign_, id))
      if (stale(input)) return input;
    return std::nullopt;
  };
  if (id.kind != ProductKind::run) return first();
  const auto [place, is_new] = stale_input_of_runs_.try_emplace({id.model, id.realization});
  if (is_new) place->second = first();
  return place->second;
}

std::string Staleness::configuration_sentence(const ProductId& id, const KnownOrigin& origin) {
  const std::string& words = difference(id, origin).words;
  return words.empty() ? fmt::format("it was made under another configuration (digest {}, now {})",
                                     origin.configuration.hex(), configuration_now(id).hex())
                       : fmt::format("it was made under another configuration: {}", words);
}

std::string Staleness::input_sentence(const Changed& changed) const {
  const ReceiptInput& input = changed.input;
  if (input.name.ends_with(" files"))
    return fmt::format(
        "the files of {} have other names or sizes than when it was made from them: whether they hold the "
        "same "
        "is told by reading them only",
        input.name.substr(0, input.name.size() - std::string_view(" files").size()));
  return fmt::format("it was made from {} with digest {}, which now has {}", input.name, input.digest.hex(),
                     changed.now.hex());
}

std::string Staleness::because(const ProductId& id) {
  if (!stale(id)) return {};
  if (const std::optional<KnownOrigin> origin = receipts_.origin(product_name(campaign_, id))) {
    if (configuration_differs(id, *origin)) return configuration_sentence(id, *origin);
    if (const std::optional<Changed> changed = changed_input(origin->inputs)) return input_sentence(*changed);
  }
  const std::optional<ProductId> root = root_cause(id);
  if (!root || *root == id) return {};
  return fmt::format("{}{} is stale: {}", stale_input(id) == root ? "its input " : "what it is made from, ",
                     product_name(campaign_, *root), because(*root));
}

std::optional<ProductId> Staleness::root_cause(const ProductId& id) {
  if (!stale(id)) return std::nullopt;
  if (const std::optional<KnownOrigin> origin = receipts_.origin(product_name(campaign_, id)))
    if (configuration_differs(id, *origin) || changed_input(origin->inputs)) return id;
  const std::optional<ProductId> input = stale_input(id);
  return input ? root_cause(*input) : std::nullopt;
}

}  // namespace lenswright
